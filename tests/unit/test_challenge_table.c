/* Licensed under the Apache License, Version 2.0; see LICENSE. */
/*
 * test_challenge_table.c: the rules of the shared table, many processes on
 * it, and death at every point of a change. (challenge layer)
 */
#include "fixture.h"

#include <signal.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <unistd.h>
#ifdef __linux__
#include <sys/ptrace.h>
#endif

#include <apr_global_mutex.h>

#include "scep_challenge_table.h"

#define LEASE (60 * APR_USEC_PER_SEC)
#define VALIDITY (3600 * APR_USEC_PER_SEC)

typedef struct lock_counter_t {
    int held;
    int acquired;
    bool acquire_fails;
    bool release_fails;
} lock_counter_t;

static apr_status_t counter_acquire(void *baton)
{
    lock_counter_t *counter = baton;

    if (counter->acquire_fails) {
        return APR_EGENERAL;
    }
    assert_int_equal(counter->held, 0);
    counter->held++;
    counter->acquired++;
    return APR_SUCCESS;
}

static apr_status_t counter_release(void *baton)
{
    lock_counter_t *counter = baton;

    assert_int_equal(counter->held, 1);
    counter->held--;
    return counter->release_fails ? APR_EGENERAL : APR_SUCCESS;
}

static scep_challenge_table_t *make_table(fixture_t *f, apr_uint32_t capacity,
                                          lock_counter_t *counter)
{
    apr_size_t size = scep_challenge_table_size(capacity);
    void *memory = apr_palloc(f->pool, size);
    scep_lock_t lock = {counter_acquire, counter_release, counter};
    scep_challenge_table_t *table;

    memset(counter, 0, sizeof(*counter));
    memset(memory, 0xa5, size);
    scep_challenge_table_format(memory, size, capacity);
    table = scep_challenge_table_attach(memory, size, &lock, f->pool);
    assert_non_null(table);
    return table;
}

/* Password N; few distinct first octets, so that buckets are shared. */
static const unsigned char *hash_of(unsigned char hash[SCEP_HASH_SIZE],
                                    unsigned int n)
{
    memset(hash, 0, SCEP_HASH_SIZE);
    hash[0] = (unsigned char)(n % 5);
    memcpy(hash + 8, &n, sizeof(n));
    return hash;
}

static const unsigned char owner_a[SCEP_CLAIM_OWNER_SIZE] = {'a'};
static const unsigned char owner_b[SCEP_CLAIM_OWNER_SIZE] = {'b'};

static scep_add_e add(scep_challenge_table_t *table, unsigned int n,
                      apr_time_t expires)
{
    unsigned char hash[SCEP_HASH_SIZE];

    return scep_challenge_table_add(table, hash_of(hash, n), expires,
                                    FIXTURE_NOW);
}

static scep_claim_e claim(scep_challenge_table_t *table, unsigned int n,
                          const unsigned char *owner, apr_time_t now)
{
    unsigned char hash[SCEP_HASH_SIZE];

    return scep_challenge_table_claim(table, hash_of(hash, n), owner, now,
                                      LEASE);
}

static void give_back(scep_challenge_table_t *table, unsigned int n,
                      const unsigned char *owner)
{
    unsigned char hash[SCEP_HASH_SIZE];

    scep_challenge_table_release(table, hash_of(hash, n), owner);
}

static void take_away(scep_challenge_table_t *table, unsigned int n)
{
    unsigned char hash[SCEP_HASH_SIZE];

    scep_challenge_table_remove(table, hash_of(hash, n));
}

/* --- layout --------------------------------------------------------------- */

