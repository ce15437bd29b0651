/* Licensed under the Apache License, Version 2.0; see LICENSE. */
/*
 * test_challenge_table.c: the rules of the shared table. (challenge layer)
 */
#include "challenge_fixture.h"

#include <sys/mman.h>

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
                        (apr_size_t)n * 100 + 64);
    }
    assert_in_range(scep_challenge_table_size(SCEP_CHALLENGE_MAX_CAPACITY), 1,
                    100 * 1000 * 1000 + 64);
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

/* Of one who has died. */
static void test_claim_runs_out_when_the_clock_was_set_back(void **state)
{
    fixture_t *f = *state;
    lock_counter_t counter;
    scep_challenge_table_t *table = make_table(f, 16, &counter);

    assert_int_equal(add(table, 1, FIXTURE_NOW + VALIDITY), SCEP_ADD_OK);
    assert_int_equal(claim(table, 1, owner_a, FIXTURE_NOW), SCEP_CLAIM_OK);
    assert_int_equal(claim(table, 1, owner_b, FIXTURE_NOW - LEASE),
                     SCEP_CLAIM_BUSY);
    assert_int_equal(claim(table, 1, owner_b, FIXTURE_NOW - LEASE - 1),
                     SCEP_CLAIM_OK);
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
        FIXTURE_TEST(test_claim_runs_out_when_the_clock_was_set_back),
        FIXTURE_TEST(test_claiming_again_renews_the_lease),
        FIXTURE_TEST(test_expiry),
        FIXTURE_TEST(test_expired_one_may_be_added_again),
        FIXTURE_TEST(test_full),
        FIXTURE_TEST(test_expired_ones_make_room_oldest_first),
        FIXTURE_TEST(test_failed_lock_refuses),
        FIXTURE_TEST(test_same_as_model),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
