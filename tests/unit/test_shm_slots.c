/* Licensed under the Apache License, Version 2.0; see LICENSE. */
/* test_shm_slots.c: slots in shared memory, whatever process dies. (base
 * layer) */
#include "fixture.h"

#include <signal.h>
#include <stdbool.h>
#include <sys/wait.h>
#include <unistd.h>

#include "scep_shm_slots.h"

#define SECOND APR_USEC_PER_SEC

enum { COUNT = 12 };

static pid_t pid; /* what getpid() says; 0: the truth */

pid_t __real_getpid(void);
pid_t __wrap_getpid(void);

pid_t __wrap_getpid(void)
{
    return pid != 0 ? pid : __real_getpid();
}

/* Of the slots from FIRST on TOTAL; key N may have EACH. */
static int take_from(scep_shm_slots_t *slots, int first, int total,
                     unsigned int n, int each, apr_time_t now)
{
    const unsigned char key[SCEP_HASH_SIZE] = {[2] = (unsigned char)n};
    const scep_slot_terms_t terms = {first, total,      key,
                                     each,  5 * SECOND, false};

    return scep_shm_slots_take(slots, &terms, now);
}

static int take(scep_shm_slots_t *slots, unsigned int n, int each, int total,
                apr_time_t now)
{
    return take_from(slots, 0, total, n, each, now);
}

static void test_layout(void **state)
{
    fixture_t *f = *state;
    apr_size_t size = scep_shm_slots_size(COUNT);
    unsigned char *at = apr_palloc(f->pool, size + 8);
    int i;

    assert_int_equal(size, 24 + COUNT * 8);
    memset(at, 0xff, size + 8);
    scep_shm_slots_format(at, COUNT);
    assert_int_equal(at[size], 0xff);
    assert_non_null(scep_shm_slots_attach(at, size, f->pool));
    assert_null(scep_shm_slots_attach(at, size - 1, f->pool));
    assert_null(scep_shm_slots_attach(at, size + 8, f->pool));
    assert_null(scep_shm_slots_attach(at, 23, f->pool));
    for (i = 0; i < 16; i++) { /* magic, version, count */
        at[i] ^= 1;
        assert_null(scep_shm_slots_attach(at, size, f->pool));
        at[i] ^= 1;
    }
    scep_shm_slots_format(at, 0);
    assert_int_equal(
        take(scep_shm_slots_attach(at, 24, f->pool), 1, 1, 1, f->now), -1);
}

static void test_total_and_each(void **state)
{
    fixture_t *f = *state;
    scep_shm_slots_t *slots = scep_shm_slots_make(COUNT, f->pool);
    int slot, i;

    assert_non_null(slots);
    slot = take(slots, 1, 2, 3, f->now);
    assert_in_range(slot, 0, 2);
    assert_true(take(slots, 1, 2, 3, f->now) >= 0);
    assert_int_equal(take(slots, 1, 2, 3, f->now), -1); /* two each */
    assert_true(take(slots, 2, 2, 3, f->now) >= 0);
    assert_int_equal(take(slots, 3, 2, 3, f->now), -1); /* three in all */
    scep_shm_slots_give(slots, slot);
    assert_int_equal(take(slots, 3, 2, 3, f->now), slot);
    /* further ones are another kind's */
    assert_int_equal(take_from(slots, 3, 1, 1, 1, f->now), 3);
    assert_int_equal(take_from(slots, 3, 1, 2, 1, f->now), -1);
    /* leases that ran out */
    assert_int_equal(take(slots, 4, 2, 3, f->now + 4 * SECOND), -1);
    assert_true(take(slots, 4, 2, 3, f->now + 5 * SECOND) >= 0);
    /* a clock that was set back, and no end of slots asked for */
    for (i = 0; i < COUNT; i++) {
        assert_true(take(slots, 5, 1000, 1000, f->now - 3600 * SECOND) >= 0);
    }
    assert_int_equal(take(slots, 5, 1000, 1000, f->now - 3600 * SECOND), -1);
}

/* One slot and one key: a lock that does not outlive its holder. */
static void test_a_turn(void **state)
{
    fixture_t *f = *state;
    scep_shm_slots_t *slots = scep_shm_slots_make(COUNT, f->pool);

    assert_int_equal(take_from(slots, 7, 1, 1, 1, f->now), 7);
    assert_int_equal(take_from(slots, 7, 1, 1, 1, f->now), -1);
    scep_shm_slots_give(slots, 7);
    assert_int_equal(take_from(slots, 7, 1, 1, 1, f->now), 7);
    assert_int_equal(take_from(slots, 7, 1, 1, 1, f->now + 5 * SECOND - 1000),
                     -1);
    assert_int_equal(take_from(slots, 7, 1, 1, 1, f->now + 5 * SECOND), 7);
    assert_int_equal(take_from(slots, 7, 1, 1, 1, f->now - 9 * SECOND), 7);
}

