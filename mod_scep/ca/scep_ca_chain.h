/* Licensed under the Apache License, Version 2.0; see LICENSE. */
/**
 * @file scep_ca_chain.h
 * The way from the issuing CA's certificate to its root, out of a heap of
 * certificates in any order. (ca layer: OpenSSL, no I/O)
 */
#ifndef SCEP_CA_CHAIN_H
#define SCEP_CA_CHAIN_H

#include "scep_crypto.h"

/** True if ISSUER is a CA certificate whose key signed CERT. */
bool scep_ca_issued(X509 *issuer, X509 *cert);

/**
 * Put CHAIN, which holds the issuing CA's certificate alone, in order up to
 * the root with what HEAP holds. Certificates that are there twice, and others
 * that also issued one of CHAIN (cross-signed ones), are passed over.
 * @param stranger set to the first one of HEAP that issued none of CHAIN, or
 *     NULL; it belongs to HEAP
 * @return false without memory
 */
bool scep_ca_chain_build(scep_certs_t *chain, const scep_certs_t *heap,
                         X509 **stranger);

#endif
