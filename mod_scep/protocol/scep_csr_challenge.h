/* Licensed under the Apache License, Version 2.0; see LICENSE. */
/**
 * @file scep_csr_challenge.h
 * The challengePassword of a PKCS#10, taken out before OpenSSL sees it; private
 * to the protocol layer. An X509_REQ keeps what it was parsed from, and gives
 * that memory back without wiping it (invariant 6).
 */
#ifndef SCEP_CSR_CHALLENGE_H
#define SCEP_CSR_CHALLENGE_H

#include "scep_csr.h"

/** The parts of a PKCS#10. */
typedef struct scep_csr_parts_t {
    scep_octets_t info;  /* what is signed, as received; points into it */
    scep_octets_t blank; /* a copy of the whole, with zeros in an OCTET STRING
                          * for the values of challengePassword */
} scep_csr_parts_t;

/**
 * Read the challengePassword of CSR's der, which has passed
 * scep_preflight_csr(), into CSR's challenge_state and challenge.
 * @return false if the CertificationRequestInfo is malformed
 */
bool scep_csr_take_challenge(scep_csr_t *csr, apr_pool_t *pool,
                             scep_csr_parts_t *parts);

#endif
