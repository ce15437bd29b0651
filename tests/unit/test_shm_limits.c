/* Licensed under the Apache License, Version 2.0; see LICENSE. */
/* test_shm_limits.c: allowances in shared memory. (base layer) */
#include "fixture.h"

#include <signal.h>
#include <stdbool.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <unistd.h>

#include "scep_shm_limits.h"

#define SECOND APR_USEC_PER_SEC

static const scep_allowance_t ten = {10, 100 * SECOND};

typedef struct memory_t {
    fixture_t *f;
    void *at;
    scep_shm_limits_t *limits;
} memory_t;

static memory_t make(fixture_t *f)
{
    memory_t m = {.f = f};

    m.at = mmap(NULL, scep_shm_limits_size(), PROT_READ | PROT_WRITE,
                MAP_SHARED | MAP_ANONYMOUS, -1, 0);
    assert_ptr_not_equal(m.at, MAP_FAILED);
    scep_shm_limits_format(m.at, f->now);
    m.limits = scep_shm_limits_attach(m.at, scep_shm_limits_size(), f->pool);
    assert_non_null(m.limits);
    return m;
}

static void drop(memory_t *m)
{
    munmap(m->at, scep_shm_limits_size());
}

/* Key N, of a set of records that many share. */
static const unsigned char *key_of(unsigned char key[SCEP_HASH_SIZE],
                                   unsigned int n)
{
    memset(key, 0, SCEP_HASH_SIZE);
    key[0] = (unsigned char)(n >> 8);
    key[1] = (unsigned char)n;
    return key;
}

static bool add(memory_t *m, unsigned int n, apr_time_t now)
{
    unsigned char key[SCEP_HASH_SIZE];

    return scep_shm_limits_add(m->limits, key_of(key, n), &ten, now);
}

static apr_interval_time_t wait_of(memory_t *m, unsigned int n, apr_time_t now)
{
    unsigned char key[SCEP_HASH_SIZE];

    return scep_shm_limits_wait(m->limits, key_of(key, n), &ten, now);
}

static void test_layout(void **state)
{
    fixture_t *f = *state;
    memory_t m = make(f);
    unsigned char *at = m.at;
    int i;

    assert_in_range(scep_shm_limits_size(), 1, 300000);
    assert_null(
        scep_shm_limits_attach(m.at, scep_shm_limits_size() - 1, f->pool));
    for (i = 0; i < 16; i++) { /* magic, version, sets */
        at[i] ^= 1;
        assert_null(
            scep_shm_limits_attach(m.at, scep_shm_limits_size(), f->pool));
        at[i] ^= 1;
    }
    drop(&m);
}

static void test_allowance_runs_out_and_comes_back(void **state)
{
    fixture_t *f = *state;
    memory_t m = make(f);
    apr_time_t now = f->now;
    int i;

    for (i = 0; i < 9; i++) {
        assert_int_equal(wait_of(&m, 1, now), 0);
        assert_false(add(&m, 1, now));
    }
    assert_int_equal(wait_of(&m, 1, now), 0);
    assert_true(add(&m, 1, now)); /* the tenth */
    assert_int_equal(wait_of(&m, 1, now), 10 * SECOND);
    assert_int_equal(wait_of(&m, 2, now), 0);
    assert_false(add(&m, 1, now)); /* it does not grow any further */
    assert_int_equal(wait_of(&m, 1, now), 10 * SECOND);
    assert_int_equal(wait_of(&m, 1, now + 4 * SECOND), 6 * SECOND);
    assert_int_equal(wait_of(&m, 1, now + 10 * SECOND), 0);
    assert_true(add(&m, 1, now + 10 * SECOND));
    assert_int_equal(wait_of(&m, 1, now + 10 * SECOND), 10 * SECOND);
    /* after a quiet time all of it is there again */
    now += 1000 * SECOND;
    for (i = 0; i < 9; i++) {
        assert_false(add(&m, 1, now));
    }
    assert_true(add(&m, 1, now));
    drop(&m);
}

