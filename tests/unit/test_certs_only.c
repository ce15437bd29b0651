/* Licensed under the Apache License, Version 2.0; see LICENSE. */
/* scep_certs_only.c: degenerate SignedData, in the order asked for. */
#include "fixture_certs.h"

#include <openssl/err.h>

#include "scep_certrep.h"

static bool no_encoding;

int __real_ASN1_item_i2d(const ASN1_VALUE *value, unsigned char **out,
                         const ASN1_ITEM *item);
int __wrap_ASN1_item_i2d(const ASN1_VALUE *value, unsigned char **out,
                         const ASN1_ITEM *item);

int __wrap_ASN1_item_i2d(const ASN1_VALUE *value, unsigned char **out,
                         const ASN1_ITEM *item)
{
    return no_encoding ? -1 : __real_ASN1_item_i2d(value, out, item);
}

static PKCS7 *parse(fixture_t *f, scep_octets_t der)
{
    const unsigned char *in = der.data;
    PKCS7 *p7 = d2i_PKCS7(NULL, &in, (long)der.len);

    assert_non_null(p7);
    assert_ptr_equal(in, der.data + der.len);
    return scep_pkcs7_own(f->pool, p7);
}

/* An issued certificate that is longer than its CA's: a SET OF in DER would
 * put it last (M9). */
static void two(fixture_t *f, X509 **leaf, X509 **ca)
{
    const char *const long_one[] = {
        "nsComment",
        "A comment that makes this certificate longer than its issuer's, so "
        "that sorting by length would be noticed at once by this test.",
        NULL};
    scep_keypair_t issuer = certs_pair(f, "P-256", "CA", NULL);

    *ca = issuer.cert;
    *leaf =
        certs_make(f, certs_key(f, "device", NULL), "leaf", &issuer, long_one);
    assert_true(scep_x509_der(f->pool, *leaf).len >
                scep_x509_der(f->pool, *ca).len);
}

static void check_order(fixture_t *f, X509 *first, X509 *second)
{
    X509 *const certs[] = {first, second, NULL};
    scep_octets_t der;
    PKCS7 *p7;

    assert_int_equal(
        scep_certs_only_encode(certs_stack(f, certs), f->pool, &der, &f->res),
        SCEP_OK);
    certs_assert_der(der);
    p7 = parse(f, der);
    assert_int_equal(sk_X509_num(p7->d.sign->cert), 2);
    assert_int_equal(X509_cmp(sk_X509_value(p7->d.sign->cert, 0), first), 0);
    assert_int_equal(X509_cmp(sk_X509_value(p7->d.sign->cert, 1), second), 0);
}

static void test_order(void **state)
{
    X509 *leaf, *ca;

    two(*state, &leaf, &ca);
    check_order(*state, leaf, ca);
    check_order(*state, ca, leaf);
}

/* RFC 8894 3.4: nothing but certificates, and no content at all. */
static void test_degenerate(void **state)
{
    fixture_t *f = *state;
    X509 *const certs[] = {certs_pair(f, "P-256", "CA", NULL).cert, NULL};
    static const unsigned char head[] = {
        0x02, 0x01, 0x01, /* version 1 */
        0x31, 0x00,       /* no digestAlgorithms */
        0x30, 0x0b, 0x06, 0x09, 0x2a, 0x86, 0x48,
        0x86, 0xf7, 0x0d, 0x01, 0x07, 0x01 /* id-data, no eContent */
    };
    scep_octets_t der;
    PKCS7 *p7;
    size_t i;

    assert_int_equal(
        scep_certs_only_encode(certs_stack(f, certs), f->pool, &der, &f->res),
        SCEP_OK);
    p7 = parse(f, der);
    assert_true(PKCS7_type_is_signed(p7));
    assert_int_equal(ASN1_INTEGER_get(p7->d.sign->version), 1);
    assert_true(PKCS7_type_is_data(p7->d.sign->contents));
    assert_null(p7->d.sign->contents->d.data);
    assert_true(sk_X509_CRL_num(p7->d.sign->crl) <= 0);
    assert_int_equal(sk_PKCS7_SIGNER_INFO_num(p7->d.sign->signer_info), 0);
    /* ContentInfo, its OID, [0], SignedData: each a header of 4 octets */
    for (i = 0; i < sizeof(head); i++) {
        assert_int_equal(der.data[4 + 11 + 4 + 4 + i], head[i]);
    }
}

static void test_many(void **state)
{
    fixture_t *f = *state;
    X509 *certs[33] = {NULL};
    X509 *cert = certs_pair(f, "P-256", "CA", NULL).cert;
    scep_octets_t der;
    size_t i;

    for (i = 0; i < 32; i++) {
        certs[i] = cert;
    }
    assert_int_equal(
        scep_certs_only_encode(certs_stack(f, certs), f->pool, &der, &f->res),
        SCEP_OK);
    certs_assert_der(der);
    assert_int_equal(sk_X509_num(parse(f, der)->d.sign->cert), 32);
}

