/* Licensed under the Apache License, Version 2.0; see LICENSE. */
/*
 * scep_form.c: what the forms' fields ask for. A form is good for the user
 * and the hour for which it was given out (scep_form_token.h). (httpd layer)
 */
#include "scep_form.h"

#include <apr_strings.h>

#include "scep_admin_draw.h"
#include "scep_body.h"
#include "scep_form_data.h"
#include "scep_form_page.h"
#include "scep_form_token.h"
#include "scep_guard.h"
#include "scep_json.h"
#include "scep_manage.h"
#include "scep_refusal.h"

enum { PAGE = 100, NAME_IN_LOG = 64, SECONDS_PER_MINUTE = 60 };

static const char prefix[] = "/form";

static const scep_body_limit_t body_limit = {65536, "the most the form takes"};

bool scep_form_is(const scep_call_t *call)
{
    const size_t len = sizeof(prefix) - 1;

    return strncmp(call->below, prefix, len) == 0 &&
           (call->below[len] == '\0' || strcmp(call->below + len, "/") == 0);
}

/* ---- the page ---- */

static void take_item(void *baton, const scep_challenge_item_t *item)
{
    scep_form_page_t *page = baton;
    scep_challenge_item_t *copy;

    if (page->items->nelts == PAGE) {
        page->more = true;
        return;
    }
    copy = apr_array_push(page->items);
    *copy = *item;
    copy->id = apr_pstrdup(page->pool, item->id);
    copy->drawn_by = apr_pstrdup(page->pool, item->drawn_by);
    copy->peer = apr_pstrdup(page->pool, item->peer);
    copy->label = apr_pstrdup(page->pool, item->label);
    copy->limits = apr_pstrdup(page->pool, item->limits);
}

/* The list is only for who may see it; the rest of the page is for all. */
static scep_status_e list(scep_call_t *call, scep_form_page_t *page)
{
    const scep_request_t *req = &call->request;
    scep_challenge_page_t wanted = {.scope = req->service->scope,
                                    .now = scep_env_now(&req->env),
                                    .limit = PAGE + 1};

    if (!scep_guard_may(call, SCEP_ACTION_LIST)) {
        return SCEP_OK;
    }
    page->items = apr_array_make(page->pool, 8, sizeof(scep_challenge_item_t));
    return scep_store_challenges_page(req->service->store, &wanted, take_item,
                                      page, &call->res);
}

static int show(scep_call_t *call, scep_form_page_t *page, int http_status)
{
    const scep_request_t *req = &call->request;

    page->pool = call->r->pool;
    page->user = call->r->user;
    page->thumbprint = call->site->thumbprint;
    page->token =
        scep_form_token(req->service->password_key, req->service->scope,
                        call->r->user, scep_env_now(&req->env), call->r->pool);
    if (page->token == NULL) {
        scep_fail(&call->res, SCEP_R_INTERNAL, "HMAC failed");
        return scep_call_refuse(call);
    }
    if (list(call, page) != SCEP_OK) {
        return scep_call_refuse(call);
    }
    return scep_call_form_page(call, http_status, scep_form_page(page));
}

/* ---- what is sent ---- */

static scep_status_e bad(scep_call_t *call, const char *name,
                         const char *wanted)
{
    return scep_fail(&call->res, SCEP_R_API_REQUEST, "the field \"%s\": %s",
                     name, wanted);
}

static const char *field(const apr_table_t *fields, const char *name)
{
    const char *text = apr_table_get(fields, name);

    return text != NULL && *text != '\0' ? text : NULL;
}

static scep_status_e number(scep_call_t *call, const apr_table_t *fields,
                            const char *name, apr_int64_t max,
                            apr_int64_t *value)
{
    const char *text = field(fields, name);
    char *end;

    *value = 0;
    if (text == NULL) {
        return SCEP_OK;
    }
    *value = apr_strtoi64(text, &end, 10);
    if (*text < '0' || *text > '9' || *end != '\0' || *value < 1 ||
        *value > max) {
        return bad(call, name,
                   apr_psprintf(call->r->pool,
                                "a whole number from 1 to %" APR_INT64_T_FMT
                                " is wanted",
                                max));
    }
    return SCEP_OK;
}

/* The fields that stand for limits, as JSON; NULL if all are empty. */
static const char *limits_of(const apr_table_t *fields, apr_pool_t *pool)
{
    const char *text = NULL;
    size_t i;

    for (i = 0; scep_form_limits[i].name != NULL; i++) {
        const scep_form_limit_t *limit = &scep_form_limits[i];
        const char *value = field(fields, limit->name);

        if (value != NULL) {
            text = apr_pstrcat(
                pool, text != NULL ? text : "{", text != NULL ? ",\"" : "\"",
                limit->name,
                limit->is_list ? "\":[" : "\":", scep_json_string(pool, value),
                limit->is_list ? "]" : "", NULL);
        }
    }
    return text != NULL ? apr_pstrcat(pool, text, "}", NULL) : NULL;
}

