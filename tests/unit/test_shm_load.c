/* Licensed under the Apache License, Version 2.0; see LICENSE. */
/* test_shm_load.c: when clients are to come back. (base layer) */
#include "fixture.h"

#include <sys/wait.h>
#include <unistd.h>

#include "scep_shm_load.h"

#define SECOND APR_USEC_PER_SEC

enum { CLIENTS = 1000 };

/* Of CLIENTS that are sent away at NOW: the times to come back after. */
typedef struct times_t {
    int least, most, different;
} times_t;

static times_t send_away(scep_shm_load_t *load, apr_time_t now)
{
    bool seen[SCEP_LOAD_MAX_WAIT + 1] = {false};
    times_t times = {SCEP_LOAD_MAX_WAIT, 0, 0};
    int i;

    for (i = 0; i < CLIENTS; i++) {
        int wait = scep_shm_load_sent_away(load, now);

        assert_in_range(wait, SCEP_LOAD_MIN_WAIT, SCEP_LOAD_MAX_WAIT);
        times.least = wait < times.least ? wait : times.least;
        times.most = wait > times.most ? wait : times.most;
        times.different += !seen[wait];
        seen[wait] = true;
    }
    return times;
}

static void serve(scep_shm_load_t *load, int count, apr_time_t now)
{
    while (count-- > 0) {
        scep_shm_load_served(load, now);
    }
}

/* 1,000 clients sent away for 1,000 served in ten seconds: those could be
 * served in the next ten, so they come within twenty. */
static void test_window_of_a_light_load(void **state)
{
    fixture_t *f = *state;
    scep_shm_load_t *load = scep_shm_load_make(f->pool);
    times_t times;

    serve(load, CLIENTS, f->now);
    times = send_away(load, f->now);
    assert_int_equal(times.least, SCEP_LOAD_MIN_WAIT);
    assert_in_range(times.most, 15, 25);
    assert_true(times.different >= 10);
}

static void test_window_of_a_heavy_load(void **state)
{
    fixture_t *f = *state;
    scep_shm_load_t *load = scep_shm_load_make(f->pool);
    times_t times;

    serve(load, 20, f->now);
    send_away(load, f->now);
    times = send_away(load, f->now);
    assert_in_range(times.most, 280, SCEP_LOAD_MAX_WAIT);
    assert_true(times.different > 200);
    assert_true(times.least < 20); /* some come soon: there may be room again */
}

static void test_what_is_long_over_does_not_count(void **state)
{
    fixture_t *f = *state;
    scep_shm_load_t *load = scep_shm_load_make(f->pool);
    const int calm = SCEP_LOAD_MIN_WAIT + 10;

    serve(load, 1, f->now);
    send_away(load, f->now);
    f->now += 10 * SECOND; /* the next period */
    assert_true(scep_shm_load_sent_away(load, f->now) >= SCEP_LOAD_MIN_WAIT);
    serve(load, 2 * CLIENTS, f->now);
    assert_true(send_away(load, f->now).most > calm);
    f->now += 20 * SECOND;
    serve(load, 2 * CLIENTS, f->now);
    assert_true(send_away(load, f->now).most <= calm);
}

static void test_known_transactions(void **state)
{
    fixture_t *f = *state;
    scep_shm_load_t *load = scep_shm_load_make(f->pool);
    const unsigned char key[SCEP_HASH_SIZE] = {1, 2, 3, 4, 5, 6};
    const unsigned char same_place[SCEP_HASH_SIZE] = {1, 2, 3, 4, 9};
    int status;

    assert_false(scep_shm_load_knows(load, key));
    scep_shm_load_note(load, key);
    assert_true(scep_shm_load_knows(load, key));
    assert_false(scep_shm_load_knows(load, same_place));
    if (fork() == 0) { /* another process */
        scep_shm_load_note(load, same_place);
        _exit(scep_shm_load_knows(load, key));
    }
    assert_true(wait(&status) > 0);
    assert_int_equal(status, 0);
    assert_true(scep_shm_load_knows(load, same_place));
    assert_false(scep_shm_load_knows(load, key)); /* it had to make room */
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        FIXTURE_TEST(test_window_of_a_light_load),
        FIXTURE_TEST(test_window_of_a_heavy_load),
        FIXTURE_TEST(test_what_is_long_over_does_not_count),
        FIXTURE_TEST(test_known_transactions),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
