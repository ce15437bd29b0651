/* Licensed under the Apache License, Version 2.0; see LICENSE. */
/*
 * scep_draw.c: draw one-time challenges, show the master password, and fill the
 * shared table from the store at start. (enroll layer)
 */
#include "scep_draw.h"

#include <string.h>

#include "scep_cert_build.h"
#include "scep_limits.h"
#include "scep_challenge_claim.h"
#include "scep_password.h"
#include "scep_refusal.h"

enum { MAX_TRIES = 3 /* a second collision of 64 random bits is a fault */ };

static scep_status_e add_random_challenge(scep_request_t *req,
                                          apr_time_t expires, char **password,
                                          unsigned char hash[SCEP_HASH_SIZE],
                                          scep_result_t *res)
{
    const scep_service_t *service = req->service;
    scep_add_e added;
    int tries;

    for (tries = 0; tries < MAX_TRIES; tries++) {
        *password = scep_password_new(req->pool, req->policy->password_length);
        if (*password == NULL ||
            !scep_password_hash(service->password_key, service->ca_id,
                                *password, hash)) {
            return scep_fail(res, SCEP_R_INTERNAL,
                             "no random password could be made");
        }
        if (scep_challenge_add(req, hash, expires, &added, res) != SCEP_OK) {
            return res->status;
        }
        if (added == SCEP_ADD_OK) {
            return SCEP_OK;
        }
        if (added == SCEP_ADD_FULL) {
            return scep_fail(
                res, SCEP_R_CACHE_FULL,
                "%u passwords are outstanding; cancel some, wait until "
                "they expire, or raise ScepPasswordMax",
                scep_challenge_table_capacity(service->challenges));
        }
    }
    return scep_fail(res, SCEP_R_INTERNAL,
                     "the random generator repeats itself");
}

/* @param limits as they are recorded; NULL: none */
static scep_status_e check_limits(const scep_request_t *req, const char *text,
                                  const char **limits, scep_result_t *res)
{
    const scep_limits_t *parsed;
    const char *error, *profile;

    *limits = NULL;
    if (text == NULL) {
        return SCEP_OK;
    }
    parsed = scep_limits_parse(req->pool, text, &error);
    if (parsed == NULL) {
        return scep_fail(res, SCEP_R_DRAW_PARAMS, "limits: %s", error);
    }
    profile = scep_limits_profile(parsed);
    if (profile != NULL &&
        scep_profile_find(req->policy->profiles, profile) == NULL) {
        return scep_fail(res, SCEP_R_DRAW_PARAMS,
                         "limits: there is no profile \"%s\"",
                         scep_printable(req->pool, profile, 64));
    }
    *limits = scep_limits_text(parsed);
    return SCEP_OK;
}

static scep_status_e check_params(const scep_draw_params_t *params,
                                  scep_result_t *res)
{
    if (params->uses < 0 || params->uses > SCEP_MAX_USES) {
        return scep_fail(res, SCEP_R_DRAW_PARAMS, "uses must be 1 to %d",
                         SCEP_MAX_USES);
    }
    if (params->validity < 0 || params->validity > SCEP_MAX_PASSWORD_VALIDITY) {
        return scep_fail(
            res, SCEP_R_DRAW_PARAMS, "the validity is longer than %d days",
            (int)(SCEP_MAX_PASSWORD_VALIDITY / APR_USEC_PER_SEC / 86400));
    }
    if (params->label != NULL && strlen(params->label) > SCEP_MAX_LABEL) {
        return scep_fail(res, SCEP_R_DRAW_PARAMS,
                         "the label is longer than %d octets", SCEP_MAX_LABEL);
    }
    return SCEP_OK;
}

static scep_status_e check_issuer(const scep_request_t *req,
                                  const scep_certs_t *certs, scep_result_t *res)
{
    X509 *cert = sk_X509_value(certs, 0);

    return cert == NULL
               ? SCEP_OK
               : scep_cert_check_issuer(
                     req->policy->profile != NULL ? req->policy->profile
                                                  : &scep_profile_device,
                     cert, apr_time_sec(scep_env_now(&req->env)), res);
}

/* A challenge for a CA that cannot issue would only fail on the device. */
static scep_status_e check_ca(const scep_request_t *req, scep_result_t *res)
{
    const scep_service_t *service = req->service;
    const scep_next_ca_t *next = service->next;
    scep_result_t ignored;

    scep_result_init(&ignored, req->pool);
    if (next != NULL && next->ca != NULL &&
        check_issuer(req, next->certs, &ignored) == SCEP_OK) {
        return SCEP_OK;
    }
    return check_issuer(req, service->backend->certificates(service->ca), res);
}

