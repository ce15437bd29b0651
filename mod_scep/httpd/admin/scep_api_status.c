/* Licensed under the Apache License, Version 2.0; see LICENSE. */
/*
 * scep_api_status.c: how full the password table is, by API. (httpd layer)
 */
#include "scep_api.h"

#include <apr_strings.h>

scep_status_e scep_api_status(scep_api_t *api)
{
    const scep_request_t *req = &api->exchange->request;
    const scep_service_t *service = req->service;
    apr_time_t now = scep_env_now(&req->env);
    apr_int64_t outstanding;

    if (scep_store_challenges_count(service->store, service->ca_id, now,
                                    &outstanding, api->res) != SCEP_OK) {
        return api->res->status;
    }
    return scep_api_reply(
        api, apr_psprintf(
                 api->pool,
                 "{\"version\":\"" SCEP_VERSION "\",\"ca\":%s,"
                 "\"thumbprint\":%s,\"time\":%s,\"challenges\":{"
                 "\"outstanding\":%" APR_INT64_T_FMT ",\"table\":%u,"
                 "\"capacity\":%u}}",
                 scep_json_string(api->pool, service->ca_id),
                 scep_json_string(api->pool, api->exchange->site->thumbprint),
                 scep_api_time(api->pool, now), outstanding,
                 scep_challenge_table_count(service->challenges, now),
                 scep_challenge_table_capacity(service->challenges)));
}
