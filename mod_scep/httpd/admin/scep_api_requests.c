/* Licensed under the Apache License, Version 2.0; see LICENSE. */
/*
 * scep_api_requests.c: lists, shows, approves and rejects requests that wait.
 * (httpd layer)
 */
#include "scep_api.h"

#include <apr_strings.h>

#include "scep_approval.h"
#include "scep_store_json.h"

enum { MAX_NOTE = 256 };

/* ---- listed and shown ---- */

static scep_status_e take_request(void *baton, const scep_request_row_t *row)
{
    scep_api_list_t *list = baton;

    scep_api_list_add(list, row->created, row->id,
                      scep_request_json(row, list->api->pool));
    return SCEP_OK;
}

scep_status_e scep_api_requests(scep_api_t *api)
{
    const scep_request_t *req = &api->exchange->request;
    const char *all = apr_table_get(api->query, "all");
    scep_api_list_t list;
    scep_request_filter_t filter = {.ca_id = req->service->ca_id,
                                    .decided = all != NULL,
                                    .now = scep_env_now(&req->env)};

    if (scep_api_list_begin(api, &list) != SCEP_OK ||
        scep_api_after(api, &filter.created, &filter.id) != SCEP_OK) {
        return api->res->status;
    }
    filter.limit = list.limit + 1;
    return scep_store_requests_each(req->service->store, &filter, take_request,
                                    &list, api->pool, api->res) == SCEP_OK
               ? scep_api_list_reply(&list, "requests")
               : api->res->status;
}

/* The request that ARG names, of this CA; else RES is filled. */
static scep_status_e find_request(scep_api_t *api, scep_request_row_t **row)
{
    const scep_request_t *req = &api->exchange->request;
    scep_status_e status = scep_store_request_get(req->service->store, api->arg,
                                                  scep_env_now(&req->env),
                                                  api->pool, row, api->res);

    if (status == SCEP_NOT_FOUND ||
        (status == SCEP_OK &&
         strcmp((*row)->ca_id, req->service->ca_id) != 0)) {
        return scep_fail(api->res, SCEP_R_API_UNKNOWN,
                         "there is no request with that id");
    }
    return status;
}

scep_status_e scep_api_request(scep_api_t *api)
{
    scep_request_row_t *row;

    return find_request(api, &row) == SCEP_OK
               ? scep_api_reply(api, scep_request_json(row, api->pool))
               : api->res->status;
}

/* ---- decided ---- */

static scep_status_e read_note(scep_api_t *api, const char **note)
{
    static const char *const known[] = {"note", NULL};
    const char *stranger = scep_json_unknown_key(api->body, known);
    const scep_json_t *value = scep_json_get(api->body, "note");

    *note = NULL;
    if (stranger != NULL) {
        return scep_api_bad(api, stranger, "there is no such member");
    }
    if (value == NULL) {
        return SCEP_OK;
    }
    *note = scep_json_text(value);
    return *note != NULL && strlen(*note) <= MAX_NOTE
               ? SCEP_OK
               : scep_api_bad(api, "note",
                              "a text of up to 256 octets is wanted");
}

static scep_status_e decide(scep_api_t *api, bool yes)
{
    const scep_request_t *req = &api->exchange->request;
    scep_operator_t who = {.actor = api->exchange->r->user,
                           .peer = req->peer,
                           .now = scep_env_now(&req->env)};
    scep_request_row_t *row;
    scep_status_e status = read_note(api, &who.note);

    if (status == SCEP_OK) {
        status = find_request(api, &row);
    }
    if (status != SCEP_OK) {
        return status;
    }
    status = (yes ? scep_approval_give : scep_approval_refuse)(
        req->service->store, api->arg, &who, api->pool, api->res);
    if (status == SCEP_NOT_FOUND) {
        return scep_fail(api->res, SCEP_R_API_CONFLICT,
                         "the request of \"%s\" does not wait any more",
                         row->subject);
    }
    return status == SCEP_OK ? scep_api_request(api) : status;
}

scep_status_e scep_api_approve(scep_api_t *api)
{
    return decide(api, true);
}

scep_status_e scep_api_reject(scep_api_t *api)
{
    return decide(api, false);
}
