/* Licensed under the Apache License, Version 2.0; see LICENSE. */
/**
 * @file scep_crl.h
 * A CRL (RFC 5280 5), built and signed. (ca layer: OpenSSL, no I/O)
 */
#ifndef SCEP_CRL_H
#define SCEP_CRL_H

#include "scep_ca.h"
#include "scep_crypto.h"

/**
 * Sign a version 2 CRL with CA's key: entries sorted by serial number, each
 * with its reason unless that is "unspecified" (RFC 5280 5.3.1),
 * authorityKeyIdentifier and cRLNumber.
 * @return SCEP_OK, CRL is owned by POOL; SCEP_REFUSED (SCEP_R_NO_CRL): the
 *     CA's keyUsage forbids it; SCEP_BROKEN (SCEP_R_INTERNAL)
 */
scep_status_e scep_crl_build(const scep_keypair_t *ca,
                             const scep_ca_crl_request_t *request,
                             apr_pool_t *pool, X509_CRL **crl,
                             scep_result_t *res);

/** CRL in DER, from POOL; len 0 on failure. */
scep_octets_t scep_crl_der(apr_pool_t *pool, X509_CRL *crl);

#endif
