/* Licensed under the Apache License, Version 2.0; see LICENSE. */
/**
 * @file scep_pubkey.h
 * Which public keys of peers are dealt with at all; private to the protocol
 * layer.
 */
#ifndef SCEP_PUBKEY_H
#define SCEP_PUBKEY_H

#include "scep_crypto.h"

/**
 * RSA of MIN_RSA_BITS to SCEP_MAX_RSA_BITS with an odd exponent of 3 to 2^32,
 * or EC on the named curve P-256, P-384 or P-521.
 * @return NULL if KEY is one of these, else what is wrong with it; constant
 */
const char *scep_pubkey_fault(const EVP_PKEY *key, int min_rsa_bits);

#endif
