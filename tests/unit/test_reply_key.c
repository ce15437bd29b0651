/* Licensed under the Apache License, Version 2.0; see LICENSE. */
/* test_reply_key.c: whether and how a reply can be encrypted, which is decided
 * before issuing. */
#include "enroll_fixture.h"

#include "scep_reply_key.h"

static scep_reply_t reply;

static scep_status_e choose(enroll_fixture_t *f, const char *key,
                            const char *challenge)
{
    const scep_octets_t none = {NULL, 0};
    scep_keypair_t signer = f->device;

    if (key != NULL) {
        signer.key = enroll_key(f, key, 0);
        signer.cert = enroll_self_signed(f, signer.key);
    }
    memset(&reply, 0, sizeof(reply));
    enroll_reset_result(f);
    return scep_reply_key(&f->req, enroll_message(f, "t", &signer, none),
                          challenge, &reply, &f->base.res);
}

static void refused(enroll_fixture_t *f, const char *key, const char *challenge)
{
    assert_int_equal(choose(f, key, challenge), SCEP_REFUSED);
    assert_int_equal(f->base.res.reason, SCEP_R_REPLY_KEY); /* SCEP0141 */
    assert_null(reply.recipient.cert);
}

static void test_rsa_gets_key_transport(void **state)
{
    enroll_fixture_t *f = *state;

    assert_int_equal(choose(f, NULL, "secret"), SCEP_OK);
    assert_int_equal(reply.recipient.delivery, SCEP_KEY_DELIVERY_TRANSPORT);
    assert_null(reply.recipient.password);
    assert_non_null(reply.recipient.cert);
    f->policy.key_deliveries.count = 0;
    assert_int_equal(choose(f, NULL, NULL), SCEP_OK);
}

static void test_ec_gets_what_is_configured(void **state)
{
    enroll_fixture_t *f = *state;
    scep_key_deliveries_t *deliveries = &f->policy.key_deliveries;

    assert_int_equal(choose(f, "EC", "secret"), SCEP_OK);
    assert_int_equal(reply.recipient.delivery, SCEP_KEY_DELIVERY_PASSWORD);
    assert_string_equal(reply.recipient.password, "secret");
    refused(f, "EC", NULL);

    deliveries->count = 2;
    deliveries->delivery[1] = SCEP_KEY_DELIVERY_AGREEMENT;
    assert_int_equal(choose(f, "EC", "secret"), SCEP_OK);
    assert_int_equal(reply.recipient.delivery, SCEP_KEY_DELIVERY_PASSWORD);
    assert_int_equal(choose(f, "EC", NULL), SCEP_OK);
    assert_int_equal(reply.recipient.delivery, SCEP_KEY_DELIVERY_AGREEMENT);

    deliveries->delivery[0] = SCEP_KEY_DELIVERY_AGREEMENT;
    deliveries->delivery[1] = SCEP_KEY_DELIVERY_PASSWORD;
    assert_int_equal(choose(f, "EC", "secret"), SCEP_OK);
    assert_int_equal(reply.recipient.delivery, SCEP_KEY_DELIVERY_AGREEMENT);
    assert_null(reply.recipient.password);

    deliveries->count = 0;
    refused(f, "EC", "secret");
    assert_non_null(
        strstr(f->base.res.detail, "ScepECReply allows no other way"));
}

/* An RSA key that is too small is not helped by a password. */
static void test_small_rsa_is_refused(void **state)
{
    enroll_fixture_t *f = *state;
    const scep_octets_t none = {NULL, 0};
    scep_keypair_t small = {NULL,
                            scep_pkey_own(f->base.pool, EVP_RSA_gen(512))};

    small.cert = enroll_self_signed(f, small.key);
    memset(&reply, 0, sizeof(reply));
    assert_int_equal(scep_reply_key(&f->req,
                                    enroll_message(f, "t", &small, none),
                                    "secret", &reply, &f->base.res),
                     SCEP_REFUSED);
    assert_int_equal(f->base.res.reason, SCEP_R_REPLY_KEY);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        ENROLL_TEST(test_rsa_gets_key_transport),
        ENROLL_TEST(test_ec_gets_what_is_configured),
        ENROLL_TEST(test_small_rsa_is_refused),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
