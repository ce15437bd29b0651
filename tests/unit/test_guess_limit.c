/* Licensed under the Apache License, Version 2.0; see LICENSE. */
/* test_guess_limit.c: limits for challenges that fail. (enroll layer) */
#include "enroll_fixture.h"

#include "scep_guess_limit.h"

enum { LIMIT = 5, PLACES = 3 };

#define DELAY 20000 /* microseconds, really slept */

static void limit(enroll_fixture_t *f, bool refuse)
{
    enroll_shared(f);
    f->service.waiting_slots = PLACES;
    f->policy.failure_limit = (scep_failure_limit_t){
        {LIMIT, LIMIT * 10 * APR_USEC_PER_SEC}, refuse, DELAY};
}

/* REASON for a request from PEER. @return what it became */
static scep_reason_e fail_from(enroll_fixture_t *f, const char *peer,
                               scep_reason_e reason)
{
    scep_guess_limit_t guesses = {0};

    f->req.peer = peer;
    enroll_reset_result(f);
    scep_fail(&f->base.res, reason, "private detail");
    scep_guess_limit_failed(&f->req, &guesses, &f->base.res);
    return f->base.res.reason;
}

/* Is a guess from PEER one beyond the allowance? It is right. */
static scep_reason_e begin_from(enroll_fixture_t *f, const char *peer)
{
    scep_guess_limit_t guesses = {0};
    bool beyond;

    f->req.peer = peer;
    enroll_reset_result(f);
    scep_guess_limit_guess(&f->req, &guesses, &f->base.res);
    beyond = guesses.reserved;
    scep_guess_limit_passed(&f->req, &guesses);
    return beyond ? SCEP_R_TOO_MANY_FAILURES : f->base.res.reason;
}

static void fail_often(enroll_fixture_t *f, const char *peer)
{
    int i;

    for (i = 0; i < LIMIT; i++) {
        assert_int_equal(begin_from(f, peer), SCEP_R_NONE);
        assert_int_equal(fail_from(f, peer, SCEP_R_CHALLENGE_UNKNOWN),
                         SCEP_R_CHALLENGE_UNKNOWN);
    }
}

static int lines(const enroll_fixture_t *f, const char *number)
{
    const char *at = f->base.log;
    int n = 0;

    while ((at = strstr(at, number)) != NULL) {
        at++;
        n++;
    }
    return n;
}

static void test_refused_beyond(void **state)
{
    enroll_fixture_t *f = *state;

    limit(f, true);
    fail_often(f, "192.0.2.1");
    assert_int_equal(lines(f, "SCEP0216"), 1);
    assert_int_equal(begin_from(f, "192.0.2.1"), SCEP_R_TOO_MANY_FAILURES);
    assert_int_equal(begin_from(f, "192.0.2.2"), SCEP_R_NONE);
    f->base.now += 4 * APR_USEC_PER_SEC + 1;
    assert_int_equal(fail_from(f, "192.0.2.1", SCEP_R_CHALLENGE_UNKNOWN),
                     SCEP_R_TOO_MANY_FAILURES);
    assert_int_equal(f->base.res.http_status, 429);
    assert_int_equal(f->base.res.retry_after, 6);
    assert_non_null(strstr(f->base.res.detail, "private detail"));
    f->base.now += 10 * APR_USEC_PER_SEC;
    assert_int_equal(begin_from(f, "192.0.2.1"), SCEP_R_NONE);
}

/* 64 bits of an IPv6 address are a network, which one peer may have all of. */
static void test_addresses(void **state)
{
    static const struct {
        const char *failed, *asked;
        bool same;
    } cases[] = {
        {"2001:db8:1:2::1", "2001:db8:1:2:ffff::7", true},
        {"2001:db8:1:3::1", "2001:db8:1:4::1", false},
        {"192.0.2.7", "::ffff:192.0.2.7", true},
        {"192.0.2.8", "192.0.2.9", false},
        {"fe80::1%eth0", "fe80::2%eth1", true},
        {"local", "local", true},
        {"somewhere", "elsewhere", false},
    };
    enroll_fixture_t *f = *state;
    size_t i;

    limit(f, true);
    for (i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        fail_often(f, cases[i].failed);
        assert_int_equal(begin_from(f, cases[i].asked),
                         cases[i].same ? SCEP_R_TOO_MANY_FAILURES
                                       : SCEP_R_NONE);
    }
}

