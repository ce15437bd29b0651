/* Licensed under the Apache License, Version 2.0; see LICENSE. */
/*
 * scep_api_certs.c: issued certificates listed, shown and revoked by API.
 * (httpd layer)
 */
#include "scep_api.h"

#include <apr_encode.h>
#include <apr_lib.h>
#include <apr_strings.h>

#include "scep_store_certificate.h"

enum { PAGE = 100, MAX_PAGE = 1000, MAX_SERIAL = 128 };

/* Without the closing bracket. */
static const char *object_of(apr_pool_t *pool,
                             const scep_certificate_row_t *row, apr_time_t now)
{
    const char *reason = row->revoked != 0
                             ? scep_revocation_reason_name((int)row->reason)
                             : NULL;

    return apr_psprintf(
        pool,
        "{\"serial\":%s,\"state\":%s,\"subject\":%s,\"notBefore\":%s,"
        "\"notAfter\":%s,\"issued\":%s,\"profile\":%s,\"revoked\":%s,"
        "\"reason\":%s,\"revokedBy\":%s",
        scep_json_string(pool, row->serial),
        scep_json_string(pool, scep_certificate_state_name(row, now)),
        scep_json_string(pool, row->subject),
        scep_api_time(pool, row->not_before),
        scep_api_time(pool, row->not_after), scep_api_time(pool, row->created),
        scep_json_string(pool, row->profile), scep_api_time(pool, row->revoked),
        scep_json_string(pool, reason),
        scep_json_string(pool, row->revoked_by));
}

/* ---- listed ---- */

typedef struct list_t {
    scep_api_t *api;
    apr_time_t now;
    apr_array_header_t *parts; /* const char * */
    int limit;
    int count;
    const char *next; /* where the page ends */
} list_t;

static scep_status_e take(void *baton, const scep_certificate_row_t *row)
{
    list_t *list = baton;
    apr_pool_t *pool = list->api->pool;

    list->count++;
    if (list->count <= list->limit) { /* else there are more */
        list->next = scep_api_next(pool, row->created, row->id);
        APR_ARRAY_PUSH(list->parts, const char *) =
            apr_pstrcat(pool, list->count > 1 ? "," : "",
                        object_of(pool, row, list->now), "}", NULL);
    }
    return SCEP_OK;
}

static scep_status_e read_state(scep_api_t *api, apr_time_t now,
                                scep_certificate_filter_t *filter)
{
    const char *state = apr_table_get(api->query, "state");

    if (state == NULL) {
        return SCEP_OK;
    }
    if (strcmp(state, "revoked") == 0) {
        filter->revoked_at = now;
        return SCEP_OK;
    }
    filter->good_at = now;
    if (strcmp(state, "valid") == 0) {
        filter->from = now;
        return SCEP_OK;
    }
    if (strcmp(state, "expired") == 0) {
        filter->until = now;
        return SCEP_OK;
    }
    return scep_api_bad(api, "state", "valid, expired or revoked is wanted");
}

scep_status_e scep_api_certs(scep_api_t *api)
{
    const scep_request_t *req = &api->call->request;
    list_t list = {.api = api, .now = scep_env_now(&req->env)};
    scep_certificate_filter_t filter = {
        .scope = req->service->scope,
        .subject = apr_table_get(api->query, "subject")};

    if (scep_api_number(api, "limit", 1, MAX_PAGE, PAGE, &list.limit) !=
            SCEP_OK ||
        scep_api_after(api, &filter.created, &filter.id) != SCEP_OK ||
        read_state(api, list.now, &filter) != SCEP_OK) {
        return api->res->status;
    }
    list.parts = apr_array_make(api->pool, list.limit, sizeof(const char *));
    if (scep_store_certificates_list(req->service->store, &filter,
                                     list.limit + 1, take, &list, api->pool,
                                     api->res) != SCEP_OK) {
        return api->res->status;
    }
    return scep_api_reply(
        api,
        apr_pstrcat(api->pool, "{\"certificates\":[",
                    apr_array_pstrcat(api->pool, list.parts, 0), "],\"next\":",
                    scep_json_string(
                        api->pool, list.count > list.limit ? list.next : NULL),
                    "}", NULL));
}

/* ---- one of them ---- */

