/* Licensed under the Apache License, Version 2.0; see LICENSE. */
/**
 * @file scep_cert_extensions.h
 * The extensions that we write ourselves, whatever a CSR asks for (S6).
 * Each function adds one and returns false when OpenSSL fails.
 * (ca layer: OpenSSL, no I/O)
 */
#ifndef SCEP_CERT_EXTENSIONS_H
#define SCEP_CERT_EXTENSIONS_H

#include <openssl/x509v3.h>

#include "scep_crypto.h"

/** basicConstraints, critical. @param pathlen -1: none */
bool scep_cert_add_basic_constraints(X509 *cert, bool ca, int pathlen);

/** keyUsage, critical, from KU_* bits (openssl/x509v3.h). */
bool scep_cert_add_key_usage(X509 *cert, unsigned int bits);

/** extendedKeyUsage; nothing is added for a NULL or empty list. */
bool scep_cert_add_ext_key_usage(X509 *cert, const char *const *oids);

/** subjectKeyIdentifier, by RFC 5280 4.2.1.2 (1), of CERT's key. */
bool scep_cert_add_subject_key_id(X509 *cert);

/** The authorityKeyIdentifier for certificates and CRLs of ISSUER; the caller
 * frees it. NULL on failure. */
AUTHORITY_KEYID *scep_cert_authority_key_id(X509 *issuer);

/** authorityKeyIdentifier: the subjectKeyIdentifier in ISSUER, or computed when
 * ISSUER has none. */
bool scep_cert_add_authority_key_id(X509 *cert, X509 *issuer);

/** cRLDistributionPoints with one URL. */
bool scep_cert_add_crl_url(X509 *cert, const char *url);

/**
 * The KU_* bits that a request asks for; 0 when it asks for none.
 * @param extensions may be NULL
 * @return SCEP_OK; SCEP_REFUSED (SCEP_R_CONTENT) when malformed
 */
scep_status_e scep_cert_asked_usage(const scep_extensions_t *extensions,
                                    unsigned int *bits, scep_result_t *res);

/**
 * The KU_* bits for a certificate of KEY: those that ALLOWED and the kind of
 * KEY permit. If EXTENSIONS (may be NULL) ask for some of these, only those.
 * @return SCEP_OK; SCEP_REFUSED (SCEP_R_CONTENT: the request's keyUsage is
 *     malformed; SCEP_R_CSR_KEY: ALLOWED has nothing that KEY can do)
 */
scep_status_e scep_cert_key_usage(unsigned int allowed, EVP_PKEY *key,
                                  const scep_extensions_t *extensions,
                                  unsigned int *bits, scep_result_t *res);

#endif