static void test_size(void **state)
{
    apr_uint32_t n;

    (void)state;
    assert_int_equal(scep_challenge_table_size(0), 0);
    assert_int_equal(scep_challenge_table_size(SCEP_CHALLENGE_MIN_CAPACITY - 1),
                     0);
    assert_int_equal(scep_challenge_table_size(SCEP_CHALLENGE_MAX_CAPACITY + 1),
                     0);
    for (n = SCEP_CHALLENGE_MIN_CAPACITY; n <= SCEP_CHALLENGE_MAX_CAPACITY;
         n += n / 3) {
        assert_in_range(scep_challenge_table_size(n), 1,
                        (apr_size_t)n * 128 + 64);
    }
    assert_in_range(scep_challenge_table_size(SCEP_CHALLENGE_MAX_CAPACITY), 1,
                    128 * 1000 * 1000 + 64);
}

static void test_attach_refuses_what_is_no_table(void **state)
{
    fixture_t *f = *state;
    apr_size_t size = scep_challenge_table_size(20);
    unsigned char *memory = apr_pcalloc(f->pool, size);
    lock_counter_t counter = {0};
    scep_lock_t lock = {counter_acquire, counter_release, &counter};
    size_t i;

    assert_null(scep_challenge_table_attach(memory, size, &lock, f->pool));
    scep_challenge_table_format(memory, size, 20);
    assert_non_null(scep_challenge_table_attach(memory, size, &lock, f->pool));
    assert_non_null(
        scep_challenge_table_attach(memory, size + 9, &lock, f->pool));
    assert_null(scep_challenge_table_attach(memory, size - 1, &lock, f->pool));
    assert_null(scep_challenge_table_attach(memory, 3, &lock, f->pool));
    /* magic, version, entry size, size, capacity, number of buckets */
    for (i = 0; i < 32; i++) {
        memory[i] ^= 1;
        assert_null(scep_challenge_table_attach(memory, size, &lock, f->pool));
        memory[i] ^= 1;
    }
    assert_non_null(scep_challenge_table_attach(memory, size, &lock, f->pool));
}

static void test_format_refuses_what_does_not_fit(void **state)
{
    fixture_t *f = *state;
    apr_size_t size = scep_challenge_table_size(20);
    unsigned char *memory = apr_pcalloc(f->pool, size);
    lock_counter_t counter = {0};
    scep_lock_t lock = {counter_acquire, counter_release, &counter};

    scep_challenge_table_format(memory, size, 20);
    scep_challenge_table_format(memory, size - 1, 20);
    assert_null(scep_challenge_table_attach(memory, size, &lock, f->pool));
    scep_challenge_table_format(memory, size, 20);
    scep_challenge_table_format(memory, size, 1);
    assert_null(scep_challenge_table_attach(memory, size, &lock, f->pool));
    scep_challenge_table_format(memory, 5, 20);
}

