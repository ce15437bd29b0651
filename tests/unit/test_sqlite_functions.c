/* Licensed under the Apache License, Version 2.0; see LICENSE. */
/* test_sqlite_functions.c: what the migrations need besides SQLite's own
 * functions. (store layer) */
#include "fixture.h"

#include "scep_sqlite_functions.h"

static int take_text(void *baton, int count, char **columns, char **names)
{
    (void)count;
    (void)names;
    apr_cpystrn(baton, columns[0] != NULL ? columns[0] : "NULL", 64);
    return 0;
}

static void test_decode(void **state)
{
    static const struct {
        const char *call, *expected;
    } cases[] = {
        {"HEX(decode('00fF', 'hex'))", "00FF"},
        {"TYPEOF(decode('00fF', 'hex'))", "blob"},
        {"HEX(decode('', 'hex'))", ""},
        {"decode('0', 'hex')", "NULL"},
        {"decode('0g', 'hex')", "NULL"},
        {"decode(NULL, 'hex')", "NULL"},
        {"decode('00', NULL)", "NULL"},
        {"HEX(decode('AAH+/w==', 'base64'))", "0001FEFF"},
        {"HEX(decode('AAH+', 'base64'))", "0001FE"},
        {"HEX(decode('', 'base64'))", ""},
        {"decode('?', 'base64')", "NULL"},
        {"decode(NULL, 'base64')", "NULL"},
    };
    fixture_t *f = *state;
    sqlite3 *db;
    size_t i;

    assert_int_equal(sqlite3_open(":memory:", &db), SQLITE_OK);
    assert_int_equal(scep_sqlite_functions(db), SQLITE_OK);
    for (i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        char text[64] = "";

        assert_int_equal(
            sqlite3_exec(db,
                         apr_pstrcat(f->pool, "SELECT ", cases[i].call, NULL),
                         take_text, text, NULL),
            SQLITE_OK);
        assert_string_equal(text, cases[i].expected);
    }
    sqlite3_close(db);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        FIXTURE_TEST(test_decode),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
