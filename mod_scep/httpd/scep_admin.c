/* Licensed under the Apache License, Version 2.0; see LICENSE. */
/*
 * scep_admin.c: draw a password for the user whom httpd has authenticated.
 * NDES draws on every GET, and so the programs that read its page expect it;
 * what keeps other sites' pages from drawing is scep_csrf.h. (httpd layer)
 */
#include "scep_admin.h"

#include <apr_strings.h>

#include <http_core.h>

#include "scep_admin_draw.h"
#include "scep_admin_page.h"
#include "scep_form_data.h"
#include "scep_guard.h"

enum { NAME_IN_LOG = 256 };

static const char path[] = "/certsrv/mscep_admin/";

/* As NDES, and only once the user is known. A POST would lose its method on
 * the way. */
static bool wants_slash(const scep_call_t *call)
{
    return call->slash_added && call->r->method_number == M_GET &&
           call->query.operation == SCEP_OP_NONE &&
           strcmp(call->r->uri, path) == 0;
}

static int redirect(scep_call_t *call)
{
    request_rec *r = call->r;
    const char *url = apr_pstrcat(r->pool, r->uri, r->args != NULL ? "?" : "",
                                  r->args != NULL ? r->args : "", NULL);

    return scep_call_redirect(call, HTTP_MOVED_PERMANENTLY,
                              ap_construct_url(r->pool, url, r));
}

static int show(scep_call_t *call, scep_page_state_e state,
                const char *password)
{
    scep_admin_page_t page = {.state = state,
                              .thumbprint = call->site->thumbprint,
                              .password = password,
                              .validity = call->policy.password_validity,
                              .encoding =
                                  scep_config_dir(call->r)->page_encoding};

    return scep_call_page(call, scep_admin_page_type(page.encoding),
                          scep_admin_page(&page, call->r->pool));
}

static int answer_page(scep_call_t *call)
{
    request_rec *r = call->r;
    const scep_draw_params_t params = {0};
    scep_drawn_t drawn;
    scep_status_e status;

    if (r->header_only) {
        return scep_call_head(
            call, scep_admin_page_type(scep_config_dir(r)->page_encoding));
    }
    status = scep_admin_draw(call, &params, &drawn);
    if (status == SCEP_OK) {
        return show(call,
                    drawn.reusable ? SCEP_PAGE_SINGLE : SCEP_PAGE_PASSWORD,
                    drawn.password);
    }
    if (call->res.reason == SCEP_R_CACHE_FULL) {
        return show(call, SCEP_PAGE_CACHE_FULL, NULL);
    }
    if (call->res.reason == SCEP_R_USER_FULL) {
        return show(call, SCEP_PAGE_USER_FULL, NULL);
    }
    if (status == SCEP_REFUSED) {
        return show(call, SCEP_PAGE_NO_PERMISSION, NULL);
    }
    return scep_call_refuse_quietly(call);
}

/* ---- NDES's operations ---- */

/* TEXT and nothing else, not even the end of a line. */
static int answer_text(scep_call_t *call, const char *text)
{
    scep_answer_t answer = {
        .http_status = HTTP_OK,
        .content_type = "text/plain",
        .body = {(const unsigned char *)text, strlen(text)}};

    return scep_call_send(call, &answer);
}

static int answer_thumbprint(scep_call_t *call)
{
    if (call->site->thumbprint == NULL) {
        scep_fail(
            &call->res, SCEP_R_SETUP,
            "OpenSSL has no MD5 here, of which NDES's thumbprint is made");
        return scep_call_refuse(call);
    }
    return answer_text(call, call->site->thumbprint);
}

static int answer_challenge(scep_call_t *call)
{
    request_rec *r = call->r;
    scep_draw_params_t params = {0};
    scep_drawn_t drawn;
    apr_table_t *fields;

    if (scep_form_data(r->args, r->args != NULL ? strlen(r->args) : 0, r->pool,
                       &fields, &call->res) != SCEP_OK ||
        scep_admin_draw_ndes(call, fields, &params, &call->res) != SCEP_OK) {
        return scep_call_refuse(call);
    }
    if (r->header_only) {
        return scep_call_head(call, "text/plain");
    }
    if (scep_admin_draw(call, &params, &drawn) != SCEP_OK) {
        return scep_call_refuse_quietly(call);
    }
    return answer_text(call, drawn.password);
}

/* ---- both ---- */

bool scep_admin_is(scep_operation_e operation)
{
    return operation == SCEP_OP_NONE || operation == SCEP_OP_NDES_CHALLENGE ||
           operation == SCEP_OP_NDES_THUMBPRINT;
}

/* Just the documented spellings draw: what loads favicon.ico, say, wants no
 * password. */
static scep_status_e check_path(scep_call_t *call)
{
    static const char *const spellings[] = {"", "/", "/mscep.dll",
                                            "/mscep.dll/"};
    size_t i;

    for (i = 0; i < sizeof(spellings) / sizeof(*spellings); i++) {
        if (strcasecmp(call->below, spellings[i]) == 0) {
            return SCEP_OK;
        }
    }
    return scep_fail(&call->res, SCEP_R_ADMIN_PATH,
                     "nothing is drawn at %s, but at the path that ends "
                     "before \"%s\"",
                     scep_printable(call->r->pool, call->r->uri, NAME_IN_LOG),
                     scep_printable(call->r->pool, call->below, NAME_IN_LOG));
}

int scep_admin_answer(scep_call_t *call)
{
    if (scep_guard_user(call) != SCEP_OK || check_path(call) != SCEP_OK ||
        scep_guard_purpose(call) != SCEP_OK) {
        return scep_call_refuse(call);
    }
    if (wants_slash(call)) {
        return redirect(call);
    }
    switch (call->query.operation) {
    case SCEP_OP_NDES_CHALLENGE:
        return answer_challenge(call);
    case SCEP_OP_NDES_THUMBPRINT:
        return answer_thumbprint(call);
    default:
        return answer_page(call);
    }
}
