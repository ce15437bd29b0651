/* Licensed under the Apache License, Version 2.0; see LICENSE. */
/*
 * scep_alg.c: the algorithms of SCEP, and those that an endpoint allows.
 * (protocol layer)
 */
#include "scep_alg.h"

#include <openssl/err.h>
#include <openssl/objects.h>
#include <openssl/provider.h>

/* Strongest last. SHA-384 is not in the RFC's list of words; scep_caps.h
 * tells why it has one here. SHA-224 has none, but sscep and strongSwan can be
 * told to use it. */
static const scep_digest_t digests[] = {
    {NID_md5, "MD5", NULL, SCEP_LEVEL_LEGACY, 16},
    {NID_sha1, "SHA1", "SHA-1", SCEP_LEVEL_COMPATIBLE, 20},
    {NID_sha224, "SHA224", NULL, SCEP_LEVEL_MODERN, 28},
    {NID_sha256, "SHA256", "SHA-256", SCEP_LEVEL_MODERN, 32},
    {NID_sha384, "SHA384", "SHA-384", SCEP_LEVEL_MODERN, 48},
    {NID_sha512, "SHA512", "SHA-512", SCEP_LEVEL_MODERN, 64},
};

/* "AES" stands for AES-128-CBC (RFC 8894 3.5.2); the longer keys have no word
 * of their own, but clients use them. */
static const scep_cipher_t ciphers[] = {
    {NID_des_cbc, "DES-CBC", NULL, SCEP_LEVEL_LEGACY, 8},
    {NID_des_ede3_cbc, "DES-EDE3-CBC", "DES3", SCEP_LEVEL_COMPATIBLE, 24},
    {NID_aes_128_cbc, "AES-128-CBC", "AES", SCEP_LEVEL_MODERN, 16},
    {NID_aes_192_cbc, "AES-192-CBC", NULL, SCEP_LEVEL_MODERN, 24},
    {NID_aes_256_cbc, "AES-256-CBC", NULL, SCEP_LEVEL_MODERN, 32},
};

enum {
    DIGESTS = sizeof(digests) / sizeof(digests[0]),
    CIPHERS = sizeof(ciphers) / sizeof(ciphers[0])
};

struct scep_algs_t {
    OSSL_LIB_CTX *libctx;
    OSSL_LIB_CTX *keyless;
    scep_level_e level;
    EVP_MD *md[DIGESTS];         /* NULL: above the level, or not offered */
    EVP_CIPHER *cipher[CIPHERS]; /* likewise */
};

static void md_free(void *object)
{
    EVP_MD_free(object);
}

static void cipher_free(void *object)
{
    EVP_CIPHER_free(object);
}

static void provider_unload(void *object)
{
    OSSL_PROVIDER_unload(object);
}

/* RFC 8894 2.9 requires some, and the legacy level is for some others. */
static scep_status_e check_mandatory(const scep_algs_t *algs,
                                     scep_result_t *res)
{
    static const int digest_nids[] = {NID_sha256, NID_md5};
    static const int cipher_nids[] = {NID_aes_128_cbc, NID_des_cbc};
    size_t count = algs->level == SCEP_LEVEL_LEGACY ? 2 : 1;
    size_t i;

    for (i = 0; i < count; i++) {
        if (scep_algs_digest(algs, digest_nids[i]) == NULL) {
            return scep_fail(res, SCEP_R_SETUP, "OpenSSL offers no %s",
                             OBJ_nid2sn(digest_nids[i]));
        }
        if (scep_algs_cipher(algs, cipher_nids[i]) == NULL) {
            return scep_fail(res, SCEP_R_SETUP, "OpenSSL offers no %s",
                             OBJ_nid2sn(cipher_nids[i]));
        }
    }
    return SCEP_OK;
}

/* The provider is unloaded before the context that holds it is freed, since
 * cleanups run last in, first out. */
static bool load_provider(OSSL_LIB_CTX *libctx, const char *name,
                          apr_pool_t *pool)
{
    return scep_own(pool, OSSL_PROVIDER_load(libctx, name), provider_unload) !=
           NULL;
}

/* NULL: it failed. */
static OSSL_LIB_CTX *make_keyless(apr_pool_t *pool)
{
    OSSL_LIB_CTX *made = scep_libctx_own(pool, OSSL_LIB_CTX_new());

    return made != NULL && load_provider(made, "null", pool) ? made : NULL;
}

