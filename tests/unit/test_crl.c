/* Licensed under the Apache License, Version 2.0; see LICENSE. */
/*
 * test_crl.c: CRLs, built and signed. (ca layer)
 */
#include "fixture.h"
#include "fixture_ca.h"

#include "scep_crl.h"

#define LONG_SERIAL "7F00000000000000000000000000000000000002"

static scep_ca_crl_request_t sample(fixture_t *f)
{
    static const scep_ca_revoked_t entries[] = {
        {LONG_SERIAL, FIXTURE_NOW, 1},
        {"7A", FIXTURE_NOW - APR_USEC_PER_SEC, 0},
        {"01", FIXTURE_NOW, 4},
    };
    scep_ca_crl_request_t request = {NULL, 42, 0, 0};
    apr_array_header_t *revoked =
        apr_array_make(f->pool, 3, sizeof(scep_ca_revoked_t));
    size_t i;

    for (i = 0; i < sizeof(entries) / sizeof(entries[0]); i++) {
        APR_ARRAY_PUSH(revoked, scep_ca_revoked_t) = entries[i];
    }
    request.revoked = revoked;
    request.this_update = f->now;
    request.next_update = f->now + 7 * 86400 * APR_USEC_PER_SEC;
    return request;
}

static X509_CRL *must_build(fixture_t *f, const scep_keypair_t *ca,
                            const scep_ca_crl_request_t *request)
{
    X509_CRL *crl = NULL;

    assert_int_equal(scep_crl_build(ca, request, f->pool, &crl, &f->res),
                     SCEP_OK);
    assert_non_null(crl);
    return crl;
}

static int reason_of(X509_REVOKED *entry)
{
    ASN1_ENUMERATED *value =
        X509_REVOKED_get_ext_d2i(entry, NID_crl_reason, NULL, NULL);
    int reason = value != NULL ? (int)ASN1_ENUMERATED_get(value) : -1;

    ASN1_ENUMERATED_free(value);
    return reason;
}

static X509_REVOKED *entry_of(X509_CRL *crl, const char *hex)
{
    BIGNUM *number = NULL;
    ASN1_INTEGER *serial;
    X509_REVOKED *entry = NULL;

    assert_true(BN_hex2bn(&number, hex) > 0);
    serial = BN_to_ASN1_INTEGER(number, NULL);
    assert_int_equal(X509_CRL_get0_by_serial(crl, &entry, serial), 1);
    ASN1_INTEGER_free(serial);
    BN_free(number);
    return entry;
}

static void test_entries(void **state)
{
    fixture_t *f = *state;
    scep_keypair_t ca = fixture_ca(f, "rsa");
    scep_ca_crl_request_t request = sample(f);
    X509_CRL *crl = must_build(f, &ca, &request);

    assert_int_equal(X509_CRL_get_version(crl), X509_CRL_VERSION_2);
    assert_int_equal(X509_CRL_verify(crl, ca.key), 1);
    assert_int_equal(
        X509_NAME_cmp(X509_CRL_get_issuer(crl), X509_get_subject_name(ca.cert)),
        0);
    assert_int_equal(sk_X509_REVOKED_num(X509_CRL_get_REVOKED(crl)), 3);
    assert_int_equal(reason_of(entry_of(crl, LONG_SERIAL)), 1);
    assert_int_equal(reason_of(entry_of(crl, "7A")), -1); /* unspecified */
    assert_int_equal(reason_of(entry_of(crl, "01")), 4);
}