/* Upper-case hex without leading zeros; NULL: it is no serial number. */
static const char *serial_of(const scep_api_t *api)
{
    char *serial = apr_pstrdup(api->pool, api->arg), *c;

    for (c = serial; *c != '\0'; c++) {
        if (!apr_isxdigit(*c)) {
            return NULL;
        }
        *c = (char)apr_toupper(*c);
    }
    while (serial[0] == '0' && serial[1] != '\0') {
        serial++;
    }
    return *serial != '\0' && strlen(serial) <= MAX_SERIAL ? serial : NULL;
}

static scep_status_e no_such(scep_api_t *api)
{
    return scep_fail(api->res, SCEP_R_API_UNKNOWN, "no certificate \"%s\"",
                     scep_printable(api->pool, api->arg, MAX_SERIAL));
}

scep_status_e scep_api_cert(scep_api_t *api)
{
    const scep_request_t *req = &api->call->request;
    const char *serial = serial_of(api);
    scep_certificate_row_t *row = NULL;
    scep_status_e status = SCEP_NOT_FOUND;
    int count;

    if (serial != NULL) {
        status = scep_store_certificate_find(req->service->store,
                                             req->service->scope, serial,
                                             api->pool, &count, &row, api->res);
    }
    if (status == SCEP_NOT_FOUND) {
        return no_such(api);
    }
    if (status != SCEP_OK) {
        return status;
    }
    return scep_api_reply(
        api, apr_pstrcat(api->pool,
                         object_of(api->pool, row, scep_env_now(&req->env)),
                         ",\"certificate\":\"",
                         apr_pencode_base64_binary(api->pool, row->der.data,
                                                   (apr_ssize_t)row->der.len,
                                                   APR_ENCODE_NONE, NULL),
                         "\"}", NULL));
}

/* ---- revoked ---- */

static scep_status_e read_revoke(scep_api_t *api, scep_revoke_t *revoke)
{
    static const char *const known[] = {"reason", "comment", NULL};
    scep_json_t *reason = scep_json_get(api->body, "reason");
    scep_json_t *comment = scep_json_get(api->body, "comment");
    const char *stranger = scep_json_stranger(api->body, known);
    const char *name;

    if (stranger != NULL) {
        return scep_api_bad(api, stranger, "there is no such member");
    }
    if (reason != NULL &&
        ((name = scep_json_text(reason)) == NULL ||
         !scep_revocation_reason_of(name, &revoke->row.reason))) {
        return scep_api_bad(api, "reason",
                            "a reason of RFC 5280 is wanted, such as "
                            "keyCompromise; certificateHold is none of ours");
    }
    if (comment != NULL && (revoke->detail = scep_json_text(comment)) == NULL) {
        return scep_api_bad(api, "comment", "a text is wanted");
    }
    return SCEP_OK;
}

scep_status_e scep_api_revoke(scep_api_t *api)
{
    const scep_request_t *req = &api->call->request;
    apr_time_t now = scep_env_now(&req->env);
    scep_revoke_t revoke = {.row = {.scope = req->service->scope,
                                    .serial = serial_of(api),
                                    .effective = now,
                                    .created = now,
                                    .actor = api->call->r->user},
                            .peer = req->peer};
    scep_revoke_outcome_e outcome = SCEP_REVOKE_UNKNOWN;

    if (read_revoke(api, &revoke) != SCEP_OK) {
        return api->res->status;
    }
    if (revoke.row.serial != NULL &&
        scep_store_revoke(req->service->store, &revoke, api->pool, &outcome,
                          api->res) != SCEP_OK) {
        return api->res->status;
    }
    if (outcome == SCEP_REVOKE_UNKNOWN) {
        return no_such(api);
    }
    if (outcome == SCEP_REVOKE_ALREADY) {
        return scep_fail(api->res, SCEP_R_API_CONFLICT,
                         "certificate %s was revoked before",
                         revoke.row.serial);
    }
    scep_log(&req->env, SCEP_LOG_INFO,
             SCEPLOGNO(0448) "user \"%s\" revoked certificate %s: %s",
             scep_printable(api->pool, revoke.row.actor, MAX_SERIAL),
             revoke.row.serial,
             scep_revocation_reason_name((int)revoke.row.reason));
    return scep_api_reply(
        api,
        apr_psprintf(api->pool, "{\"serial\":\"%s\",\"state\":\"revoked\"}",
                     revoke.row.serial));
}
