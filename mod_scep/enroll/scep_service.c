/* Licensed under the Apache License, Version 2.0; see LICENSE. */
/*
 * scep_service.c: what is derived from a request's service and policy.
 * (enroll layer)
 */
#include "scep_service.h"

const scep_ra_t *scep_service_ra(const scep_request_t *req)
{
    if (scep_algs_level(req->policy->algs) == SCEP_LEVEL_LEGACY &&
        req->service->ra_legacy != NULL) {
        return req->service->ra_legacy;
    }
    return req->service->ra;
}
