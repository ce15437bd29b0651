/* Licensed under the Apache License, Version 2.0; see LICENSE. */
/*
 * scep_admin.c: draws a password for the user whom httpd has authenticated. It
 * draws on every GET, because programs that read NDES's page expect that.
 * scep_csrf.h prevents pages of other sites from drawing. (httpd layer)
 */
#include "scep_admin.h"

#include <apr_strings.h>

#include <httpd.h>
#include <http_config.h>
#include <http_core.h>

#include "scep_admin_draw.h"
#include "scep_admin_page.h"
#include "scep_api.h"
#include "scep_endpoint.h"
#include "scep_form.h"
#include "scep_form_fields.h"
#include "scep_guard.h"

enum { NAME_IN_LOG = 256 };

static const char path[] = "/certsrv/mscep_admin/";

/* Redirect as NDES does, but only when the user is known. Not a POST, which
 * would lose its method. */
static bool wants_slash(const scep_exchange_t *exchange)
{
    return exchange->slash_added && exchange->r->method_number == M_GET &&
           exchange->query.operation == SCEP_OP_NONE &&
           strcmp(exchange->r->uri, path) == 0;
}

static int redirect(scep_exchange_t *exchange)
{
    request_rec *r = exchange->r;
    const char *url = apr_pstrcat(r->pool, r->uri, r->args != NULL ? "?" : "",
                                  r->args != NULL ? r->args : "", NULL);

    return scep_exchange_redirect(exchange, HTTP_MOVED_PERMANENTLY,
                                  ap_construct_url(r->pool, url, r));
}

static int show_page(scep_exchange_t *exchange, scep_page_state_e state,
                     const char *password)
{
    scep_admin_page_t page = {.state = state,
                              .thumbprint = exchange->site->thumbprint,
                              .password = password,
                              .validity = exchange->policy.password_validity,
                              .encoding =
                                  scep_config_dir(exchange->r)->page_encoding};

    return scep_exchange_page(exchange, scep_admin_page_type(page.encoding),
                              scep_admin_page(&page, exchange->r->pool));
}

static int answer_page(scep_exchange_t *exchange)
{
    request_rec *r = exchange->r;
    const scep_draw_params_t params = {0};
    scep_drawn_t drawn;
    scep_status_e status;

    if (r->header_only) {
        return scep_exchange_head(
            exchange, scep_admin_page_type(scep_config_dir(r)->page_encoding));
    }
    status = scep_admin_draw(exchange, &params, &drawn);
    if (status == SCEP_OK) {
        return show_page(exchange,
                         drawn.reusable ? SCEP_PAGE_SINGLE : SCEP_PAGE_PASSWORD,
                         drawn.password);
    }
    if (exchange->res.reason == SCEP_R_CACHE_FULL) {
        return show_page(exchange, SCEP_PAGE_CACHE_FULL, NULL);
    }
    if (exchange->res.reason == SCEP_R_USER_FULL) {
        return show_page(exchange, SCEP_PAGE_USER_FULL, NULL);
    }
    if (status == SCEP_REFUSED) {
        return show_page(exchange, SCEP_PAGE_NO_PERMISSION, NULL);
    }
    return scep_exchange_refuse_quietly(exchange);
}

/* ---- NDES's operations ---- */

/* Answer TEXT and nothing else, not even a line end. */
static int answer_text(scep_exchange_t *exchange, const char *text)
{
    scep_answer_t answer = {
        .http_status = HTTP_OK,
        .content_type = "text/plain",
        .body = {(const unsigned char *)text, strlen(text)}};

    return scep_exchange_send(exchange, &answer);
}

static int answer_thumbprint(scep_exchange_t *exchange)
{
    if (exchange->site->thumbprint == NULL) {
        scep_fail(
            &exchange->res, SCEP_R_SETUP,
            "OpenSSL has no MD5 here, of which NDES's thumbprint is made");
        return scep_exchange_refuse(exchange);
    }
    return answer_text(exchange, exchange->site->thumbprint);
}

