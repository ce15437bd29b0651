/* Licensed under the Apache License, Version 2.0; see LICENSE. */
/**
 * @file scep_outside.h
 * Finds the CA backends and challenge providers that modules, mod_scep
 * included, registered with ap_register_provider(). (httpd layer)
 */
#ifndef SCEP_OUTSIDE_H
#define SCEP_OUTSIDE_H

#include "scep_ca.h"
#include "scep_challenge.h"

/** The names of all providers of GROUP and VERSION, each with SUFFIX, joined by
 * ", "; "" if there is none. From POOL. */
const char *scep_outside_names(apr_pool_t *pool, const char *group,
                               const char *version, const char *suffix);

/** The backend that ScepCABackend calls NAME.
 * @return SCEP_OK, or SCEP_BROKEN with SCEP_R_SETUP: there is none, or it was
 *     not built for this mod_scep */
scep_status_e scep_outside_ca(const char *name,
                              const scep_ca_backend_t **backend,
                              scep_result_t *res);

/** The same for the provider that ScepChallenge calls NAME. */
scep_status_e scep_outside_challenge(const char *name,
                                     const scep_challenge_provider_t **provider,
                                     scep_result_t *res);

#endif
