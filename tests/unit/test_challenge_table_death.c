/* Licensed under the Apache License, Version 2.0; see LICENSE. */
/*
 * test_challenge_table_death.c: many processes on the shared table, and death
 * at every point of a change. (challenge layer)
 */
#include "challenge_fixture.h"

#include <signal.h>
#include <stdbool.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <unistd.h>
#ifdef __linux__
#include <sys/ptrace.h>
#endif

#include <apr_global_mutex.h>

/* --- many processes ------------------------------------------------------- */

typedef struct shared_t {
    void *memory;
    apr_size_t size;
    apr_global_mutex_t *mutex;
    scep_challenge_table_t *table;
} shared_t;

static apr_status_t mutex_acquire(void *baton)
{
    return apr_global_mutex_lock(baton);
}

static apr_status_t mutex_release(void *baton)
{
    return apr_global_mutex_unlock(baton);
}

static void share(fixture_t *f, apr_uint32_t capacity, apr_lockmech_e mech,
                  shared_t *shared)
{
    const char *file = apr_pstrcat(f->pool, f->scratch, "/lock", NULL);
    scep_lock_t lock = {mutex_acquire, mutex_release, NULL};

    shared->size = scep_challenge_table_size(capacity);
    shared->memory = mmap(NULL, shared->size, PROT_READ | PROT_WRITE,
                          MAP_SHARED | MAP_ANONYMOUS, -1, 0);
    assert_ptr_not_equal(shared->memory, MAP_FAILED);
    assert_int_equal(
        apr_global_mutex_create(&shared->mutex, file, mech, f->pool),
        APR_SUCCESS);
    scep_challenge_table_format(shared->memory, shared->size, capacity);
    lock.baton = shared->mutex;
    shared->table = scep_challenge_table_attach(shared->memory, shared->size,
                                                &lock, f->pool);
    assert_non_null(shared->table);
}

enum { CLAIMERS = 8, ROUNDS = 200 };

static int claim_all(fixture_t *f, shared_t *shared, int who)
{
    unsigned char owner[SCEP_CLAIM_OWNER_SIZE] = {(unsigned char)(who + 1)};
    const char *file = apr_pstrcat(f->pool, f->scratch, "/lock", NULL);
    unsigned int i;
    int won = 0;

    if (apr_global_mutex_child_init(&shared->mutex, file, f->pool) !=
        APR_SUCCESS) {
        return 255;
    }
    for (i = 0; i < ROUNDS; i++) {
        if (claim(shared->table, i, owner, FIXTURE_NOW) == SCEP_CLAIM_OK) {
            won++;
        }
    }
    return won;
}

static void test_one_claim_of_many_processes(void **state)
{
    fixture_t *f = *state;
    shared_t shared;
    int i, status, won = 0;

    share(f, ROUNDS, APR_LOCK_DEFAULT, &shared);
    for (i = 0; i < ROUNDS; i++) {
        add(shared.table, (unsigned int)i, FIXTURE_NOW + VALIDITY);
    }
    for (i = 0; i < CLAIMERS; i++) {
        pid_t pid = fork();

        assert_true(pid >= 0);
        if (pid == 0) {
            _exit(claim_all(f, &shared, i));
        }
    }
    for (i = 0; i < CLAIMERS; i++) {
        assert_true(wait(&status) > 0);
        assert_true(WIFEXITED(status));
        assert_int_not_equal(WEXITSTATUS(status), 255);
        won += WEXITSTATUS(status);
    }
    assert_int_equal(won, ROUNDS);
    munmap(shared.memory, shared.size);
}

/* --- death in the middle -------------------------------------------------- */

/* Whatever happened: as many fit as the capacity says, each can be found,
 * the oldest makes room first, and none is left after all are taken out. */
static void check_table(scep_challenge_table_t *table, apr_time_t now)
{
    apr_uint32_t capacity = scep_challenge_table_capacity(table);
    apr_uint32_t count = scep_challenge_table_count(table, now);
    unsigned char hash[SCEP_HASH_SIZE];
    apr_uint32_t i, first = 100000;

    for (i = 0; i < capacity - count; i++) {
        assert_int_equal(scep_challenge_table_add(table,
                                                  hash_of(hash, first + i),
                                                  now + VALIDITY + i, now),
                         SCEP_ADD_OK);
    }
    assert_int_equal(scep_challenge_table_add(table, hash_of(hash, first + i),
                                              now + VALIDITY, now),
                     SCEP_ADD_FULL);
    /* All have expired: room for as many again, one by one. */
    now += 10 * VALIDITY;
    for (i = 0; i < capacity; i++) {
        assert_int_equal(scep_challenge_table_add(table,
                                                  hash_of(hash, 2 * first + i),
                                                  now + VALIDITY, now),
                         SCEP_ADD_OK);
        assert_int_equal(scep_challenge_table_count(table, now), i + 1);
    }
    for (i = 0; i < capacity; i++) {
        assert_int_equal(claim(table, 2 * first + i, owner_a, now),
                         SCEP_CLAIM_OK);
        take_away(table, 2 * first + i);
    }
    assert_int_equal(scep_challenge_table_count(table, now), 0);
}