/* The time in a record starts again and again, and takes leases of a day. */
static void test_long_leases(void **state)
{
    const unsigned char key[SCEP_HASH_SIZE] = {0};
    const scep_slot_terms_t day = {0, 1, key, 1, 86400 * SECOND, false};
    const scep_slot_terms_t year = {1, 1, key, 1, 365 * 86400 * SECOND, false};
    const scep_slot_terms_t instant = {2, 1, key, 1, 1, false};
    fixture_t *f = *state;
    scep_shm_slots_t *slots = scep_shm_slots_make(COUNT, f->pool);
    int i;

    for (i = 0; i < 200; i++) { /* more than twice around */
        f->now += 3600 * SECOND;
        assert_int_equal(scep_shm_slots_take(slots, &day, f->now), 0);
        assert_int_equal(
            scep_shm_slots_take(slots, &day, f->now + 86399 * SECOND), -1);
        assert_int_equal(
            scep_shm_slots_take(slots, &day, f->now + 86400 * SECOND), 0);
        scep_shm_slots_give(slots, 0);
    }
    assert_int_equal(scep_shm_slots_take(slots, &year, f->now), 1);
    assert_int_equal(
        scep_shm_slots_take(slots, &year, f->now + 46 * 3600 * SECOND), -1);
    assert_int_equal(
        scep_shm_slots_take(slots, &year, f->now + 47 * 3600 * SECOND), 1);
    assert_int_equal(scep_shm_slots_take(slots, &instant, f->now), 2);
    assert_int_equal(scep_shm_slots_take(slots, &instant, f->now), -1);
}

/* What took longer than its lease gives back nothing that is another's. */
static void test_given_back_too_late(void **state)
{
    fixture_t *f = *state;
    scep_shm_slots_t *slots = scep_shm_slots_make(1, f->pool);

    assert_int_equal(take(slots, 1, 1, 1, f->now), 0);
    pid = getppid();
    assert_int_equal(take(slots, 2, 1, 1, f->now + 6 * SECOND), 0);
    pid = 0;
    scep_shm_slots_give(slots, 0);
    assert_int_equal(take(slots, 3, 1, 1, f->now + 6 * SECOND), -1);
    pid = getppid();
    scep_shm_slots_give(slots, 0);
    assert_int_equal(take(slots, 3, 1, 1, f->now + 6 * SECOND), 0);
    pid = 0;
}

/* Process ids that do not fit: then the lease alone tells. */
static void test_large_process_ids(void **state)
{
    const pid_t most = (1 << 22) - 1; /* nobody has it */
    fixture_t *f = *state;
    scep_shm_slots_t *slots = scep_shm_slots_make(1, f->pool);

    pid = most;
    assert_int_equal(take(slots, 1, 1, 1, f->now), 0);
    assert_int_equal(take(slots, 1, 1, 1, f->now), 0); /* it is dead */
    pid = most + 1;
    assert_int_equal(take(slots, 1, 1, 1, f->now), 0);
    assert_int_equal(take(slots, 1, 1, 1, f->now), -1);
    assert_int_equal(take(slots, 1, 1, 1, f->now + 5 * SECOND), 0);
    scep_shm_slots_give(slots, 0);
    assert_int_equal(take(slots, 1, 1, 1, f->now), 0);
    pid = 0;
}

/* A process of its own takes one of all slots; what it says is 'y' if it got
 * it. It lives until it is killed. */
static pid_t take_elsewhere(fixture_t *f, scep_shm_slots_t *slots, int total,
                            char *said)
{
    int fds[2];
    pid_t child;

    assert_int_equal(pipe(fds), 0);
    child = fork();
    assert_true(child >= 0);
    if (child == 0) {
        char answer = take(slots, 1, total, total, f->now) >= 0 ? 'y' : 'n';

        if (write(fds[1], &answer, 1) == 1) {
            pause();
        }
        _exit(1);
    }
    close(fds[1]);
    assert_int_equal(read(fds[0], said, 1), 1);
    close(fds[0]);
    return child;
}

static void finish(pid_t child)
{
    int status;

    assert_int_equal(kill(child, SIGKILL), 0);
    assert_int_equal(waitpid(child, &status, 0), child);
}

