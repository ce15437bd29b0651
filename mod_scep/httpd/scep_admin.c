/* Licensed under the Apache License, Version 2.0; see LICENSE. */
/*
 * scep_admin.c: draw a password for the user whom httpd has authenticated.
 * NDES draws on every GET, and so the programs that read its page expect it;
 * what keeps other sites' pages from drawing is Sec-Fetch-Site. (httpd layer)
 */
#include "scep_admin.h"

#include <apr_strings.h>

#include <http_core.h>

#include "scep_admin_page.h"
#include "scep_draw.h"

enum { RETRY_AFTER = 5 /* seconds */ };

static const char path[] = "/certsrv/mscep_admin/";

/* As NDES, and only once the user is known. A POST would lose its method on
 * the way. */
static bool wants_slash(const scep_call_t *call)
{
    return call->slash_added && call->r->method_number == M_GET &&
           strcmp(call->r->uri, path) == 0;
}

static int redirect(scep_call_t *call)
{
    request_rec *r = call->r;
    const char *url = apr_pstrcat(r->pool, r->uri, r->args != NULL ? "?" : "",
                                  r->args != NULL ? r->args : "", NULL);
    scep_answer_t answer = {.http_status = HTTP_MOVED_PERMANENTLY,
                            .content_type = "text/plain"};

    apr_table_setn(r->headers_out, "Location",
                   ap_construct_url(r->pool, url, r));
    return scep_call_send(call, &answer);
}

static scep_status_e check_user(scep_call_t *call)
{
    const request_rec *r = call->r;
    const char *site = apr_table_get(r->headers_in, "Sec-Fetch-Site");

    if (r->user == NULL || *r->user == '\0') {
        return scep_fail(&call->res, SCEP_R_ADMIN_NO_USER,
                         "%s asks for a user that httpd has authenticated; "
                         "give its location AuthType and Require",
                         r->uri);
    }
    if (site != NULL && strcasecmp(site, "cross-site") == 0) {
        return scep_fail(&call->res, SCEP_R_ADMIN_CROSS_SITE,
                         "a page of another site has led user \"%s\" here",
                         r->user);
    }
    return SCEP_OK;
}

static int show(scep_call_t *call, scep_page_state_e state,
                const char *password)
{
    scep_admin_page_t page = {
        .state = state,
        .thumbprint = call->site->thumbprint,
        .password = password,
        .validity = call->policy.password_validity,
        .encoding = scep_config_page_encoding(scep_config_dir(call->r))};

    return scep_call_page(call, scep_admin_page_type(page.encoding),
                          scep_admin_page(&page, call->r->pool));
}

/* scep_draw() has logged it already. */
static int unavailable(scep_call_t *call)
{
    const char *text =
        apr_pstrcat(call->r->pool, call->res.public_text, "\n", NULL);
    scep_answer_t answer = {
        .http_status = call->res.http_status,
        .content_type = "text/plain",
        .retry_after = call->res.status == SCEP_UNAVAILABLE ? RETRY_AFTER : 0,
        .body = {(const unsigned char *)text, strlen(text)}};

    return scep_call_send(call, &answer);
}

int scep_admin_answer(scep_call_t *call)
{
    request_rec *r = call->r;
    scep_drawn_t drawn;
    scep_status_e status = check_user(call);

    if (status != SCEP_OK) {
        return scep_call_refuse(call);
    }
    if (wants_slash(call)) {
        return redirect(call);
    }
    if (r->header_only) {
        return scep_call_head(
            call, scep_admin_page_type(
                      scep_config_page_encoding(scep_config_dir(r))));
    }
    status = scep_draw(&call->request, r->user, NULL, &drawn, &call->res);
    if (status == SCEP_OK) {
        return show(call,
                    drawn.reusable ? SCEP_PAGE_SINGLE : SCEP_PAGE_PASSWORD,
                    drawn.password);
    }
    if (call->res.reason == SCEP_R_CACHE_FULL) {
        return show(call, SCEP_PAGE_CACHE_FULL, NULL);
    }
    if (status == SCEP_REFUSED) {
        return show(call, SCEP_PAGE_NO_PERMISSION, NULL);
    }
    return unavailable(call);
}
