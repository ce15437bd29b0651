/* Licensed under the Apache License, Version 2.0; see LICENSE. */
/*
 * scep_form.c: the page with forms, and what its forms do. A form is good for
 * one user and one hour (scep_form_token.h). (httpd layer)
 */
#include "scep_form.h"

#include <apr_strings.h>

#include <http_protocol.h>
#include <util_cookies.h>

#include "scep_admin_draw.h"
#include "scep_exchange.h"
#include "scep_csrf.h"
#include "scep_form_fields.h"
#include "scep_form_page.h"
#include "scep_form_token.h"
#include "scep_guard.h"
#include "scep_handover.h"
#include "scep_refusal.h"

enum { PAGE = 100, NAME_IN_LOG = 64 };

static const char prefix[] = "/form";

/* Parameters of the page after a form. They name what it has to show: a
 * password, or what else was done. */
static const char ticket_drawn[] = "drawn";
static const char ticket_done[] = "done";

static const scep_body_limit_t body_limit = {65536, "the most the form takes"};

bool scep_form_is(const scep_exchange_t *exchange)
{
    const size_t len = sizeof(prefix) - 1;

    return strncmp(exchange->below, prefix, len) == 0 &&
           (exchange->below[len] == '\0' ||
            strcmp(exchange->below + len, "/") == 0);
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

/* Only users who may list see the list; everybody sees the rest of the page. */
static scep_status_e list(scep_exchange_t *exchange, scep_form_page_t *page)
{
    const scep_request_t *req = &exchange->request;
    scep_challenge_page_t wanted = {.ca_id = req->service->ca_id,
                                    .now = scep_env_now(&req->env),
                                    .limit = PAGE + 1};

    if (!scep_guard_may(exchange, SCEP_ACTION_LIST)) {
        return SCEP_OK;
    }
    page->items = apr_array_make(page->pool, 8, sizeof(scep_challenge_item_t));
    return scep_store_challenges_page(req->service->store, &wanted, take_item,
                                      page, &exchange->res);
}

static int show_form(scep_exchange_t *exchange, scep_form_page_t *page,
                     int http_status)
{
    const scep_request_t *req = &exchange->request;

    page->pool = exchange->r->pool;
    page->user = exchange->r->user;
    page->thumbprint = exchange->site->thumbprint;
    page->token = scep_form_token(req->service->password_key,
                                  req->service->ca_id, exchange->r->user,
                                  scep_env_now(&req->env), exchange->r->pool);
    if (page->token == NULL) {
        scep_fail(&exchange->res, SCEP_R_INTERNAL, "HMAC failed");
        return scep_exchange_refuse(exchange);
    }
    if (list(exchange, page) != SCEP_OK) {
        return scep_exchange_refuse(exchange);
    }
    return scep_exchange_form_page(exchange, http_status, scep_form_page(page));
}

/* ---- what is sent ---- */

static scep_handover_key_t handover_key(const scep_exchange_t *exchange)
{
    const scep_request_t *req = &exchange->request;

    return (scep_handover_key_t){req->service->password_key,
                                 req->service->ca_id, exchange->r->user,
                                 scep_env_now(&req->env)};
}

static scep_status_e draw(scep_exchange_t *exchange, const apr_table_t *fields,
                          scep_form_page_t *page, scep_handover_t *handover)
{
    scep_draw_params_t params;
    scep_drawn_t drawn;

    if (scep_form_fields_read(exchange, fields, &params, &page->fault) !=
        SCEP_OK) {
        return exchange->res.status;
    }
    if (scep_admin_draw(exchange, &params, &drawn) != SCEP_OK) {
        page->logged = true;
        return exchange->res.status;
    }
    handover->id = drawn.id;
    handover->expires = drawn.reusable ? 0 : drawn.expires;
    handover->password = drawn.password;
    return SCEP_OK;
}

static scep_status_e cancel(scep_exchange_t *exchange,
                            const apr_table_t *fields, scep_form_page_t *page,
                            scep_handover_t *handover)
{
    const char *id = scep_form_field(fields, "id");

    if (id == NULL) {
        return scep_form_bad(exchange, &page->fault, "id", "it is missing");
    }
    handover->notice = apr_pstrcat(exchange->r->pool, "Cancelled: ", id, NULL);
    return scep_admin_cancel(exchange, id);
}

static scep_status_e cancel_many(scep_exchange_t *exchange,
                                 const apr_table_t *fields,
                                 scep_form_page_t *page,
                                 scep_handover_t *handover)
{
    const char *user = scep_form_field(fields, SCEP_FORM_CANCEL_USER);
    const char *label = scep_form_field(fields, SCEP_FORM_CANCEL_LABEL);
    bool all = scep_form_field(fields, SCEP_FORM_CANCEL_ALL) != NULL;
    apr_int64_t count;

    if (all == (user != NULL || label != NULL)) {
        return scep_form_bad(exchange, &page->fault, "Cancel several",
                             "fill in a user or a label, or choose all");
    }
    if (scep_admin_cancel_many(exchange, user, label, &count) != SCEP_OK) {
        return exchange->res.status;
    }
    handover->notice = apr_psprintf(
        exchange->r->pool, "Cancelled: %" APR_INT64_T_FMT " password%s", count,
        count == 1 ? "" : "s");
    return SCEP_OK;
}

static scep_status_e act(scep_exchange_t *exchange, const apr_table_t *fields,
                         scep_form_page_t *page, scep_handover_t *handover)
{
    const scep_service_t *service = exchange->request.service;
    const char *action = apr_table_get(fields, "action");

    if (!scep_form_token_ok(
            service->password_key, service->ca_id, exchange->r->user,
            scep_env_now(&exchange->request.env),
            apr_table_get(fields, "token"), exchange->r->pool)) {
        return scep_fail(
            &exchange->res, SCEP_R_ADMIN_TOKEN,
            "the form's token is missing, older than %d seconds, "
            "or not of user \"%s\"",
            SCEP_FORM_TOKEN_SECONDS,
            scep_printable(exchange->r->pool, exchange->r->user, NAME_IN_LOG));
    }
    if (action != NULL && strcmp(action, SCEP_ACTION_DRAW) == 0) {
        return draw(exchange, fields, page, handover);
    }
    if (action != NULL && strcmp(action, SCEP_ACTION_CANCEL) == 0) {
        return cancel(exchange, fields, page, handover);
    }
    if (action != NULL && strcmp(action, SCEP_FORM_CANCEL_MANY) == 0) {
        return cancel_many(exchange, fields, page, handover);
    }
    return scep_form_bad(exchange, &page->fault, "action",
                         "draw, cancel or cancel-many is wanted");
}

/* ---- what the next page shows ---- */

static const char *cookie_name(apr_pool_t *pool, const char *ticket)
{
    return apr_pstrcat(pool, "scep_form_", ticket, NULL);
}

/* For the directory of the form, but without a path, which a proxy in front may
 * have changed. */
static void set_cookie(scep_exchange_t *exchange, const char *ticket,
                       const char *value, int seconds)
{
    request_rec *r = exchange->r;

    apr_table_addn(
        r->headers_out, "Set-Cookie",
        apr_psprintf(r->pool, "%s=%s; Max-Age=%d; HttpOnly; SameSite=Strict%s",
                     cookie_name(r->pool, ticket), value, seconds,
                     strcmp(ap_http_scheme(r), "https") == 0 ? "; Secure"
                                                             : ""));
}

/* The page relative to itself: the browser may see another path. */
static const char *here(const request_rec *r)
{
    const char *path = r->unparsed_uri;
    size_t len = strcspn(path, "?#");
    size_t begin = len;

    while (begin > 0 && path[begin - 1] != '/') {
        begin--;
    }
    return apr_pstrcat(r->pool, "./",
                       apr_pstrmemdup(r->pool, path + begin, len - begin),
                       NULL);
}

/* Redirect the browser to the page, so that a reload does not send the form
 * again. What the page has to show goes along in a sealed cookie. */
static int go_on(scep_exchange_t *exchange, const scep_handover_t *handover)
{
    const scep_handover_key_t key = handover_key(exchange);
    char ticket[SCEP_HANDOVER_TICKET_SIZE];
    const char *sealed =
        scep_handover_seal(&key, handover, exchange->r->pool, ticket);

    if (sealed == NULL) {
        scep_fail(&exchange->res, SCEP_R_INTERNAL,
                  "what the page has to show could not be encrypted");
        return scep_exchange_refuse(exchange);
    }
    set_cookie(exchange, ticket, sealed, SCEP_HANDOVER_SECONDS);
    return scep_exchange_redirect(
        exchange, HTTP_SEE_OTHER,
        apr_pstrcat(exchange->r->pool, here(exchange->r), "?",
                    handover->password != NULL ? ticket_drawn : ticket_done,
                    "=", ticket, NULL));
}

/* Has nobody seen the password yet? The master password may be shown again. */
static scep_status_e is_first_view(scep_exchange_t *exchange,
                                   const scep_handover_t *handover, bool *first)
{
    const scep_request_t *req = &exchange->request;
    unsigned char hash[SCEP_HASH_SIZE];

    *first = true;
    if (handover->id == NULL || handover->password == NULL ||
        !scep_unhex(handover->id, hash, sizeof(hash))) {
        return SCEP_OK;
    }
    return scep_store_challenge_show(req->service->store, req->service->ca_id,
                                     hash, scep_env_now(&req->env), req->pool,
                                     first, &exchange->res);
}

/* What was handed over under TICKET, if it is still valid. */
static scep_status_e take_over(scep_exchange_t *exchange, const char *ticket,
                               scep_form_page_t *page)
{
    request_rec *r = exchange->r;
    const scep_handover_key_t key = handover_key(exchange);
    scep_handover_t handover;
    const char *sealed = NULL;
    bool first;

    ap_cookie_read(r, cookie_name(r->pool, ticket), &sealed, 1);
    if (!scep_handover_open(&key, ticket, sealed, r->pool, &handover)) {
        return SCEP_OK;
    }
    if (is_first_view(exchange, &handover, &first) != SCEP_OK) {
        return exchange->res.status;
    }
    set_cookie(exchange, ticket, "", 0);
    page->notice = handover.notice;
    page->password = first ? handover.password : NULL;
    page->expires = handover.expires;
    return SCEP_OK;
}

static int answer_get(scep_exchange_t *exchange)
{
    request_rec *r = exchange->r;
    const char *args = r->args != NULL ? r->args : "";
    const char *drawn, *done;
    scep_form_page_t page = {0};
    apr_table_t *query;

    if (scep_form_data(args, strlen(args), r->pool, &query, &exchange->res) !=
        SCEP_OK) {
        return scep_exchange_refuse(exchange);
    }
    drawn = scep_form_field(query, ticket_drawn);
    done = scep_form_field(query, ticket_done);
    /* A password is shown once, so not to a browser that loads ahead. */
    if ((drawn != NULL || done != NULL) &&
        scep_csrf_fault(r->headers_in, r->pool) == NULL &&
        take_over(exchange, drawn != NULL ? drawn : done, &page) != SCEP_OK) {
        return scep_exchange_refuse(exchange);
    }
    if (drawn != NULL && page.password == NULL) {
        page.problem =
            "A password is shown once. If you have not seen it, let your "
            "browser take cookies from this server, cancel the password "
            "below, and draw another.";
    }
    return show_form(exchange, &page, HTTP_OK);
}

/* ---- all of it ---- */

/* Show the fault above the form, as the user filled it in. */
static int answer_fault(scep_exchange_t *exchange, scep_form_page_t *page)
{
    request_rec *r = exchange->r;

    if (!page->logged) {
        scep_log_result(
            &exchange->request.env, &exchange->res,
            apr_psprintf(r->pool, "form, user \"%s\" from %s",
                         scep_printable(r->pool, r->user, NAME_IN_LOG),
                         exchange->request.peer));
    }
    scep_refusal_note(&exchange->request, &exchange->res, NULL, r->user);
    if (exchange->res.reason == SCEP_R_ADMIN_TOKEN ||
        exchange->res.reason == SCEP_R_ADMIN_DENIED ||
        exchange->res.status == SCEP_BROKEN) {
        return scep_exchange_refuse_quietly(exchange);
    }
    page->problem = exchange->res.reason == SCEP_R_DRAW_PARAMS
                        ? exchange->res.detail
                        : exchange->res.public_text;
    return show_form(exchange, page, scep_exchange_status(&exchange->res));
}

static int answer_post(scep_exchange_t *exchange)
{
    scep_form_page_t page = {0};
    scep_handover_t handover = {0};
    apr_table_t *fields;
    scep_octets_t body;
    int filter_status = OK;
    scep_status_e status = scep_guard_purpose(exchange);

    if (status == SCEP_OK) {
        status = scep_body_read(exchange->r, &body_limit, &body, &filter_status,
                                &exchange->res);
    }
    if (filter_status != OK) {
        return filter_status;
    }
    if (status == SCEP_OK) {
        status = scep_form_data((const char *)body.data, body.len,
                                exchange->r->pool, &fields, &exchange->res);
    }
    if (status != SCEP_OK) {
        return scep_exchange_refuse(exchange);
    }
    page.values = fields;
    return act(exchange, fields, &page, &handover) == SCEP_OK
               ? go_on(exchange, &handover)
               : answer_fault(exchange, &page);
}

int scep_form_answer(scep_exchange_t *exchange)
{
    if (scep_guard_user(exchange) != SCEP_OK) {
        return scep_exchange_refuse(exchange);
    }
    if (exchange->r->method_number == M_POST) {
        return answer_post(exchange);
    }
    if (exchange->r->header_only) {
        return scep_exchange_head(exchange, "text/html; charset=utf-8");
    }
    return answer_get(exchange);
}
