/* Licensed under the Apache License, Version 2.0; see LICENSE. */
/**
 * @file scep_ra_check.h
 * Check a certificate of the RA, or of the CA when there is no RA. (ca layer)
 */
#ifndef SCEP_RA_CHECK_H
#define SCEP_RA_CHECK_H

#include <openssl/x509v3.h>

#include "scep_crypto.h"
#include "scep_env.h"

/** A warning is logged for certificates that expire within this time. */
#define SCEP_CERT_WARN_DAYS 30

/**
 * Log a warning when CERT's keyUsage lacks one of NEEDED: digitalSignature for
 * a key that signs CertReps, keyEncipherment for one that decrypts (RFC 8894
 * 2.1.2, R1). Clients choose by these bits; CERT is used all the same. A
 * certificate without keyUsage may be used for anything.
 * @param source "ScepRACertificateFile /etc/...": directive and file
 */
void scep_ra_check_usage(const scep_env_t *env, X509 *cert, unsigned int needed,
                         const char *source);

/** Log an error when CERT has expired, a warning when it expires within
 * SCEP_CERT_WARN_DAYS or is not valid yet. */
void scep_ra_check_validity(const scep_env_t *env, X509 *cert,
                            const char *source);

/** How much time a certificate has left, from good to bad. */
typedef enum {
    SCEP_CERT_FRESH = 0,
    SCEP_CERT_SOON,   /* it expires within SCEP_CERT_WARN_DAYS */
    SCEP_CERT_EXPIRED /* or its notAfter cannot be read */
} scep_cert_age_e;

/** @param now UTC microseconds */
scep_cert_age_e scep_ra_check_age(X509 *cert, apr_time_t now);

#endif