static void test_none(void **state)
{
    fixture_t *f = *state;
    X509 *const certs[] = {NULL};
    scep_octets_t der;

    assert_int_equal(
        scep_certs_only_encode(certs_stack(f, certs), f->pool, &der, &f->res),
        SCEP_BROKEN);
    assert_int_equal(f->res.reason, SCEP_R_INTERNAL);
    assert_int_equal(scep_certs_only_encode(NULL, f->pool, &der, &f->res),
                     SCEP_BROKEN);
}

static void test_no_encoding(void **state)
{
    fixture_t *f = *state;
    X509 *const certs[] = {certs_pair(f, "P-256", "x", NULL).cert, NULL};
    scep_octets_t der = {(const unsigned char *)"x", 1};

    no_encoding = true;
    assert_int_equal(
        scep_certs_only_encode(certs_stack(f, certs), f->pool, &der, &f->res),
        SCEP_BROKEN);
    no_encoding = false;
    assert_int_equal(f->res.reason, SCEP_R_INTERNAL);
    assert_int_equal(der.len, 0);
}

static X509_CRL *crl_make(const scep_keypair_t *ca, long entries)
{
    X509_CRL *crl = X509_CRL_new();
    ASN1_TIME *now = ASN1_TIME_set(NULL, 1700000000);
    ASN1_INTEGER *serial = ASN1_INTEGER_new();
    long i;

    assert_int_equal(
        X509_CRL_set_issuer_name(crl, X509_get_subject_name(ca->cert)), 1);
    assert_int_equal(X509_CRL_set1_lastUpdate(crl, now), 1);
    for (i = 1; i <= entries; i++) {
        X509_REVOKED *one = X509_REVOKED_new();

        assert_int_equal(ASN1_INTEGER_set(serial, i), 1);
        assert_int_equal(X509_REVOKED_set_serialNumber(one, serial), 1);
        assert_int_equal(X509_REVOKED_set_revocationDate(one, now), 1);
        assert_int_equal(X509_CRL_add0_revoked(crl, one), 1);
    }
    assert_true(X509_CRL_sign(crl, ca->key, EVP_sha256()) > 0);
    ASN1_INTEGER_free(serial);
    ASN1_TIME_free(now);
    return crl;
}

/* RFC 8894 4.6.1: the CRL, no certificates, and no content either; just as
 * OpenSSL encodes it, with a length of any number of octets. */
static void check_crl(fixture_t *f, const scep_keypair_t *ca, long entries)
{
    X509_CRL *crl = crl_make(ca, entries);
    scep_octets_t octets = scep_der_of(f->pool, crl, ASN1_ITEM_rptr(X509_CRL));
    scep_octets_t der, again;
    PKCS7 *p7;

    assert_int_equal(scep_crl_only_encode(octets, f->pool, &der, &f->res),
                     SCEP_OK);
    certs_assert_der(der);
    p7 = parse(f, der);
    assert_true(PKCS7_type_is_signed(p7));
    assert_int_equal(ASN1_INTEGER_get(p7->d.sign->version), 1);
    assert_null(p7->d.sign->contents->d.data);
    assert_true(sk_X509_num(p7->d.sign->cert) <= 0);
    assert_int_equal(sk_PKCS7_SIGNER_INFO_num(p7->d.sign->signer_info), 0);
    assert_int_equal(sk_X509_CRL_num(p7->d.sign->crl), 1);
    assert_int_equal(X509_CRL_cmp(sk_X509_CRL_value(p7->d.sign->crl, 0), crl),
                     0);
    again = scep_der_of(f->pool, p7, ASN1_ITEM_rptr(PKCS7));
    assert_int_equal(again.len, der.len);
    assert_memory_equal(again.data, der.data, der.len);
    X509_CRL_free(crl);
}

static void test_crl_alone(void **state)
{
    fixture_t *f = *state;
    scep_keypair_t ca = certs_pair(f, "P-256", "CA", NULL);

    check_crl(f, &ca, 0);
    check_crl(f, &ca, 1);
    check_crl(f, &ca, 3);
    check_crl(f, &ca, 1000);
    check_crl(f, &ca, 4000);
}

/* What is not one SEQUENCE is not sent. */
static void test_no_crl(void **state)
{
    static const char *const bad[] = {"",
                                      "\x30",
                                      "\x30\x05\x02\x01\x01",
                                      "\x30\x03\x02\x01\x01\x05",
                                      "\x31\x03\x02\x01\x01",
                                      "\x30\x80\x02\x01\x01",
                                      "no CRL"};
    fixture_t *f = *state;
    size_t i;

    for (i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
        scep_octets_t octets = {(const unsigned char *)bad[i], strlen(bad[i])};
        scep_octets_t der = {(const unsigned char *)"x", 1};

        assert_int_equal(scep_crl_only_encode(octets, f->pool, &der, &f->res),
                         SCEP_BROKEN);
        assert_int_equal(f->res.reason, SCEP_R_INTERNAL);
        assert_int_equal(der.len, 0);
        assert_int_equal(ERR_peek_error(), 0);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        FIXTURE_TEST(test_order),       FIXTURE_TEST(test_degenerate),
        FIXTURE_TEST(test_many),        FIXTURE_TEST(test_none),
        FIXTURE_TEST(test_no_encoding), FIXTURE_TEST(test_crl_alone),
        FIXTURE_TEST(test_no_crl),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