#ifdef __linux__

static apr_status_t no_lock(void *baton)
{
    (void)baton;
    return APR_SUCCESS;
}

static const scep_lock_t unlocked = {no_lock, no_lock, NULL};

enum {
    STEP_PRESENT = 9,
    STEP_CHANGED = 50,
    STEP_GONE = 60,
    MAX_STEPS = 2000000
};

typedef void change_fn(scep_challenge_table_t *table);

static void change_add(scep_challenge_table_t *table)
{
    add(table, STEP_CHANGED, FIXTURE_NOW + VALIDITY / 2);
}

/* Entry 4 is in the midst of its bucket's chain and of the heap. */
static void change_remove(scep_challenge_table_t *table)
{
    take_away(table, 4);
}

static void change_claim(scep_challenge_table_t *table)
{
    claim(table, 5, owner_b, FIXTURE_NOW);
}

static void change_reclaim(scep_challenge_table_t *table)
{
    claim(table, 3, owner_b, FIXTURE_NOW + LEASE);
}

static void change_release(scep_challenge_table_t *table)
{
    give_back(table, 3, owner_a);
}

/* A full table whose oldest has to go. */
static void change_replace(scep_challenge_table_t *table)
{
    unsigned char hash[SCEP_HASH_SIZE];

    scep_challenge_table_add(table, hash_of(hash, STEP_CHANGED),
                             FIXTURE_NOW + 4 * VALIDITY, FIXTURE_NOW + 5);
}

static scep_challenge_table_t *fill(fixture_t *f, void *memory, apr_size_t size,
                                    unsigned int count)
{
    scep_challenge_table_t *table;
    unsigned int i;

    scep_challenge_table_format(memory, size, SCEP_CHALLENGE_MIN_CAPACITY);
    table = scep_challenge_table_attach(memory, size, &unlocked, f->pool);
    assert_non_null(table);
    add(table, 0, FIXTURE_NOW + 5);
    for (i = 1; i < count; i++) {
        assert_int_equal(
            add(table, i, FIXTURE_NOW + VALIDITY / 4 * (1 + i % 3) + i),
            SCEP_ADD_OK);
    }
    claim(table, 3, owner_a, FIXTURE_NOW);
    if (count < SCEP_CHALLENGE_MIN_CAPACITY - 1) {
        add(table, STEP_GONE, FIXTURE_NOW + VALIDITY);
        add(table, STEP_GONE + 1, FIXTURE_NOW + VALIDITY);
        take_away(table, STEP_GONE);
        take_away(table, STEP_GONE + 1);
    }
    return table;
}

/* The count walks the heap, the claims go through the buckets. */
static void check_order(scep_challenge_table_t *table, unsigned int count)
{
    apr_time_t now;
    unsigned int i;

    for (now = FIXTURE_NOW; now < FIXTURE_NOW + VALIDITY; now += VALIDITY / 8) {
        apr_uint32_t live = 0;

        for (i = 0; i <= count; i++) {
            scep_claim_e got =
                claim(table, i < count ? i : STEP_CHANGED, owner_a, now);

            live += got == SCEP_CLAIM_OK || got == SCEP_CLAIM_BUSY;
        }
        assert_int_equal(scep_challenge_table_count(table, now), live);
    }
}

/* MEMORY is what a process left that died: nobody else's password is gone,
 * nobody else's claim is open to others. */
static void check_remains(fixture_t *f, void *memory, apr_size_t size,
                          unsigned int count)
{
    apr_pool_t *pool;
    scep_challenge_table_t *table;
    scep_claim_e changed;
    unsigned int i;

    assert_int_equal(apr_pool_create(&pool, f->pool), APR_SUCCESS);
    table = scep_challenge_table_attach(memory, size, &unlocked, pool);
    assert_non_null(table);
    for (i = 1; i < count; i++) {
        scep_claim_e got = claim(table, i, owner_a, FIXTURE_NOW + 5);

        assert_true(got == SCEP_CLAIM_OK ||
                    (i == 4 && got == SCEP_CLAIM_UNKNOWN) ||
                    ((i == 5 || i == 3) && got == SCEP_CLAIM_BUSY));
    }
    changed = claim(table, STEP_CHANGED, owner_a, FIXTURE_NOW + 5);
    assert_true(changed == SCEP_CLAIM_OK || changed == SCEP_CLAIM_UNKNOWN);
    assert_int_equal(claim(table, STEP_GONE, owner_a, FIXTURE_NOW),
                     SCEP_CLAIM_UNKNOWN);
    check_order(table, count);
    check_table(table, FIXTURE_NOW);
    apr_pool_destroy(pool);
}

