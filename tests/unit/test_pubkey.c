/* Licensed under the Apache License, Version 2.0; see LICENSE. */
/* Unit tests of scep_pubkey.c. */
#include "fixture.h"

#include <openssl/core_names.h>
#include <openssl/ec.h>

#include "fixture_certs.h"
#include "scep_pubkey.h"

static void a_certificate_has_its_key(void **state)
{
    fixture_t *f = *state;
    const char *const names[] = {"device", "P-256"};
    size_t i;

    for (i = 0; i < sizeof(names) / sizeof(names[0]); i++) {
        scep_keypair_t pair = certs_pair(f, names[i], "x", NULL);
        EVP_PKEY *key = scep_pubkey_of(pair.cert, f->pool);

        assert_non_null(key);
        assert_int_equal(EVP_PKEY_eq(key, pair.key), 1);
        assert_null(scep_pubkey_signer_fault(key));
        assert_string_equal(scep_pubkey_text(key, f->pool),
                            scep_pubkey_text(pair.key, f->pool));
    }
    assert_null(scep_pubkey_of(scep_x509_own(f->pool, X509_new()), f->pool));
    scep_crypto_clear_errors();
}

static void rsa_sizes_are_bounded(void **state)
{
    fixture_t *f = *state;

    assert_null(scep_pubkey_fault(certs_rsa_public(f, 2048, 16, 1), 2048));
    assert_null(scep_pubkey_fault(certs_rsa_public(f, 1024, 16, 1), 0));
    assert_null(scep_pubkey_fault(certs_rsa_public(f, 8192, 16, 1), 2048));
    assert_string_equal(
        scep_pubkey_fault(certs_rsa_public(f, 2047, 16, 1), 2048),
        "RSA key is too short");
    assert_string_equal(
        scep_pubkey_fault(certs_rsa_public(f, 8193, 16, 1), 2048),
        "RSA key is too long");
}

static void rsa_exponents_are_bounded(void **state)
{
    fixture_t *f = *state;

    assert_null(scep_pubkey_fault(certs_rsa_public(f, 2048, 0, 3), 2048));
    assert_null(scep_pubkey_fault(certs_rsa_public(f, 2048, 32, 1), 2048));
    assert_non_null(scep_pubkey_fault(certs_rsa_public(f, 2048, 0, 1), 2048));
    assert_non_null(scep_pubkey_fault(certs_rsa_public(f, 2048, 16, 0), 2048));
    assert_non_null(scep_pubkey_fault(certs_rsa_public(f, 2048, 33, 1), 2048));
    assert_non_null(
        scep_pubkey_fault(certs_rsa_public(f, 2048, 2047, 1), 2048));
}

static EVP_PKEY *ec(fixture_t *f, const char *curve)
{
    return scep_pkey_own(f->pool, EVP_PKEY_Q_keygen(NULL, NULL, "EC", curve));
}

static void three_curves_are_good(void **state)
{
    fixture_t *f = *state;

    assert_null(scep_pubkey_fault(ec(f, "P-256"), 2048));
    assert_null(scep_pubkey_fault(ec(f, "P-384"), 2048));
    assert_null(scep_pubkey_fault(ec(f, "P-521"), 2048));
    assert_non_null(scep_pubkey_fault(ec(f, "P-224"), 2048));
    assert_non_null(scep_pubkey_fault(ec(f, "secp256k1"), 2048));
    assert_non_null(scep_pubkey_fault(ec(f, "brainpoolP256r1"), 2048));
}

static void explicit_parameters_are_refused(void **state)
{
    fixture_t *f = *state;
    EVP_PKEY *key = ec(f, "P-256");
    unsigned char *der = NULL;
    const unsigned char *in;
    int len;
    EVP_PKEY *decoded;

    assert_int_equal(
        EVP_PKEY_set_utf8_string_param(key, OSSL_PKEY_PARAM_EC_ENCODING,
                                       OSSL_PKEY_EC_ENCODING_EXPLICIT),
        1);
    len = i2d_PUBKEY(key, &der);
    assert_true(len > 200); /* a named one has 91 octets */
    in = der;
    decoded = scep_pkey_own(f->pool, d2i_PUBKEY(NULL, &in, len));
    OPENSSL_free(der);
    assert_non_null(decoded);
    assert_string_equal(scep_pubkey_fault(decoded, 2048),
                        "EC key has no named curve");
}