static scep_status_e user_is_full(const scep_request_t *req, scep_result_t *res)
{
    return scep_fail(res, SCEP_R_USER_FULL,
                     "the user has %" APR_INT64_T_FMT
                     " passwords outstanding, as many as "
                     "ScepPasswordMaxPerUser allows; use or cancel some, wait "
                     "until they expire, or raise the number",
                     req->policy->password_max_per_user);
}

/* Checked first, so that a user who has enough never takes a slot. */
static scep_status_e check_user(scep_request_t *req,
                                const scep_challenge_row_t *row,
                                scep_result_t *res)
{
    apr_int64_t most = req->policy->password_max_per_user;
    apr_int64_t count;
    scep_status_e status;

    if (most == 0) {
        return SCEP_OK;
    }
    status =
        scep_store_challenges_of_user(req->service->store, row->ca_id,
                                      row->drawn_by, row->created, &count, res);
    return status == SCEP_OK && count >= most ? user_is_full(req, res) : status;
}

static scep_status_e record_drawn(scep_request_t *req,
                                  const scep_challenge_row_t *row,
                                  scep_result_t *res)
{
    scep_store_t *store = req->service->store;
    apr_int64_t most = req->policy->password_max_per_user;
    bool full;
    scep_status_e status;

    if (most == 0) {
        return scep_store_challenge_add(store, row, req->pool, res);
    }
    status = scep_store_challenge_add_within(store, row, most, &full, req->pool,
                                             res);
    return status == SCEP_OK && full ? user_is_full(req, res) : status;
}

static scep_status_e draw_one_time(scep_request_t *req, const char *user,
                                   const scep_draw_params_t *params,
                                   scep_drawn_t *drawn, scep_result_t *res)
{
    unsigned char hash[SCEP_HASH_SIZE];
    apr_time_t now = scep_env_now(&req->env);
    scep_challenge_row_t row = {
        .ca_id = req->service->ca_id,
        .hash = hash,
        .state = SCEP_CHALLENGE_OUTSTANDING,
        .created = now,
        .expires =
            now + (params->validity != 0 ? params->validity
                                         : req->policy->password_validity),
        .drawn_by = user,
        .peer = req->peer,
        .uses = params->uses != 0 ? params->uses : 1,
        .label = params->label,
    };
    char *made = NULL;
    scep_status_e status = check_params(params, res);

    if (status == SCEP_OK) {
        status = check_ca(req, res);
    }
    if (status == SCEP_OK) {
        status = check_limits(req, params->limits, &row.limits, res);
    }
    if (status == SCEP_OK) {
        status = check_user(req, &row, res);
    }
    if (status != SCEP_OK) {
        return status;
    }
    /* The table first, which may be full. If somebody guesses the challenge
     * before its row is recorded, the store does not know it. */
    status = add_random_challenge(req, row.expires, &made, hash, res);
    if (status != SCEP_OK) {
        return status;
    }
    status = record_drawn(req, &row, res);
    if (status != SCEP_OK) {
        scep_challenge_remove(req, hash);
    }
    drawn->password = made;
    drawn->id = scep_hex_lower(req->pool, hash, sizeof(hash));
    drawn->expires = row.expires;
    drawn->limits = row.limits;
    return status;
}

/* Nobody sees the master password without leaving a trace. */
static scep_status_e record_shown(scep_request_t *req, const char *user,
                                  scep_result_t *res)
{
    const scep_audit_event_t event = {.event = SCEP_AUDIT_MASTER_SHOWN,
                                      .at = scep_env_now(&req->env),
                                      .ca_id = req->service->ca_id,
                                      .actor = user,
                                      .peer = req->peer};

    return scep_store_audit_add(req->service->store, &event, req->pool, res);
}

static scep_status_e show_master(scep_request_t *req, const char *user,
                                 const char **password, scep_result_t *res)
{
    scep_status_e status;

    if (req->service->master == NULL) {
        return scep_fail(res, SCEP_R_MASTER_PASSWORD,
                         "the master password was not set up at start");
    }
    status =
        scep_master_view_get(req->service->master, req->pool, password, res);
    return status == SCEP_OK
               ? record_shown(req, user, res)
               : scep_fail(res, SCEP_R_MASTER_PASSWORD, "%s", res->detail);
}

/* The name of one of PARAMS that the master password cannot have; or NULL. */
static const char *one_time_param(const scep_draw_params_t *params)
{
    return params->limits != NULL && !params->limits_may_go ? "limits"
           : params->uses != 0                              ? "uses"
           : params->validity != 0                          ? "validity"
                                                            : NULL;
}

