/* Licensed under the Apache License, Version 2.0; see LICENSE. */
/**
 * @file scep_csr_decoy.h
 * A PKCS#10 of no device, to verify in place of one that cannot be read
 * (invariant 7); private to the protocol layer.
 */
#ifndef SCEP_CSR_DECOY_H
#define SCEP_CSR_DECOY_H

#include "scep.h"

/**
 * A well-formed PKCS#10 as devices send them: an RSA key of 2,048 bits, a
 * challengePassword, extensions. Its signature is bad, so that no mistake can
 * get it certified, and nobody has its key.
 */
extern const scep_octets_t scep_csr_decoy;

#endif
