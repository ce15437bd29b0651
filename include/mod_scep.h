/* Licensed under the Apache License, Version 2.0; see LICENSE. */
/**
 * @file mod_scep.h
 * How a module of yours offers a part to mod_scep: a CA backend (scep_ca.h) or
 * a provider that judges challenges (scep_challenge.h).
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
 * "1": it is the vtable's `abi` that tells what it was built for. */
#define SCEP_CA_PROVIDER_GROUP "scep-ca"
#define SCEP_CA_PROVIDER_VERSION "1"

/** The same of providers that judge challenges. */
#define SCEP_CHALLENGE_PROVIDER_GROUP "scep-challenge"
#define SCEP_CHALLENGE_PROVIDER_VERSION "1"

#endif
