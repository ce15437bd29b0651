/* Licensed under the Apache License, Version 2.0; see LICENSE. */
/*
 * test_crl_issue.c: when a new CRL is signed, and which CRL is served. (enroll
 * layer)
 */
#include "enroll_fixture.h"

#include <apr_atomic.h>
#include <apr_thread_proc.h>

#include "scep_crl_issue.h"
#include "scep_store_revocation.h"

#define DAY apr_time_from_sec(86400)

enum { ASKERS = 8 };

static apr_uint32_t got; /* of ASKERS */

static bool asleep; /* as if all that time had passed */

void __real_apr_sleep(apr_interval_time_t time);
void __wrap_apr_sleep(apr_interval_time_t time);

void __wrap_apr_sleep(apr_interval_time_t time)
{
    if (!asleep) {
        __real_apr_sleep(time);
    }
}

static scep_crl_row_t *must_get(enroll_fixture_t *f)
{
    scep_crl_row_t *row = NULL;

    enroll_reset_result(f);
    assert_int_equal(scep_crl_current(&f->service, &f->base.env, f->base.pool,
                                      &row, &f->base.res),
                     SCEP_OK);
    return row;
}

static void revoke_at(enroll_fixture_t *f, const char *serial, apr_time_t at,
                      apr_time_t not_after)
{
    scep_revoke_t wish = {.row = {.ca_id = f->service.ca_id,
                                  .serial = serial,
                                  .effective = at,
                                  .reason = SCEP_REVOKED_KEY_COMPROMISE,
                                  .not_after = not_after,
                                  .created = f->base.now},
                          .unknown = true};
    scep_revoke_outcome_e outcome;

    assert_int_equal(scep_store_revoke(f->service.store, &wish, f->base.pool,
                                       &outcome, &f->base.res),
                     SCEP_OK);
    assert_int_equal(outcome, SCEP_REVOKE_RECORDED);
}

static int entries(const scep_crl_row_t *row)
{
    const unsigned char *in = row->der.data;
    X509_CRL *crl = d2i_X509_CRL(NULL, &in, (long)row->der.len);
    int count;

    assert_non_null(crl);
    count = sk_X509_REVOKED_num(X509_CRL_get_REVOKED(crl));
    X509_CRL_free(crl);
    return count < 0 ? 0 : count;
}

static void test_first_one(void **state)
{
    enroll_fixture_t *f = *state;
    scep_crl_row_t *row = must_get(f);

    assert_int_equal(entries(row), 0);
    assert_true(row->number == apr_time_sec(f->base.now));
    assert_true(row->this_update == f->base.now);
    assert_true(row->next_update == f->base.now + 7 * DAY);
    assert_non_null(strstr(f->base.log, "SCEP0235"));
    must_get(f);
    assert_int_equal(f->crls, 1);
}

static void test_new_one_after_a_revocation(void **state)
{
    enroll_fixture_t *f = *state;
    scep_crl_row_t *row = must_get(f), *next;

    revoke_at(f, "7A", f->base.now, 0);
    next = must_get(f);
    assert_int_equal(entries(next), 1);
    assert_true(next->number == row->number + 1);
    revoke_at(f, "7B", f->base.now + DAY, 0);
    assert_int_equal(entries(must_get(f)), 1);
    f->base.now += DAY;
    assert_int_equal(entries(must_get(f)), 2);
    assert_int_equal(f->crls, 4);
    must_get(f);
    assert_int_equal(f->crls, 4);
}

static void test_new_one_before_it_runs_out(void **state)
{
    enroll_fixture_t *f = *state;

    must_get(f);
    f->base.now += 7 * DAY * 3 / 4 - 1;
    must_get(f);
    assert_int_equal(f->crls, 1);
    f->base.now += 1;
    must_get(f);
    assert_int_equal(f->crls, 2);
}

static void test_new_one_when_the_clock_was_set_back(void **state)
{
    enroll_fixture_t *f = *state;
    scep_crl_row_t *row = must_get(f), *next;

    f->base.now -= DAY;
    next = must_get(f);
    assert_true(next->this_update == f->base.now);
    assert_true(next->number == row->number + 1);
}

/* What seemed to have expired while the clock was ahead has not. */
static void test_none_is_lost_when_the_clock_was_set_back(void **state)
{
    enroll_fixture_t *f = *state;

    revoke_at(f, "7A", f->base.now, f->base.now + 30 * DAY);
    f->base.now += 700 * DAY;
    assert_int_equal(entries(must_get(f)), 1);
    f->base.now -= 699 * DAY;
    assert_int_equal(entries(must_get(f)), 1);
    assert_int_equal(f->crls, 2);
}