static void test_a_killed_process(void **state)
{
    fixture_t *f = *state;
    scep_shm_slots_t *slots = scep_shm_slots_make(2, f->pool);
    char said = ' ';
    pid_t first = take_elsewhere(f, slots, 2, &said), second;

    assert_int_equal(said, 'y');
    second = take_elsewhere(f, slots, 2, &said);
    assert_int_equal(said, 'y');
    assert_int_equal(take(slots, 1, 2, 2, f->now), -1);
    finish(second); /* which frees what it had, and no more */
    assert_int_equal(take(slots, 1, 2, 2, f->now), 1);
    assert_int_equal(take(slots, 1, 2, 2, f->now), -1);
    second = take_elsewhere(f, slots, 2, &said);
    assert_int_equal(said, 'n');
    finish(first);
    assert_int_equal(take(slots, 1, 1, 2, f->now), -1); /* one each */
    assert_int_equal(take(slots, 2, 1, 2, f->now), 0);
    finish(second);
}

/* The system is seldom asked, but then the slots of all the dead are free. */
static void test_seldom(void **state)
{
    const unsigned char key[SCEP_HASH_SIZE] = {1};
    const scep_slot_terms_t terms = {0, 3, key, 3, 5 * SECOND, true};
    fixture_t *f = *state;
    scep_shm_slots_t *slots = scep_shm_slots_make(3, f->pool);
    char said = ' ';
    pid_t first = take_elsewhere(f, slots, 3, &said),
          second = take_elsewhere(f, slots, 3, &said),
          third = take_elsewhere(f, slots, 3, &said);

    assert_int_equal(said, 'y');
    assert_int_equal(scep_shm_slots_take(slots, &terms, f->now), -1);
    finish(first);
    finish(third);
    assert_int_equal(scep_shm_slots_take(slots, &terms, f->now + SECOND / 100),
                     -1);
    assert_int_equal(scep_shm_slots_take(slots, &terms, f->now + SECOND / 20),
                     0);
    assert_int_equal(scep_shm_slots_take(slots, &terms, f->now + SECOND / 20),
                     2);
    assert_int_equal(scep_shm_slots_take(slots, &terms, f->now + SECOND / 20),
                     -1);
    finish(second);
}

/* Of many processes no more than there are slots for are inside at a time. */
static void test_many_processes(void **state)
{
    enum { PROCESSES = 6, ROUNDS = 500, SLOTS = 3 };
    fixture_t *f = *state;
    scep_shm_slots_t *slots = scep_shm_slots_make(2 * SLOTS, f->pool);
    int i, j, status;

    for (i = 0; i < PROCESSES; i++) {
        pid_t child = fork();

        assert_true(child >= 0);
        for (j = 0; child == 0 && j < ROUNDS; j++) {
            int slot = take(slots, (unsigned int)i, SLOTS, SLOTS, f->now);

            /* the slot is ours alone, so its twin is free */
            if (slot >= 0) {
                int twin = take_from(slots, SLOTS + slot, 1, (unsigned int)i, 1,
                                     f->now);

                if (twin != SLOTS + slot) {
                    _exit(1);
                }
                scep_shm_slots_give(slots, twin);
                scep_shm_slots_give(slots, slot);
            }
        }
        if (child == 0) {
            _exit(0);
        }
    }
    for (i = 0; i < PROCESSES; i++) {
        assert_true(wait(&status) > 0);
        assert_int_equal(status, 0);
    }
}

static void test_waiting(void **state)
{
    const unsigned char key[SCEP_HASH_SIZE] = {1};
    const scep_slot_terms_t terms = {0, 1, key, 1, SECOND / 10, false};
    fixture_t *f = *state;
    scep_env_t env = {.log = NULL}; /* real time */
    scep_shm_slots_t *slots = scep_shm_slots_make(1, f->pool);
    apr_time_t before = apr_time_now();

    assert_int_equal(scep_shm_slots_wait(slots, &terms, &env, 0), 0);
    assert_int_equal(scep_shm_slots_wait(slots, &terms, &env, 0), -1);
    assert_int_equal(scep_shm_slots_wait(slots, &terms, &env, 30000), -1);
    assert_true(apr_time_now() - before >= 30000);
    assert_int_equal(scep_shm_slots_wait(slots, &terms, &env, 10 * SECOND), 0);
    assert_true(apr_time_now() - before >= SECOND / 10);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        FIXTURE_TEST(test_layout),
        FIXTURE_TEST(test_total_and_each),
        FIXTURE_TEST(test_a_turn),
        FIXTURE_TEST(test_long_leases),
        FIXTURE_TEST(test_given_back_too_late),
        FIXTURE_TEST(test_large_process_ids),
        FIXTURE_TEST(test_a_killed_process),
        FIXTURE_TEST(test_seldom),
        FIXTURE_TEST(test_many_processes),
        FIXTURE_TEST(test_waiting),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
