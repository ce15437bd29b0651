/* Licensed under the Apache License, Version 2.0; see LICENSE. */
/*
 * scep_csr_decoy.c, and that it is used: one signature is verified for every
 * message that is refused as SCEP_R_CONTENT, whatever is wrong with it.
 */
#include "message_maker.h"

#include "fixture_certs.h"
#include "scep_csr.h"
#include "scep_csr_decoy.h"

static int verified; /* how many signatures have been computed */

int __real_ASN1_item_verify_ex(const ASN1_ITEM *it, const X509_ALGOR *alg,
                               const ASN1_BIT_STRING *signature,
                               const void *data, const ASN1_OCTET_STRING *id,
                               EVP_PKEY *pkey, OSSL_LIB_CTX *libctx,
                               const char *propq);
int __wrap_ASN1_item_verify_ex(const ASN1_ITEM *it, const X509_ALGOR *alg,
                               const ASN1_BIT_STRING *signature,
                               const void *data, const ASN1_OCTET_STRING *id,
                               EVP_PKEY *pkey, OSSL_LIB_CTX *libctx,
                               const char *propq);

int __wrap_ASN1_item_verify_ex(const ASN1_ITEM *it, const X509_ALGOR *alg,
                               const ASN1_BIT_STRING *signature,
                               const void *data, const ASN1_OCTET_STRING *id,
                               EVP_PKEY *pkey, OSSL_LIB_CTX *libctx,
                               const char *propq)
{
    int result = __real_ASN1_item_verify_ex(it, alg, signature, data, id, pkey,
                                            libctx, propq);

    verified += result >= 0; /* else it came to nothing */
    return result;
}

static scep_algs_t *algs_of(fixture_t *f)
{
    scep_algs_t *algs;

    assert_int_equal(
        scep_algs_make(SCEP_LEVEL_COMPATIBLE, NULL, f->pool, &algs, &f->res),
        SCEP_OK);
    return algs;
}

/* Parse DER in vain; how many signatures that took. */
static int work_for(fixture_t *f, scep_octets_t der)
{
    scep_csr_t *csr = NULL;

    verified = 0;
    scep_result_init(&f->res, f->pool);
    assert_int_equal(
        scep_csr_parse(der, algs_of(f), 1024, f->pool, &csr, &f->res),
        SCEP_REFUSED);
    assert_int_equal(f->res.reason, SCEP_R_CONTENT);
    assert_null(csr);
    assert_string_equal(scep_crypto_errors(f->pool), "");
    return verified;
}

static scep_octets_t cut(scep_octets_t der, size_t less)
{
    return (scep_octets_t){der.data, der.len - less};
}

/* It is like a device's, but nobody could have it certified. */
static void decoy_is_well_formed_and_not_signed(void **state)
{
    fixture_t *f = *state;
    const unsigned char *in = scep_csr_decoy.data;
    X509_REQ *req = scep_x509_req_own(
        f->pool, d2i_X509_REQ(NULL, &in, (long)scep_csr_decoy.len));
    EVP_PKEY *key;

    assert_non_null(req);
    assert_ptr_equal(in, scep_csr_decoy.data + scep_csr_decoy.len);
    key = X509_REQ_get0_pubkey(req);
    assert_true(EVP_PKEY_is_a(key, "RSA"));
    assert_int_equal(EVP_PKEY_get_bits(key), 2048);
    assert_true(
        X509_REQ_get_attr_by_NID(req, NID_pkcs9_challengePassword, -1) >= 0);
    assert_true(X509_REQ_get_attr_by_NID(req, NID_ext_req, -1) >= 0);
    assert_int_equal(work_for(f, scep_csr_decoy), 1);
    assert_non_null(strstr(f->res.detail, "signature of PKCS#10 is bad"));
}

static void spending_computes_one_signature(void **state)
{
    fixture_t *f = *state;

    verified = 0;
    scep_csr_dummy_verify(algs_of(f), f->pool);
    assert_int_equal(verified, 1);
    assert_string_equal(scep_crypto_errors(f->pool), "");
}

/* Invariant 7 */
static void garbage_costs_what_a_bad_signature_does(void **state)
{
    fixture_t *f = *state;
    EVP_PKEY *key = certs_key(f, "device", NULL);
    scep_octets_t csr = maker_csr(f, key, "device", "secret");
    unsigned char *bad = apr_pmemdup(f->pool, csr.data, csr.len);
    scep_octets_t long_one = {apr_pcalloc(f->pool, SCEP_MAX_CSR + 1),
                              SCEP_MAX_CSR + 1};

    bad[csr.len - 1] ^= 1;
    assert_int_equal(work_for(f, (scep_octets_t){bad, csr.len}), 1);
    assert_int_equal(work_for(f, (scep_octets_t){NULL, 0}), 1);
    assert_int_equal(work_for(f, MAKER_OCTETS("garbage")), 1);
    assert_int_equal(work_for(f, long_one), 1);
    assert_int_equal(work_for(f, cut(csr, 1)), 1);
    /* an empty SEQUENCE, and a PKCS#10 without a key in it */
    assert_int_equal(work_for(f, MAKER_OCTETS("\x30\x00")), 1);
    assert_int_equal(
        work_for(f, MAKER_OCTETS("\x30\x07\x30\x00\x30\x00\x03\x01\x00")), 1);
}

/* A key that is not dealt with is not put to use; ours is instead. */
static void odd_keys_cost_what_usual_ones_do(void **state)
{
    fixture_t *f = *state;

    assert_int_equal(
        work_for(f, maker_csr(f, certs_key(f, "P-224", NULL), "x", NULL)), 1);
}

/* Nor can anything be computed by an algorithm that is unknown, or of another
 * kind of key. */
static void odd_algorithms_cost_what_usual_ones_do(void **state)
{
    fixture_t *f = *state;
    EVP_PKEY *key = certs_key(f, "device", NULL);
    X509_REQ *req = maker_req(f, certs_key(f, "P-256", NULL), "x");
    /* the end of sha256WithRSAEncryption, and of what does not exist */
    scep_octets_t unknown = maker_patch(f, maker_csr(f, key, "device", NULL),
                                        MAKER_OCTETS("\x01\x01\x0b\x05\x00"),
                                        MAKER_OCTETS("\x01\x01\x63\x05\x00"));

    assert_int_equal(work_for(f, unknown), 1);
    assert_int_equal(work_for(f, maker_req_sign(f, req, key, "SHA256")), 1);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        FIXTURE_TEST(decoy_is_well_formed_and_not_signed),
        FIXTURE_TEST(spending_computes_one_signature),
        FIXTURE_TEST(garbage_costs_what_a_bad_signature_does),
        FIXTURE_TEST(odd_keys_cost_what_usual_ones_do),
        FIXTURE_TEST(odd_algorithms_cost_what_usual_ones_do),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