scep_status_e scep_algs_make(scep_level_e level, OSSL_LIB_CTX *libctx,
                             apr_pool_t *pool, scep_algs_t **algs,
                             scep_result_t *res)
{
    scep_algs_t *made = apr_pcalloc(pool, sizeof(*made));
    scep_status_e status;
    size_t i;

    made->libctx = libctx;
    made->level = level;
    made->keyless = make_keyless(pool);
    if (made->keyless == NULL) {
        return scep_fail(res, SCEP_R_SETUP, "no OpenSSL library context");
    }
    ERR_set_mark();
    for (i = 0; i < DIGESTS; i++) {
        if (digests[i].level <= level) {
            made->md[i] = scep_own(
                pool, EVP_MD_fetch(libctx, digests[i].name, NULL), md_free);
        }
    }
    for (i = 0; i < CIPHERS; i++) {
        if (ciphers[i].level <= level) {
            made->cipher[i] =
                scep_own(pool, EVP_CIPHER_fetch(libctx, ciphers[i].name, NULL),
                         cipher_free);
        }
    }
    status = check_mandatory(made, res);
    ERR_pop_to_mark(); /* an algorithm that OpenSSL lacks is no error */
    if (status == SCEP_OK) {
        *algs = made;
    }
    return status;
}

scep_status_e scep_algs_legacy_context(apr_pool_t *pool, OSSL_LIB_CTX **libctx,
                                       scep_result_t *res)
{
    OSSL_LIB_CTX *made = scep_libctx_own(pool, OSSL_LIB_CTX_new());

    if (made == NULL) {
        return scep_fail(res, SCEP_R_SETUP, "no OpenSSL library context");
    }
    /* With any provider loaded, "default" is no longer implied (M12). */
    if (!load_provider(made, "default", pool) ||
        !load_provider(made, "legacy", pool)) {
        return scep_fail(res, SCEP_R_SETUP,
                         "OpenSSL's legacy provider cannot be loaded; install "
                         "it, or do without the legacy level");
    }
    *libctx = made;
    return SCEP_OK;
}

OSSL_LIB_CTX *scep_algs_libctx(const scep_algs_t *algs)
{
    return algs->libctx;
}

OSSL_LIB_CTX *scep_algs_keyless(const scep_algs_t *algs)
{
    return algs->keyless;
}

scep_level_e scep_algs_level(const scep_algs_t *algs)
{
    return algs->level;
}

const char *scep_level_name(scep_level_e level)
{
    static const char *const names[] = {"modern", "compatible", "legacy"};

    return names[level];
}

const scep_digest_t *scep_algs_digest(const scep_algs_t *algs, int nid)
{
    size_t i;

    for (i = 0; i < DIGESTS; i++) {
        if (digests[i].nid == nid && algs->md[i] != NULL) {
            return &digests[i];
        }
    }
    return NULL;
}

const scep_cipher_t *scep_algs_cipher(const scep_algs_t *algs, int nid)
{
    size_t i;

    for (i = 0; i < CIPHERS; i++) {
        if (ciphers[i].nid == nid && algs->cipher[i] != NULL) {
            return &ciphers[i];
        }
    }
    return NULL;
}

const EVP_MD *scep_algs_md(const scep_algs_t *algs, const scep_digest_t *d)
{
    size_t i;

    for (i = 0; i < DIGESTS; i++) {
        if (&digests[i] == d) {
            return algs->md[i];
        }
    }
    return NULL;
}

const EVP_CIPHER *scep_algs_evp_cipher(const scep_algs_t *algs,
                                       const scep_cipher_t *c)
{
    size_t i;

    for (i = 0; i < CIPHERS; i++) {
        if (&ciphers[i] == c) {
            return algs->cipher[i];
        }
    }
    return NULL;
}

const scep_digest_t *scep_algs_default_digest(const scep_algs_t *algs)
{
    return scep_algs_digest(algs, NID_sha256);
}

const scep_cipher_t *scep_algs_default_cipher(const scep_algs_t *algs)
{
    return scep_algs_cipher(algs, NID_aes_128_cbc);
}

const scep_digest_t *scep_algs_signature_digest(const scep_algs_t *algs,
                                                int sig_nid)
{
    int digest_nid;

    if (OBJ_find_sigid_algs(sig_nid, &digest_nid, NULL) != 1) {
        return NULL;
    }
    return scep_algs_digest(algs, digest_nid);
}

bool scep_algs_scep_standard(const scep_algs_t *algs)
{
    /* POST is always on. RFC 8894 2.9 forbids single DES and MD5. */
    return scep_algs_digest(algs, NID_sha256) != NULL &&
           scep_algs_cipher(algs, NID_aes_128_cbc) != NULL &&
           scep_algs_digest(algs, NID_md5) == NULL &&
           scep_algs_cipher(algs, NID_des_cbc) == NULL;
}
