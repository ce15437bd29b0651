/* Licensed under the Apache License, Version 2.0; see LICENSE. */
/* scep_next_ca.c: the next CA's certificates, in both places. */
#include "fixture_certs.h"

#include "scep_next_ca.h"

static PKCS7 *parse(fixture_t *f, scep_octets_t der)
{
    const unsigned char *in = der.data;
    PKCS7 *p7 = d2i_PKCS7(NULL, &in, (long)der.len);

    assert_non_null(p7);
    assert_ptr_equal(in, der.data + der.len);
    return scep_pkcs7_own(f->pool, p7);
}

static scep_octets_t encode(fixture_t *f, const scep_keypair_t *next,
                            const scep_keypair_t *signer)
{
    scep_certs_t *certs = scep_x509s_own(f->pool, sk_X509_new_null());
    scep_octets_t der;

    assert_int_equal(X509_add_cert(certs, next->cert, X509_ADD_FLAG_UP_REF), 1);
    assert_int_equal(scep_next_ca_encode(certs, signer, f->pool, &der, &f->res),
                     SCEP_OK);
    return der;
}

static void test_both_places(void **state)
{
    fixture_t *f = *state;
    scep_keypair_t signer = certs_pair(f, "ra", "CA", NULL);
    scep_keypair_t next = certs_pair(f, "device", "Next CA", NULL);
    scep_octets_t der = encode(f, &next, &signer), content;
    PKCS7 *outer = parse(f, der), *inner;

    assert_int_equal(sk_X509_num(outer->d.sign->cert), 2);
    assert_int_equal(X509_cmp(sk_X509_value(outer->d.sign->cert, 0), next.cert),
                     0);
    assert_int_equal(
        X509_cmp(sk_X509_value(outer->d.sign->cert, 1), signer.cert), 0);
    assert_true(PKCS7_type_is_data(outer->d.sign->contents));
    content.data = ASN1_STRING_get0_data(outer->d.sign->contents->d.data);
    content.len = (size_t)ASN1_STRING_length(outer->d.sign->contents->d.data);
    inner = parse(f, content);
    assert_int_equal(sk_X509_num(inner->d.sign->cert), 1);
    assert_int_equal(X509_cmp(sk_X509_value(inner->d.sign->cert, 0), next.cert),
                     0);
}

static void test_signature(void **state)
{
    fixture_t *f = *state;
    scep_keypair_t signer = certs_pair(f, "ra", "CA", NULL);
    scep_keypair_t next = certs_pair(f, "device", "Next CA", NULL);
    scep_octets_t der = encode(f, &next, &signer);
    const unsigned char *in = der.data;
    CMS_ContentInfo *cms =
        scep_cms_own(f->pool, d2i_CMS_ContentInfo(NULL, &in, (long)der.len));
    BIO *out = scep_bio_own(f->pool, BIO_new(BIO_s_mem()));
    scep_certs_t *signers;

    assert_non_null(cms);
    assert_int_equal(CMS_verify(cms, NULL, NULL, NULL, out,
                                CMS_NO_SIGNER_CERT_VERIFY | CMS_BINARY),
                     1);
    signers = CMS_get0_signers(cms); /* the stack is ours, they are not */
    assert_int_equal(X509_cmp(sk_X509_value(signers, 0), signer.cert), 0);
    sk_X509_free(signers);
}

static void test_no_certificates(void **state)
{
    fixture_t *f = *state;
    scep_keypair_t signer = certs_pair(f, "ra", "CA", NULL);
    scep_certs_t *none = scep_x509s_own(f->pool, sk_X509_new_null());
    scep_octets_t der;

    assert_int_equal(scep_next_ca_encode(none, &signer, f->pool, &der, &f->res),
                     SCEP_BROKEN);
    assert_int_equal(der.len, 0);
}

static void test_wrong_key(void **state)
{
    fixture_t *f = *state;
    scep_keypair_t signer = certs_pair(f, "ra", "CA", NULL);
    scep_keypair_t next = certs_pair(f, "device", "Next CA", NULL);
    scep_certs_t *certs = scep_x509s_own(f->pool, sk_X509_new_null());
    scep_octets_t der;

    signer.key = next.key;
    assert_int_equal(X509_add_cert(certs, next.cert, X509_ADD_FLAG_UP_REF), 1);
    assert_int_equal(
        scep_next_ca_encode(certs, &signer, f->pool, &der, &f->res),
        SCEP_BROKEN);
    assert_int_equal(der.len, 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        FIXTURE_TEST(test_both_places),
        FIXTURE_TEST(test_signature),
        FIXTURE_TEST(test_no_certificates),
        FIXTURE_TEST(test_wrong_key),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
