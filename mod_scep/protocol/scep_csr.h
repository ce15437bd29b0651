/* Licensed under the Apache License, Version 2.0; see LICENSE. */
/**
 * @file scep_csr.h
 * A PKCS#10 out of an opened envelope: its own signature, its key, its
 * challengePassword, its requested extensions. (protocol layer)
 */
#ifndef SCEP_CSR_H
#define SCEP_CSR_H

#include <apr_tables.h>

#include "scep_alg.h"
#include "scep_crypto.h"

typedef enum {
    SCEP_CHALLENGE_ABSENT, /* no attribute, or an empty value */
    SCEP_CHALLENGE_PRESENT,
    SCEP_CHALLENGE_MALFORMED /* two that differ, NUL inside, too long, ... */
} scep_challenge_state_e;

typedef struct scep_csr_t {
    X509_REQ *req;                          /* without its attributes */
    EVP_PKEY *key;                          /* owned by req */
    scep_octets_t der;                      /* as received */
    unsigned char hash[SCEP_HASH_SIZE];     /* SHA-256 of der */
    unsigned char key_hash[SCEP_HASH_SIZE]; /* scep_key_hash(key) */
    scep_challenge_state_e challenge_state;
    const char *challenge; /* UTF-8; wiped with the pool; NULL unless PRESENT */
    const char *subject;   /* scep_name_text() */
    scep_extensions_t *extensions; /* requested; NULL if none; owned */
} scep_csr_t;

/**
 * Parse and verify. The challenge and extension requests may be strings of any
 * kind (scep_csr_extensions.h); two requests that contradict each other are
 * SCEP_R_CONTENT. Attributes that are not used may have any shape.
 * @return SCEP_OK; SCEP_REFUSED: _CONTENT (DER does not parse, scep_pubkey.h
 *     does not allow its key, which is then not used, or its signature is bad:
 *     deliberately the same), _CSR_KEY (its signature is good, but the RSA key
 *     is shorter than MIN_RSA_BITS or the digest not allowed by ALGS)
 */
scep_status_e scep_csr_parse(scep_octets_t der, const scep_algs_t *algs,
                             int min_rsa_bits, apr_pool_t *pool,
                             scep_csr_t **csr, scep_result_t *res);

/**
 * Parse without verifying anything; for scepctl decode.
 * @param attributes the contents of each attribute's OID, scep_octets_t, are
 *     added
 * @return the PKCS#10 without its attributes, owned by POOL; NULL if DER is
 *     none. OpenSSL's error queue may hold why.
 */
X509_REQ *scep_csr_peek(scep_octets_t der, OSSL_LIB_CTX *libctx,
                        apr_array_header_t *attributes, apr_pool_t *pool);

/**
 * Spend the time that scep_csr_parse() takes for a usual PKCS#10 with a bad
 * signature: call this when there is no PKCS#10 to parse. scep_csr_parse()
 * calls it itself when it fails before the signature, so that all outcomes of
 * SCEP_R_CONTENT take the same time (invariant 7).
 */
void scep_csr_dummy_verify(const scep_algs_t *algs, apr_pool_t *pool);

#endif