static void test_what_is_no_guess_is_not_counted(void **state)
{
    static const scep_reason_e reasons[] = {
        SCEP_R_CHALLENGE_MISSING, SCEP_R_CHALLENGE_BUSY,
        SCEP_R_NO_CHALLENGE_SOURCE, SCEP_R_STORE_UNAVAILABLE};
    enroll_fixture_t *f = *state;
    size_t i;
    int j;

    limit(f, true);
    for (i = 0; i < sizeof(reasons) / sizeof(reasons[0]); i++) {
        for (j = 0; j < 3 * LIMIT; j++) {
            assert_int_equal(fail_from(f, "192.0.2.1", reasons[i]), reasons[i]);
        }
    }
    assert_int_equal(begin_from(f, "192.0.2.1"), SCEP_R_NONE);
}

static void test_no_limit(void **state)
{
    enroll_fixture_t *f = *state;
    int i;

    limit(f, true);
    f->policy.failure_limit.allowance.count = 0;
    for (i = 0; i < 3 * LIMIT; i++) {
        fail_from(f, "192.0.2.1", SCEP_R_CHALLENGE_UNKNOWN);
    }
    assert_int_equal(begin_from(f, "192.0.2.1"), SCEP_R_NONE);
    assert_int_equal(lines(f, "SCEP021"), 0);
}

/* A guess from the address of before, by KEY. @return false: it was not looked
 * at */
static bool guess(enroll_fixture_t *f, int key, int challenge, bool right)
{
    scep_guess_limit_t guesses = {0};
    bool looked_at;

    guesses.key_hash[0] = (unsigned char)key;
    guesses.challenge_hash[0] = (unsigned char)challenge;
    enroll_reset_result(f);
    looked_at =
        scep_guess_limit_guess(&f->req, &guesses, &f->base.res) == SCEP_OK;
    if (looked_at && right) {
        scep_guess_limit_passed(&f->req, &guesses);
    }
    else if (looked_at) {
        scep_fail(&f->base.res, SCEP_R_CHALLENGE_UNKNOWN, "x");
        scep_guess_limit_failed(&f->req, &guesses, &f->base.res);
    }
    return looked_at;
}

static void test_waits_beyond(void **state)
{
    enroll_fixture_t *f = *state;
    apr_time_t began;

    limit(f, false);
    fail_often(f, "192.0.2.1");
    assert_true(guess(f, 1, 1, true));
    began = apr_time_now();
    assert_true(guess(f, 1, 1, false));
    assert_true(apr_time_now() - began >= DELAY);
    began = apr_time_now();
    assert_int_equal(fail_from(f, "192.0.2.1", SCEP_R_CHALLENGE_SPENT),
                     SCEP_R_CHALLENGE_SPENT);
    assert_true(apr_time_now() - began >= DELAY);
}

/* A bad device, by its key or by its password, leaves the reserve to its
 * neighbours, who use none of it up; whoever has ever other ones gets no more
 * guesses than there are. */
static void test_reserve(void **state)
{
    enroll_fixture_t *f = *state;
    int i, looked_at = 0;

    limit(f, true);
    fail_often(f, "192.0.2.1");
    for (i = 0; i < 50; i++) {
        looked_at += guess(f, 1, 100 + i, false);
        assert_int_equal(f->base.res.reason, SCEP_R_TOO_MANY_FAILURES);
        assert_int_equal(f->base.res.http_status, 429);
    }
    assert_int_equal(looked_at, 3);
    for (i = 0; i < 50; i++) {
        looked_at += guess(f, 100 + i, 1, false);
    }
    assert_int_equal(looked_at, 6);
    for (i = 0; i < 100; i++) {
        assert_true(guess(f, 2 + i, 2, true));
    }
    for (i = 0; i < 100; i++) {
        looked_at += guess(f, 3 + i, 3 + i, false);
    }
    assert_int_equal(looked_at, SCEP_RESERVE);
    assert_false(guess(f, 200, 200, true));
    assert_int_equal(f->base.res.reason, SCEP_R_TOO_MANY_FAILURES);
    /* one more when the allowance would have had room for one more */
    f->base.now += 10 * APR_USEC_PER_SEC;
    fail_from(f, "192.0.2.1", SCEP_R_CHALLENGE_UNKNOWN);
    assert_true(guess(f, 200, 200, false));
    assert_false(guess(f, 201, 201, false));
    f->req.peer = "192.0.2.2";
    assert_true(guess(f, 201, 201, true));
}

