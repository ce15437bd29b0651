/* Licensed under the Apache License, Version 2.0; see LICENSE. */
/*
 * scep_api_challenges.c: draws, lists and cancels one-time passwords, rotates
 * the master password, and shows the state of the service. (httpd layer)
 */
#include "scep_api.h"

#include <apr_strings.h>

#include "scep_admin_draw.h"
#include "scep_challenge_admin.h"
#include "scep_store_json.h"

/* ---- drawn ---- */

scep_status_e scep_api_draw(scep_api_t *api)
{
    scep_json_member_t members[] = {{"challenge", NULL}, {"reusable", NULL},
                                    {"id", NULL},        {"expires", NULL},
                                    {"uses", NULL},      {"label", NULL},
                                    {"limits", NULL}};
    scep_draw_params_t params = {0};
    apr_pool_t *pool = api->pool;
    scep_drawn_t drawn;

    if (scep_admin_draw_json(api->body, pool, &params, api->res) != SCEP_OK) {
        return api->res->status;
    }
    api->logged = true;
    if (scep_admin_draw(api->exchange, &params, &drawn) != SCEP_OK) {
        return api->res->status;
    }
    members[0].value = scep_json_secret(pool, drawn.password);
    members[1].value = drawn.reusable ? "true" : "false";
    if (!drawn.reusable) {
        members[2].value = scep_json_string(pool, drawn.id);
        members[3].value = scep_json_time(pool, drawn.expires);
        members[4].value = apr_itoa(pool, params.uses != 0 ? params.uses : 1);
        members[5].value = scep_json_string(pool, params.label);
        members[6].value = drawn.limits != NULL ? drawn.limits : "null";
        api->http_status = HTTP_CREATED;
    }
    api->json = scep_json_object(pool, members, drawn.reusable ? 2 : 7);
    return SCEP_OK;
}

/* ---- listed ---- */

static void take_challenge(void *baton, const scep_challenge_item_t *item)
{
    scep_api_list_t *list = baton;

    scep_api_list_add(list, item->expires, item->id,
                      scep_challenge_json(item, list->api->pool));
}

scep_status_e scep_api_list(scep_api_t *api)
{
    const scep_request_t *req = &api->exchange->request;
    scep_api_list_t list;
    scep_challenge_item_t place = {.id = NULL};
    scep_challenge_page_t page = {.ca_id = req->service->ca_id,
                                  .now = scep_env_now(&req->env)};

    if (scep_api_list_begin(api, &list) != SCEP_OK ||
        scep_api_after(api, &place.expires, &place.id) != SCEP_OK) {
        return api->res->status;
    }
    if (place.id != NULL && strlen(place.id) != 2 * SCEP_HASH_SIZE) {
        return scep_api_bad(api, "after",
                            "the \"next\" of the page before is wanted");
    }
    page.after = place.id != NULL ? &place : NULL;
    page.limit = list.limit + 1;
    return scep_store_challenges_page(req->service->store, &page,
                                      take_challenge, &list,
                                      api->res) == SCEP_OK
               ? scep_api_list_reply(&list, "challenges")
               : api->res->status;
}

/* ---- cancelled ---- */

scep_status_e scep_api_cancel(scep_api_t *api)
{
    scep_status_e status = scep_admin_cancel(api->exchange, api->arg);

    return status == SCEP_OK
               ? scep_api_reply(api, scep_json_members(
                                         api->pool, "id",
                                         scep_json_string(api->pool, api->arg),
                                         "state", "\"cancelled\"", NULL))
               : status;
}

/* Read a text that must not be empty, so that an empty variable in a script
 * does not mean everybody. *TEXT is NULL if there is none. */
static scep_status_e take_text(scep_api_t *api, const char *name,
                               const char **text)
{
    const scep_json_t *value = scep_json_get(api->body, name);

    *text = value != NULL ? scep_json_text(value) : NULL;
    if (value != NULL && (*text == NULL || **text == '\0')) {
        return scep_api_bad(api, name, "a string that is not empty is wanted");
    }
    return SCEP_OK;
}