static void test_extensions_and_times(void **state)
{
    fixture_t *f = *state;
    scep_keypair_t ca = fixture_ca(f, "P-256");
    scep_ca_crl_request_t request = sample(f);
    X509_CRL *crl = must_build(f, &ca, &request);
    ASN1_INTEGER *number =
        X509_CRL_get_ext_d2i(crl, NID_crl_number, NULL, NULL);
    AUTHORITY_KEYID *id =
        X509_CRL_get_ext_d2i(crl, NID_authority_key_identifier, NULL, NULL);
    const ASN1_TIME *this_update = X509_CRL_get0_lastUpdate(crl);
    int days, seconds;

    assert_int_equal(X509_CRL_get_ext_count(crl), 2);
    assert_int_equal(ASN1_INTEGER_get(number), 42);
    assert_int_equal(
        ASN1_OCTET_STRING_cmp(id->keyid, X509_get0_subject_key_id(ca.cert)), 0);
    assert_int_equal(
        ASN1_TIME_cmp_time_t(this_update, (time_t)apr_time_sec(f->now)), 0);
    assert_int_equal(ASN1_TIME_diff(&days, &seconds, this_update,
                                    X509_CRL_get0_nextUpdate(crl)),
                     1);
    assert_int_equal(days, 7);
    assert_int_equal(seconds, 0);
    ASN1_INTEGER_free(number);
    AUTHORITY_KEYID_free(id);
}

static void test_empty(void **state)
{
    fixture_t *f = *state;
    scep_keypair_t ca = fixture_ca(f, "P-384");
    scep_ca_crl_request_t request = sample(f);
    const unsigned char *in;
    scep_octets_t der;
    X509_CRL *crl, *again;

    request.revoked = apr_array_make(f->pool, 0, sizeof(scep_ca_revoked_t));
    crl = must_build(f, &ca, &request);
    assert_int_equal(X509_CRL_get_signature_nid(crl), NID_ecdsa_with_SHA384);
    der = scep_crl_der(f->pool, crl);
    in = der.data;
    again = d2i_X509_CRL(NULL, &in, (long)der.len);
    assert_non_null(again);
    /* RFC 5280 5.1.2.6: the list is absent rather than empty */
    assert_null(X509_CRL_get_REVOKED(again));
    X509_CRL_free(again);
}

static void test_without_the_right(void **state)
{
    fixture_t *f = *state;
    scep_keypair_t ca =
        fixture_pair(f, SCEP_CERT_RA, fixture_key(f, "rsa"), "RA", NULL, 10);
    scep_ca_crl_request_t request = sample(f);
    X509_CRL *crl;

    assert_int_equal(scep_crl_build(&ca, &request, f->pool, &crl, &f->res),
                     SCEP_REFUSED);
    assert_int_equal(f->res.reason, SCEP_R_NO_CRL);
    assert_null(crl);
}

static void test_bad_serial(void **state)
{
    static const char *const serials[] = {"", "XY", "1G", "-"};
    fixture_t *f = *state;
    scep_keypair_t ca = fixture_ca(f, "P-256");
    scep_ca_crl_request_t request = sample(f);
    X509_CRL *crl;
    size_t i;

    for (i = 0; i < sizeof(serials) / sizeof(serials[0]); i++) {
        APR_ARRAY_IDX(request.revoked, 1, scep_ca_revoked_t).serial =
            serials[i];
        assert_int_equal(scep_crl_build(&ca, &request, f->pool, &crl, &f->res),
                         SCEP_BROKEN);
    }
}

/* Of another key than the certificate's: it is verified before it leaves. */
static void test_wrong_key(void **state)
{
    fixture_t *f = *state;
    scep_keypair_t ca = fixture_ca(f, "rsa");
    scep_ca_crl_request_t request = sample(f);
    X509_CRL *crl;

    ca.key = fixture_key(f, "rsa-other");
    assert_int_equal(scep_crl_build(&ca, &request, f->pool, &crl, &f->res),
                     SCEP_BROKEN);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        FIXTURE_TEST(test_entries),    FIXTURE_TEST(test_extensions_and_times),
        FIXTURE_TEST(test_empty),      FIXTURE_TEST(test_without_the_right),
        FIXTURE_TEST(test_bad_serial), FIXTURE_TEST(test_wrong_key),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
