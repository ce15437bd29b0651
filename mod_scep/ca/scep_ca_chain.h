/* Licensed under the Apache License, Version 2.0; see LICENSE. */
/**
 * @file scep_ca_chain.h
 * Build the chain from the issuing CA's certificate to its root out of
 * certificates in any order. (ca layer: OpenSSL, no I/O)
 */
#ifndef SCEP_CA_CHAIN_H
#define SCEP_CA_CHAIN_H

#include "scep_crypto.h"

/** True if ISSUER is a CA certificate whose key signed CERT. */
bool scep_ca_issued(X509 *issuer, X509 *cert);

/**
 * Add issuers from HEAP to CHAIN, which holds the issuing CA's certificate
 * alone, in order up to the root. Duplicates and cross-signed certificates,
 * which also issued one of CHAIN, are skipped.
 * @param stranger set to the first certificate of HEAP that issued none of
 *     CHAIN, or NULL; it belongs to HEAP
 * @return false when memory fails
 */
bool scep_ca_chain_build(scep_certs_t *chain, const scep_certs_t *heap,
                         X509 **stranger);

#endif
