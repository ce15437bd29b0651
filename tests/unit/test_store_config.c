/* Licensed under the Apache License, Version 2.0; see LICENSE. */
/* test_store_config.c: what the configuration of a database says. (store
 * layer) */
#include "store_fixture.h"

#include "scep_store_p.h"

static void test_drivers(void **state)
{
    (void)state;
    assert_true(scep_store_driver_known("sqlite3"));
    assert_false(scep_store_driver_known("sqlite"));
    assert_ptr_equal(scep_store_driver_of("sqlite3"), &scep_sqlite_driver);
    assert_null(scep_store_driver_of("oracle"));
    assert_false(scep_store_driver_shared("sqlite3"));
    assert_false(scep_store_driver_shared("oracle"));
    assert_true(scep_store_driver_shared("pgsql")); /* built in or not */
}

static void test_a_file(void **state)
{
    fixture_t *f = *state;
    const scep_store_config_t config = db_config(f);
    scep_store_config_t other = config;

    db_prepare(f);
    assert_string_equal(scep_store_config_name(&config, f->pool), db_path(f));
    assert_string_equal(scep_store_config_open(&config, f->pool), db_path(f));
    assert_false(scep_store_config_secret(&config, f->pool));
    assert_int_equal(scep_store_check(&config, f->pool, &f->res), SCEP_OK);
    assert_int_equal(scep_store_look(&config, geteuid(), f->pool, &f->res),
                     SCEP_OK);
    other.params = apr_pstrcat(f->pool, f->scratch, "/./scep.db", NULL);
    assert_true(scep_store_config_same(&config, &other, f->pool));
    other.params = apr_pstrcat(f->pool, f->scratch, "/other.db", NULL);
    assert_false(scep_store_config_same(&config, &other, f->pool));
}

static void test_no_such_driver(void **state)
{
    fixture_t *f = *state;
    const scep_store_config_t config = {.driver = "oracle", .params = "x"};

    assert_int_equal(scep_store_check(&config, f->pool, &f->res), SCEP_BROKEN);
    assert_non_null(strstr(f->res.detail, "\"oracle\""));
    assert_int_equal(scep_store_look(&config, 0, f->pool, &f->res),
                     SCEP_BROKEN);
    assert_string_equal(scep_store_config_name(&config, f->pool), "oracle");
    assert_string_equal(scep_store_config_open(&config, f->pool), "");
    assert_false(scep_store_config_secret(&config, f->pool));
    assert_false(scep_store_config_same(&config, &config, f->pool));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        FIXTURE_TEST(test_drivers),
        FIXTURE_TEST(test_a_file),
        FIXTURE_TEST(test_no_such_driver),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
