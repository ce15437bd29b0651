/* Licensed under the Apache License, Version 2.0; see LICENSE. */
/**
 * @file scep_pss.h
 * The parameters of RSASSA-PSS (RFC 4055 3.1), of a SignerInfo or a PKCS#10;
 * private to the protocol layer.
 */
#ifndef SCEP_PSS_H
#define SCEP_PSS_H

#include "scep_alg.h"

/**
 * The hash function of ALGORITHM, which is rsassaPss. Its parameters must be
 * present; ALGS must allow the hash function and that of MGF1, the salt must
 * not be longer than keys have room for, and the trailer must be 1.
 * @return NULL if not
 */
const scep_digest_t *scep_pss_digest(const X509_ALGOR *algorithm,
                                     const scep_algs_t *algs);

#endif
