/* Licensed under the Apache License, Version 2.0; see LICENSE. */
/*
 * scep_api_challenges.c: draws, lists and cancels one-time passwords, rotates
 * the master password, and shows the state of the service. (httpd layer)
 */
#include "scep_api.h"

#include <apr_strings.h>

#include "scep_admin_draw.h"
#include "scep_challenge_admin.h"

enum { PAGE = 100, MAX_PAGE = 1000 };

/* ---- drawn ---- */

/* Copies the password only into memory that is wiped. */
static scep_status_e reply_with(scep_api_t *api, const char *before,
                                const char *password, const char *after)
{
    size_t len = strlen(before) + strlen(password) + strlen(after);
    char *text = scep_secret_alloc(api->pool, len + 1);

    apr_snprintf(text, len + 1, "%s%s%s", before, password, after);
    return scep_api_reply(api, text);
}

/* A master password is always printable ASCII. */
static const char *escaped(apr_pool_t *pool, const char *password)
{
    char *text = scep_secret_alloc(pool, 2 * strlen(password) + 1);
    char *to = text;

    for (; *password != '\0'; password++) {
        if (*password == '"' || *password == '\\') {
            *to++ = '\\';
        }
        *to++ = *password;
    }
    *to = '\0';
    return text;
}

scep_status_e scep_api_draw(scep_api_t *api)
{
    scep_draw_params_t params = {0};
    scep_drawn_t drawn;

    if (scep_admin_draw_json(api->body, api->pool, &params, api->res) !=
        SCEP_OK) {
        return api->res->status;
    }
    api->logged = true;
    if (scep_admin_draw(api->exchange, &params, &drawn) != SCEP_OK) {
        return api->res->status;
    }
    if (drawn.reusable) {
        return reply_with(api, "{\"challenge\":\"",
                          escaped(api->pool, drawn.password),
                          "\",\"reusable\":true}");
    }
    api->http_status = HTTP_CREATED;
    return reply_with(
        api, "{\"challenge\":\"", drawn.password,
        apr_psprintf(api->pool,
                     "\",\"reusable\":false,\"id\":\"%s\",\"expires\":%s,"
                     "\"uses\":%d,\"label\":%s,\"limits\":%s}",
                     drawn.id, scep_api_time(api->pool, drawn.expires),
                     params.uses != 0 ? params.uses : 1,
                     scep_json_string(api->pool, params.label),
                     drawn.limits != NULL ? drawn.limits : "null"));
}

/* ---- listed ---- */

typedef struct list_t {
    scep_api_t *api;
    apr_array_header_t *parts; /* const char * */
    int limit;
    int count;
    const char *next; /* NULL: this is the last page */
} list_t;

/* "EXPIRES-ID", in microseconds, of the last row of the page before. */
static bool read_place(scep_api_t *api, const char *text,
                       scep_challenge_item_t *place)
{
    unsigned char hash[SCEP_HASH_SIZE];
    char *end;

    place->expires = apr_strtoi64(text, &end, 10);
    place->id = end + 1;
    return *text >= '0' && *text <= '9' && *end == '-' &&
           scep_unhex(place->id, hash, sizeof(hash)) &&
           (place->id = scep_hex_lower(api->pool, hash, sizeof(hash))) != NULL;
}

static void take_challenge(void *baton, const scep_challenge_item_t *item)
{
    list_t *list = baton;
    apr_pool_t *pool = list->api->pool;

    list->count++;
    if (list->count > list->limit) {
        return; /* there are more, behind NEXT */
    }
    list->next =
        apr_psprintf(pool, "%" APR_TIME_T_FMT "-%s", item->expires, item->id);
    APR_ARRAY_PUSH(list->parts, const char *) = apr_psprintf(
        pool,
        "%s{\"id\":%s,\"created\":%s,\"expires\":%s,\"drawnBy\":%s,"
        "\"peer\":%s,\"label\":%s,\"uses\":%" APR_INT64_T_FMT ",\"limits\":%s}",
        list->count > 1 ? "," : "", scep_json_string(pool, item->id),
        scep_api_time(pool, item->created), scep_api_time(pool, item->expires),
        scep_json_string(pool, item->drawn_by),
        scep_json_string(pool, item->peer), scep_json_string(pool, item->label),
        item->uses, item->limits != NULL ? item->limits : "null");
}

scep_status_e scep_api_list(scep_api_t *api)
{
    const scep_request_t *req = &api->exchange->request;
    list_t list = {.api = api};
    scep_challenge_item_t place;
    scep_challenge_page_t page = {.ca_id = req->service->ca_id,
                                  .now = scep_env_now(&req->env)};
    const char *after = apr_table_get(api->query, "after");

    if (scep_api_number(api, "limit", 1, MAX_PAGE, PAGE, &list.limit) !=
        SCEP_OK) {
        return api->res->status;
    }
    if (after != NULL) {
        if (!read_place(api, after, &place)) {
            return scep_api_bad(api, "after",
                                "the \"next\" of the page before is wanted");
        }
        page.after = &place;
    }
    list.parts = apr_array_make(api->pool, list.limit, sizeof(const char *));
    page.limit = list.limit + 1;
    if (scep_store_challenges_page(req->service->store, &page, take_challenge,
                                   &list, api->res) != SCEP_OK) {
        return api->res->status;
    }
    return scep_api_reply(
        api,
        apr_pstrcat(api->pool, "{\"challenges\":[",
                    apr_array_pstrcat(api->pool, list.parts, 0), "],\"next\":",
                    scep_json_string(
                        api->pool, list.count > list.limit ? list.next : NULL),
                    "}", NULL));
}

/* ---- cancelled ---- */

scep_status_e scep_api_cancel(scep_api_t *api)
{
    scep_status_e status = scep_admin_cancel(api->exchange, api->arg);

    return status == SCEP_OK
               ? scep_api_reply(
                     api, apr_pstrcat(api->pool, "{\"id\":",
                                      scep_json_string(api->pool, api->arg),
                                      ",\"state\":\"cancelled\"}", NULL))
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
    const char *until;
    size_t len;
    char *text;

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
    until = scep_api_time(api->pool, rotated.previous_until);
    len = strlen(rotated.password) + strlen(until) + 64;
    text = scep_secret_alloc(api->pool, len);
    apr_snprintf(text, len, "{\"challenge\":\"%s\",\"previousUntil\":%s}",
                 rotated.password, until);
    return scep_api_reply(api, text);
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
                 scep_api_time(api->pool, now), outstanding,
                 scep_challenge_table_count(service->challenges, now),
                 scep_challenge_table_capacity(service->challenges)));
}
