/* Licensed under the Apache License, Version 2.0; see LICENSE. */
/* test_authorize.c: claims, and what the store adds to the shared table. */
#include "enroll_fixture.h"

#include "scep_authorize.h"
#include "scep_password.h"

typedef struct attempt_t {
    scep_claim_t claim;
    scep_transaction_row_t *retry;
    scep_status_e status;
} attempt_t;

static attempt_t attempt(enroll_fixture_t *f, const char *id, const char *cn,
                         const char *password)
{
    scep_octets_t der = enroll_csr(f, f->device.key, cn, password);
    attempt_t a = {.retry = NULL};
    scep_csr_t *csr;

    enroll_reset_result(f);
    assert_int_equal(scep_csr_parse(der, f->policy.algs, 2048, f->base.pool,
                                    &csr, &f->base.res),
                     SCEP_OK);
    a.status = scep_authorize(&f->req, enroll_message(f, id, &f->device, der),
                              csr, &a.claim, &a.retry, &f->base.res);
    return a;
}

static void test_claim_excludes_others(void **state)
{
    enroll_fixture_t *f = *state;
    const char *password = enroll_draw(f);
    attempt_t first = attempt(f, "a", "dev", password);

    assert_int_equal(first.status, SCEP_OK);
    assert_null(first.retry);
    assert_int_equal(attempt(f, "b", "dev", password).status, SCEP_REFUSED);
    assert_int_equal(f->base.res.reason, SCEP_R_CHALLENGE_BUSY);
    assert_int_equal(attempt(f, "a", "other", password).status, SCEP_REFUSED);
    assert_int_equal(f->base.res.reason, SCEP_R_CHALLENGE_BUSY);
    scep_authorize_release(&f->req, &first.claim);
    assert_int_equal(attempt(f, "b", "dev", password).status, SCEP_OK);
}

static void test_password_as_a_human_types_it(void **state)
{
    enroll_fixture_t *f = *state;
    char *password = apr_pstrdup(f->base.pool, enroll_draw(f));
    char *p;

    for (p = password; *p != '\0'; p++) {
        if (*p >= 'A' && *p <= 'F') {
            *p = (char)(*p + ('a' - 'A'));
        }
    }
    assert_int_equal(
        attempt(f, "a", "dev", apr_pstrcat(f->base.pool, " ", password, NULL))
            .status,
        SCEP_OK);
}

/* The table lost it (a full one at start, another machine's draw): the store
 * still knows. */
static void test_comes_back_from_the_store(void **state)
{
    enroll_fixture_t *f = *state;
    const char *password = enroll_draw(f);
    unsigned char hash[SCEP_HASH_SIZE];

    assert_true(scep_password_hash(f->service.password_key, f->service.scope,
                                   password, hash));
    scep_challenge_table_remove(f->service.challenges, hash);
    assert_int_equal(attempt(f, "a", "dev", password).status, SCEP_OK);
    scep_challenge_table_remove(f->service.challenges, hash);
    f->base.now += f->policy.password_validity;
    assert_int_equal(attempt(f, "a", "dev", password).status, SCEP_REFUSED);
    assert_int_equal(f->base.res.reason, SCEP_R_CHALLENGE_EXPIRED);
}

/* S2: a password drawn for one CA is unknown to another. */
static void test_password_of_another_scope(void **state)
{
    enroll_fixture_t *f = *state;
    const char *password = enroll_draw(f);

    f->service.scope = "ffffffffffffffffffffffffffffffff";
    assert_int_equal(attempt(f, "a", "dev", password).status, SCEP_REFUSED);
    assert_int_equal(f->base.res.reason, SCEP_R_CHALLENGE_UNKNOWN);
}

static void test_master_password(void **state)
{
    enroll_fixture_t *f = *state;

    f->policy.sources.source[0] = SCEP_SOURCE_SINGLE;
    assert_int_equal(attempt(f, "a", "dev", "MASTER-PASSWORD").status,
                     SCEP_UNAVAILABLE); /* not set up: fail closed */
    assert_int_equal(f->base.res.reason, SCEP_R_MASTER_PASSWORD);

    enroll_master(f, "MASTER-PASSWORD", NULL, 0);
    assert_int_equal(attempt(f, "a", "dev", "MASTER-PASSWORD").status, SCEP_OK);
    assert_int_equal(attempt(f, "b", "dev", "MASTER-PASSWORD").status, SCEP_OK);
    assert_int_equal(attempt(f, "a", "dev", "master-password").status,
                     SCEP_REFUSED);
    assert_int_equal(f->base.res.reason, SCEP_R_CHALLENGE_UNKNOWN);
    assert_int_equal(attempt(f, "a", "dev", NULL).status, SCEP_REFUSED);
    assert_int_equal(f->base.res.reason, SCEP_R_CHALLENGE_MISSING);
}

