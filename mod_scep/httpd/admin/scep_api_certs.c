/* Licensed under the Apache License, Version 2.0; see LICENSE. */
/*
 * scep_api_certs.c: lists, shows and revokes issued certificates. (httpd layer)
 */
#include "scep_api.h"

#include <apr_lib.h>
#include <apr_strings.h>

#include "scep_store_json.h"

enum { MAX_SERIAL = 128 };

/* ---- listed ---- */

static scep_status_e take_certificate(void *baton,
                                      const scep_certificate_row_t *row)
{
    scep_api_list_t *list = baton;
    apr_time_t now = scep_env_now(&list->api->exchange->request.env);

    scep_api_list_add(list, row->created, row->id,
                      scep_certificate_json(row, now, list->api->pool));
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
    const scep_request_t *req = &api->exchange->request;
    scep_api_list_t list;
    scep_certificate_filter_t filter = {
        .ca_id = req->service->ca_id,
        .subject = apr_table_get(api->query, "subject")};

    if (scep_api_list_begin(api, &list) != SCEP_OK ||
        scep_api_after(api, &filter.created, &filter.id) != SCEP_OK ||
        read_state(api, scep_env_now(&req->env), &filter) != SCEP_OK ||
        scep_store_certificates_list(req->service->store, &filter,
                                     list.limit + 1, take_certificate, &list,
                                     api->pool, api->res) != SCEP_OK) {
        return api->res->status;
    }
    return scep_api_list_reply(&list, "certificates");
}

/* ---- one of them ---- */

/* ARG in upper-case hex without leading zeros; NULL: it is no serial number. */
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
    const scep_request_t *req = &api->exchange->request;
    const char *serial = serial_of(api);
    scep_certificate_row_t *row = NULL;
    scep_status_e status = SCEP_NOT_FOUND;
    apr_array_header_t *before = NULL, *after = NULL;
    apr_time_t now = scep_env_now(&req->env);
    int count;

    if (serial != NULL) {
        status = scep_store_certificate_find(req->service->store,
                                             req->service->ca_id, serial,
                                             api->pool, &count, &row, api->res);
    }
    if (status == SCEP_NOT_FOUND) {
        return no_such(api);
    }
    if (status == SCEP_OK) {
        status = scep_store_predecessors(req->service->store, row, api->pool,
                                         &before, api->res);
    }
    if (status == SCEP_OK) {
        status =
            scep_store_successors(req->service->store, row->ca_id, row->serial,
                                  api->pool, &after, api->res);
    }
    if (status != SCEP_OK) {
        return status;
    }
    return scep_api_reply(
        api, scep_certificate_json_all(row, before, after, now, api->pool));
}

/* ---- revoked ---- */

static scep_status_e read_revoke(scep_api_t *api, scep_revoke_t *revoke,
                                 bool *all)
{
    static const char *const known[] = {"reason", "comment", "withSuccessors",
                                        NULL};
    scep_json_t *reason = scep_json_get(api->body, "reason");
    scep_json_t *comment = scep_json_get(api->body, "comment");
    scep_json_t *with = scep_json_get(api->body, "withSuccessors");
    const char *stranger = scep_json_unknown_key(api->body, known);
    const char *name;

    if (stranger != NULL) {
        return scep_api_bad(api, stranger, "there is no such member");
    }
    if (reason != NULL &&
        ((name = scep_json_text(reason)) == NULL ||
         !scep_revocation_reason_of(name, &revoke->row.reason))) {
        return scep_api_bad(api, "reason",
                            "a reason of RFC 5280 is wanted, such as "
                            "keyCompromise, but not certificateHold");
    }
    if (comment != NULL && (revoke->detail = scep_json_text(comment)) == NULL) {
        return scep_api_bad(api, "comment", "a text is wanted");
    }
    *all = false;
    if (with != NULL && !scep_json_boolean(with, all)) {
        return scep_api_bad(api, "withSuccessors", "true or false is wanted");
    }
    return SCEP_OK;
}

