/* Licensed under the Apache License, Version 2.0; see LICENSE. */
/**
 * @file scep_asked.h
 * What a request asks for besides its names, as text. (enroll layer)
 */
#ifndef SCEP_ASKED_H
#define SCEP_ASKED_H

#include "scep_crypto.h"

/**
 * All EXTENSIONS (may be NULL) but subjectAltName, for who decides on the
 * request: "keyUsage Digital Signature; 1.2.3.4 critical #3003...". Which of
 * them are honoured depends on the profile and the CA backend.
 * @return from POOL; NULL: there are none
 */
const char *scep_asked_extensions(const scep_extensions_t *extensions,
                                  apr_pool_t *pool);

#endif
