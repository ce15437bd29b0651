/* Licensed under the Apache License, Version 2.0; see LICENSE. */
/**
 * @file scep_asked.h
 * The extensions that a request asks for, as text. (enroll layer)
 */
#ifndef SCEP_ASKED_H
#define SCEP_ASKED_H

#include "scep_crypto.h"

/**
 * All EXTENSIONS (may be NULL) but subjectAltName, for the operator who
 * decides: "keyUsage Digital Signature; 1.2.3.4 critical #3003...". The profile
 * and the CA backend decide which of them the certificate gets.
 * @return from POOL; NULL: there are none
 */
const char *scep_asked_extensions(const scep_extensions_t *extensions,
                                  apr_pool_t *pool);

#endif
