/* Licensed under the Apache License, Version 2.0; see LICENSE. */
/* test_seal.c: sealed secrets; test_master_cms.c changes every octet. */
#include "fixture_certs.h"

#include "scep_seal.h"

static scep_keypair_t *pair_of(fixture_t *f, EVP_PKEY *key)
{
    scep_keypair_t *pair = apr_palloc(f->pool, sizeof(*pair));

    pair->key = key;
    pair->cert = scep_x509_own(f->pool, X509_new());
    assert_non_null(pair->cert);
    assert_int_equal(X509_set_version(pair->cert, X509_VERSION_3), 1);
    assert_int_equal(ASN1_INTEGER_set(X509_get_serialNumber(pair->cert), 5), 1);
    assert_non_null(X509_gmtime_adj(X509_getm_notBefore(pair->cert), 0));
    assert_non_null(X509_gmtime_adj(X509_getm_notAfter(pair->cert), 3600));
    assert_int_equal(X509_set_pubkey(pair->cert, key), 1);
    assert_true(X509_sign(pair->cert, key, EVP_sha256()) > 0);
    return pair;
}

static apr_array_header_t *pairs_of(fixture_t *f, const scep_keypair_t *pair)
{
    apr_array_header_t *pairs = apr_array_make(f->pool, 1, sizeof(pair));

    APR_ARRAY_PUSH(pairs, const scep_keypair_t *) = pair;
    return pairs;
}

static void test_there_and_back(void **state)
{
    fixture_t *f = *state;
    unsigned char *secret = apr_pcalloc(f->pool, SCEP_SEAL_MAX + 1), *data;
    EVP_PKEY *keys[] = {certs_key(f, "P-256", NULL), certs_key(f, "ra", NULL)};
    scep_octets_t der;
    size_t i, len;

    memset(secret, 'x', SCEP_SEAL_MAX);
    for (i = 0; i < 2; i++) {
        scep_keypair_t *pair = pair_of(f, keys[i]);

        assert_true(scep_seal(
            pair->cert, (scep_octets_t){secret, SCEP_SEAL_MAX}, f->pool, &der));
        assert_string_equal(scep_crypto_errors(f->pool), "");
        assert_int_equal(
            scep_unseal(der, pairs_of(f, pair), f->pool, &data, &len),
            SCEP_UNSEAL_OK);
        assert_string_equal(scep_crypto_errors(f->pool), "");
        assert_int_equal(len, SCEP_SEAL_MAX);
        assert_memory_equal(data, secret, len + 1);
        assert_false(scep_seal(pair->cert,
                               (scep_octets_t){secret, SCEP_SEAL_MAX + 1},
                               f->pool, &der));
    }
}

static void test_what_is_not_opened(void **state)
{
    fixture_t *f = *state;
    scep_octets_t secret = {(const unsigned char *)"secret", 6}, der;
    scep_keypair_t *pair = pair_of(f, certs_key(f, "P-256", NULL));
    scep_keypair_t *other = pair_of(f, certs_key(f, "P-256", NULL));
    unsigned char *copy, *data;
    size_t len;

    assert_int_equal(ASN1_INTEGER_set(X509_get_serialNumber(other->cert), 6),
                     1);
    assert_int_equal(
        scep_unseal(secret, pairs_of(f, pair), f->pool, &data, &len),
        SCEP_UNSEAL_NO_CMS);
    assert_true(scep_seal(pair->cert, secret, f->pool, &der));
    assert_int_equal(scep_unseal(der, pairs_of(f, other), f->pool, &data, &len),
                     SCEP_UNSEAL_NO_PAIR);
    copy = apr_pmemdup(f->pool, der.data, der.len);
    copy[der.len - 1] ^= 1; /* of the tag */
    assert_int_equal(scep_unseal((scep_octets_t){copy, der.len},
                                 pairs_of(f, pair), f->pool, &data, &len),
                     SCEP_UNSEAL_DAMAGED);
    assert_null(data);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        FIXTURE_TEST(test_there_and_back),
        FIXTURE_TEST(test_what_is_not_opened),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
