/* Licensed under the Apache License, Version 2.0; see LICENSE. */
/*
 * test_store_tally.c: how long a count of outstanding passwords is used. (store
 * layer)
 */
#include "store_fixture.h"

#include "scep_store_tally.h"

#define MANY (SCEP_TALLY_EXACT + 10)

static void init(fixture_t *f, scep_store_tally_t *tally)
{
    memset(tally, 0, sizeof(*tally));
    assert_int_equal(scep_store_tally_init(tally, f->pool), APR_SUCCESS);
}

static void test_few_are_counted_each_time(void **state)
{
    scep_store_tally_t tally;
    bool full;

    init(*state, &tally);
    assert_false(scep_store_tally_draw(&tally, 100, 5000, &full));
    scep_store_tally_set(&tally, SCEP_TALLY_EXACT, 5000, 100, 110);
    assert_false(scep_store_tally_draw(&tally, 110, 5000, &full));
}

static void test_own_draws_are_added(void **state)
{
    scep_store_tally_t tally;
    bool full;

    init(*state, &tally);
    assert_false(scep_store_tally_draw(&tally, 100, MANY + 2, &full));
    scep_store_tally_set(&tally, MANY, MANY + 2, 100, 110);
    assert_true(scep_store_tally_draw(&tally, 111, MANY + 2, &full));
    assert_false(full);
    assert_true(scep_store_tally_draw(&tally, 112, MANY + 2, &full));
    assert_true(full);
    /* a larger number, as another store's user may have */
    assert_true(scep_store_tally_draw(&tally, 112, MANY + 3, &full));
    assert_false(full);
}

static void test_serves_in_proportion(void **state)
{
    scep_store_tally_t tally;
    apr_time_t end = 110 + 10 * SCEP_TALLY_SHARE;
    bool full;

    init(*state, &tally);
    scep_store_tally_set(&tally, MANY, MANY, 100, 110);
    assert_true(scep_store_tally_draw(&tally, end - 1, MANY, &full));
    assert_true(full);
    assert_false(scep_store_tally_draw(&tally, end, MANY, &full));
    /* somebody counts: the others do not wait for it */
    assert_true(scep_store_tally_draw(&tally, end, MANY, &full));
    assert_true(full);
}

static void test_serves_some_seconds_at_most(void **state)
{
    const apr_time_t slow = 5 * APR_USEC_PER_SEC;
    scep_store_tally_t tally;
    bool full;

    init(*state, &tally);
    scep_store_tally_set(&tally, MANY, MANY, 0, slow);
    assert_true(
        scep_store_tally_draw(&tally, slow + SCEP_TALLY_MOST - 1, MANY, &full));
    assert_false(
        scep_store_tally_draw(&tally, slow + SCEP_TALLY_MOST, MANY, &full));
}

static void test_failed_count_serves_nobody(void **state)
{
    scep_store_tally_t tally;
    bool full;

    init(*state, &tally);
    scep_store_tally_set(&tally, MANY, MANY, 100, 110);
    assert_false(scep_store_tally_draw(&tally, APR_USEC_PER_SEC, MANY, &full));
    scep_store_tally_set(&tally, -1, MANY, 200, 210);
    assert_false(scep_store_tally_draw(&tally, 210, MANY, &full));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        FIXTURE_TEST(test_few_are_counted_each_time),
        FIXTURE_TEST(test_own_draws_are_added),
        FIXTURE_TEST(test_serves_in_proportion),
        FIXTURE_TEST(test_serves_some_seconds_at_most),
        FIXTURE_TEST(test_failed_count_serves_nobody),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
