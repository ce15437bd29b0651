/* Licensed under the Apache License, Version 2.0; see LICENSE. */
/**
 * @file scep_alg.h
 * Which algorithms an endpoint allows: the three levels of ScepAlgorithms,
 * cut down to what OpenSSL really offers. GetCACaps and every check read this
 * one list, so that what is announced and what is accepted cannot differ
 * (RFC 8894 7.5). (protocol layer)
 */
#ifndef SCEP_ALG_H
#define SCEP_ALG_H

#include "scep_crypto.h"
#include "scep_env.h"

typedef enum {
    SCEP_LEVEL_MODERN = 0,     /* AES, SHA-2 */
    SCEP_LEVEL_COMPATIBLE = 1, /* adds SHA-1 and 3DES (RFC 8894 R49) */
    SCEP_LEVEL_LEGACY = 2      /* adds single DES and MD5 (R50, Q6) */
} scep_level_e;

typedef struct scep_digest_t {
    int nid;
    const char *name;    /* OpenSSL's fetch name */
    const char *keyword; /* in GetCACaps; NULL: never announced */
    scep_level_e level;  /* lowest level that allows it */
    size_t size;         /* octets */
} scep_digest_t;

typedef struct scep_cipher_t {
    int nid;
    const char *name;
    const char *keyword;
    scep_level_e level;
    size_t key_len; /* octets */
} scep_cipher_t;

typedef struct scep_algs_t scep_algs_t;

/**
 * Build the list for LEVEL.
 * @param libctx where algorithms are fetched and messages processed; NULL is
 *     the default context. SCEP_LEVEL_LEGACY needs one made by
 *     scep_algs_legacy_context().
 * @return SCEP_OK; SCEP_BROKEN (SCEP_R_SETUP) when SHA-256 or AES-128-CBC, or
 *     at the legacy level single DES or MD5, are not available.
 * The result lives in POOL, is read-only, and is safe to share.
 */
scep_status_e scep_algs_make(scep_level_e level, OSSL_LIB_CTX *libctx,
                             apr_pool_t *pool, scep_algs_t **algs,
                             scep_result_t *res);

/**
 * A private library context with the default and the legacy provider, owned
 * by POOL. The process-wide context stays as it is (invariant 15, M12).
 */
scep_status_e scep_algs_legacy_context(apr_pool_t *pool, OSSL_LIB_CTX **libctx,
                                       scep_result_t *res);

OSSL_LIB_CTX *scep_algs_libctx(const scep_algs_t *algs);

/** A library context with no algorithms at all, owned by ALGS: what is parsed
 * there has no public key, and takes little time. */
OSSL_LIB_CTX *scep_algs_keyless(const scep_algs_t *algs);
scep_level_e scep_algs_level(const scep_algs_t *algs);

/** "modern", "compatible" or "legacy", as ScepAlgorithms has it; constant. */
const char *scep_level_name(scep_level_e level);

/** Format for an algorithm that ALGS does not allow: its name, the level. */
#define SCEP_ALG_NOT_ALLOWED "%s is not allowed by ScepAlgorithms %s"

/** The allowed digest or cipher with that NID; NULL: not allowed. Constant. */
const scep_digest_t *scep_algs_digest(const scep_algs_t *algs, int nid);
const scep_cipher_t *scep_algs_cipher(const scep_algs_t *algs, int nid);

/** OpenSSL's object for an allowed digest or cipher; owned by ALGS. */
const EVP_MD *scep_algs_md(const scep_algs_t *algs, const scep_digest_t *d);
const EVP_CIPHER *scep_algs_evp_cipher(const scep_algs_t *algs,
                                       const scep_cipher_t *c);

/** What a reply uses when its request gives no guidance: SHA-256, AES-128. */
const scep_digest_t *scep_algs_default_digest(const scep_algs_t *algs);
const scep_cipher_t *scep_algs_default_cipher(const scep_algs_t *algs);

/** Digest of a signature algorithm NID (sha256WithRSAEncryption, ...) when
 * ALGS allows it, else NULL; for CSRs. */
const scep_digest_t *scep_algs_signature_digest(const scep_algs_t *algs,
                                                int sig_nid);

/** May SCEPStandard be announced? That needs AES, SHA-256 and POST, and nothing
 * that RFC 8894 2.9 forbids. */
bool scep_algs_scep_standard(const scep_algs_t *algs);

#endif