/* RFC 5280 3.3: on one more that was issued after it expired. */
static void test_expired_one_leaves_later(void **state)
{
    enroll_fixture_t *f = *state;

    revoke_at(f, "7A", f->base.now, f->base.now + DAY);
    assert_int_equal(entries(must_get(f)), 1);
    f->base.now += 6 * DAY;
    assert_int_equal(entries(must_get(f)), 1);
    assert_int_equal(f->crls, 2);
    f->base.now += 6 * DAY;
    assert_int_equal(entries(must_get(f)), 0);
}

static void sign_another(enroll_fixture_t *f)
{
    revoke_at(f, "7B", f->base.now, 0);
    must_get(f);
}

/* While ours is being signed, another process signs one. */
static void test_race(void **state)
{
    enroll_fixture_t *f = *state;
    scep_crl_row_t *row, *first = must_get(f);

    revoke_at(f, "7A", f->base.now, 0);
    f->before_sign = sign_another;
    row = must_get(f);
    assert_int_equal(entries(row), 2);
    assert_true(row->number == first->number + 1);
    assert_int_equal(f->crls, 3); /* one of which is thrown away */
}

static void test_race_for_the_first(void **state)
{
    enroll_fixture_t *f = *state;

    f->before_sign = sign_another;
    assert_int_equal(entries(must_get(f)), 1);
    assert_int_equal(f->crls, 2);
}

static void sign_slowly(enroll_fixture_t *f)
{
    f->before_sign = sign_slowly;
    apr_sleep(50000);
}

static void *APR_THREAD_FUNC get_one(apr_thread_t *thread, void *baton)
{
    enroll_fixture_t *f = baton;
    scep_crl_row_t *row = NULL;
    scep_result_t res;
    apr_pool_t *pool;

    (void)thread;
    if (apr_pool_create(&pool, NULL) != APR_SUCCESS) {
        return NULL;
    }
    scep_result_init(&res, pool);
    if (scep_crl_current(&f->service, &f->base.env, pool, &row, &res) ==
        SCEP_OK) {
        apr_atomic_inc32(&got);
    }
    apr_pool_destroy(pool);
    return NULL;
}

/* A revocation must not make all who ask for the CRL sign one each: with many
 * revocations that takes a second, and tens of megabytes. */
static void test_one_of_many_signs(void **state)
{
    enroll_fixture_t *f = *state;
    apr_thread_t *threads[ASKERS];
    apr_status_t rv;
    int i;

    enroll_shared(f);
    must_get(f);
    revoke_at(f, "7A", f->base.now, 0);
    f->before_sign = sign_slowly;
    apr_atomic_set32(&got, 0);
    for (i = 0; i < ASKERS; i++) {
        assert_int_equal(
            apr_thread_create(&threads[i], NULL, get_one, f, f->base.pool),
            APR_SUCCESS);
    }
    for (i = 0; i < ASKERS; i++) {
        assert_int_equal(apr_thread_join(&rv, threads[i]), APR_SUCCESS);
    }
    assert_int_equal(apr_atomic_read32(&got), ASKERS);
    assert_int_equal(f->crls, 2);
}

/* Who signed may have died: the others go on. */
static void test_a_turn_that_does_not_end(void **state)
{
    enroll_fixture_t *f = *state;
    const unsigned char key[SCEP_HASH_SIZE] = {1};
    const scep_slot_terms_t all = scep_slot_terms(
        SCEP_SLOT_SIGNING, SCEP_SLOTS, key, SCEP_SLOTS, apr_time_from_sec(60));
    int i;

    enroll_shared(f);
    for (i = 0; i < SCEP_SLOTS; i++) { /* that of this CA, too */
        assert_true(scep_shm_slots_take(f->service.slots, &all, f->base.now) >=
                    0);
    }
    asleep = true;
    must_get(f);
    asleep = false;
    assert_int_equal(f->crls, 1);
    assert_int_equal(scep_shm_slots_take(f->service.slots, &all, f->base.now),
                     -1);
}

static void test_backend_fails(void **state)
{
    enroll_fixture_t *f = *state;
    scep_crl_row_t *row;

    f->backend_status = SCEP_UNAVAILABLE;
    f->backend_reason = SCEP_R_CA_UNAVAILABLE;
    assert_int_equal(scep_crl_current(&f->service, &f->base.env, f->base.pool,
                                      &row, &f->base.res),
                     SCEP_UNAVAILABLE);
    assert_int_equal(f->base.res.reason, SCEP_R_CA_UNAVAILABLE);
    assert_null(row);
}

