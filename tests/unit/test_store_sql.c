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
            if (strncmp(line, "SCAN", 4) == 0) {
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

/* Those that are decided on stay for months; and the write lock is held. */
static void test_only_what_waits_is_counted(void **state)
{
    fixture_t *f = *state;
    sqlite3_stmt *statement = NULL;
    sqlite3 *db;
    const char *plan =
        apr_pstrcat(f->pool, "EXPLAIN QUERY PLAN ",
                    scep_store_query(SCEP_Q_REQUEST_COUNT)->text, NULL);

    db_prepare(f);
    assert_int_equal(sqlite3_open(db_path(f), &db), SQLITE_OK);
    assert_int_equal(sqlite3_prepare_v2(db, plan, -1, &statement, NULL),
                     SQLITE_OK);
    assert_int_equal(sqlite3_step(statement), SQLITE_ROW);
    assert_non_null(strstr((const char *)sqlite3_column_text(statement, 3),
                           "requests_by_state"));
    sqlite3_finalize(statement);
    sqlite3_close(db);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        FIXTURE_TEST(test_rules),
        FIXTURE_TEST(test_no_table_is_scanned),
        FIXTURE_TEST(test_only_what_waits_is_counted),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