static void test_rotated_with_overlap(void **state)
{
    enroll_fixture_t *f = *state;

    f->policy.sources.source[0] = SCEP_SOURCE_SINGLE;
    enroll_master(f, "OLD-PASSWORD", NULL, 0);
    assert_int_equal(attempt(f, "a", "dev", "OLD-PASSWORD").status, SCEP_OK);
    enroll_master(f, "NEW-PASSWORD", "OLD-PASSWORD",
                  f->base.now + apr_time_from_sec(60));
    assert_int_equal(attempt(f, "a", "dev", "OLD-PASSWORD").status, SCEP_OK);
    assert_int_equal(attempt(f, "a", "dev", "NEW-PASSWORD").status, SCEP_OK);
    f->base.now += apr_time_from_sec(61);
    assert_int_equal(attempt(f, "a", "dev", "OLD-PASSWORD").status,
                     SCEP_REFUSED);
    assert_int_equal(attempt(f, "a", "dev", "NEW-PASSWORD").status, SCEP_OK);
}

static void test_sources_in_order(void **state)
{
    enroll_fixture_t *f = *state;
    const char *password = enroll_draw(f);
    attempt_t a;

    enroll_master(f, "MASTER-PASSWORD", NULL, 0);
    f->policy.sources = (scep_sources_t){
        .count = 2, .source = {SCEP_SOURCE_ONE_TIME, SCEP_SOURCE_SINGLE}};
    a = attempt(f, "a", "dev", "MASTER-PASSWORD");
    assert_int_equal(a.status, SCEP_OK);
    assert_int_equal(a.claim.source, SCEP_SOURCE_SINGLE);
    scep_authorize_release(&f->req, &a.claim);
    scep_authorize_spent(&f->req, &a.claim);
    a = attempt(f, "a", "dev", password);
    assert_int_equal(a.status, SCEP_OK);
    assert_int_equal(a.claim.source, SCEP_SOURCE_ONE_TIME);
    f->base.now += f->policy.password_validity;
    assert_int_equal(attempt(f, "a", "dev", password).status, SCEP_REFUSED);
    assert_int_equal(f->base.res.reason, SCEP_R_CHALLENGE_EXPIRED);
    assert_int_equal(attempt(f, "a", "dev", "neither").status, SCEP_REFUSED);
    assert_int_equal(f->base.res.reason, SCEP_R_CHALLENGE_UNKNOWN);
}

static void test_malformed_challenge(void **state)
{
    enroll_fixture_t *f = *state;
    scep_octets_t der = enroll_csr(f, f->device.key, "dev", enroll_draw(f));
    scep_transaction_row_t *retry;
    scep_claim_t claim;
    scep_csr_t *csr;

    assert_int_equal(scep_csr_parse(der, f->policy.algs, 2048, f->base.pool,
                                    &csr, &f->base.res),
                     SCEP_OK);
    csr->challenge_state = SCEP_CHALLENGE_MALFORMED;
    assert_int_equal(scep_authorize(&f->req,
                                    enroll_message(f, "a", &f->device, der),
                                    csr, &claim, &retry, &f->base.res),
                     SCEP_REFUSED);
    assert_int_equal(f->base.res.reason, SCEP_R_CHALLENGE_SYNTAX);
}

static void test_spent_leaves_the_table(void **state)
{
    enroll_fixture_t *f = *state;
    attempt_t a = attempt(f, "a", "dev", enroll_draw(f));

    scep_authorize_spent(&f->req, &a.claim);
    assert_int_equal(
        scep_challenge_table_count(f->service.challenges, f->base.now), 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        ENROLL_TEST(test_claim_excludes_others),
        ENROLL_TEST(test_password_as_a_human_types_it),
        ENROLL_TEST(test_comes_back_from_the_store),
        ENROLL_TEST(test_password_of_another_scope),
        ENROLL_TEST(test_master_password),
        ENROLL_TEST(test_rotated_with_overlap),
        ENROLL_TEST(test_sources_in_order),
        ENROLL_TEST(test_malformed_challenge),
        ENROLL_TEST(test_spent_leaves_the_table),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
