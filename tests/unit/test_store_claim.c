/* Licensed under the Apache License, Version 2.0; see LICENSE. */
/*
 * test_store_claim.c: claims on one-time passwords in the database. The SQL is
 * the same for all drivers; races are in test_challenge_claim.c. (store layer)
 */
#include "store_fixture.h"

#include "scep_store_claim.h"

#define LEASE (60 * APR_USEC_PER_SEC)

static const unsigned char alice[SCEP_STORE_OWNER_SIZE] = {1};
static const unsigned char bob[SCEP_STORE_OWNER_SIZE] = {2};

static bool claim_at(fixture_t *f, scep_store_t *store, int n,
                     const unsigned char *owner, apr_time_t now)
{
    bool claimed;

    assert_int_equal(scep_store_challenge_claim(
                         store, SAMPLE_SCOPE, sample_hash(f->pool, 'p', n),
                         owner, now, LEASE, f->pool, &claimed, &f->res),
                     SCEP_OK);
    return claimed;
}

static bool claim(fixture_t *f, scep_store_t *store, int n,
                  const unsigned char *owner)
{
    return claim_at(f, store, n, owner, f->now);
}

static void release(fixture_t *f, scep_store_t *store, int n,
                    const unsigned char *owner)
{
    assert_int_equal(scep_store_challenge_release(store,
                                                  sample_hash(f->pool, 'p', n),
                                                  owner, f->pool, &f->res),
                     SCEP_OK);
}

static void test_one_at_a_time(void **state)
{
    fixture_t *f = *state;
    scep_store_t *store = db_ready(f);

    must_add(f, store, 1);
    must_add(f, store, 2);
    assert_true(claim(f, store, 1, alice));
    assert_false(claim(f, store, 1, bob));
    assert_true(claim(f, store, 2, bob));
    /* the same transaction may try again */
    assert_true(claim(f, store, 1, alice));
}

static void test_released_by_its_owner_alone(void **state)
{
    fixture_t *f = *state;
    scep_store_t *store = db_ready(f);

    must_add(f, store, 1);
    assert_true(claim(f, store, 1, alice));
    release(f, store, 1, bob);
    assert_false(claim(f, store, 1, bob));
    release(f, store, 1, alice);
    assert_true(claim(f, store, 1, bob));
}

static void test_comes_back_after_the_lease(void **state)
{
    fixture_t *f = *state;
    scep_store_t *store = db_ready(f);

    must_add(f, store, 1);
    assert_true(claim(f, store, 1, alice));
    assert_false(claim_at(f, store, 1, bob, f->now + LEASE - 1));
    assert_true(claim_at(f, store, 1, bob, f->now + LEASE));
    assert_false(claim_at(f, store, 1, alice, f->now + LEASE));
}

/* Of a machine that has died, and whose clock was ahead. */
static void test_comes_back_when_the_clock_was_set_back(void **state)
{
    fixture_t *f = *state;
    scep_store_t *store = db_ready(f);

    must_add(f, store, 1);
    assert_true(claim(f, store, 1, alice));
    assert_false(claim_at(f, store, 1, bob, f->now - LEASE));
    assert_true(claim_at(f, store, 1, bob, f->now - LEASE - 1));
}

static void test_what_cannot_be_claimed(void **state)
{
    fixture_t *f = *state;
    scep_store_t *store = db_ready(f);
    scep_issue_t issue = sample_issue(f, f->pool, 1);
    bool claimed;

    assert_false(claim(f, store, 9, alice)); /* unknown */
    must_add(f, store, 1);
    assert_false(
        claim_at(f, store, 1, alice, f->now + SAMPLE_VALIDITY + 1)); /* over */
    assert_int_equal(scep_store_challenge_claim(
                         store, "ca9999", sample_hash(f->pool, 'p', 1), alice,
                         f->now, LEASE, f->pool, &claimed, &f->res),
                     SCEP_OK);
    assert_false(claimed); /* another CA's */
    issue.challenge_hash = sample_hash(f->pool, 'p', 1);
    assert_int_equal(must_issue(f, store, &issue), SCEP_ISSUE_RECORDED);
    assert_false(claim(f, store, 1, alice)); /* spent */
}

/* Who holds a claim may still lose: the first certificate counts. */
static void test_a_claim_is_no_certificate(void **state)
{
    fixture_t *f = *state;
    scep_store_t *store = db_ready(f);
    scep_issue_t first = sample_issue(f, f->pool, 1);
    scep_issue_t second = sample_issue(f, f->pool, 2);

    must_add(f, store, 1);
    assert_true(claim(f, store, 1, alice));
    first.challenge_hash = second.challenge_hash = sample_hash(f->pool, 'p', 1);
    assert_int_equal(must_issue(f, store, &second), SCEP_ISSUE_RECORDED);
    assert_int_equal(must_issue(f, store, &first), SCEP_ISSUE_CHALLENGE_LOST);
    assert_int_equal(db_number(f, "SELECT claimed_until FROM challenges"), 0);
}

static bool full(fixture_t *f, scep_store_t *store, apr_time_t now,
                 apr_uint32_t most)
{
    bool result;

    assert_int_equal(
        scep_store_challenges_full(store, now, most, &result, &f->res),
        SCEP_OK);
    return result;
}

static void test_full(void **state)
{
    fixture_t *f = *state;
    scep_store_t *store = db_ready(f);
    scep_issue_t issue = sample_issue(f, f->pool, 1);

    assert_false(full(f, store, f->now, 1));
    must_add(f, store, 1);
    must_add(f, store, 2);
    must_add(f, store, 3);
    assert_true(full(f, store, f->now, 2));
    assert_true(full(f, store, f->now, 3));
    assert_false(full(f, store, f->now, 4));
    /* number 1 ends first */
    assert_false(full(f, store, f->now + SAMPLE_VALIDITY + 1, 3));
    issue.challenge_hash = sample_hash(f->pool, 'p', 2);
    must_issue(f, store, &issue);
    assert_false(full(f, store, f->now, 3));
}

static void test_without_a_database(void **state)
{
    fixture_t *f = *state;
    scep_store_t *store = db_open(f);
    bool result = true;

    assert_int_equal(scep_store_challenge_claim(
                         store, SAMPLE_SCOPE, sample_hash(f->pool, 'p', 1),
                         alice, f->now, LEASE, f->pool, &result, &f->res),
                     SCEP_UNAVAILABLE);
    assert_false(result);
    assert_int_equal(
        scep_store_challenges_full(store, f->now, 5, &result, &f->res),
        SCEP_UNAVAILABLE);
    assert_true(result);
    assert_int_equal(scep_store_challenge_release(store,
                                                  sample_hash(f->pool, 'p', 1),
                                                  alice, f->pool, &f->res),
                     SCEP_UNAVAILABLE);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        FIXTURE_TEST(test_one_at_a_time),
        FIXTURE_TEST(test_released_by_its_owner_alone),
        FIXTURE_TEST(test_comes_back_after_the_lease),
        FIXTURE_TEST(test_comes_back_when_the_clock_was_set_back),
        FIXTURE_TEST(test_what_cannot_be_claimed),
        FIXTURE_TEST(test_a_claim_is_no_certificate),
        FIXTURE_TEST(test_full),
        FIXTURE_TEST(test_without_a_database),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
