/* Licensed under the Apache License, Version 2.0; see LICENSE. */
/* test_getcacert.c: the bare certificate, the bundle, the chain. */
#include "enroll_fixture.h"

#include "scep_cert_build.h"
#include "scep_operation.h"

static scep_answer_t get(enroll_fixture_t *f, bool chain)
{
    scep_answer_t answer = {0};

    enroll_reset_result(f);
    assert_int_equal(scep_getcacert(&f->req, chain, &answer, &f->base.res),
                     SCEP_OK);
    assert_int_equal(answer.http_status, 200);
    assert_true(answer.cacheable);
    return answer;
}

static scep_certs_t *certs_in(enroll_fixture_t *f, const scep_answer_t *answer)
{
    const unsigned char *in = answer->body.data;
    PKCS7 *p7 = scep_pkcs7_own(f->base.pool,
                               d2i_PKCS7(NULL, &in, (long)answer->body.len));

    assert_non_null(p7);
    assert_true(PKCS7_type_is_signed(p7));
    return p7->d.sign->cert;
}

static X509 *add_certificate(enroll_fixture_t *f, scep_cert_kind_e kind,
                             const char *cn, scep_certs_t *to)
{
    X509_NAME *name = X509_NAME_new();
    X509 *cert = NULL;

    assert_int_equal(X509_NAME_add_entry_by_txt(name, "CN", MBSTRING_UTF8,
                                                (const unsigned char *)cn, -1,
                                                -1, 0),
                     1);
    assert_int_equal(scep_cert_make(kind, f->device.key, name, &f->ca, 10,
                                    f->base.now, f->base.pool, &cert,
                                    &f->base.res),
                     SCEP_OK);
    X509_NAME_free(name);
    assert_int_equal(X509_up_ref(cert), 1);
    assert_true(sk_X509_push(to, cert) > 0);
    return cert;
}

static void test_bare(void **state)
{
    enroll_fixture_t *f = *state;
    scep_answer_t answer = get(f, false);
    scep_octets_t der = scep_x509_der(f->base.pool, f->ca.cert);

    assert_string_equal(answer.content_type, "application/x-x509-ca-cert");
    assert_true(scep_octets_equal(answer.body, der));
}

static void test_ra_then_ca(void **state)
{
    enroll_fixture_t *f = *state;
    X509 *ra = add_certificate(f, SCEP_CERT_RA, "RA", f->ra.certs);
    scep_answer_t answer = get(f, false);
    scep_certs_t *certs = certs_in(f, &answer);

    assert_string_equal(answer.content_type, "application/x-x509-ca-ra-cert");
    assert_int_equal(sk_X509_num(certs), 2);
    assert_int_equal(X509_cmp(sk_X509_value(certs, 0), ra), 0);
    assert_int_equal(X509_cmp(sk_X509_value(certs, 1), f->ca.cert), 0);
    assert_int_equal(sk_X509_num(f->ca_certs), 1); /* ours is untouched */
}

static void test_chain_without_ra(void **state)
{
    enroll_fixture_t *f = *state;
    scep_answer_t answer;

    sk_X509_unshift(f->ca_certs, add_certificate(f, SCEP_CERT_ISSUING_CA,
                                                 "Issuing", f->ra.certs));
    sk_X509_pop(f->ra.certs); /* the stack's reference moves over */
    answer = get(f, false);
    assert_string_equal(answer.content_type, "application/x-x509-ca-ra-cert");
    assert_int_equal(sk_X509_num(certs_in(f, &answer)), 2);
    assert_int_equal(
        X509_cmp(sk_X509_value(certs_in(f, &answer), 1), f->ca.cert), 0);
}

static void test_getcacertchain(void **state)
{
    enroll_fixture_t *f = *state;
    scep_answer_t answer;

    add_certificate(f, SCEP_CERT_RA, "RA", f->ra.certs);
    answer = get(f, true);
    assert_string_equal(answer.content_type,
                        "application/x-x509-ca-ra-cert-chain");
    assert_int_equal(sk_X509_num(certs_in(f, &answer)), 1);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        ENROLL_TEST(test_bare),
        ENROLL_TEST(test_ra_then_ca),
        ENROLL_TEST(test_chain_without_ra),
        ENROLL_TEST(test_getcacertchain),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
