/* Licensed under the Apache License, Version 2.0; see LICENSE. */
/*
 * scep_service.c: what is derived from a request's service and policy.
 * (enroll layer)
 */
#include "scep_service.h"

#include "scep_cert_extensions.h"

const scep_ra_t *scep_service_ra(const scep_request_t *req)
{
    if (scep_algs_level(req->policy->algs) == SCEP_LEVEL_LEGACY &&
        req->service->ra_legacy != NULL) {
        return req->service->ra_legacy;
    }
    return req->service->ra;
}

static int shorter(int bits, const scep_profile_t *profile)
{
    return profile != NULL && profile->min_rsa_bits < bits
               ? profile->min_rsa_bits
               : bits;
}

int scep_service_min_rsa_bits(const scep_request_t *req)
{
    const scep_policy_t *policy = req->policy;
    int bits = shorter(SCEP_MAX_RSA_BITS, policy->profile);
    apr_hash_index_t *hi = NULL;
    int i;

    for (i = 0; i < SCEP_USAGE_COUNT; i++) {
        bits = shorter(bits, policy->profile_by_usage[i]);
    }
    if (policy->profiles != NULL) {
        hi = apr_hash_first(req->pool, policy->profiles);
    }
    for (; hi != NULL; hi = apr_hash_next(hi)) {
        bits = shorter(bits, apr_hash_this_val(hi));
    }
    return bits;
}

scep_status_e scep_service_profile(const scep_request_t *req,
                                   const scep_csr_t *csr,
                                   const scep_profile_t *named,
                                   const scep_profile_t **profile,
                                   scep_result_t *res)
{
    unsigned int asked;
    scep_status_e status;

    *profile = named != NULL ? named : req->policy->profile;
    if (named == NULL && req->policy->profile_by_usage[0] != NULL) {
        status = scep_cert_asked_usage(csr->extensions, &asked, res);
        if (status != SCEP_OK) {
            return status;
        }
        *profile = req->policy->profile_by_usage[scep_profile_usage(asked)];
    }
    if (EVP_PKEY_is_a(csr->key, "RSA") == 1 &&
        EVP_PKEY_get_bits(csr->key) < (*profile)->min_rsa_bits) {
        return scep_fail(res, SCEP_R_CSR_KEY,
                         "an RSA key of %d bits; profile %s asks for %d",
                         EVP_PKEY_get_bits(csr->key), (*profile)->name,
                         (*profile)->min_rsa_bits);
    }
    return SCEP_OK;
}
