/* Licensed under the Apache License, Version 2.0; see LICENSE. */
/*
 * test_getnextca.c: the next CA, and requests that are for it. (enroll layer)
 */
#include "enroll_fixture.h"

#include <openssl/x509v3.h>

#include "scep_operation.h"

static scep_next_ca_t next_of(enroll_fixture_t *f)
{
    scep_next_ca_t next = {"next", NULL, NULL};

    next.certs = scep_x509s_own(f->base.pool, sk_X509_new_null());
    assert_int_equal(X509_add_cert(next.certs,
                                   enroll_self_signed(f, f->other_key),
                                   X509_ADD_FLAG_UP_REF),
                     1);
    return next;
}

/* SCEP0109 */
static void test_none(void **state)
{
    enroll_fixture_t *f = *state;
    scep_answer_t answer = {0};

    assert_int_equal(scep_getnextca(&f->req, &answer, &f->base.res),
                     SCEP_NOT_FOUND);
    assert_int_equal(f->base.res.reason, SCEP_R_NO_NEXT_CA);
    assert_null(scep_service_next(&f->service, f->ca.cert));
}

/* The signer's certificate is the second of what SCEP_OK gives: a list of the
 * next CA and of who says so. */
static const X509 *ask(enroll_fixture_t *f, const scep_next_ca_t *next)
{
    scep_answer_t answer = {0};
    const unsigned char *in;
    PKCS7 *p7;

    enroll_reset_result(f);
    assert_int_equal(scep_getnextca(&f->req, &answer, &f->base.res), SCEP_OK);
    assert_int_equal(answer.http_status, 200);
    assert_string_equal(answer.content_type, "application/x-x509-next-ca-cert");
    in = answer.body.data;
    p7 = scep_pkcs7_own(f->base.pool,
                        d2i_PKCS7(NULL, &in, (long)answer.body.len));
    assert_non_null(p7);
    assert_int_equal(X509_cmp(sk_X509_value(p7->d.sign->cert, 0),
                              sk_X509_value(next->certs, 0)),
                     0);
    return sk_X509_value(p7->d.sign->cert, 1);
}

static void test_signed_by_the_ra(void **state)
{
    enroll_fixture_t *f = *state;
    scep_next_ca_t next = next_of(f);

    f->service.next = &next;
    assert_int_equal(X509_cmp(ask(f, &next), f->ra.signer->cert), 0);
}

static scep_keypair_t own_pair;

/* The CA's own pair, where it has one. */
static int ra_pair(void *ca, X509 **cert, EVP_PKEY **key)
{
    (void)ca;
    *cert = own_pair.cert;
    *key = own_pair.key;
    return own_pair.cert != NULL;
}

/* The CA itself, if it has a key here that may sign more than certificates. */
static void test_signed_by_the_ca(void **state)
{
    enroll_fixture_t *f = *state;
    scep_next_ca_t next = next_of(f);
    scep_ca_backend_t backend = *f->service.backend;

    backend.ra_pair = ra_pair;
    f->service.backend = &backend;
    f->service.next = &next;
    own_pair = (scep_keypair_t){NULL, NULL};
    assert_int_equal(X509_cmp(ask(f, &next), f->ra.signer->cert), 0);
    own_pair = f->device; /* its key usage is not limited */
    assert_int_equal(X509_cmp(ask(f, &next), f->device.cert), 0);
    own_pair = f->ca;
    assert_int_equal(X509_get_key_usage(f->ca.cert) & KU_DIGITAL_SIGNATURE, 0);
    assert_int_equal(X509_cmp(ask(f, &next), f->ra.signer->cert), 0);
}

static void test_for_whom(void **state)
{
    enroll_fixture_t *f = *state;
    scep_next_ca_t next = next_of(f);

    f->service.next = &next;
    assert_null(scep_service_next(&f->service, f->ca.cert));
    assert_null(scep_service_next(&f->service, f->device.cert));
    assert_null(scep_service_next(&f->service, NULL));
    assert_ptr_equal(
        scep_service_next(&f->service, sk_X509_value(next.certs, 0)), &next);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        ENROLL_TEST(test_none),
        ENROLL_TEST(test_signed_by_the_ra),
        ENROLL_TEST(test_signed_by_the_ca),
        ENROLL_TEST(test_for_whom),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
