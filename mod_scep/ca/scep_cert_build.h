/* Licensed under the Apache License, Version 2.0; see LICENSE. */
/**
 * @file scep_cert_build.h
 * Build and sign a certificate from a CSR and a profile; also the CA and RA
 * certificates that `scepctl init` makes. (ca layer: OpenSSL, no I/O)
 */
#ifndef SCEP_CERT_BUILD_H
#define SCEP_CERT_BUILD_H

#include "scep_ca.h"
#include "scep_crypto.h"

/**
 * Issue the certificate for REQUEST: 159-bit random positive serial (S29),
 * subject copied octet by octet, subject alternative names copied except what
 * S18 forbids, keyUsage and extendedKeyUsage from the profile, CA:FALSE
 * always, subjectKeyIdentifier, authorityKeyIdentifier, the CRL distribution
 * point of REQUEST, notBefore back-dated but not before the CA's, notAfter not
 * after the CA's (S30). Nothing else is taken from the CSR (S6).
 * @param now UTC microseconds
 * @param left_out how many subject alternative names were left out (S18)
 * @return SCEP_OK; SCEP_REFUSED (SCEP_R_NAME: no subject and no SAN, or one
 *     of them malformed; SCEP_R_CSR_KEY: the profile does not allow the key;
 *     SCEP_R_CONTENT: keyUsage malformed); SCEP_UNAVAILABLE
 *     (SCEP_R_CA_UNAVAILABLE: the CA certificate has expired, is about to, or
 *     is not valid yet); SCEP_BROKEN
 */
scep_status_e scep_cert_issue(const scep_keypair_t *ca,
                              const scep_ca_request_t *request, apr_time_t now,
                              apr_pool_t *pool, X509 **cert, int *left_out,
                              scep_result_t *res);

/** Make the same certificate without a signature, as a template for a CA that
 * signs elsewhere. @param ca the issuing CA's certificate */
scep_status_e scep_cert_draft(X509 *ca, const scep_ca_request_t *request,
                              apr_time_t now, apr_pool_t *pool, X509 **cert,
                              int *left_out, scep_result_t *res);

/**
 * Does CA's own validity allow a certificate of PROFILE at NOW (seconds)? If
 * not, an operator must act; the result is no refusal, which would be final for
 * the device.
 * @return SCEP_OK; SCEP_UNAVAILABLE with SCEP_R_CA_UNAVAILABLE; SCEP_BROKEN
 */
scep_status_e scep_cert_check_issuer(const scep_profile_t *profile, X509 *ca,
                                     apr_int64_t now, scep_result_t *res);

/** What scepctl init makes. */
typedef enum {
    SCEP_CERT_ROOT_CA,    /* self-signed */
    SCEP_CERT_ISSUING_CA, /* pathlen 0 */
    SCEP_CERT_RA,         /* digitalSignature and keyEncipherment */
    SCEP_CERT_RA_SIGN,    /* digitalSignature only */
    SCEP_CERT_RA_ENCRYPT  /* keyEncipherment only */
} scep_cert_kind_e;

/**
 * Make a certificate of KIND for KEY and SUBJECT.
 * @param issuer NULL: self-signed with KEY
 * @param days validity from now, cut to the issuer's notAfter
 */
scep_status_e scep_cert_make(scep_cert_kind_e kind, EVP_PKEY *key,
                             X509_NAME *subject, const scep_keypair_t *issuer,
                             int days, apr_time_t now, apr_pool_t *pool,
                             X509 **cert, scep_result_t *res);

/** The digest for a signature by KEY: as strong as an EC key, SHA-256 for other
 * keys. Constant. */
const char *scep_cert_digest(EVP_PKEY *key);

#endif