static void test_clock_set_back(void **state)
{
    fixture_t *f = *state;
    memory_t m = make(f);
    int i;

    for (i = 0; i < 10; i++) {
        add(&m, 1, f->now + 3600 * SECOND);
    }
    assert_true(wait_of(&m, 1, f->now + 3600 * SECOND) > 0);
    assert_int_equal(wait_of(&m, 1, f->now), 0);
    assert_false(add(&m, 1, f->now));
    /* even to before the memory was made */
    assert_int_equal(wait_of(&m, 3, f->now - 7 * 86400 * SECOND), 0);
    assert_false(add(&m, 3, f->now - 7 * 86400 * SECOND));
    drop(&m);
}

/* Many more keys than records of one set: who failed most is kept. */
static void test_the_worst_stays(void **state)
{
    fixture_t *f = *state;
    memory_t m = make(f);
    unsigned int i;

    for (i = 0; i < 10; i++) {
        add(&m, 9999, f->now);
    }
    for (i = 1; i < 5000; i++) {
        add(&m, i, f->now);
    }
    assert_true(wait_of(&m, 9999, f->now) > 0);
    for (i = 1; i < 5000; i++) {
        assert_int_equal(wait_of(&m, i, f->now), 0);
    }
    drop(&m);
}

enum { PROCESSES = 8, EACH = 2000 };

/* Of all who add at once exactly one is told that it was the last. */
static void test_many_processes(void **state)
{
    const scep_allowance_t all = {PROCESSES * EACH, PROCESSES * EACH * SECOND};
    fixture_t *f = *state;
    memory_t m = make(f);
    unsigned char key[SCEP_HASH_SIZE];
    int i, j, status, last = 0;

    key_of(key, 7);
    scep_shm_limits_add(m.limits, key, &all, f->now);
    for (i = 0; i < PROCESSES; i++) {
        pid_t pid = fork();

        assert_true(pid >= 0);
        if (pid == 0) {
            for (j = status = 0; j < EACH; j++) {
                status += scep_shm_limits_add(m.limits, key, &all, f->now);
            }
            _exit(status);
        }
    }
    for (i = 0; i < PROCESSES; i++) {
        assert_true(wait(&status) > 0);
        assert_true(WIFEXITED(status));
        last += WEXITSTATUS(status);
    }
    assert_int_equal(last, 1);
    assert_true(scep_shm_limits_wait(m.limits, key, &all, f->now) > 0);
    drop(&m);
}

/* Taken before it is known whether it counts. */
static void test_taken_and_given_back(void **state)
{
    memory_t m = make(*state);
    unsigned char key[SCEP_HASH_SIZE];
    apr_time_t now = m.f->now;
    int i;

    key_of(key, 1);
    for (i = 0; i < 10; i++) {
        assert_true(scep_shm_limits_take(m.limits, key, &ten, now));
    }
    assert_false(scep_shm_limits_take(m.limits, key, &ten, now));
    scep_shm_limits_give(m.limits, key, &ten, now);
    assert_true(scep_shm_limits_take(m.limits, key, &ten, now));
    assert_false(scep_shm_limits_take(m.limits, key, &ten, now));
    assert_true(scep_shm_limits_take(m.limits, key, &ten, now + 10 * SECOND));
    assert_false(scep_shm_limits_take(m.limits, key, &ten, now + 10 * SECOND));
    for (i = 0; i < 20; i++) {
        scep_shm_limits_give(m.limits, key, &ten, now + 10 * SECOND);
    }
    assert_int_equal(wait_of(&m, 1, now + 10 * SECOND), 0);
    for (i = 0; i < 10; i++) { /* and no more than there were */
        assert_true(
            scep_shm_limits_take(m.limits, key, &ten, now + 10 * SECOND));
    }
    assert_false(scep_shm_limits_take(m.limits, key, &ten, now + 10 * SECOND));
    scep_shm_limits_give(m.limits, key_of(key, 2), &ten, now); /* of nobody */
    drop(&m);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        FIXTURE_TEST(test_taken_and_given_back),
        FIXTURE_TEST(test_layout),
        FIXTURE_TEST(test_allowance_runs_out_and_comes_back),
        FIXTURE_TEST(test_clock_set_back),
        FIXTURE_TEST(test_the_worst_stays),
        FIXTURE_TEST(test_many_processes),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
