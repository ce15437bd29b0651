/* Licensed under the Apache License, Version 2.0; see LICENSE. */
/*
 * test_store_sql.c: every statement holds to the rules, can be prepared, and
 * finds what it looks for by an index. (store layer)
 */
#include "store_fixture.h"

#include "scep_store_sql.h"

static void test_rules(void **state)
{
    int i, j;

    (void)state;
    for (i = 0; i < SCEP_Q_COUNT; i++) {
        const scep_sql_query_t *query = scep_store_query((scep_store_query_e)i);

        assert_true(scep_sql_query_ok(query));
        assert_int_equal(query->slot, i);
        for (j = 0; j < i; j++) {
            assert_string_not_equal(
                query->text, scep_store_query((scep_store_query_e)j)->text);
        }
    }
}

/* The plan's lines say SEARCH with an index, or SCAN without. */
static void test_no_table_is_scanned(void **state)
{
    fixture_t *f = *state;
    sqlite3 *db;
    int i;

    db_prepare(f);
    assert_int_equal(sqlite3_open(db_path(f), &db), SQLITE_OK);
    for (i = 0; i < SCEP_Q_COUNT; i++) {
        const char *text = scep_store_query((scep_store_query_e)i)->text;
        const char *plan =
            apr_pstrcat(f->pool, "EXPLAIN QUERY PLAN ", text, NULL);
        sqlite3_stmt *statement = NULL;
        int searches = 0;

        assert_int_equal(sqlite3_prepare_v2(db, plan, -1, &statement, NULL),
                         SQLITE_OK);
        while (sqlite3_step(statement) == SQLITE_ROW) {
            const char *line = (const char *)sqlite3_column_text(statement, 3);

            assert_non_null(line);
            assert_null(strstr(line, "TEMP B-TREE"));
            /* "SCAN (subquery-3)" reads what a SEARCH has found. */
            if (strncmp(line, "SCAN", 4) == 0 &&
                strncmp(line, "SCAN (", 6) != 0 &&
                strstr(line, "VIRTUAL TABLE INDEX") == NULL &&
                strcmp(line, "SCAN CONSTANT ROW") != 0) {
                fail_msg("%s: %s", text, line);
            }
            searches += strncmp(line, "SEARCH", 6) == 0;
        }
        sqlite3_finalize(statement);
        if (strstr(text, "WHERE") != NULL) {
            assert_true(searches > 0);
        }
    }
    sqlite3_close(db);
}

static void expect_plan(fixture_t *f, scep_store_query_e query,
                        const char *expected)
{
    const char *text = scep_store_query(query)->text;
    sqlite3_stmt *statement = NULL;
    sqlite3 *db;
    const char *line;

    assert_int_equal(sqlite3_open(db_path(f), &db), SQLITE_OK);
    text = apr_pstrcat(f->pool, "EXPLAIN QUERY PLAN ", text, NULL);
    assert_int_equal(sqlite3_prepare_v2(db, text, -1, &statement, NULL),
                     SQLITE_OK);
    assert_int_equal(sqlite3_step(statement), SQLITE_ROW);
    line = (const char *)sqlite3_column_text(statement, 3);
    if (strstr(line, expected) == NULL) {
        fail_msg("%s: %s", text, line);
    }
    sqlite3_finalize(statement);
    sqlite3_close(db);
}

/* An index is not enough where it finds a great many rows in vain. */
static void test_no_more_is_read_than_counts(void **state)
{
    fixture_t *f = *state;

    db_prepare(f);
    /* not those of the CA that are decided on, which stay for months */
    expect_plan(f, SCEP_Q_REQUEST_COUNT, "requests_by_state");
    /* not all that a password of many uses was used for */
    expect_plan(f, SCEP_Q_TRANSACTION_BY_CHALLENGE,
                "(challenge_hash=? AND key_hash=?)");
    /* not all that the CA has issued */
    expect_plan(f, SCEP_Q_CERTIFICATES_OF_SUBJECT, "MULTI-INDEX OR");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        FIXTURE_TEST(test_rules),
        FIXTURE_TEST(test_no_table_is_scanned),
        FIXTURE_TEST(test_no_more_is_read_than_counts),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
