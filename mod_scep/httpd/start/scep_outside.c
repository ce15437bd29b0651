/* Licensed under the Apache License, Version 2.0; see LICENSE. */
/* scep_outside.c: see scep_outside.h. (httpd layer) */
#include "scep_outside.h"

#include <ap_provider.h>
#include <apr_strings.h>
#include <apr_tables.h>

#include "mod_scep.h"
#include "scep_ca_call.h"
#include "scep_challenge_call.h"
#include "scep_str.h"

enum { MAX_SHOWN = 256 };

const char *scep_outside_names(apr_pool_t *pool, const char *group,
                               const char *version, const char *suffix)
{
    apr_array_header_t *known = ap_list_provider_names(pool, group, version);
    const char *names = "";
    int i;

    for (i = 0; i < known->nelts; i++) {
        names = apr_pstrcat(
            pool, names, i > 0 ? ", " : "",
            APR_ARRAY_IDX(known, i, ap_list_provider_names_t).provider_name,
            suffix, NULL);
    }
    return names;
}

scep_status_e scep_outside_ca(const char *name,
                              const scep_ca_backend_t **backend,
                              scep_result_t *res)
{
    *backend = ap_lookup_provider(SCEP_CA_PROVIDER_GROUP, name,
                                  SCEP_CA_PROVIDER_VERSION);
    if (*backend == NULL) {
        return scep_fail(res, SCEP_R_SETUP,
                         "ScepCABackend %s is not known; there is: %s. Correct "
                         "the name, or load the module that brings it "
                         "(LoadModule)",
                         scep_printable(res->pool, name, MAX_SHOWN),
                         scep_outside_names(res->pool, SCEP_CA_PROVIDER_GROUP,
                                            SCEP_CA_PROVIDER_VERSION, ""));
    }
    return scep_ca_check(*backend, name, res);
}

scep_status_e scep_outside_challenge(const char *name,
                                     const scep_challenge_provider_t **provider,
                                     scep_result_t *res)
{
    *provider = ap_lookup_provider(SCEP_CHALLENGE_PROVIDER_GROUP, name,
                                   SCEP_CHALLENGE_PROVIDER_VERSION);
    if (*provider == NULL) {
        return scep_fail(
            res, SCEP_R_SETUP,
            "there is no source of that name; there is one-time, single, "
            "none, %s. Correct the name, or load the module that brings it "
            "(LoadModule)",
            scep_outside_names(res->pool, SCEP_CHALLENGE_PROVIDER_GROUP,
                               SCEP_CHALLENGE_PROVIDER_VERSION, ":"));
    }
    return scep_challenge_provider_check(*provider, name, res);
}
