/* Licensed under the Apache License, Version 2.0; see LICENSE. */
/* test_search_fill.c: certificates are added to the search index once.
 * test_store_search.c shows that they are found. */
#include "store_fixture.h"

#include "scep_store_search.h"

static void test_take_last(void **state)
{
    static const struct {
        const char *column;
        apr_int64_t last;
    } cases[] = {{"7", 7}, {"0", 0}, {NULL, -1}, {"x", -1}};
    apr_int64_t last;
    size_t i;

    (void)state;
    for (i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        last = 3;
        scep_search_take_last(&last, &cases[i].column, 1);
        assert_true(last == cases[i].last);
    }
    scep_search_take_last(&last, &cases[0].column, 0);
    assert_true(last == -1);
}

static scep_status_e fill(fixture_t *f, scep_store_t *store)
{
    scep_store_session_t s;
    scep_sql_status_e sql;

    assert_int_equal(scep_store_begin(store, &s, &f->res), SCEP_OK);
    sql = scep_search_fill(scep_store_driver(&s), scep_store_connection(&s));
    return scep_store_end(&s, sql, true, "index subjects", &f->res);
}

static int indexed(fixture_t *f)
{
    return db_number(f, "SELECT COUNT(*) FROM certificate_search"
                        " WHERE certificate_search MATCH '\"sam\"'");
}

static void add(fixture_t *f, scep_store_t *store, int n)
{
    scep_issue_t issue = sample_issue(f, f->pool, n);

    issue.subject = "CN=same";
    assert_int_equal(must_issue(f, store, &issue), SCEP_ISSUE_RECORDED);
}

static void test_fill(void **state)
{
    fixture_t *f = *state;
    scep_store_t *store = db_ready(f);

    assert_int_equal(fill(f, store), SCEP_OK); /* nothing to add */
    assert_int_equal(indexed(f), 0);
    add(f, store, 1);
    add(f, store, 2);
    assert_int_equal(indexed(f), 0);
    assert_int_equal(fill(f, store), SCEP_OK);
    assert_int_equal(indexed(f), 2);
    assert_int_equal(fill(f, store), SCEP_OK); /* not twice */
    assert_int_equal(indexed(f), 2);
    add(f, store, 3);
    assert_int_equal(fill(f, store), SCEP_OK);
    assert_int_equal(indexed(f), 3);
}

/* Without FTS5 there is no document. */
static void test_without_the_index(void **state)
{
    fixture_t *f = *state;
    scep_store_t *store = db_ready(f);

    add(f, store, 1);
    db_text(f, "DELETE FROM documents WHERE name = 'certificate-search'");
    db_text(f, "DROP TABLE certificate_search");
    assert_int_equal(fill(f, store), SCEP_OK);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        FIXTURE_TEST(test_take_last),
        FIXTURE_TEST(test_fill),
        FIXTURE_TEST(test_without_the_index),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
