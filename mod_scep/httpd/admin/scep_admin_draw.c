/* Licensed under the Apache License, Version 2.0; see LICENSE. */
/*
 * scep_admin_draw.c: reads what is asked for, checks that the user may have it,
 * and draws or cancels it. (httpd layer)
 */
#include "scep_admin_draw.h"

#include <apr_strings.h>

#include <openssl/x509v3.h>

#include "scep_challenge_admin.h"
#include "scep_guard.h"
#include "scep_json.h"

enum { NAME_IN_LOG = 64, HEX = 16 };

/* ---- for ScepAdminRequire ---- */

static void set_variable(request_rec *r, const char *name, const char *value)
{
    apr_table_setn(r->subprocess_env, name, value != NULL ? value : "");
}

/* Show a limit if it is one text. */
static void show_limit(request_rec *r, scep_json_t *limits, const char *key,
                       const char *name)
{
    set_variable(r, name,
                 limits != NULL ? scep_json_text(scep_json_get(limits, key))
                                : NULL);
}

static void show_all(scep_exchange_t *exchange,
                     const scep_draw_params_t *params)
{
    request_rec *r = exchange->r;
    apr_interval_time_t validity = params->validity != 0
                                       ? params->validity
                                       : exchange->policy.password_validity;
    scep_json_t *limits = NULL;
    const char *error;

    if (params->limits != NULL) {
        limits = scep_json_parse(r->pool, params->limits,
                                 strlen(params->limits), &error);
    }
    set_variable(r, "SCEP_DRAW_LABEL", params->label);
    set_variable(r, "SCEP_DRAW_LIMITS", params->limits);
    set_variable(r, "SCEP_DRAW_USES",
                 apr_itoa(r->pool, params->uses != 0 ? params->uses : 1));
    set_variable(
        r, "SCEP_DRAW_VALIDITY",
        apr_psprintf(r->pool, "%" APR_TIME_T_FMT, apr_time_sec(validity)));
    show_limit(r, limits, "subject", "SCEP_DRAW_SUBJECT");
    show_limit(r, limits, "profile", "SCEP_DRAW_PROFILE");
}

bool scep_admin_draw_is_plain(const scep_draw_params_t *params)
{
    return params->label == NULL && params->limits == NULL &&
           params->uses == 0 && params->validity == 0;
}

scep_status_e scep_admin_draw(scep_exchange_t *exchange,
                              const scep_draw_params_t *params,
                              scep_drawn_t *drawn)
{
    show_all(exchange, params);
    if (scep_guard_action(exchange, SCEP_ACTION_DRAW) != SCEP_OK) {
        scep_log_result(&exchange->request.env, &exchange->res,
                        "drawing a password");
        return exchange->res.status;
    }
    return scep_draw(&exchange->request, exchange->r->user,
                     scep_admin_draw_is_plain(params) ? NULL : params, drawn,
                     &exchange->res);
}

/* ---- JSON ---- */

static scep_status_e bad(scep_result_t *res, apr_pool_t *pool, const char *name,
                         const char *wanted)
{
    return scep_fail(res, SCEP_R_API_REQUEST, "\"%s\": %s",
                     scep_printable(pool, name, NAME_IN_LOG), wanted);
}

/* A whole number from 1 to MAX; *NUMBER is 0 if there is none. */
static scep_status_e take_number(scep_json_t *body, const char *name,
                                 apr_int64_t max, apr_pool_t *pool,
                                 apr_int64_t *number, scep_result_t *res)
{
    const scep_json_t *value = scep_json_get(body, name);

    *number = 0;
    if (value != NULL &&
        (!scep_json_number(value, number) || *number < 1 || *number > max)) {
        return bad(res, pool, name,
                   apr_psprintf(pool,
                                "a whole number from 1 to %" APR_INT64_T_FMT
                                " is wanted",
                                max));
    }
    return SCEP_OK;
}

scep_status_e scep_admin_draw_json(scep_json_t *body, apr_pool_t *pool,
                                   scep_draw_params_t *params,
                                   scep_result_t *res)
{
    static const char *const known[] = {"label", "limits", "uses", "validity",
                                        NULL};
    const char *unknown = scep_json_unknown_key(body, known);
    const scep_json_t *label = scep_json_get(body, "label");
    const scep_json_t *limits = scep_json_get(body, "limits");
    apr_int64_t uses, seconds;

    if (unknown != NULL) {
        return bad(res, pool, unknown, "there is no such member");
    }
    if (label != NULL && (params->label = scep_json_text(label)) == NULL) {
        return bad(res, pool, "label", "a string is wanted");
    }
    if (limits != NULL) {
        params->limits =
            scep_json_is_object(limits) ? scep_json_write(pool, limits) : NULL;
        if (params->limits == NULL) {
            return bad(res, pool, "limits", "an object is wanted");
        }
    }
    if (take_number(body, "uses", SCEP_MAX_USES, pool, &uses, res) == SCEP_OK &&
        take_number(body, "validity", apr_time_sec(SCEP_MAX_PASSWORD_VALIDITY),
                    pool, &seconds, res) == SCEP_OK) {
        params->uses = (int)uses;
        params->validity = apr_time_from_sec(seconds);
    }
    return res->status;
}