static void keys_are_described(void **state)
{
    fixture_t *f = *state;
    EVP_PKEY *ed =
        scep_pkey_own(f->pool, EVP_PKEY_Q_keygen(NULL, NULL, "ED25519"));

    assert_string_equal(
        scep_pubkey_text(certs_rsa_public(f, 1536, 16, 1), f->pool),
        "RSA of 1536 bits, its exponent of 17 bits");
    assert_string_equal(scep_pubkey_text(ec(f, "secp256k1"), f->pool),
                        "EC on secp256k1");
    assert_string_equal(scep_pubkey_text(ed, f->pool), "ED25519 of 256 bits");
    assert_string_equal(scep_crypto_errors(f->pool), "");
}

/* They can be certified, but do not sign messages. */
static void edwards_curves_are_no_signers(void **state)
{
    static const char *const kinds[] = {"ED25519", "ED448"};
    fixture_t *f = *state;
    size_t i;

    for (i = 0; i < sizeof(kinds) / sizeof(kinds[0]); i++) {
        EVP_PKEY *key =
            scep_pkey_own(f->pool, EVP_PKEY_Q_keygen(NULL, NULL, kinds[i]));

        assert_null(scep_pubkey_fault(key, 2048));
        assert_string_equal(scep_pubkey_signer_fault(key),
                            "key is neither RSA nor EC");
    }
    assert_null(scep_pubkey_signer_fault(ec(f, "P-256")));
    assert_null(scep_pubkey_signer_fault(certs_rsa_public(f, 1024, 16, 1)));
    assert_string_equal(
        scep_pubkey_signer_fault(certs_rsa_public(f, 8193, 16, 1)),
        "RSA key is too long");
}

/* The bounds of RSA hold for RSA that is for PSS alone. */
static void pss_keys_are_bounded(void **state)
{
    fixture_t *f = *state;
    EVP_PKEY_CTX *ctx = EVP_PKEY_CTX_new_from_name(NULL, "RSA-PSS", NULL);
    EVP_PKEY *key = NULL;

    assert_int_equal(EVP_PKEY_keygen_init(ctx), 1);
    assert_int_equal(EVP_PKEY_CTX_set_rsa_keygen_bits(ctx, 1024), 1);
    assert_int_equal(EVP_PKEY_generate(ctx, &key), 1);
    EVP_PKEY_CTX_free(ctx);
    scep_pkey_own(f->pool, key);
    assert_null(scep_pubkey_fault(key, 1024));
    assert_string_equal(scep_pubkey_fault(key, 2048), "RSA key is too short");
}

static void other_kinds_are_refused(void **state)
{
    static const char *const kinds[] = {"X448", "X25519"};
    fixture_t *f = *state;
    size_t i;

    for (i = 0; i < sizeof(kinds) / sizeof(kinds[0]); i++) {
        EVP_PKEY *key =
            scep_pkey_own(f->pool, EVP_PKEY_Q_keygen(NULL, NULL, kinds[i]));

        assert_string_equal(scep_pubkey_fault(key, 2048),
                            "key is neither RSA nor EC nor EdDSA");
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        FIXTURE_TEST(keys_are_described),
        FIXTURE_TEST(a_certificate_has_its_key),
        FIXTURE_TEST(rsa_sizes_are_bounded),
        FIXTURE_TEST(rsa_exponents_are_bounded),
        FIXTURE_TEST(three_curves_are_good),
        FIXTURE_TEST(explicit_parameters_are_refused),
        FIXTURE_TEST(edwards_curves_are_no_signers),
        FIXTURE_TEST(pss_keys_are_bounded),
        FIXTURE_TEST(other_kinds_are_refused),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
