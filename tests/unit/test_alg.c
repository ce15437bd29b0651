/* Licensed under the Apache License, Version 2.0; see LICENSE. */
/* scep_alg.c: what each level allows, and that OpenSSL really has it. */
#include "fixture.h"

#include <openssl/objects.h>
#include <openssl/provider.h>

#include "scep_alg.h"

static scep_algs_t *make(fixture_t *f, scep_level_e level)
{
    OSSL_LIB_CTX *libctx = NULL;
    scep_algs_t *algs = NULL;

    if (level == SCEP_LEVEL_LEGACY) {
        assert_int_equal(scep_algs_legacy_context(f->pool, &libctx, &f->res),
                         SCEP_OK);
    }
    assert_int_equal(scep_algs_make(level, libctx, f->pool, &algs, &f->res),
                     SCEP_OK);
    assert_ptr_equal(scep_algs_libctx(algs), libctx);
    assert_int_equal(scep_algs_level(algs), level);
    return algs;
}

static void has_digest(const scep_algs_t *algs, int nid, const char *keyword)
{
    const scep_digest_t *d = scep_algs_digest(algs, nid);

    assert_non_null(d);
    assert_int_equal(d->nid, nid);
    assert_true(scep_algs_md(algs, d) != NULL);
    assert_int_equal(EVP_MD_get_size(scep_algs_md(algs, d)), d->size);
    assert_int_equal(EVP_MD_get_type(scep_algs_md(algs, d)), nid);
    if (keyword == NULL) {
        assert_null(d->keyword);
    }
    else {
        assert_string_equal(d->keyword, keyword);
    }
}

static void has_cipher(const scep_algs_t *algs, int nid, const char *keyword)
{
    const scep_cipher_t *c = scep_algs_cipher(algs, nid);
    const EVP_CIPHER *evp;

    assert_non_null(c);
    assert_int_equal(c->nid, nid);
    evp = scep_algs_evp_cipher(algs, c);
    assert_non_null(evp);
    assert_int_equal(EVP_CIPHER_get_key_length(evp), c->key_len);
    assert_int_equal(EVP_CIPHER_get_nid(evp), nid);
    assert_int_equal(EVP_CIPHER_get_mode(evp), EVP_CIPH_CBC_MODE);
    if (keyword == NULL) {
        assert_null(c->keyword);
    }
    else {
        assert_string_equal(c->keyword, keyword);
    }
}

static void has_modern(const scep_algs_t *algs)
{
    has_digest(algs, NID_sha224, NULL);
    has_digest(algs, NID_sha256, "SHA-256");
    has_digest(algs, NID_sha384, "SHA-384");
    has_digest(algs, NID_sha512, "SHA-512");
    has_cipher(algs, NID_aes_128_cbc, "AES");
    has_cipher(algs, NID_aes_192_cbc, NULL);
    has_cipher(algs, NID_aes_256_cbc, NULL);
    assert_int_equal(scep_algs_default_digest(algs)->nid, NID_sha256);
    assert_int_equal(scep_algs_default_cipher(algs)->nid, NID_aes_128_cbc);
    assert_null(scep_algs_digest(algs, NID_sha512_256));
    assert_null(scep_algs_digest(algs, NID_undef));
    assert_null(scep_algs_cipher(algs, NID_aes_128_gcm));
    assert_null(scep_algs_cipher(algs, NID_undef));
}

static void test_modern(void **state)
{
    const scep_algs_t *algs = make(*state, SCEP_LEVEL_MODERN);

    has_modern(algs);
    assert_null(scep_algs_digest(algs, NID_sha1));
    assert_null(scep_algs_digest(algs, NID_md5));
    assert_null(scep_algs_cipher(algs, NID_des_ede3_cbc));
    assert_null(scep_algs_cipher(algs, NID_des_cbc));
    assert_true(scep_algs_scep_standard(algs));
}

static void test_compatible(void **state)
{
    const scep_algs_t *algs = make(*state, SCEP_LEVEL_COMPATIBLE);

    has_modern(algs);
    has_digest(algs, NID_sha1, "SHA-1");
    has_cipher(algs, NID_des_ede3_cbc, "DES3");
    assert_null(scep_algs_digest(algs, NID_md5));
    assert_null(scep_algs_cipher(algs, NID_des_cbc));
    assert_true(scep_algs_scep_standard(algs));
}

static void test_legacy(void **state)
{
    const scep_algs_t *algs = make(*state, SCEP_LEVEL_LEGACY);

    has_modern(algs);
    has_digest(algs, NID_sha1, "SHA-1");
    has_digest(algs, NID_md5, NULL);
    has_cipher(algs, NID_des_ede3_cbc, "DES3");
    has_cipher(algs, NID_des_cbc, NULL);
    assert_false(scep_algs_scep_standard(algs)); /* RFC 8894 2.9 */
}

static void provider_unload(void *provider)
{
    OSSL_PROVIDER_unload(provider);
}