static void test_no_place_to_wait(void **state)
{
    enroll_fixture_t *f = *state;
    unsigned char key[SCEP_HASH_SIZE] = {1};
    const scep_slot_terms_t terms = scep_slot_terms(
        SCEP_SLOT_WAITING, PLACES, key, PLACES, APR_USEC_PER_SEC);
    int i;

    limit(f, false);
    fail_often(f, "192.0.2.1");
    for (i = 0; i < PLACES; i++) {
        assert_int_equal(
            scep_shm_slots_take(f->service.slots, &terms, f->base.now),
            terms.first + i);
    }
    f->req.peer = "192.0.2.1";
    assert_true(guess(f, 1, 1, false));
    assert_int_equal(f->base.res.reason, SCEP_R_TOO_MANY_WAITING);
    assert_int_equal(f->base.res.http_status, 429);
    assert_int_equal(f->base.res.retry_after, 1);
    assert_int_equal(fail_from(f, "192.0.2.1", SCEP_R_CHALLENGE_UNKNOWN),
                     SCEP_R_TOO_MANY_WAITING);
    assert_non_null(strstr(f->base.res.detail, "private detail"));
    /* of those who need not wait nobody does */
    f->req.peer = "192.0.2.2";
    assert_true(guess(f, 2, 2, false));
    assert_int_equal(f->base.res.reason, SCEP_R_CHALLENGE_UNKNOWN);
}

static void test_master_is_told_of_only(void **state)
{
    enroll_fixture_t *f = *state;
    int i;

    limit(f, true);
    for (i = 0; i < 3 * LIMIT; i++) {
        scep_guess_limit_t guesses = {.master = true};

        f->req.peer = apr_psprintf(f->base.pool, "192.0.2.%d", i);
        enroll_reset_result(f);
        scep_fail(&f->base.res, SCEP_R_CHALLENGE_UNKNOWN, "x");
        scep_guess_limit_failed(&f->req, &guesses, &f->base.res);
    }
    assert_int_equal(lines(f, "SCEP0218"), 1);
    assert_int_equal(begin_from(f, "192.0.2.200"), SCEP_R_NONE);
}

/* SCEP0158: from ever other addresses, with one password that was drawn. */
static void test_password_is_locked(void **state)
{
    static const unsigned char drawn[SCEP_HASH_SIZE] = {1}, other[32] = {2};
    enroll_fixture_t *f = *state;
    scep_guess_limit_t guesses = {0};
    apr_time_t began;
    int i;

    limit(f, true);
    f->req.challenge_hash = drawn;
    f->req.subject = "CN=thief";
    for (i = 0; i < LIMIT; i++) {
        enroll_reset_result(f);
        assert_int_equal(
            scep_guess_limit_password(&f->req, drawn, &guesses, &f->base.res),
            SCEP_OK);
        fail_from(f, apr_psprintf(f->base.pool, "192.0.2.%d", i),
                  i % 2 ? SCEP_R_CHALLENGE_SPENT : SCEP_R_LIMIT_SUBJECT);
    }
    assert_int_equal(lines(f, "SCEP0217"), 1);
    enroll_reset_result(f);
    assert_int_equal(
        scep_guess_limit_password(&f->req, drawn, &guesses, &f->base.res),
        SCEP_REFUSED);
    assert_int_equal(f->base.res.reason, SCEP_R_PASSWORD_LOCKED);
    assert_int_equal(f->base.res.retry_after, 10);
    enroll_reset_result(f);
    assert_int_equal(
        scep_guess_limit_password(&f->req, other, &guesses, &f->base.res),
        SCEP_OK);
    f->policy.failure_limit.refuse = false;
    began = apr_time_now();
    assert_int_equal(
        scep_guess_limit_password(&f->req, drawn, &guesses, &f->base.res),
        SCEP_OK);
    assert_true(apr_time_now() - began >= DELAY);
}

static void test_hmac_fails_closed(void **state)
{
    enroll_fixture_t *f = *state;
    scep_guess_limit_t guesses = {0};
    unsigned char hash[SCEP_HASH_SIZE] = {0};

    limit(f, true);
    f->service.password_key.len = 0;
    assert_int_equal(begin_from(f, "192.0.2.1"), SCEP_R_INTERNAL);
    enroll_reset_result(f);
    assert_int_equal(
        scep_guess_limit_password(&f->req, hash, &guesses, &f->base.res),
        SCEP_BROKEN);
    f->policy.failure_limit.refuse = false;
    enroll_reset_result(f);
    assert_int_equal(scep_guess_limit_guess(&f->req, &guesses, &f->base.res),
                     SCEP_BROKEN);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        ENROLL_TEST(test_refused_beyond),
        ENROLL_TEST(test_addresses),
        ENROLL_TEST(test_what_is_no_guess_is_not_counted),
        ENROLL_TEST(test_no_limit),
        ENROLL_TEST(test_waits_beyond),
        ENROLL_TEST(test_reserve),
        ENROLL_TEST(test_no_place_to_wait),
        ENROLL_TEST(test_master_is_told_of_only),
        ENROLL_TEST(test_password_is_locked),
        ENROLL_TEST(test_hmac_fails_closed),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