/* Either "all" alone, or "user", "label" or both. */
static scep_status_e take_choice(scep_api_t *api, const char **user,
                                 const char **label)
{
    static const char *const known[] = {"user", "label", "all", NULL};
    const char *stranger = scep_json_unknown_key(api->body, known);
    const scep_json_t *all = scep_json_get(api->body, "all");
    bool truth = false;

    if (stranger != NULL) {
        return scep_api_bad(api, stranger, "there is no such member");
    }
    if (take_text(api, "user", user) != SCEP_OK ||
        take_text(api, "label", label) != SCEP_OK) {
        return api->res->status;
    }
    if (all != NULL && (!scep_json_boolean(all, &truth) || !truth)) {
        return scep_api_bad(api, "all", "only true is allowed");
    }
    if ((all != NULL) == (*user != NULL || *label != NULL)) {
        return scep_api_bad(api, "all",
                            "say \"user\", \"label\" or both, or else "
                            "\"all\": true");
    }
    return SCEP_OK;
}

scep_status_e scep_api_cancel_many(scep_api_t *api)
{
    const char *user, *label;
    apr_int64_t count;
    scep_status_e status = take_choice(api, &user, &label);

    if (status == SCEP_OK) {
        status = scep_admin_cancel_many(api->exchange, user, label, &count);
    }
    return status == SCEP_OK
               ? scep_api_reply(
                     api, apr_psprintf(api->pool,
                                       "{\"cancelled\":%" APR_INT64_T_FMT "}",
                                       count))
               : status;
}

/* ---- the master password ---- */

enum { MAX_OVERLAP = 366 * 86400 /* seconds */ };

/* *NUMBER does not change if there is no such member. */
static scep_status_e take_number(scep_api_t *api, const char *name,
                                 apr_int64_t min, apr_int64_t max,
                                 apr_int64_t *number)
{
    const scep_json_t *value = scep_json_get(api->body, name);

    if (value != NULL &&
        (!scep_json_number(value, number) || *number < min || *number > max)) {
        return scep_api_bad(api, name,
                            apr_psprintf(api->pool,
                                         "a whole number from %" APR_INT64_T_FMT
                                         " to %" APR_INT64_T_FMT " is wanted",
                                         min, max));
    }
    return SCEP_OK;
}

scep_status_e scep_api_rotate(scep_api_t *api)
{
    static const char *const known[] = {"length", "overlap", NULL};
    const char *stranger = scep_json_unknown_key(api->body, known);
    apr_int64_t length = SCEP_ROTATE_LENGTH, overlap = 0;
    scep_rotated_t rotated = {0};
    scep_json_member_t members[] = {{"challenge", NULL},
                                    {"previousUntil", NULL}};

    if (stranger != NULL) {
        return scep_api_bad(api, stranger, "there is no such member");
    }
    if (take_number(api, "length", SCEP_ROTATE_MIN_LENGTH,
                    SCEP_ROTATE_MAX_LENGTH, &length) != SCEP_OK ||
        take_number(api, "overlap", 0, MAX_OVERLAP, &overlap) != SCEP_OK) {
        return api->res->status;
    }
    rotated.length = (size_t)length;
    rotated.overlap = apr_time_from_sec(overlap);
    if (scep_challenge_admin_rotate(&api->exchange->request,
                                    api->exchange->r->user, &rotated,
                                    api->res) != SCEP_OK) {
        return api->res->status;
    }
    members[0].value = scep_json_secret(api->pool, rotated.password);
    members[1].value = scep_json_time(api->pool, rotated.previous_until);
    api->json = scep_json_object(api->pool, members, 2);
    return SCEP_OK;
}

/* ---- the state of the service ---- */

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
                 scep_json_time(api->pool, now), outstanding,
                 scep_challenge_table_count(service->challenges, now),
                 scep_challenge_table_capacity(service->challenges)));
}