static int answer_challenge(scep_exchange_t *exchange)
{
    request_rec *r = exchange->r;
    scep_draw_params_t params = {0};
    scep_drawn_t drawn;
    apr_table_t *fields;

    if (scep_form_data(r->args, r->args != NULL ? strlen(r->args) : 0, r->pool,
                       &fields, &exchange->res) != SCEP_OK ||
        scep_admin_draw_ndes(exchange, fields, &params, &exchange->res) !=
            SCEP_OK) {
        return scep_exchange_refuse(exchange);
    }
    if (r->header_only) {
        return scep_exchange_head(exchange, "text/plain");
    }
    if (scep_admin_draw(exchange, &params, &drawn) != SCEP_OK) {
        return scep_exchange_refuse_quietly(exchange);
    }
    return answer_text(exchange, drawn.password);
}

/* ---- both ---- */

static bool is_page(scep_operation_e operation)
{
    return operation == SCEP_OP_NONE || operation == SCEP_OP_NDES_CHALLENGE ||
           operation == SCEP_OP_NDES_THUMBPRINT;
}

/* Only the documented paths draw. A browser that loads favicon.ico, for
 * example, wants no password. */
static scep_status_e check_path(scep_exchange_t *exchange)
{
    static const char *const spellings[] = {"", "/", "/mscep.dll",
                                            "/mscep.dll/"};
    size_t i;

    for (i = 0; i < sizeof(spellings) / sizeof(*spellings); i++) {
        if (strcasecmp(exchange->below, spellings[i]) == 0) {
            return SCEP_OK;
        }
    }
    return scep_fail(
        &exchange->res, SCEP_R_ADMIN_PATH,
        "%s draws no password; its beginning, without \"%s\", does",
        scep_printable(exchange->r->pool, exchange->r->uri, NAME_IN_LOG),
        scep_printable(exchange->r->pool, exchange->below, NAME_IN_LOG));
}

static int answer(scep_exchange_t *exchange)
{
    if (scep_guard_user(exchange) != SCEP_OK ||
        check_path(exchange) != SCEP_OK ||
        scep_guard_purpose(exchange) != SCEP_OK) {
        return scep_exchange_refuse(exchange);
    }
    if (wants_slash(exchange)) {
        return redirect(exchange);
    }
    switch (exchange->query.operation) {
    case SCEP_OP_NDES_CHALLENGE:
        return answer_challenge(exchange);
    case SCEP_OP_NDES_THUMBPRINT:
        return answer_thumbprint(exchange);
    default:
        return answer_page(exchange);
    }
}

static void note(const scep_exchange_t *exchange, const char *operation)
{
    apr_table_setn(exchange->r->notes, "SCEP_OPERATION", operation);
}

static int serve(scep_exchange_t *exchange, scep_endpoint_e kind)
{
    scep_operation_e operation;

    if (kind != SCEP_ENDPOINT_ADMIN) {
        return DECLINED;
    }
    if (scep_api_is(exchange)) {
        note(exchange, "api");
        return scep_api_answer(exchange);
    }
    if (exchange->r->method_number == M_OPTIONS) {
        return DECLINED;
    }
    if (scep_endpoint_begin(exchange) != SCEP_OK) {
        return scep_exchange_refuse(exchange);
    }
    if (scep_form_is(exchange)) {
        note(exchange, "form");
        return scep_form_answer(exchange);
    }
    operation = exchange->query.operation;
    if (!is_page(operation)) {
        return DECLINED; /* devices may use this path, too */
    }
    note(exchange,
         operation == SCEP_OP_NONE ? "admin" : scep_operation_name(operation));
    return answer(exchange);
}

static int handler(request_rec *r)
{
    return scep_endpoint_serve(r, serve);
}

void scep_admin_register(apr_pool_t *pool)
{
    (void)pool;
    ap_hook_handler(handler, NULL, NULL, APR_HOOK_FIRST);
}
