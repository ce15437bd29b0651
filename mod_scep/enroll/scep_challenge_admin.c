/* Licensed under the Apache License, Version 2.0; see LICENSE. */
/*
 * scep_challenge_admin.c: cancel challenges, rotate the master password.
 * (enroll layer)
 */
#include "scep_challenge_admin.h"

#include <string.h>

#include "scep_challenge_claim.h"
#include "scep_password.h"

enum { NAME_IN_LOG = 256 };

static const char *printable(const scep_request_t *req, const char *user)
{
    return scep_printable(req->pool, user, NAME_IN_LOG);
}

scep_status_e scep_challenge_admin_cancel(scep_request_t *req, const char *user,
                                          const char *id, scep_result_t *res)
{
    const scep_service_t *service = req->service;
    unsigned char hash[SCEP_HASH_SIZE];
    scep_challenge_cancel_t cancel = {.ca_id = service->ca_id,
                                      .hash = hash,
                                      .now = scep_env_now(&req->env),
                                      .actor = user,
                                      .peer = req->peer};
    scep_cancel_outcome_e outcome;
    scep_status_e status;

    if (!scep_unhex(id, hash, sizeof(hash))) {
        return scep_fail(res, SCEP_R_API_UNKNOWN,
                         "\"%s\" is no id of a password", printable(req, id));
    }
    status = scep_store_challenge_cancel(service->store, &cancel, req->pool,
                                         &outcome, res);
    if (status != SCEP_OK) {
        return status;
    }
    if (outcome == SCEP_CANCEL_UNKNOWN) {
        return scep_fail(res, SCEP_R_API_UNKNOWN, "there is no password %s",
                         printable(req, id));
    }
    /* Free its slot, also if it was used on another server. */
    scep_challenge_remove(req, hash);
    if (outcome == SCEP_CANCEL_LATE) {
        return scep_fail(res, SCEP_R_API_CONFLICT,
                         "the password %s was used or cancelled or has "
                         "expired",
                         printable(req, id));
    }
    scep_log(&req->env, SCEP_LOG_INFO,
             SCEPLOGNO(0214) "\"%s\" at %s cancelled the password %s",
             printable(req, user), req->peer, printable(req, id));
    return SCEP_OK;
}

static void remove_challenge(void *baton, const unsigned char *hash)
{
    scep_challenge_remove(baton, hash);
}

scep_status_e scep_challenge_admin_cancel_many(scep_request_t *req,
                                               const char *user,
                                               scep_cancel_many_t *which,
                                               apr_int64_t *count,
                                               scep_result_t *res)
{
    scep_status_e status;

    which->ca_id = req->service->ca_id;
    which->now = scep_env_now(&req->env);
    which->actor = user;
    which->peer = req->peer;
    status = scep_store_challenges_cancel(req->service->store, which,
                                          remove_challenge, req, req->pool,
                                          count, res);
    if (status == SCEP_OK || *count > 0) {
        scep_log(&req->env, SCEP_LOG_NOTICE,
                 SCEPLOGNO(0205) "\"%s\" at %s cancelled %" APR_INT64_T_FMT
                                 " passwords (%s)",
                 printable(req, user), req->peer, *count,
                 scep_cancel_many_text(which, req->pool));
    }
    return status;
}

static bool uses_master(const scep_request_t *req)
{
    const scep_sources_t *sources = &req->policy->sources;
    int i;

    for (i = 0; i < sources->count; i++) {
        if (sources->source[i] == SCEP_SOURCE_SINGLE) {
            return true;
        }
    }
    return false;
}

static scep_status_e record_event(scep_request_t *req, const char *event,
                                  const char *user, unsigned int reason,
                                  const char *detail, scep_result_t *res)
{
    const scep_audit_event_t row = {.event = event,
                                    .at = scep_env_now(&req->env),
                                    .ca_id = req->service->ca_id,
                                    .actor = user,
                                    .peer = req->peer,
                                    .reason = reason,
                                    .detail = detail};

    return scep_store_audit_add(req->service->store, &row, req->pool, res);
}

scep_status_e scep_challenge_admin_rotate(scep_request_t *req, const char *user,
                                          scep_rotated_t *rotated,
                                          scep_result_t *res)
{
    scep_master_view_t *master = req->service->master;
    scep_master_rotation_t rotation = {.overlap = rotated->overlap,
                                       .now = scep_env_now(&req->env)};
    scep_status_e status;

    rotated->password = NULL;
    if (!uses_master(req) || master == NULL) {
        return scep_fail(res, SCEP_R_API_CONFLICT,
                         "no master password is in use here (ScepChallenge)");
    }
    rotation.password = scep_password_new(req->pool, rotated->length);
    if (rotation.password == NULL) {
        return scep_fail(res, SCEP_R_INTERNAL,
                         "no random master password could be made");
    }
    status = record_event(req, SCEP_AUDIT_MASTER_ROTATED, user, 0, NULL, res);
    if (status != SCEP_OK) {
        return status;
    }
    if (scep_master_view_rotate(master, &rotation, req->pool,
                                &rotated->previous_until, res) != SCEP_OK) {
        return scep_fail(res, SCEP_R_MASTER_PASSWORD, "%s", res->detail);
    }
    rotated->password = rotation.password;
    scep_log(&req->env, SCEP_LOG_NOTICE,
             SCEPLOGNO(0215) "\"%s\" at %s rotated the master password",
             printable(req, user), req->peer);
    return SCEP_OK;
}

scep_status_e scep_challenge_admin_denied(scep_request_t *req, const char *user,
                                          const char *action,
                                          scep_result_t *res)
{
    scep_result_t row;

    scep_result_init(&row, req->pool);
    scep_fail(&row, SCEP_R_ADMIN_DENIED, "%s", action);
    return record_event(req, SCEP_AUDIT_ADMIN_DENIED, user, row.log_number,
                        action, res);
}
