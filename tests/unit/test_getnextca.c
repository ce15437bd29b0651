/* Licensed under the Apache License, Version 2.0; see LICENSE. */
/*
 * test_getnextca.c: the next CA, and what is for it. (enroll layer)
 */
#include "enroll_fixture.h"

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

static void test_signed_by_the_ra(void **state)
{
    enroll_fixture_t *f = *state;
    scep_next_ca_t next = next_of(f);
    scep_answer_t answer = {0};
    const unsigned char *in;
    PKCS7 *p7;

    f->service.next = &next;
    assert_int_equal(scep_getnextca(&f->req, &answer, &f->base.res), SCEP_OK);
    assert_int_equal(answer.http_status, 200);
    assert_string_equal(answer.content_type, "application/x-x509-next-ca-cert");
    in = answer.body.data;
    p7 = scep_pkcs7_own(f->base.pool,
                        d2i_PKCS7(NULL, &in, (long)answer.body.len));
    assert_non_null(p7);
    assert_int_equal(X509_cmp(sk_X509_value(p7->d.sign->cert, 0),
                              sk_X509_value(next.certs, 0)),
                     0);
    assert_int_equal(
        X509_cmp(sk_X509_value(p7->d.sign->cert, 1), f->ra.signer->cert), 0);
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
        ENROLL_TEST(test_for_whom),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