static bool fails_and_was_told(enroll_fixture_t *f)
{
    scep_crl_row_t *row;

    enroll_reset_result(f);
    assert_int_equal(scep_crl_current(&f->service, &f->base.env, f->base.pool,
                                      &row, &f->base.res),
                     SCEP_UNAVAILABLE);
    return f->base.res.told;
}

/* Whoever meets a fault first logs it; the others need not. */
static void test_fault_is_told_once(void **state)
{
    enroll_fixture_t *f = *state;

    enroll_shared(f);
    f->backend_status = SCEP_UNAVAILABLE;
    f->backend_reason = SCEP_R_CA_UNAVAILABLE;
    assert_false(fails_and_was_told(f));
    assert_int_equal(scep_log_level_of(&f->base.res), SCEP_LOG_ERROR);
    assert_true(fails_and_was_told(f));
    assert_int_equal(scep_log_level_of(&f->base.res), SCEP_LOG_INFO);
    f->base.now += apr_time_from_sec(599);
    assert_true(fails_and_was_told(f));
    f->base.now += apr_time_from_sec(1);
    assert_false(fails_and_was_told(f));
    f->service.ca_id = "another CA";
    assert_false(fails_and_was_told(f));
    f->service.rate_limits = NULL;
    assert_false(fails_and_was_told(f));
}

/* Another machine signs one meanwhile, which has to be renewed at once. */
static void always_overtake(enroll_fixture_t *f)
{
    static const unsigned char der[] = "der";
    scep_crl_row_t row = {.ca_id = f->service.ca_id,
                          .this_update = f->base.now,
                          .next_update = f->base.now,
                          .der = {der, sizeof(der)}};
    scep_crl_state_t state;
    apr_int64_t old;
    bool stored;

    assert_int_equal(scep_store_crl_state(f->service.store, f->service.ca_id,
                                          f->base.now, f->base.pool, &state,
                                          &f->base.res),
                     SCEP_OK);
    old = state.row != NULL ? state.row->number : 0;
    row.number = old + 1;
    row.covers = state.seq;
    assert_int_equal(scep_store_crl_replace(f->service.store, &row, old,
                                            f->base.pool, &stored,
                                            &f->base.res),
                     SCEP_OK);
    assert_true(stored);
    f->before_sign = always_overtake;
}

/* SCEP0126: that is no fault of the database. */
static void test_overtaken_each_time(void **state)
{
    enroll_fixture_t *f = *state;
    scep_crl_row_t *row;

    f->before_sign = always_overtake;
    assert_int_equal(scep_crl_current(&f->service, &f->base.env, f->base.pool,
                                      &row, &f->base.res),
                     SCEP_UNAVAILABLE);
    assert_int_equal(f->base.res.reason, SCEP_R_OVERTAKEN);
    assert_null(row);
    f->before_sign = NULL;
    must_get(f);
}

/* SCEP0163: a backend without CRLs, or one built before there were any. */
static void test_backend_without_crl(void **state)
{
    enroll_fixture_t *f = *state;
    scep_ca_backend_t none = *f->service.backend;
    scep_crl_row_t *row;

    none.size = SCEP_CA_MIN_SIZE;
    f->service.backend = &none;
    assert_int_equal(scep_crl_current(&f->service, &f->base.env, f->base.pool,
                                      &row, &f->base.res),
                     SCEP_REFUSED);
    assert_int_equal(f->base.res.reason, SCEP_R_NO_CRL);
    enroll_reset_result(f);
    none.size = sizeof(none);
    none.crl = NULL;
    assert_int_equal(scep_crl_current(&f->service, &f->base.env, f->base.pool,
                                      &row, &f->base.res),
                     SCEP_REFUSED);
    assert_null(row);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        ENROLL_TEST(test_first_one),
        ENROLL_TEST(test_new_one_after_a_revocation),
        ENROLL_TEST(test_new_one_before_it_runs_out),
        ENROLL_TEST(test_new_one_when_the_clock_was_set_back),
        ENROLL_TEST(test_none_is_lost_when_the_clock_was_set_back),
        ENROLL_TEST(test_expired_one_leaves_later),
        ENROLL_TEST(test_overtaken_each_time),
        ENROLL_TEST(test_race),
        ENROLL_TEST(test_race_for_the_first),
        ENROLL_TEST(test_one_of_many_signs),
        ENROLL_TEST(test_a_turn_that_does_not_end),
        ENROLL_TEST(test_backend_fails),
        ENROLL_TEST(test_fault_is_told_once),
        ENROLL_TEST(test_backend_without_crl),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