static scep_status_e draw(scep_call_t *call, const apr_table_t *fields,
                          scep_form_page_t *page)
{
    scep_draw_params_t params = {.label = field(fields, "label")};
    apr_int64_t uses, minutes;
    scep_drawn_t drawn;

    if (number(call, fields, "uses", SCEP_MAX_USES, &uses) != SCEP_OK ||
        number(call, fields, "minutes",
               apr_time_sec(SCEP_MAX_PASSWORD_VALIDITY) / SECONDS_PER_MINUTE,
               &minutes) != SCEP_OK) {
        return call->res.status;
    }
    params.uses = (int)uses;
    params.validity = apr_time_from_sec(minutes * SECONDS_PER_MINUTE);
    params.limits = limits_of(fields, call->r->pool);
    if (scep_admin_draw(call, &params, &drawn) != SCEP_OK) {
        page->logged = true;
        return call->res.status;
    }
    page->password = drawn.password;
    page->reusable = drawn.reusable;
    page->expires = drawn.reusable ? 0 : drawn.expires;
    return SCEP_OK;
}

static scep_status_e cancel(scep_call_t *call, const apr_table_t *fields,
                            scep_form_page_t *page)
{
    const char *id = field(fields, "id");

    if (id == NULL) {
        return bad(call, "id", "it is missing");
    }
    if (scep_guard_action(call, SCEP_ACTION_CANCEL) != SCEP_OK) {
        return call->res.status;
    }
    page->cancelled = id;
    return scep_manage_cancel(&call->request, call->r->user, id, &call->res);
}

static scep_status_e act(scep_call_t *call, const apr_table_t *fields,
                         scep_form_page_t *page)
{
    const scep_service_t *service = call->request.service;
    const char *action = apr_table_get(fields, "action");

    if (!scep_form_token_ok(service->password_key, service->scope,
                            call->r->user, scep_env_now(&call->request.env),
                            apr_table_get(fields, "token"), call->r->pool)) {
        return scep_fail(
            &call->res, SCEP_R_ADMIN_TOKEN,
            "the form's token is missing, older than %d seconds, "
            "or not of user \"%s\"",
            SCEP_FORM_TOKEN_SECONDS,
            scep_printable(call->r->pool, call->r->user, NAME_IN_LOG));
    }
    if (action != NULL && strcmp(action, SCEP_ACTION_DRAW) == 0) {
        return draw(call, fields, page);
    }
    if (action != NULL && strcmp(action, SCEP_ACTION_CANCEL) == 0) {
        return cancel(call, fields, page);
    }
    return bad(call, "action", "draw or cancel is wanted");
}

static int answer_post(scep_call_t *call)
{
    scep_form_page_t page = {0};
    apr_table_t *fields;
    scep_octets_t body;
    int filter_status = OK;
    scep_status_e status = scep_guard_change(call);

    if (status == SCEP_OK) {
        status = scep_body_read(call->r, &body_limit, &body, &filter_status,
                                &call->res);
    }
    if (filter_status != OK) {
        return filter_status;
    }
    if (status == SCEP_OK) {
        status = scep_form_data((const char *)body.data, body.len,
                                call->r->pool, &fields, &call->res);
    }
    if (status != SCEP_OK) {
        return scep_call_refuse(call);
    }
    status = act(call, fields, &page);
    if (status == SCEP_OK) {
        return show(call, &page, HTTP_OK);
    }
    if (!page.logged) {
        scep_log_result(&call->request.env, &call->res,
                        apr_psprintf(call->r->pool, "form, user \"%s\" from %s",
                                     scep_printable(call->r->pool,
                                                    call->r->user, NAME_IN_LOG),
                                     call->request.peer));
    }
    scep_refusal_note(&call->request, &call->res, NULL, call->r->user);
    page.cancelled = NULL;
    page.problem = call->res.reason == SCEP_R_API_REQUEST ||
                           call->res.reason == SCEP_R_DRAW_PARAMS
                       ? call->res.detail
                       : call->res.public_text;
    status = call->res.status;
    if (call->res.reason == SCEP_R_ADMIN_TOKEN ||
        call->res.reason == SCEP_R_ADMIN_DENIED || status == SCEP_BROKEN) {
        return scep_call_refuse_quietly(call);
    }
    return show(call, &page, scep_call_status(&call->res));
}

int scep_form_answer(scep_call_t *call)
{
    if (scep_guard_user(call) != SCEP_OK || scep_guard_visit(call) != SCEP_OK) {
        return scep_call_refuse(call);
    }
    if (call->r->method_number == M_POST) {
        return answer_post(call);
    }
    if (call->r->header_only) {
        return scep_call_head(call, "text/html; charset=utf-8");
    }
    return show(call, &(scep_form_page_t){0}, HTTP_OK);
}
