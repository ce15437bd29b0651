/* Licensed under the Apache License, Version 2.0; see LICENSE. */
/* Unit tests of scep_signed.c. */
#include "fixture.h"

#include <openssl/cms.h>

#include "fixture_certs.h"
#include "message_maker.h"
#include "scep_signed.h"

static const scep_algs_t *algs_of(fixture_t *f)
{
    scep_algs_t *algs = NULL;

    assert_int_equal(
        scep_algs_make(SCEP_LEVEL_MODERN, NULL, f->pool, &algs, &f->res),
        SCEP_OK);
    return algs;
}

static maker_t *message_of(fixture_t *f, const scep_keypair_t *signer)
{
    return maker_new(f, signer, certs_pair(f, "ra", "RA", NULL).cert,
                     maker_csr(f, signer->key, "device", "secret"));
}

/* X509_cmp() would need a digest, which the keyless context does not have. */
static bool same_octets(fixture_t *f, X509 *a, X509 *b)
{
    return scep_octets_equal(scep_x509_der(f->pool, a),
                             scep_x509_der(f->pool, b));
}

static void the_certificates_are_taken_out(void **state)
{
    fixture_t *f = *state;
    scep_keypair_t device = certs_pair(f, "device", "device", NULL);
    maker_t *m = message_of(f, &device);
    int ber;

    m->certs[0] = certs_pair(f, "P-256", "other", NULL).cert;
    for (ber = 0; ber < 2; ber++) {
        scep_certs_t *certs = NULL;
        CMS_ContentInfo *cms;
        X509 *cert;

        m->ber = ber == 1;
        cms =
            scep_signed_parse(maker_message(f, m), algs_of(f), f->pool, &certs);
        assert_non_null(cms);
        assert_int_equal(sk_CMS_SignerInfo_num(CMS_get0_SignerInfos(cms)), 1);
        assert_null(CMS_get1_certs(cms));
        assert_non_null(CMS_get0_content(cms));
        assert_int_equal(sk_X509_num(certs), 2);
        cert = sk_X509_value(certs, 0);
        assert_true(same_octets(f, cert, m->certs[0]) ||
                    same_octets(f, sk_X509_value(certs, 1), m->certs[0]));
        assert_null(X509_get0_pubkey(cert));
    }
    scep_crypto_clear_errors();
}

static void there_may_be_none(void **state)
{
    fixture_t *f = *state;
    scep_keypair_t device = certs_pair(f, "device", "device", NULL);
    maker_t *m = message_of(f, &device);
    scep_certs_t *certs = NULL;

    m->without_signer = true;
    assert_non_null(
        scep_signed_parse(maker_message(f, m), algs_of(f), f->pool, &certs));
    assert_int_equal(sk_X509_num(certs), 0);
}

static void a_broken_certificate_is_refused(void **state)
{
    fixture_t *f = *state;
    scep_keypair_t device = certs_pair(f, "device", "device", NULL);
    scep_octets_t der = maker_message(f, message_of(f, &device));
    scep_certs_t *certs = NULL;

    /* its version and serial number */
    der = maker_patch(f, der, MAKER_OCTETS("\xa0\x03\x02\x01\x02\x02"),
                      MAKER_OCTETS("\xa0\x03\x02\x01\x02\x0c"));
    assert_null(scep_signed_parse(der, algs_of(f), f->pool, &certs));
    assert_null(certs);
    scep_crypto_clear_errors();
}

/* From a message that SIGNER has signed: its certificate, and what CMS gets. */
static X509 *signer_of(fixture_t *f, const scep_keypair_t *signer, X509 **cert)
{
    const scep_algs_t *algs = algs_of(f);
    scep_certs_t *certs = NULL;
    X509 *id;

    assert_non_null(scep_signed_parse(maker_message(f, message_of(f, signer)),
                                      algs, f->pool, &certs));
    assert_int_equal(sk_X509_num(certs), 1);
    *cert = sk_X509_value(certs, 0);
    id = scep_signed_signer(cert, algs, f->pool);
    assert_non_null(id);
    assert_int_equal(EVP_PKEY_eq(X509_get0_pubkey(id), signer->key), 1);
    assert_true(same_octets(f, *cert, signer->cert));
    assert_string_equal(scep_crypto_errors(f->pool), "");
    return id;
}

static void a_signer_is_decoded(void **state)
{
    fixture_t *f = *state;
    scep_keypair_t ca = certs_pair(f, "ra", "CA", NULL);
    const scep_keypair_t pairs[] = {certs_pair(f, "device", "device", &ca),
                                    certs_pair(f, "P-256", "device", &ca),
                                    certs_pair(f, "P-256", "device", NULL)};
    size_t i;

    for (i = 0; i < sizeof(pairs) / sizeof(pairs[0]); i++) {
        X509 *cert, *id = signer_of(f, &pairs[i], &cert);

        assert_ptr_equal(id, cert);
        assert_int_equal(
            X509_verify(cert, i < 2 ? ca.key : X509_get0_pubkey(cert)), 1);
    }
}

static void a_self_issued_signer_has_what_counts(void **state)
{
    fixture_t *f = *state;
    scep_keypair_t device = certs_pair(f, "device", "device", NULL);
    X509 *cert, *id = signer_of(f, &device, &cert);

    assert_ptr_not_equal(id, cert);
    assert_int_equal(X509_NAME_cmp(X509_get_issuer_name(id),
                                   X509_get_issuer_name(device.cert)),
                     0);
    assert_int_equal(ASN1_INTEGER_cmp(X509_get0_serialNumber(id),
                                      X509_get0_serialNumber(device.cert)),
                     0);
    assert_null(X509_get0_pubkey(cert));
    scep_crypto_clear_errors();
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        FIXTURE_TEST(the_certificates_are_taken_out),
        FIXTURE_TEST(there_may_be_none),
        FIXTURE_TEST(a_broken_certificate_is_refused),
        FIXTURE_TEST(a_signer_is_decoded),
        FIXTURE_TEST(a_self_issued_signer_has_what_counts),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
