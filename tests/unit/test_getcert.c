/* Licensed under the Apache License, Version 2.0; see LICENSE. */
/*
 * test_getcert.c: which signer gets which certificate. (enroll layer)
 */
#include "enroll_fixture.h"

#include <openssl/pkcs7.h>

#include "scep_getcert.h"
#include "scep_pkcsreq.h"
#include "scep_store_revocation.h"

/* A certificate for the device's key. */
static X509 *enrol(enroll_fixture_t *f, const scep_keypair_t *device)
{
    scep_reply_t reply = {.cert = NULL};
    scep_octets_t csr = enroll_csr(f, device->key, "device", enroll_draw(f));
    const char *id = device == &f->device ? "enrol" : "enrol-other";

    assert_int_equal(enroll_serve(f, scep_pkcsreq,
                                  enroll_message(f, id, device, csr), &reply),
                     SCEP_OK);
    return reply.cert;
}

static scep_octets_t id_of(enroll_fixture_t *f, const X509_NAME *issuer,
                           const ASN1_INTEGER *serial)
{
    PKCS7_ISSUER_AND_SERIAL *id = PKCS7_ISSUER_AND_SERIAL_new();
    scep_octets_t der;

    assert_int_equal(X509_NAME_set(&id->issuer, issuer), 1);
    ASN1_INTEGER_free(id->serial);
    id->serial = ASN1_INTEGER_dup(serial);
    der =
        scep_der_of(f->base.pool, id, ASN1_ITEM_rptr(PKCS7_ISSUER_AND_SERIAL));
    PKCS7_ISSUER_AND_SERIAL_free(id);
    assert_true(der.len > 0);
    return der;
}

static scep_status_e ask(enroll_fixture_t *f, const scep_keypair_t *signer,
                         scep_octets_t data, scep_reply_t *reply)
{
    scep_pkimessage_t *msg = enroll_message(f, "ask", signer, data);

    memset(reply, 0, sizeof(*reply));
    msg->message_type = SCEP_MSG_GETCERT;
    enroll_reset_result(f);
    return scep_getcert(&f->req, msg, reply, &f->base.res);
}

static scep_status_e ask_for(enroll_fixture_t *f, const scep_keypair_t *signer,
                             X509 *cert, scep_reply_t *reply)
{
    return ask(
        f, signer,
        id_of(f, X509_get_issuer_name(cert), X509_get0_serialNumber(cert)),
        reply);
}

static void test_own_key(void **state)
{
    enroll_fixture_t *f = *state;
    X509 *cert = enrol(f, &f->device);
    scep_reply_t reply;

    assert_int_equal(ask_for(f, &f->device, cert, &reply), SCEP_OK);
    assert_int_equal(X509_cmp(reply.cert, cert), 0);
    assert_int_equal(reply.crl.len, 0);
    assert_ptr_equal(reply.recipient.cert, f->device.cert);
    assert_non_null(strstr(f->base.log, "SCEP0236"));
}

/* SCEP0161 */
static void test_stranger_gets_nothing(void **state)
{
    enroll_fixture_t *f = *state;
    X509 *cert = enrol(f, &f->device);
    scep_keypair_t stranger = {enroll_self_signed(f, f->other_key),
                               f->other_key};
    scep_reply_t reply;

    assert_int_equal(ask_for(f, &stranger, cert, &reply), SCEP_REFUSED);
    assert_int_equal(f->base.res.reason, SCEP_R_CERT_UNKNOWN);
    assert_null(reply.cert);
}

static void test_member_gets_anothers(void **state)
{
    enroll_fixture_t *f = *state;
    scep_keypair_t other = {enroll_self_signed(f, f->other_key), f->other_key};
    X509 *cert = enrol(f, &f->device);
    scep_reply_t reply;

    other.cert = enrol(f, &other);
    assert_int_equal(ask_for(f, &other, cert, &reply), SCEP_OK);
    assert_int_equal(X509_cmp(reply.cert, cert), 0);
}

static void test_revoked_member_gets_nothing(void **state)
{
    enroll_fixture_t *f = *state;
    scep_keypair_t other = {enroll_self_signed(f, f->other_key), f->other_key};
    X509 *cert = enrol(f, &f->device);
    scep_revoke_t wish = {.row = {.ca_id = f->service.ca_id,
                                  .effective = f->base.now + 1,
                                  .created = f->base.now}};
    scep_revoke_outcome_e outcome;
    scep_reply_t reply;

    other.cert = enrol(f, &other);
    wish.row.serial =
        scep_serial_text(f->base.pool, X509_get0_serialNumber(other.cert));
    assert_int_equal(scep_store_revoke(f->service.store, &wish, f->base.pool,
                                       &outcome, &f->base.res),
                     SCEP_OK);
    assert_int_equal(ask_for(f, &other, cert, &reply), SCEP_OK);
    f->base.now++;
    assert_int_equal(ask_for(f, &other, cert, &reply), SCEP_REFUSED);
    assert_int_equal(f->base.res.reason, SCEP_R_CERT_UNKNOWN);
    /* its own it may have, revoked or not */
    assert_int_equal(ask_for(f, &other, other.cert, &reply), SCEP_OK);
}

static void test_unknown(void **state)
{
    enroll_fixture_t *f = *state;
    X509 *cert = enrol(f, &f->device);
    scep_reply_t reply;

    assert_int_equal(ask(f, &f->device,
                         id_of(f, X509_get_issuer_name(cert),
                               X509_get0_serialNumber(f->device.cert)),
                         &reply),
                     SCEP_REFUSED);
    assert_int_equal(f->base.res.reason, SCEP_R_CERT_UNKNOWN);
    assert_int_equal(f->base.res.failinfo, SCEP_FAIL_BAD_CERT_ID);
    assert_int_equal(ask(f, &f->device,
                         id_of(f, X509_get_issuer_name(f->device.cert),
                               X509_get0_serialNumber(cert)),
                         &reply),
                     SCEP_REFUSED);
    assert_int_equal(f->base.res.reason, SCEP_R_CERT_UNKNOWN);
}

static void test_garbage(void **state)
{
    enroll_fixture_t *f = *state;
    scep_octets_t garbage = {(const unsigned char *)"\x30\x00", 2};
    scep_reply_t reply;

    assert_int_equal(ask(f, &f->device, garbage, &reply), SCEP_REFUSED);
    assert_int_equal(f->base.res.reason, SCEP_R_CONTENT);
}

static void test_key_that_cannot_decrypt(void **state)
{
    enroll_fixture_t *f = *state;
    X509 *cert = enrol(f, &f->device);
    EVP_PKEY *key = enroll_key(f, "EC", 0);
    scep_keypair_t signer = {enroll_self_signed(f, key), key};
    scep_reply_t reply;

    assert_int_equal(ask_for(f, &signer, cert, &reply), SCEP_REFUSED);
    assert_int_equal(f->base.res.reason, SCEP_R_REPLY_KEY);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        ENROLL_TEST(test_own_key),
        ENROLL_TEST(test_stranger_gets_nothing),
        ENROLL_TEST(test_member_gets_anothers),
        ENROLL_TEST(test_revoked_member_gets_nothing),
        ENROLL_TEST(test_unknown),
        ENROLL_TEST(test_garbage),
        ENROLL_TEST(test_key_that_cannot_decrypt),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
