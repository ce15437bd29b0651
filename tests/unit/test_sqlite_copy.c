/* Licensed under the Apache License, Version 2.0; see LICENSE. */
/* test_sqlite_copy.c: copying a database that others use. */
#include "store_fixture.h"

#include <stdlib.h>

#include "scep_sqlite_copy.h"

static const char *copy_path(fixture_t *f)
{
    const char *path = apr_pstrcat(f->pool, f->scratch, "/copy.db", NULL);

    fclose(fopen(path, "w"));
    return path;
}

static int count_in(const char *path, const char *table)
{
    sqlite3 *db;
    sqlite3_stmt *statement;
    char *sql = sqlite3_mprintf("SELECT COUNT(*) FROM %s", table);
    int count = -1;

    assert_int_equal(sqlite3_open(path, &db), SQLITE_OK);
    if (sqlite3_prepare_v2(db, sql, -1, &statement, NULL) == SQLITE_OK &&
        sqlite3_step(statement) == SQLITE_ROW) {
        count = sqlite3_column_int(statement, 0);
    }
    sqlite3_finalize(statement);
    sqlite3_free(sql);
    sqlite3_close(db);
    return count;
}

static bool note(void *baton, bool on)
{
    int *calls = baton;

    *calls = *calls * 10 + (on ? 1 : 2);
    return true;
}

static bool cannot(void *baton, bool on)
{
    (void)baton;
    (void)on;
    return false;
}

static void test_copy_while_it_is_open(void **state)
{
    fixture_t *f = *state;
    scep_store_t *store = db_ready(f);
    const char *to = copy_path(f);
    int calls = 0;

    must_add(f, store, 1); /* in the log, not in the file */
    assert_int_equal(scep_sqlite_copy(db_path(f), to, note, &calls, &f->res),
                     SCEP_OK);
    assert_int_equal(calls, 12);
    must_add(f, store, 2);
    assert_int_equal(count_in(to, "challenges"), 1);
    assert_int_equal(db_count(f, "challenges"), 2);
}

static void test_what_cannot_be_copied(void **state)
{
    fixture_t *f = *state;
    const char *to = copy_path(f);
    FILE *file;

    assert_int_equal(scep_sqlite_copy(db_path(f), to, NULL, NULL, &f->res),
                     SCEP_BROKEN);
    assert_int_equal(access(db_path(f), F_OK), -1);
    file = fopen(db_path(f), "w");
    fputs("no database at all, but long enough to be looked at", file);
    fclose(file);
    scep_result_init(&f->res, f->pool);
    assert_int_equal(scep_sqlite_copy(db_path(f), to, NULL, NULL, &f->res),
                     SCEP_BROKEN);
    assert_non_null(strstr(f->res.detail, db_path(f)));
    scep_result_init(&f->res, f->pool);
    assert_int_equal(scep_sqlite_copy(db_path(f), to, cannot, NULL, &f->res),
                     SCEP_BROKEN);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        FIXTURE_TEST(test_copy_while_it_is_open),
        FIXTURE_TEST(test_what_cannot_be_copied),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
