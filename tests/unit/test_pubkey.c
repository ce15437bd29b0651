/* Licensed under the Apache License, Version 2.0; see LICENSE. */
/* Unit tests of scep_pubkey.c. */
#include "fixture.h"

#include <openssl/bn.h>
#include <openssl/core_names.h>
#include <openssl/ec.h>
#include <openssl/param_build.h>

#include "fixture_certs.h"
#include "scep_pubkey.h"

/* A public RSA key of BITS with exponent 2^POWER + ADD; its modulus is any
 * odd number, since nothing is computed with it. */
static EVP_PKEY *rsa(fixture_t *f, int bits, int power, unsigned int add)
{
    BIGNUM *n = BN_new(), *e = BN_new();
    OSSL_PARAM_BLD *build = OSSL_PARAM_BLD_new();
    EVP_PKEY_CTX *ctx = EVP_PKEY_CTX_new_from_name(NULL, "RSA", NULL);
    OSSL_PARAM *params;
    EVP_PKEY *key = NULL;

    assert_true(BN_set_bit(n, bits - 1) && BN_set_bit(n, 0));
    assert_true((power == 0 || BN_set_bit(e, power)) && BN_add_word(e, add));
    assert_true(OSSL_PARAM_BLD_push_BN(build, OSSL_PKEY_PARAM_RSA_N, n));
    assert_true(OSSL_PARAM_BLD_push_BN(build, OSSL_PKEY_PARAM_RSA_E, e));
    params = OSSL_PARAM_BLD_to_param(build);
    assert_int_equal(EVP_PKEY_fromdata_init(ctx), 1);
    assert_int_equal(EVP_PKEY_fromdata(ctx, &key, EVP_PKEY_PUBLIC_KEY, params),
                     1);
    OSSL_PARAM_free(params);
    OSSL_PARAM_BLD_free(build);
    EVP_PKEY_CTX_free(ctx);
    BN_free(n);
    BN_free(e);
    return scep_pkey_own(f->pool, key);
}

static void rsa_sizes_are_bounded(void **state)
{
    fixture_t *f = *state;

    assert_null(scep_pubkey_fault(rsa(f, 2048, 16, 1), 2048));
    assert_null(scep_pubkey_fault(rsa(f, 1024, 16, 1), 0));
    assert_null(scep_pubkey_fault(rsa(f, 8192, 16, 1), 2048));
    assert_string_equal(scep_pubkey_fault(rsa(f, 2047, 16, 1), 2048),
                        "RSA key is too short");
    assert_string_equal(scep_pubkey_fault(rsa(f, 8193, 16, 1), 2048),
                        "RSA key is too long");
}

static void rsa_exponents_are_bounded(void **state)
{
    fixture_t *f = *state;

    assert_null(scep_pubkey_fault(rsa(f, 2048, 0, 3), 2048));
    assert_null(scep_pubkey_fault(rsa(f, 2048, 32, 1), 2048));
    assert_non_null(scep_pubkey_fault(rsa(f, 2048, 0, 1), 2048));
    assert_non_null(scep_pubkey_fault(rsa(f, 2048, 16, 0), 2048));
    assert_non_null(scep_pubkey_fault(rsa(f, 2048, 33, 1), 2048));
    assert_non_null(scep_pubkey_fault(rsa(f, 2048, 2047, 1), 2048));
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

static void other_kinds_are_refused(void **state)
{
    static const char *const kinds[] = {"ED25519", "ED448", "X25519"};
    fixture_t *f = *state;
    size_t i;

    for (i = 0; i < sizeof(kinds) / sizeof(kinds[0]); i++) {
        EVP_PKEY *key =
            scep_pkey_own(f->pool, EVP_PKEY_Q_keygen(NULL, NULL, kinds[i]));

        assert_string_equal(scep_pubkey_fault(key, 2048),
                            "key is neither RSA nor EC");
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        FIXTURE_TEST(rsa_sizes_are_bounded),
        FIXTURE_TEST(rsa_exponents_are_bounded),
        FIXTURE_TEST(three_curves_are_good),
        FIXTURE_TEST(explicit_parameters_are_refused),
        FIXTURE_TEST(other_kinds_are_refused),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
