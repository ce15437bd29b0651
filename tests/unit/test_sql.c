/* Licensed under the Apache License, Version 2.0; see LICENSE. */
/*
 * test_sql.c: numbers in columns, the rules for statements. (store layer)
 */
#include "fixture.h"

#include "scep_sql.h"

static void test_number(void **state)
{
    apr_int64_t number = 5;

    (void)state;
    assert_true(scep_sql_number("0", &number));
    assert_int_equal(number, 0);
    assert_true(scep_sql_number("9223372036854775807", &number));
    assert_true(number == APR_INT64_MAX);
    assert_true(scep_sql_number("-9223372036854775808", &number));
    assert_true(number == APR_INT64_MIN);
}

static void test_number_refuses(void **state)
{
    static const char *const bad[] = {
        "",    "-",    "x",  "1x", " 1", "+1", "1 ", "9223372036854775808",
        "0x1", "12.5", "-x", NULL,
    };
    apr_int64_t number;
    size_t i;

    (void)state;
    for (i = 0; bad[i] != NULL; i++) {
        assert_false(scep_sql_number(bad[i], &number));
    }
    assert_false(scep_sql_number(NULL, &number));
}

static void test_clock_goes_on(void **state)
{
    apr_time_t before = scep_sql_clock();

    (void)state;
    apr_sleep(2000);
    assert_in_range(scep_sql_clock() - before, 2000, 60 * APR_USEC_PER_SEC);
}

static void test_status_names(void **state)
{
    (void)state;
    assert_string_equal(scep_sql_status_name(SCEP_SQL_OK), "ok");
    assert_string_equal(scep_sql_status_name(SCEP_SQL_BUSY), "busy");
    assert_string_equal(scep_sql_status_name(SCEP_SQL_FULL), "full");
    assert_string_equal(scep_sql_status_name(SCEP_SQL_CONSTRAINT),
                        "constraint");
    assert_string_equal(scep_sql_status_name(SCEP_SQL_LOST), "lost");
    assert_string_equal(scep_sql_status_name(SCEP_SQL_ERROR), "error");
    assert_string_equal(scep_sql_status_name((scep_sql_status_e)99), "unknown");
}

static void test_query_rules(void **state)
{
    static const scep_sql_query_t good[] = {
        {-1, "", "SELECT 1"},
        {0, "tn", "INSERT INTO t VALUES ($1, $2)"},
        {SCEP_SQL_SLOTS - 1, "t", "SELECT $1"},
        {-1, "xp", "SELECT $1, $2"},
    };
    static const scep_sql_query_t bad[] = {
        {0, "t", "SELECT 1"},
        {0, "", "SELECT $1"},
        {0, "tt", "SELECT $2, $1"},
        {0, "tt", "SELECT $1, $1"},
        {0, "tt", "SELECT $1, $3"},
        {0, "y", "SELECT $1"},
        {SCEP_SQL_SLOTS, "", "SELECT 1"},
    };
    size_t i;

    (void)state;
    for (i = 0; i < sizeof(good) / sizeof(good[0]); i++) {
        assert_true(scep_sql_query_ok(&good[i]));
    }
    for (i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
        assert_false(scep_sql_query_ok(&bad[i]));
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        FIXTURE_TEST(test_number),        FIXTURE_TEST(test_number_refuses),
        FIXTURE_TEST(test_clock_goes_on), FIXTURE_TEST(test_status_names),
        FIXTURE_TEST(test_query_rules),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