/* Is a one-time challenge better, although the master password comes first? */
static bool prefers_one_time(const scep_draw_params_t *params,
                             const scep_sources_t *sources)
{
    int i;

    for (i = 0; i < sources->count; i++) {
        if (sources->source[i] == SCEP_SOURCE_ONE_TIME) {
            return params->limits != NULL || params->label != NULL;
        }
    }
    return false;
}

static scep_status_e draw_from_sources(scep_request_t *req, const char *user,
                                       const scep_draw_params_t *params,
                                       scep_drawn_t *drawn, scep_result_t *res)
{
    const scep_sources_t *sources = &req->policy->sources;
    int i;

    if (user == NULL || *user == '\0') {
        return scep_fail(res, SCEP_R_ADMIN_NO_USER,
                         "nobody is authenticated; give this location "
                         "AuthType and Require");
    }
    for (i = 0; i < sources->count; i++) {
        switch (sources->source[i]) {
        case SCEP_SOURCE_ONE_TIME:
            return draw_one_time(req, user, params, drawn, res);
        case SCEP_SOURCE_SINGLE:
            if (one_time_param(params) != NULL ||
                prefers_one_time(params, sources)) {
                break;
            }
            drawn->reusable = true;
            return show_master(req, user, &drawn->password, res);
        case SCEP_SOURCE_NONE:
        case SCEP_SOURCE_PROVIDER:
            break;
        }
    }
    return one_time_param(params) != NULL
               ? scep_fail(res, SCEP_R_NO_CHALLENGE_SOURCE,
                           "\"%s\" needs a one-time password, and "
                           "ScepChallenge does not name one-time here",
                           one_time_param(params))
               : scep_fail(res, SCEP_R_NO_CHALLENGE_SOURCE,
                           "ScepChallenge names no source of passwords here");
}

scep_status_e scep_draw(scep_request_t *req, const char *user,
                        const scep_draw_params_t *params, scep_drawn_t *drawn,
                        scep_result_t *res)
{
    const scep_draw_params_t plain = {NULL, NULL, 0, 0, false};
    scep_status_e status;

    memset(drawn, 0, sizeof(*drawn));
    status = draw_from_sources(req, user, params != NULL ? params : &plain,
                               drawn, res);
    if (status == SCEP_OK) {
        scep_log(&req->env, SCEP_LOG_INFO,
                 SCEPLOGNO(0202) "\"%s\" at %s drew %s password",
                 scep_printable(req->pool, user, 256), req->peer,
                 drawn->reusable ? "the master" : "a one-time");
    }
    else {
        drawn->password = NULL;
        scep_log_result(&req->env, res, "drawing a password");
        scep_refusal_note(req, res, NULL, user);
    }
    return status;
}

typedef struct rebuild_t {
    scep_challenge_table_t *table;
    apr_time_t now;
    unsigned int added;
    unsigned int left_out;
    bool locked;
} rebuild_t;

static scep_status_e rebuild_one(void *baton, const scep_challenge_row_t *row)
{
    rebuild_t *r = baton;

    switch (
        scep_challenge_table_add(r->table, row->hash, row->expires, r->now)) {
    case SCEP_ADD_OK:
        r->added++;
        return SCEP_OK;
    case SCEP_ADD_EXISTS:
        return SCEP_OK;
    case SCEP_ADD_FULL:
        r->left_out++;
        return SCEP_OK;
    case SCEP_ADD_LOCK:
        break;
    }
    r->locked = true;
    return SCEP_UNAVAILABLE;
}

scep_status_e scep_draw_rebuild(scep_store_t *store,
                                scep_challenge_table_t *table,
                                const scep_env_t *env, scep_result_t *res)
{
    rebuild_t r = {.table = table, .now = scep_env_now(env)};
    scep_status_e status;

    if (scep_store_shared(store)) {
        return SCEP_OK; /* the database decides, not the table */
    }
    status = scep_store_challenges_each(store, r.now, rebuild_one, &r, res);
    if (r.locked) {
        return scep_fail(res, SCEP_R_LOCK,
                         "the password table's lock failed: restart httpd");
    }
    if (status != SCEP_OK) {
        return status;
    }
    if (r.added > 0) {
        scep_log(env, SCEP_LOG_NOTICE,
                 SCEPLOGNO(0203) "%u outstanding passwords were read from "
                                 "the database",
                 r.added);
    }
    if (r.left_out > 0) {
        scep_log(env, SCEP_LOG_WARNING,
                 SCEPLOGNO(0204) "%u outstanding passwords do not fit into the "
                                 "password table; raise ScepPasswordMax",
                 r.left_out);
    }
    return SCEP_OK;
}
