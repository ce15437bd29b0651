/* Licensed under the Apache License, Version 2.0; see LICENSE. */
/*
 * test_getcrl.c: anybody who asks gets the CRL. (enroll layer)
 */
#include "enroll_fixture.h"

#include <openssl/pkcs7.h>

#include "scep_getcert.h"

static scep_octets_t id_of(enroll_fixture_t *f, const X509_NAME *issuer)
{
    PKCS7_ISSUER_AND_SERIAL *id = PKCS7_ISSUER_AND_SERIAL_new();
    scep_octets_t der;

    assert_int_equal(X509_NAME_set(&id->issuer, issuer), 1);
    assert_int_equal(ASN1_INTEGER_set(id->serial, 99), 1);
    der =
        scep_der_of(f->base.pool, id, ASN1_ITEM_rptr(PKCS7_ISSUER_AND_SERIAL));
    PKCS7_ISSUER_AND_SERIAL_free(id);
    assert_true(der.len > 0);
    return der;
}

static scep_status_e ask(enroll_fixture_t *f, scep_octets_t data,
                         scep_reply_t *reply)
{
    scep_pkimessage_t *msg = enroll_message(f, "ask", &f->device, data);

    memset(reply, 0, sizeof(*reply));
    msg->message_type = SCEP_MSG_GETCRL;
    enroll_reset_result(f);
    return scep_getcrl(&f->req, msg, reply, &f->base.res);
}

/* R37: the serial number, which nobody knows, does not matter. */
static void test_crl(void **state)
{
    enroll_fixture_t *f = *state;
    const unsigned char *in;
    scep_reply_t reply;
    X509_CRL *crl;

    assert_int_equal(
        ask(f, id_of(f, X509_get_subject_name(f->ca.cert)), &reply), SCEP_OK);
    assert_null(reply.cert);
    in = reply.crl.data;
    crl = d2i_X509_CRL(NULL, &in, (long)reply.crl.len);
    assert_int_equal(X509_CRL_verify(crl, f->ca.key), 1);
    X509_CRL_free(crl);
    assert_ptr_equal(reply.recipient.cert, f->device.cert);
}

/* SCEP0162 */
static void test_other_issuer(void **state)
{
    enroll_fixture_t *f = *state;
    scep_reply_t reply;

    assert_int_equal(
        ask(f, id_of(f, X509_get_subject_name(f->device.cert)), &reply),
        SCEP_REFUSED);
    assert_int_equal(f->base.res.reason, SCEP_R_CRL_ISSUER);
    assert_int_equal(f->base.res.failinfo, SCEP_FAIL_BAD_CERT_ID);
    assert_int_equal(reply.crl.len, 0);
}

static void test_garbage(void **state)
{
    enroll_fixture_t *f = *state;
    scep_octets_t garbage = {(const unsigned char *)"x", 1};
    scep_reply_t reply;

    assert_int_equal(ask(f, garbage, &reply), SCEP_REFUSED);
    assert_int_equal(f->base.res.reason, SCEP_R_CONTENT);
}

static void test_backend_fails(void **state)
{
    enroll_fixture_t *f = *state;
    scep_reply_t reply;

    f->backend_status = SCEP_UNAVAILABLE;
    f->backend_reason = SCEP_R_CA_UNAVAILABLE;
    assert_int_equal(
        ask(f, id_of(f, X509_get_subject_name(f->ca.cert)), &reply),
        SCEP_UNAVAILABLE);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        ENROLL_TEST(test_crl),
        ENROLL_TEST(test_other_issuer),
        ENROLL_TEST(test_garbage),
        ENROLL_TEST(test_backend_fails),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