/* Let a child make CHANGE instruction by instruction; after each one that
 * wrote to the memory, look at what it would leave if it died there.
 * @return the number of different remains, or -1 if a child cannot be traced */
static int die_everywhere(fixture_t *f, change_fn *change, unsigned int count)
{
    apr_size_t size = scep_challenge_table_size(SCEP_CHALLENGE_MIN_CAPACITY);
    unsigned char *memory = mmap(NULL, size, PROT_READ | PROT_WRITE,
                                 MAP_SHARED | MAP_ANONYMOUS, -1, 0);
    unsigned char *last = apr_palloc(f->pool, size);
    unsigned char *remains = apr_palloc(f->pool, size);
    scep_challenge_table_t *table;
    int status, steps, deaths = 0;
    pid_t pid;

    assert_ptr_not_equal(memory, MAP_FAILED);
    table = fill(f, memory, size, count);
    memcpy(last, memory, size);
    pid = fork();
    assert_true(pid >= 0);
    if (pid == 0) {
        if (ptrace(PTRACE_TRACEME, 0, NULL, NULL) != 0) {
            _exit(77);
        }
        raise(SIGSTOP);
        change(table);
        _exit(0);
    }
    assert_int_equal(waitpid(pid, &status, 0), pid);
    for (steps = 0; WIFSTOPPED(status) && steps < MAX_STEPS; steps++) {
        if (memcmp(memory, last, size) != 0) {
            memcpy(last, memory, size);
            memcpy(remains, memory, size);
            check_remains(f, remains, size, count);
            deaths++;
        }
        if (ptrace(PTRACE_SINGLESTEP, pid, NULL, NULL) != 0) {
            break;
        }
        assert_int_equal(waitpid(pid, &status, 0), pid);
    }
    if (!WIFEXITED(status)) {
        kill(pid, SIGKILL);
        waitpid(pid, &status, 0);
        deaths = -1;
    }
    else if (WEXITSTATUS(status) == 77) {
        deaths = -1;
    }
    munmap(memory, size);
    return deaths;
}

static void test_death_at_every_instruction(void **state)
{
    static const struct {
        change_fn *change;
        unsigned int count; /* passwords in the table */
        int deaths;         /* at least so many different remains */
    } cases[] = {
        {change_add, STEP_PRESENT, 8},
        {change_remove, STEP_PRESENT, 6},
        {change_claim, STEP_PRESENT, 3},
        {change_reclaim, STEP_PRESENT, 3},
        {change_release, STEP_PRESENT, 1},
        {change_replace, SCEP_CHALLENGE_MIN_CAPACITY, 12},
    };
    size_t i;

    for (i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        int deaths = die_everywhere(*state, cases[i].change, cases[i].count);

        if (deaths < 0) {
            skip(); /* no tracing here */
        }
        assert_true(deaths >= cases[i].deaths);
    }
}

#endif

/* The same without tracing: kill at random moments, with a lock that knows
 * that its holder died. */
static void churn(shared_t *shared, unsigned int who)
{
    unsigned int seed = who, n;

    for (;;) {
        n = next_random(&seed, 64);
        switch (next_random(&seed, 3)) {
        case 0:
            add(shared->table, n,
                FIXTURE_NOW + 1 + (apr_time_t)next_random(&seed, 1000));
            break;
        case 1:
            claim(shared->table, n, owner_b, FIXTURE_NOW);
            break;
        default:
            take_away(shared->table, n);
        }
    }
}

static void test_random_kills(void **state)
{
    fixture_t *f = *state;
    shared_t shared;
    unsigned int round;
    int status;

    share(f, 48, APR_LOCK_FCNTL, &shared);
    for (round = 0; round < 60; round++) {
        pid_t first, second;

        first = fork();
        assert_true(first >= 0);
        if (first == 0) {
            churn(&shared, 2 * round + 1);
        }
        second = fork();
        assert_true(second >= 0);
        if (second == 0) {
            churn(&shared, 2 * round + 2);
        }
        apr_sleep(500 + 137 * (apr_interval_time_t)(round % 20));
        kill(first, SIGKILL);
        assert_int_equal(waitpid(first, &status, 0), first);
        apr_sleep(300);
        kill(second, SIGKILL);
        assert_int_equal(waitpid(second, &status, 0), second);
        if (round % 10 == 9) {
            check_table(shared.table, FIXTURE_NOW);
        }
    }
    munmap(shared.memory, shared.size);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        FIXTURE_TEST(test_one_claim_of_many_processes),
#ifdef __linux__
        FIXTURE_TEST(test_death_at_every_instruction),
#endif
        FIXTURE_TEST(test_random_kills),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
