/* Licensed under the Apache License, Version 2.0; see LICENSE. */
/**
 * @file mod_scep.h
 * How a module of yours adds a CA backend (scep_ca.h) or a challenge provider
 * (scep_challenge.h) to mod_scep.
 *
 *     static void register_hooks(apr_pool_t *p)
 *     {
 *         ap_register_provider(p, SCEP_CA_PROVIDER_GROUP, "mine",
 *                              SCEP_CA_PROVIDER_VERSION, &my_backend);
 *     }
 *
 * with `my_backend` a const scep_ca_backend_t. The administrator then writes
 * `ScepCABackend mine [arguments]`. Likewise a const scep_challenge_provider_t
 * under SCEP_CHALLENGE_PROVIDER_GROUP, for `ScepChallenge mine[:arguments]`.
 * LoadModule lines may stand in any order.
 */
#ifndef MOD_SCEP_H
#define MOD_SCEP_H

#include "scep_ca.h"
#include "scep_challenge.h"

/** ap_register_provider() group and version of CA backends. The version stays
 * "1"; the vtable's `abi` says which interface a backend was built for. */
#define SCEP_CA_PROVIDER_GROUP "scep-ca"
#define SCEP_CA_PROVIDER_VERSION "1"

/** The same for challenge providers. */
#define SCEP_CHALLENGE_PROVIDER_GROUP "scep-challenge"
#define SCEP_CHALLENGE_PROVIDER_VERSION "1"

#endif
