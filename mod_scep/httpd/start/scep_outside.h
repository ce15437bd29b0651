/* Licensed under the Apache License, Version 2.0; see LICENSE. */
/**
 * @file scep_outside.h
 * Finding what modules registered with ap_register_provider(), mod_scep's own
 * parts included: CA backends and challenge providers. (httpd layer)
 */
#ifndef SCEP_OUTSIDE_H
#define SCEP_OUTSIDE_H

#include "scep_ca.h"
#include "scep_challenge.h"

/** The names of all providers of GROUP and VERSION, each with SUFFIX, joined by
 * ", "; "" if there is none. From POOL. */
const char *scep_outside_names(apr_pool_t *pool, const char *group,
                               const char *version, const char *suffix);

/** The backend that ScepCABackend calls NAME. @return SCEP_OK, or SCEP_BROKEN
 * with SCEP_R_SETUP: not there, or not built for this mod_scep */
scep_status_e scep_outside_ca(const char *name,
                              const scep_ca_backend_t **backend,
                              scep_result_t *res);

/** The provider that ScepChallenge calls NAME; as scep_outside_ca(). */
scep_status_e scep_outside_challenge(const char *name,
                                     const scep_challenge_provider_t **provider,
                                     scep_result_t *res);

#endif
