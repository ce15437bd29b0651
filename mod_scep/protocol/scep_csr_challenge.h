/* Licensed under the Apache License, Version 2.0; see LICENSE. */
/**
 * @file scep_csr_challenge.h
 * The challengePassword of a PKCS#10; private to the protocol layer.
 */
#ifndef SCEP_CSR_CHALLENGE_H
#define SCEP_CSR_CHALLENGE_H

#include "scep_csr.h"
#include "scep_csr_parts.h"

/**
 * Read the challengePassword among ATTRIBUTES into CSR's challenge_state and
 * challenge. The same value may occur twice. POOL wipes the challenge.
 */
void scep_csr_read_challenge(scep_csr_t *csr, scep_ber_reader_t attributes,
                             apr_pool_t *pool);

#endif
