/* Licensed under the Apache License, Version 2.0; see LICENSE. */
/* test_enrolment.c: what is known of a request before it is decided on. */
#include "enroll_fixture.h"

#include "scep_enrolment.h"
#include "scep_password.h"

static scep_status_e begin(enroll_fixture_t *f, scep_octets_t csr,
                           scep_enrolment_t *e)
{
    scep_reply_t *reply = apr_pcalloc(f->base.pool, sizeof(*reply));

    enroll_reset_result(f);
    return scep_enrolment_open(&f->req, enroll_message(f, "t", &f->device, csr),
                               reply, e, &f->base.res);
}

static void test_garbage_does_not_begin(void **state)
{
    enroll_fixture_t *f = *state;
    scep_octets_t junk = {(const unsigned char *)"junk", 4};
    scep_enrolment_t e;

    assert_int_equal(begin(f, junk, &e), SCEP_REFUSED);
    assert_int_equal(f->base.res.reason, SCEP_R_CONTENT);
}

/* Each once, and the same for all that use them. */
static void test_hashes(void **state)
{
    enroll_fixture_t *f = *state;
    unsigned char hash[SCEP_HASH_SIZE];
    const char *endpoint;
    scep_enrolment_t e;

    assert_int_equal(
        begin(f, enroll_csr(f, f->device.key, "dev", "secret"), &e), SCEP_OK);
    assert_true(scep_key_hash(f->device.key, hash));
    assert_memory_equal(e.signer_hash, hash, sizeof(hash));
    assert_true(scep_password_hash(f->service.password_key, f->service.ca_id,
                                   "secret", hash));
    assert_memory_equal(e.challenge_hash, hash, sizeof(hash));
    assert_int_equal(e.retry_since, f->base.now - f->policy.retry_window);
    assert_string_equal(f->req.subject, "CN=dev");
    endpoint = e.endpoint;
    f->req.endpoint = "/scep";
    assert_int_equal(begin(f, enroll_csr(f, f->device.key, "dev", NULL), &e),
                     SCEP_OK);
    assert_string_not_equal(e.endpoint, endpoint);
    assert_null(e.challenge_hash);
}

static void test_own_key(void **state)
{
    enroll_fixture_t *f = *state;
    scep_enrolment_t e;

    assert_int_equal(begin(f, enroll_csr(f, f->device.key, "dev", NULL), &e),
                     SCEP_OK);
    assert_int_equal(scep_enrolment_own_key(&e, &f->base.res), SCEP_OK);
    assert_int_equal(begin(f, enroll_csr(f, f->other_key, "dev", NULL), &e),
                     SCEP_OK);
    assert_int_equal(scep_enrolment_own_key(&e, &f->base.res), SCEP_REFUSED);
    assert_int_equal(f->base.res.reason, SCEP_R_SIGNER_KEY);
}

static void test_proved(void **state)
{
    enroll_fixture_t *f = *state;
    scep_request_row_t row = {.source = NULL};
    scep_enrolment_t e;

    assert_int_equal(begin(f, enroll_csr(f, f->device.key, "dev", NULL), &e),
                     SCEP_OK);
    assert_false(scep_enrolment_proved(&e));
    e.claim.source = SCEP_SOURCE_PROVIDER;
    assert_true(scep_enrolment_proved(&e));
    e.claim.source = SCEP_SOURCE_NONE;
    e.renewal_of = "1";
    assert_true(scep_enrolment_proved(&e));
    /* of what waited it is on record */
    e.waiting = &row;
    assert_false(scep_enrolment_proved(&e));
    row.source = "none";
    assert_false(scep_enrolment_proved(&e));
    row.source = "one-time";
    assert_true(scep_enrolment_proved(&e));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        ENROLL_TEST(test_garbage_does_not_begin),
        ENROLL_TEST(test_hashes),
        ENROLL_TEST(test_own_key),
        ENROLL_TEST(test_proved),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
