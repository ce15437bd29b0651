/* Licensed under the Apache License, Version 2.0; see LICENSE. */
/**
 * @file scep_signed.h
 * The outer SignedData of a request and the certificates in it, without the
 * work of decoding public keys that nobody uses; private to the protocol
 * layer.
 */
#ifndef SCEP_SIGNED_H
#define SCEP_SIGNED_H

#include "scep_alg.h"
#include "scep_crypto.h"

/**
 * Parse the SignedData DER, which has passed scep_preflight_signed().
 * @param certs set to the certificates in it, in scep_algs_keyless():
 *     X509_get0_pubkey() gives NULL for them, and neither X509_cmp() nor
 *     X509_digest() works. The returned object is without them.
 * @return both owned by POOL; NULL if DER does not parse
 */
CMS_ContentInfo *scep_signed_parse(scep_octets_t der, const scep_algs_t *algs,
                                   apr_pool_t *pool, scep_certs_t **certs);

/**
 * What CMS needs of the signer: a certificate with the issuer, serial number
 * and public key of CERT.
 * @param cert one of scep_signed_parse(). A certificate whose issuer is its own
 *     subject proves nothing but its key (R16): with an RSA key it stays as it
 *     is, and the result has nothing but those three. Any other is decoded
 *     completely in scep_algs_libctx(), and both are that one.
 * @return owned by POOL, as CERT is; NULL if it cannot be made
 */
X509 *scep_signed_signer(X509 **cert, const scep_algs_t *algs,
                         apr_pool_t *pool);

#endif