/* ---- NDESGenerateChallenge ---- */

/* The bits of keyUsage's first octet, as NDES counts them. */
static bool read_usage(const char *text, scep_usage_e *usage)
{
    char *end;
    apr_int64_t bits;

    if (strncasecmp(text, "0x", 2) == 0) {
        text += 2;
    }
    bits = apr_strtoi64(text, &end, HEX);
    if (strlen(text) == 0 || strlen(text) > 2 ||
        strspn(text, "0123456789ABCDEFabcdef") != strlen(text) ||
        (bits & ~(KU_DIGITAL_SIGNATURE | KU_KEY_ENCIPHERMENT)) != 0) {
        return false;
    }
    *usage = scep_profile_usage((unsigned int)bits);
    return true;
}

scep_status_e scep_admin_draw_ndes(const scep_exchange_t *exchange,
                                   const apr_table_t *fields,
                                   scep_draw_params_t *params,
                                   scep_result_t *res)
{
    apr_pool_t *pool = exchange->r->pool;
    const char *usage_text = apr_table_get(fields, "keyUsage");
    const char *label = apr_table_get(fields, "params");
    const scep_profile_t *profile;
    scep_usage_e usage = SCEP_USAGE_GENERAL;

    if (label != NULL && *label != '\0') {
        params->label = label;
    }
    if (usage_text == NULL) {
        return SCEP_OK;
    }
    if (!read_usage(usage_text, &usage)) {
        return bad(res, pool, "keyUsage", "80, 20 or A0 is wanted");
    }
    profile = exchange->policy.profile_by_usage[usage];
    if (profile != NULL) {
        params->limits = apr_pstrcat(
            pool, "{\"profile\":", scep_json_string(pool, profile->name), "}",
            NULL);
        params->limits_may_go = true;
    }
    return SCEP_OK;
}

/* ---- cancelled ---- */

/* Variables for ScepAdminRequire. */
static void set_cancel_variables(scep_exchange_t *exchange, const char *user,
                                 const char *label)
{
    apr_table_t *env = exchange->r->subprocess_env;

    apr_table_setn(env, "SCEP_CANCEL_USER", user != NULL ? user : "");
    apr_table_setn(env, "SCEP_CANCEL_LABEL", label != NULL ? label : "");
}

static scep_status_e show_one(scep_exchange_t *exchange, const char *id)
{
    const scep_service_t *service = exchange->request.service;
    unsigned char hash[SCEP_HASH_SIZE];
    scep_challenge_row_t *row;
    scep_status_e status;

    set_cancel_variables(exchange, NULL, NULL);
    if (!scep_unhex(id, hash, sizeof(hash))) {
        return SCEP_OK;
    }
    status = scep_store_challenge_find(service->store, hash, exchange->r->pool,
                                       &row, &exchange->res);
    if (status == SCEP_OK && strcmp(row->ca_id, service->ca_id) == 0) {
        set_cancel_variables(exchange, row->drawn_by, row->label);
    }
    return status == SCEP_NOT_FOUND ? SCEP_OK : status;
}

scep_status_e scep_admin_cancel(scep_exchange_t *exchange, const char *id)
{
    if (show_one(exchange, id) != SCEP_OK ||
        scep_guard_action(exchange, SCEP_ACTION_CANCEL) != SCEP_OK) {
        return exchange->res.status;
    }
    return scep_challenge_admin_cancel(&exchange->request, exchange->r->user,
                                       id, &exchange->res);
}

scep_status_e scep_admin_cancel_many(scep_exchange_t *exchange,
                                     const char *user, const char *label,
                                     apr_int64_t *count)
{
    scep_cancel_many_t which = {.user = user, .label = label};
    bool own = user != NULL && strcmp(user, exchange->r->user) == 0;

    set_cancel_variables(exchange, user, label);
    if (scep_guard_action(exchange, SCEP_ACTION_CANCEL) != SCEP_OK ||
        (!own && scep_guard_action(exchange, SCEP_ACTION_LIST) != SCEP_OK)) {
        return exchange->res.status;
    }
    return scep_challenge_admin_cancel_many(
        &exchange->request, exchange->r->user, &which, count, &exchange->res);
}