/* A context with nothing but the provider of that name. */
static OSSL_LIB_CTX *context(fixture_t *f, const char *provider)
{
    OSSL_LIB_CTX *libctx = scep_libctx_own(f->pool, OSSL_LIB_CTX_new());

    assert_non_null(libctx);
    assert_non_null(scep_own(f->pool, OSSL_PROVIDER_load(libctx, provider),
                             provider_unload));
    return libctx;
}

static void refused(fixture_t *f, scep_level_e level, const char *provider,
                    const char *missing)
{
    scep_algs_t *algs = NULL;

    assert_int_equal(
        scep_algs_make(level, context(f, provider), f->pool, &algs, &f->res),
        SCEP_BROKEN);
    assert_null(algs);
    assert_int_equal(f->res.reason, SCEP_R_SETUP);
    assert_non_null(strstr(f->res.detail, missing));
    assert_string_equal(scep_crypto_errors(f->pool), "");
}

static void test_not_offered(void **state)
{
    refused(*state, SCEP_LEVEL_LEGACY, "default", "DES-CBC");
    refused(*state, SCEP_LEVEL_MODERN, "null", "SHA256");
}

/* Some distributions pack the legacy provider on its own. */
static void test_no_legacy_provider(void **state)
{
    fixture_t *f = *state;
    OSSL_LIB_CTX *libctx = NULL;

    assert_int_equal(setenv("OPENSSL_MODULES", f->scratch, 1), 0);
    assert_int_equal(scep_algs_legacy_context(f->pool, &libctx, &f->res),
                     SCEP_BROKEN);
    assert_int_equal(unsetenv("OPENSSL_MODULES"), 0);
    assert_null(libctx);
    assert_int_equal(f->res.reason, SCEP_R_SETUP);
    assert_non_null(strstr(f->res.detail, "legacy provider"));
    assert_string_equal(scep_crypto_errors(f->pool), "");
}

/* What the process shares with others stays as it is (M12). */
static void test_process_untouched(void **state)
{
    int before = OSSL_PROVIDER_available(NULL, "legacy");

    make(*state, SCEP_LEVEL_LEGACY);
    assert_int_equal(OSSL_PROVIDER_available(NULL, "legacy"), before);
}

/* Each foreign pointer is refused, also one that looks right. */
static void test_objects_of_others(void **state)
{
    const scep_algs_t *modern = make(*state, SCEP_LEVEL_MODERN);
    const scep_algs_t *compatible = make(*state, SCEP_LEVEL_COMPATIBLE);
    const scep_digest_t *sha1 = scep_algs_digest(compatible, NID_sha1);
    const scep_cipher_t *des3 = scep_algs_cipher(compatible, NID_des_ede3_cbc);
    scep_digest_t copy = *sha1;
    scep_cipher_t cipher_copy = *des3;

    assert_null(scep_algs_md(modern, sha1));
    assert_null(scep_algs_evp_cipher(modern, des3));
    assert_null(scep_algs_md(compatible, &copy));
    assert_null(scep_algs_evp_cipher(compatible, &cipher_copy));
    assert_null(scep_algs_md(compatible, NULL));
    assert_null(scep_algs_evp_cipher(compatible, NULL));
}

static void test_signature_digest(void **state)
{
    const scep_algs_t *modern = make(*state, SCEP_LEVEL_MODERN);
    const scep_algs_t *legacy = make(*state, SCEP_LEVEL_LEGACY);

    assert_int_equal(
        scep_algs_signature_digest(modern, NID_sha256WithRSAEncryption)->nid,
        NID_sha256);
    assert_int_equal(
        scep_algs_signature_digest(modern, NID_ecdsa_with_SHA384)->nid,
        NID_sha384);
    assert_null(scep_algs_signature_digest(modern, NID_sha1WithRSAEncryption));
    assert_null(scep_algs_signature_digest(modern, NID_md5WithRSAEncryption));
    assert_null(scep_algs_signature_digest(modern, NID_ED25519));
    assert_null(scep_algs_signature_digest(modern, NID_undef));
    assert_null(
        scep_algs_signature_digest(legacy, NID_sha512_256WithRSAEncryption));
    assert_int_equal(
        scep_algs_signature_digest(modern, NID_ecdsa_with_SHA224)->nid,
        NID_sha224);
    assert_int_equal(
        scep_algs_signature_digest(legacy, NID_md5WithRSAEncryption)->nid,
        NID_md5);
    assert_int_equal(scep_algs_signature_digest(legacy, NID_sha1WithRSA)->nid,
                     NID_sha1);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        FIXTURE_TEST(test_modern),
        FIXTURE_TEST(test_compatible),
        FIXTURE_TEST(test_legacy),
        FIXTURE_TEST(test_not_offered),
        FIXTURE_TEST(test_no_legacy_provider),
        FIXTURE_TEST(test_process_untouched),
        FIXTURE_TEST(test_objects_of_others),
        FIXTURE_TEST(test_signature_digest),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