/* The notice about successors that are still valid; "" if there are none. */
static const char *valid_text(scep_api_t *api, const char *serial,
                              const apr_array_header_t *successors,
                              apr_time_t now)
{
    apr_array_header_t *valid =
        scep_certificates_valid(successors, now, api->pool);
    const char *list = "";
    int i;

    for (i = 0; i < valid->nelts; i++) {
        list = apr_pstrcat(api->pool, list, i > 0 ? ", " : "",
                           APR_ARRAY_IDX(valid, i, const char *), NULL);
    }
    return valid->nelts == 0
               ? ""
               : apr_psprintf(api->pool,
                              "%s was renewed, and %d of its successors %s "
                              "still valid: %s; send the call again with "
                              "\"withSuccessors\": true to revoke all of them",
                              serial, valid->nelts,
                              valid->nelts == 1 ? "is" : "are", list);
}

static scep_status_e reply_revoked(scep_api_t *api, const char *serial,
                                   const apr_array_header_t *successors,
                                   apr_time_t now)
{
    const char *notice = valid_text(api, serial, successors, now);

    return scep_api_reply(
        api, scep_json_members(
                 api->pool, "serial", scep_json_string(api->pool, serial),
                 "state", "\"revoked\"", "successors",
                 scep_certificates_json(successors, now, api->pool),
                 *notice != '\0' ? "notice" : NULL,
                 scep_json_string(api->pool, notice), NULL));
}

/* REVOKED: the successors that were revoked now. */
static scep_status_e revoke_now(scep_api_t *api, const scep_revoke_t *revoke,
                                bool all, scep_revoke_outcome_e *outcome,
                                apr_array_header_t **revoked,
                                apr_array_header_t **successors)
{
    scep_store_t *store = api->exchange->request.service->store;
    scep_status_e status;

    *revoked = *successors = apr_array_make(api->pool, 1, sizeof(char *));
    *outcome = SCEP_REVOKE_UNKNOWN;
    if (revoke->row.serial == NULL) {
        return SCEP_OK;
    }
    status =
        all ? scep_store_revoke_all(store, revoke, api->pool, outcome, revoked,
                                    api->res)
            : scep_store_revoke(store, revoke, api->pool, outcome, api->res);
    return status == SCEP_OK
               ? scep_store_successors(store, revoke->row.ca_id,
                                       revoke->row.serial, api->pool,
                                       successors, api->res)
               : status;
}

static void log_revoked(scep_api_t *api, const scep_revoke_t *revoke,
                        const apr_array_header_t *revoked)
{
    const scep_request_t *req = &api->exchange->request;

    scep_log(&req->env, SCEP_LOG_INFO,
             SCEPLOGNO(0448) "user \"%s\" revoked certificate %s%s: %s",
             scep_printable(api->pool, revoke->row.actor, MAX_SERIAL),
             revoke->row.serial,
             revoked->nelts > 0
                 ? apr_psprintf(api->pool, " and %d of its successors",
                                revoked->nelts)
                 : "",
             scep_revocation_reason_name((int)revoke->row.reason));
}

scep_status_e scep_api_revoke(scep_api_t *api)
{
    const scep_request_t *req = &api->exchange->request;
    apr_time_t now = scep_env_now(&req->env);
    scep_revoke_t revoke = {.row = {.ca_id = req->service->ca_id,
                                    .serial = serial_of(api),
                                    .effective = now,
                                    .created = now,
                                    .actor = api->exchange->r->user},
                            .peer = req->peer};
    scep_revoke_outcome_e outcome;
    apr_array_header_t *revoked, *successors;
    const char *notice;
    bool all;

    if (read_revoke(api, &revoke, &all) != SCEP_OK ||
        revoke_now(api, &revoke, all, &outcome, &revoked, &successors) !=
            SCEP_OK) {
        return api->res->status;
    }
    if (outcome == SCEP_REVOKE_UNKNOWN) {
        return no_such(api);
    }
    if (outcome == SCEP_REVOKE_ALREADY && revoked->nelts == 0) {
        notice = valid_text(api, revoke.row.serial, successors, now);
        return scep_fail(api->res, SCEP_R_API_CONFLICT,
                         "certificate %s was revoked before%s%s",
                         revoke.row.serial, *notice != '\0' ? "; " : "",
                         notice);
    }
    log_revoked(api, &revoke, revoked);
    return reply_revoked(api, revoke.row.serial, successors, now);
}
