/* Licensed under the Apache License, Version 2.0; see LICENSE. */
/**
 * @file scep_caps.h
 * The answer to GetCACaps (RFC 8894 3.5), computed. (protocol layer)
 */
#ifndef SCEP_CAPS_H
#define SCEP_CAPS_H

#include "scep_alg.h"

typedef struct scep_features_t {
    bool renewal; /* renewal is served: "Renewal" */
    bool next_ca; /* a next CA certificate is set: "GetNextCACert" */
} scep_features_t;

/** The keywords, LF after each, at most 1,024 octets (Q44); from POOL. SHA-384
 * is not a registered word, but strongSwan 5.9.8 reads the wrong bits without
 * it. */
const char *scep_caps_text(const scep_algs_t *algs,
                           const scep_features_t *features, apr_pool_t *pool);

#endif
