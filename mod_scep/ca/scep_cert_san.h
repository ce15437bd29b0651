/* Licensed under the Apache License, Version 2.0; see LICENSE. */
/**
 * @file scep_cert_san.h
 * Those subject alternative names of a request that a certificate may have.
 * (ca layer: OpenSSL, no I/O)
 */
#ifndef SCEP_CERT_SAN_H
#define SCEP_CERT_SAN_H

#include <openssl/x509v3.h>

#include "scep_crypto.h"

/**
 * Read subjectAltName from EXTENSIONS (may be NULL). Names that choose a
 * Windows account by its SID are left out (S18): nothing here has checked that
 * the SID is the requester's. scep_name_rules.h has checked the other names
 * before.
 * @param san NULL when no name is left; owned by POOL
 * @param left_out how many names were left out
 * @return SCEP_OK; SCEP_REFUSED (SCEP_R_NAME) when the extension occurs twice,
 *     does not parse, or is not DER; SCEP_BROKEN
 */
scep_status_e scep_cert_san(const scep_extensions_t *extensions,
                            apr_pool_t *pool, GENERAL_NAMES **san,
                            int *left_out, scep_result_t *res);

#endif
