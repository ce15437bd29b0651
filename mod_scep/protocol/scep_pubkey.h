/* Licensed under the Apache License, Version 2.0; see LICENSE. */
/**
 * @file scep_pubkey.h
 * Which public keys of peers are accepted at all; private to the protocol
 * layer.
 */
#ifndef SCEP_PUBKEY_H
#define SCEP_PUBKEY_H

#include "scep_crypto.h"

/** The public key of CERT; NULL if it is unreadable. POOL holds it, or CERT. */
EVP_PKEY *scep_pubkey_of(X509 *cert, apr_pool_t *pool);

/**
 * RSA of MIN_RSA_BITS to SCEP_MAX_RSA_BITS with an odd exponent of at least 3
 * and at most 33 bits, also if it is for PSS alone; EC on the named curve
 * P-256, P-384 or P-521; Ed25519 or Ed448. The profile decides which of them
 * are certified.
 * @return NULL if KEY is one of these, else what is wrong with it; constant
 */
const char *scep_pubkey_fault(const EVP_PKEY *key, int min_rsa_bits);

/** What a key is, for a log line: "RSA of 1536 bits, its exponent of 17 bits",
 * "EC on secp256k1", "DSA of 1024 bits"; in POOL. */
const char *scep_pubkey_text(const EVP_PKEY *key, apr_pool_t *pool);

/** As scep_pubkey_fault() for a key that signs messages: not Ed25519 or Ed448,
 * which OpenSSL's CMS cannot use. */
const char *scep_pubkey_signer_fault(const EVP_PKEY *key);

#endif
