/* Licensed under the Apache License, Version 2.0; see LICENSE. */
/* test_client_quirks.c: settings for clients that differ from each other. */
#include "enroll_fixture.h"

#include "scep_client_quirks.h"

static void test_nonce(void **state)
{
    enroll_fixture_t *f = *state;
    scep_pkimessage_t msg = {.transaction_id = "1"};

    assert_int_equal(
        scep_client_quirks_check_nonce(&f->req, &msg, &f->base.res),
        SCEP_REFUSED);
    assert_int_equal(f->base.res.reason, SCEP_R_SENDER_NONCE);
    f->policy.quirks.nonce_optional = true;
    assert_int_equal(
        scep_client_quirks_check_nonce(&f->req, &msg, &f->base.res), SCEP_OK);
    f->policy.quirks.nonce_optional = false;
    msg.sender_nonce.len = 16;
    assert_int_equal(
        scep_client_quirks_check_nonce(&f->req, &msg, &f->base.res), SCEP_OK);
}

static scep_status_e at(enroll_fixture_t *f, apr_int64_t offset)
{
    scep_pkimessage_t msg = {.transaction_id = "1"};

    enroll_reset_result(f);
    msg.signing_time = apr_time_sec(scep_env_now(&f->req.env)) + offset;
    return scep_client_quirks_check_time(&f->req, &msg, &f->base.res);
}

static void test_time(void **state)
{
    enroll_fixture_t *f = *state;
    scep_pkimessage_t none = {.transaction_id = "1"};

    assert_int_equal(at(f, -86400), SCEP_OK);
    f->policy.quirks.signing_time = apr_time_from_sec(300);
    assert_int_equal(at(f, 0), SCEP_OK);
    assert_int_equal(at(f, 299), SCEP_OK);
    assert_int_equal(at(f, -299), SCEP_OK);
    assert_int_equal(at(f, 302), SCEP_REFUSED);
    assert_non_null(strstr(f->base.res.detail, "ahead"));
    assert_int_equal(at(f, -302), SCEP_REFUSED);
    assert_int_equal(f->base.res.reason, SCEP_R_SIGNING_TIME);
    assert_int_equal(f->base.res.failinfo, SCEP_FAIL_BAD_TIME);
    assert_int_equal(
        scep_client_quirks_check_time(&f->req, &none, &f->base.res), SCEP_OK);
}

static void test_clear_challenge(void **state)
{
    enroll_fixture_t *f = *state;
    scep_pkimessage_t msg = {.transaction_id = "1", .clear_challenge = true};

    assert_int_equal(
        scep_client_quirks_check_clear(&f->req, &msg, &f->base.res), SCEP_OK);
    f->policy.quirks.refuse_clear = true;
    assert_int_equal(
        scep_client_quirks_check_clear(&f->req, &msg, &f->base.res),
        SCEP_REFUSED);
    assert_int_equal(f->base.res.reason, SCEP_R_CLEAR_CHALLENGE);
    assert_int_equal(f->base.res.failinfo, SCEP_FAIL_BAD_REQUEST);
    enroll_reset_result(f);
    msg.clear_challenge = false;
    assert_int_equal(
        scep_client_quirks_check_clear(&f->req, &msg, &f->base.res), SCEP_OK);
}

static bool is_empty(enroll_fixture_t *f, const scep_pkimessage_t *msg)
{
    scep_certrep_t rep = {.status = SCEP_PKI_PENDING};

    scep_client_quirks_apply(&f->req, msg, SCEP_R_NONE, &rep);
    assert_int_equal(rep.ndes_error, 0);
    return rep.empty_content;
}

/* R22: certmonger is told by its number for a
 * transactionID, whoever signed: a renewal has a certificate of ours. */
static void test_empty_content(void **state)
{
    static const char number[] = "1234567890123456789012345678901234567890";
    enroll_fixture_t *f = *state;
    scep_pkimessage_t msg = {
        .transaction_id = number,
        .transaction_id_raw = {(const unsigned char *)number, 40},
        .signer = f->device.cert,
    };

    assert_true(is_empty(f, &msg));
    msg.signer = NULL;
    assert_true(is_empty(f, &msg));
    msg.transaction_id_raw.len = 39;
    msg.transaction_id = number + 1;
    assert_false(is_empty(f, &msg));
    msg.transaction_id_raw.len = 40;
    msg.transaction_id = number;
    f->policy.quirks.empty_content = SCEP_EMPTY_NEVER;
    assert_false(is_empty(f, &msg));
    f->policy.quirks.empty_content = SCEP_EMPTY_AUTO;
    msg.transaction_id = "A234567890123456789012345678901234567890";
    assert_false(is_empty(f, &msg));
    f->policy.quirks.empty_content = SCEP_EMPTY_ALWAYS;
    assert_true(is_empty(f, &msg));
}

static apr_int32_t error_of(enroll_fixture_t *f, scep_reason_e reason)
{
    scep_pkimessage_t msg = {.transaction_id = "1"};
    scep_certrep_t rep = {.status = SCEP_PKI_FAILURE};

    scep_client_quirks_apply(&f->req, &msg, reason, &rep);
    return rep.ndes_error;
}

/* All wrong challenges have one code: NDES's would tell a used one apart. */
static void test_ndes_errors(void **state)
{
    enroll_fixture_t *f = *state;

    assert_int_equal(error_of(f, SCEP_R_CHALLENGE_SPENT), 0);
    f->policy.quirks.ndes_errors = true;
    assert_int_equal(error_of(f, SCEP_R_NONE), 0);
    assert_int_equal(error_of(f, SCEP_R_CONTENT), -2147024809);
    assert_int_equal(error_of(f, SCEP_R_CHALLENGE_MISSING), -2146869244);
    assert_int_equal(error_of(f, SCEP_R_CHALLENGE_UNKNOWN), -2147023728);
    assert_int_equal(error_of(f, SCEP_R_CHALLENGE_SPENT), -2147023728);
    assert_int_equal(error_of(f, SCEP_R_CHALLENGE_EXPIRED), -2147023728);
    assert_int_equal(error_of(f, SCEP_R_CHALLENGE_BUSY), -2147023728);
    assert_int_equal(error_of(f, SCEP_R_CA_REFUSED), -2146877439);
    assert_int_equal(error_of(f, SCEP_R_NAME), -2146877439);
    assert_int_equal(error_of(f, SCEP_R_NAME_OF_CA), -2146877439);
}

static int chain_length(enroll_fixture_t *f, scep_chain_e chain)
{
    scep_certs_t *certs = sk_X509_new_null();
    int count;

    f->policy.quirks.chain = chain;
    assert_true(scep_client_quirks_chain(&f->req, certs));
    count = sk_X509_num(certs);
    sk_X509_free(certs);
    return count;
}

static void test_chain(void **state)
{
    enroll_fixture_t *f = *state;

    assert_int_equal(chain_length(f, SCEP_CHAIN_NONE), 0);
    assert_int_equal(chain_length(f, SCEP_CHAIN_ISSUER), 1);
    assert_int_equal(chain_length(f, SCEP_CHAIN_FULL),
                     sk_X509_num(f->ca_certs));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        ENROLL_TEST(test_nonce),         ENROLL_TEST(test_time),
        ENROLL_TEST(test_empty_content), ENROLL_TEST(test_ndes_errors),
        ENROLL_TEST(test_chain),         ENROLL_TEST(test_clear_challenge),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