static void test_largest_table(void **state)
{
    fixture_t *f = *state;
    apr_size_t size = scep_challenge_table_size(SCEP_CHALLENGE_MAX_CAPACITY);
    void *memory = mmap(NULL, size, PROT_READ | PROT_WRITE,
                        MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    lock_counter_t counter = {0};
    scep_lock_t lock = {counter_acquire, counter_release, &counter};
    scep_challenge_table_t *table;
    unsigned char hash[SCEP_HASH_SIZE] = {0};
    unsigned int i;

    assert_ptr_not_equal(memory, MAP_FAILED);
    scep_challenge_table_format(memory, size, SCEP_CHALLENGE_MAX_CAPACITY);
    table = scep_challenge_table_attach(memory, size, &lock, f->pool);
    assert_non_null(table);
    assert_int_equal(scep_challenge_table_capacity(table),
                     SCEP_CHALLENGE_MAX_CAPACITY);
    for (i = 0; i <= SCEP_CHALLENGE_MAX_CAPACITY; i++) {
        unsigned int spread = i * 2654435761u;

        memcpy(hash, &spread, sizeof(spread));
        assert_int_equal(
            scep_challenge_table_add(table, hash, FIXTURE_NOW + VALIDITY,
                                     FIXTURE_NOW),
            i < SCEP_CHALLENGE_MAX_CAPACITY ? SCEP_ADD_OK : SCEP_ADD_FULL);
    }
    assert_int_equal(scep_challenge_table_count(table, FIXTURE_NOW),
                     SCEP_CHALLENGE_MAX_CAPACITY);
    munmap(memory, size);
}

/* --- rules ---------------------------------------------------------------- */

static void test_add_and_claim(void **state)
{
    fixture_t *f = *state;
    lock_counter_t counter;
    scep_challenge_table_t *table = make_table(f, 16, &counter);

    assert_int_equal(scep_challenge_table_capacity(table), 16);
    assert_int_equal(scep_challenge_table_count(table, FIXTURE_NOW), 0);
    assert_int_equal(claim(table, 1, owner_a, FIXTURE_NOW), SCEP_CLAIM_UNKNOWN);
    assert_int_equal(add(table, 1, FIXTURE_NOW + VALIDITY), SCEP_ADD_OK);
    assert_int_equal(add(table, 1, FIXTURE_NOW + VALIDITY), SCEP_ADD_EXISTS);
    assert_int_equal(scep_challenge_table_count(table, FIXTURE_NOW), 1);
    assert_int_equal(claim(table, 2, owner_a, FIXTURE_NOW), SCEP_CLAIM_UNKNOWN);
    assert_int_equal(claim(table, 6, owner_a, FIXTURE_NOW), SCEP_CLAIM_UNKNOWN);
    assert_int_equal(claim(table, 1, owner_a, FIXTURE_NOW), SCEP_CLAIM_OK);
    assert_int_equal(add(table, 1, FIXTURE_NOW + VALIDITY), SCEP_ADD_EXISTS);
    take_away(table, 1);
    assert_int_equal(claim(table, 1, owner_a, FIXTURE_NOW), SCEP_CLAIM_UNKNOWN);
    assert_int_equal(scep_challenge_table_count(table, FIXTURE_NOW), 0);
    take_away(table, 1);
    assert_int_equal(counter.held, 0);
}

static void test_claim_excludes_others(void **state)
{
    fixture_t *f = *state;
    lock_counter_t counter;
    scep_challenge_table_t *table = make_table(f, 16, &counter);

    add(table, 1, FIXTURE_NOW + VALIDITY);
    assert_int_equal(claim(table, 1, owner_a, FIXTURE_NOW), SCEP_CLAIM_OK);
    assert_int_equal(claim(table, 1, owner_b, FIXTURE_NOW), SCEP_CLAIM_BUSY);
    assert_int_equal(claim(table, 1, owner_a, FIXTURE_NOW + 5), SCEP_CLAIM_OK);
    give_back(table, 1, owner_b);
    assert_int_equal(claim(table, 1, owner_b, FIXTURE_NOW), SCEP_CLAIM_BUSY);
    give_back(table, 2, owner_a);
    give_back(table, 1, owner_a);
    assert_int_equal(claim(table, 1, owner_b, FIXTURE_NOW), SCEP_CLAIM_OK);
    assert_int_equal(claim(table, 1, owner_a, FIXTURE_NOW), SCEP_CLAIM_BUSY);
}

static void test_claim_runs_out(void **state)
{
    fixture_t *f = *state;
    lock_counter_t counter;
    scep_challenge_table_t *table = make_table(f, 16, &counter);

    add(table, 1, FIXTURE_NOW + VALIDITY);
    assert_int_equal(claim(table, 1, owner_a, FIXTURE_NOW), SCEP_CLAIM_OK);
    assert_int_equal(claim(table, 1, owner_b, FIXTURE_NOW + LEASE - 1),
                     SCEP_CLAIM_BUSY);
    assert_int_equal(claim(table, 1, owner_b, FIXTURE_NOW + LEASE),
                     SCEP_CLAIM_OK);
    /* The former owner comes late: it is no longer its claim. */
    give_back(table, 1, owner_a);
    assert_int_equal(claim(table, 1, owner_a, FIXTURE_NOW + LEASE),
                     SCEP_CLAIM_BUSY);
}

static void test_claiming_again_renews_the_lease(void **state)
{
    fixture_t *f = *state;
    lock_counter_t counter;
    scep_challenge_table_t *table = make_table(f, 16, &counter);

    add(table, 1, FIXTURE_NOW + VALIDITY);
    claim(table, 1, owner_a, FIXTURE_NOW);
    assert_int_equal(claim(table, 1, owner_a, FIXTURE_NOW + LEASE - 1),
                     SCEP_CLAIM_OK);
    assert_int_equal(claim(table, 1, owner_b, FIXTURE_NOW + LEASE + 1),
                     SCEP_CLAIM_BUSY);
}

static void test_expiry(void **state)
{
    fixture_t *f = *state;
    lock_counter_t counter;
    scep_challenge_table_t *table = make_table(f, 16, &counter);

    add(table, 1, FIXTURE_NOW + 10);
    assert_int_equal(claim(table, 1, owner_a, FIXTURE_NOW + 9), SCEP_CLAIM_OK);
    assert_int_equal(claim(table, 1, owner_a, FIXTURE_NOW + 10),
                     SCEP_CLAIM_EXPIRED);
    assert_int_equal(scep_challenge_table_count(table, FIXTURE_NOW + 9), 1);
    assert_int_equal(scep_challenge_table_count(table, FIXTURE_NOW + 10), 0);
}

static void test_expired_one_may_be_added_again(void **state)
{
    fixture_t *f = *state;
    lock_counter_t counter;
    scep_challenge_table_t *table = make_table(f, 16, &counter);

    assert_int_equal(add(table, 1, FIXTURE_NOW), SCEP_ADD_OK);
    assert_int_equal(add(table, 1, FIXTURE_NOW + VALIDITY), SCEP_ADD_OK);
    assert_int_equal(claim(table, 1, owner_a, FIXTURE_NOW), SCEP_CLAIM_OK);
    assert_int_equal(scep_challenge_table_count(table, FIXTURE_NOW), 1);
}

static void test_full(void **state)
{
    fixture_t *f = *state;
    lock_counter_t counter;
    scep_challenge_table_t *table = make_table(f, 16, &counter);
    unsigned int i;

    for (i = 0; i < 16; i++) {
        assert_int_equal(add(table, i, FIXTURE_NOW + VALIDITY), SCEP_ADD_OK);
    }
    assert_int_equal(add(table, 16, FIXTURE_NOW + VALIDITY), SCEP_ADD_FULL);
    assert_int_equal(add(table, 3, FIXTURE_NOW + VALIDITY), SCEP_ADD_EXISTS);
    assert_int_equal(claim(table, 16, owner_a, FIXTURE_NOW),
                     SCEP_CLAIM_UNKNOWN);
    for (i = 0; i < 16; i++) {
        assert_int_equal(claim(table, i, owner_a, FIXTURE_NOW), SCEP_CLAIM_OK);
    }
    take_away(table, 7);
    assert_int_equal(add(table, 16, FIXTURE_NOW + VALIDITY), SCEP_ADD_OK);
    assert_int_equal(add(table, 17, FIXTURE_NOW + VALIDITY), SCEP_ADD_FULL);
}

static void test_expired_ones_make_room_oldest_first(void **state)
{
    fixture_t *f = *state;
    lock_counter_t counter;
    scep_challenge_table_t *table = make_table(f, 16, &counter);
    unsigned char hash[SCEP_HASH_SIZE];
    apr_time_t later = FIXTURE_NOW + 100;
    unsigned int i;

    /* Validities differ: 5 expires first, then 9; the others live. */
    for (i = 0; i < 16; i++) {
        apr_time_t expires = FIXTURE_NOW + VALIDITY - i;

        if (i == 5 || i == 9) {
            expires = FIXTURE_NOW + 10 * i;
        }
        assert_int_equal(add(table, i, expires), SCEP_ADD_OK);
    }
    assert_int_equal(add(table, 100, FIXTURE_NOW + VALIDITY), SCEP_ADD_FULL);
    assert_int_equal(scep_challenge_table_count(table, later), 14);
    assert_int_equal(scep_challenge_table_add(table, hash_of(hash, 100),
                                              later + VALIDITY, later),
                     SCEP_ADD_OK);
    assert_int_equal(claim(table, 5, owner_a, later), SCEP_CLAIM_UNKNOWN);
    assert_int_equal(claim(table, 9, owner_a, later), SCEP_CLAIM_EXPIRED);
    assert_int_equal(scep_challenge_table_add(table, hash_of(hash, 101),
                                              later + VALIDITY, later),
                     SCEP_ADD_OK);
    assert_int_equal(claim(table, 9, owner_a, later), SCEP_CLAIM_UNKNOWN);
    assert_int_equal(scep_challenge_table_add(table, hash_of(hash, 102),
                                              later + VALIDITY, later),
                     SCEP_ADD_FULL);
    assert_int_equal(scep_challenge_table_count(table, later), 16);
}

static void test_failed_lock_refuses(void **state)
{
    fixture_t *f = *state;
    lock_counter_t counter;
    scep_challenge_table_t *table = make_table(f, 16, &counter);

    add(table, 1, FIXTURE_NOW + VALIDITY);
    counter.acquire_fails = true;
    assert_int_equal(add(table, 2, FIXTURE_NOW + VALIDITY), SCEP_ADD_LOCK);
    assert_int_equal(claim(table, 1, owner_a, FIXTURE_NOW), SCEP_CLAIM_LOCK);
    assert_int_equal(scep_challenge_table_count(table, FIXTURE_NOW), 0);
    give_back(table, 1, owner_a);
    take_away(table, 1);
    counter.acquire_fails = false;
    counter.release_fails = true;
    assert_int_equal(claim(table, 1, owner_a, FIXTURE_NOW), SCEP_CLAIM_LOCK);
    assert_int_equal(add(table, 2, FIXTURE_NOW + VALIDITY), SCEP_ADD_LOCK);
    counter.release_fails = false;
    assert_int_equal(claim(table, 1, owner_a, FIXTURE_NOW), SCEP_CLAIM_OK);
}

/* --- against a model ------------------------------------------------------ */

enum { MODEL_CAPACITY = 24, MODEL_PASSWORDS = 40, MODEL_STEPS = 100000 };

typedef struct model_entry_t {
    bool present;
    apr_time_t expires;
    const unsigned char *owner; /* NULL: no claim */
    apr_time_t claimed_until;
} model_entry_t;

static int model_used(const model_entry_t *model)
{
    int i, used = 0;

    for (i = 0; i < MODEL_PASSWORDS; i++) {
        used += model[i].present;
    }
    return used;
}

static scep_add_e model_add(model_entry_t *model, unsigned int n,
                            apr_time_t expires, apr_time_t now)
{
    int i, oldest = -1;

    if (model[n].present && model[n].expires > now) {
        return SCEP_ADD_EXISTS;
    }
    model[n].present = false;
    for (i = 0; i < MODEL_PASSWORDS; i++) {
        if (model[i].present &&
            (oldest < 0 || model[i].expires < model[oldest].expires)) {
            oldest = i;
        }
    }
    if (model_used(model) == MODEL_CAPACITY) {
        if (model[oldest].expires > now) {
            return SCEP_ADD_FULL;
        }
        model[oldest].present = false;
    }
    model[n] = (model_entry_t){true, expires, NULL, 0};
    return SCEP_ADD_OK;
}

static scep_claim_e model_claim(model_entry_t *entry,
                                const unsigned char *owner, apr_time_t now,
                                apr_interval_time_t lease)
{
    if (!entry->present) {
        return SCEP_CLAIM_UNKNOWN;
    }
    if (entry->expires <= now) {
        return SCEP_CLAIM_EXPIRED;
    }
    if (entry->owner != NULL && entry->owner != owner &&
        entry->claimed_until > now) {
        return SCEP_CLAIM_BUSY;
    }
    entry->owner = owner;
    entry->claimed_until = now + lease;
    return SCEP_CLAIM_OK;
}

static int model_count(const model_entry_t *model, apr_time_t now)
{
    int i, count = 0;

    for (i = 0; i < MODEL_PASSWORDS; i++) {
        count += model[i].present && model[i].expires > now;
    }
    return count;
}

static unsigned int next_random(unsigned int *seed, unsigned int below)
{
    *seed = *seed * 1103515245u + 12345u;
    return (*seed >> 8) % below;
}

static void test_same_as_model(void **state)
{
    fixture_t *f = *state;
    lock_counter_t counter;
    scep_challenge_table_t *table = make_table(f, MODEL_CAPACITY, &counter);
    model_entry_t model[MODEL_PASSWORDS] = {{0}};
    unsigned char hash[SCEP_HASH_SIZE];
    unsigned int seed = 1, step, seen = 0;
    apr_time_t now = FIXTURE_NOW;

    for (step = 0; step < MODEL_STEPS; step++) {
        unsigned int n = next_random(&seed, MODEL_PASSWORDS);
        const unsigned char *owner = next_random(&seed, 2) ? owner_a : owner_b;
        scep_add_e added;
        scep_claim_e claimed;

        /* No two expire together: which goes first is not laid down. */
        now += 1;
        hash_of(hash, n);
        switch (next_random(&seed, 8)) {
        case 0:
        case 1:
        case 2: {
            apr_time_t expires =
                now + (apr_time_t)next_random(&seed, 200) * MODEL_STEPS + step;

            expires = next_random(&seed, 4) == 0 ? expires : now + 60 + step;
            added = model_add(model, n, expires, now);
            assert_int_equal(
                scep_challenge_table_add(table, hash, expires, now), added);
            seen |= 1u << added;
            break;
        }
        case 3:
        case 4:
            claimed = model_claim(&model[n], owner, now, 20);
            assert_int_equal(
                scep_challenge_table_claim(table, hash, owner, now, 20),
                claimed);
            seen |= 16u << claimed;
            break;
        case 5:
            if (model[n].owner == owner) {
                model[n].owner = NULL;
            }
            scep_challenge_table_release(table, hash, owner);
            break;
        case 6:
            model[n].present = false;
            scep_challenge_table_remove(table, hash);
            break;
        default:
            now += next_random(&seed, 50);
            assert_int_equal(scep_challenge_table_count(table, now),
                             model_count(model, now));
        }
    }
    /* every outcome but a failed lock was met */
    assert_int_equal(seen, 0x7 | 0xf << 4);
}

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

/* Entry 4 is in the midst of its bucket's chain and of the expiry list. */
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

/* The count walks the list by expiry, the claims go through the buckets. */
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
        FIXTURE_TEST(test_size),
        FIXTURE_TEST(test_attach_refuses_what_is_no_table),
        FIXTURE_TEST(test_format_refuses_what_does_not_fit),
        FIXTURE_TEST(test_largest_table),
        FIXTURE_TEST(test_add_and_claim),
        FIXTURE_TEST(test_claim_excludes_others),
        FIXTURE_TEST(test_claim_runs_out),
        FIXTURE_TEST(test_claiming_again_renews_the_lease),
        FIXTURE_TEST(test_expiry),
        FIXTURE_TEST(test_expired_one_may_be_added_again),
        FIXTURE_TEST(test_full),
        FIXTURE_TEST(test_expired_ones_make_room_oldest_first),
        FIXTURE_TEST(test_failed_lock_refuses),
        FIXTURE_TEST(test_same_as_model),
        FIXTURE_TEST(test_one_claim_of_many_processes),
#ifdef __linux__
        FIXTURE_TEST(test_death_at_every_instruction),
#endif
        FIXTURE_TEST(test_random_kills),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
