/* Licensed under the Apache License, Version 2.0; see LICENSE. */
/*
 * scep_call.c: headers and body of every answer. Answers are complete pages
 * of ours with their own status: ErrorDocument is for other requests.
 * (httpd layer)
 */
#include "scep_call.h"

#include <apr_strings.h>

#include <http_core.h>
#include <http_log.h>
#include <http_protocol.h>
#include <http_request.h>
#include <util_filter.h>

#include "scep_log_httpd.h"
#include "scep_refusal.h"
#include "scep_trust.h"

APLOG_USE_MODULE(scep);

/* The CAs that a CA-IDENT chooses here; what is not ready is as if it were not
 * there. */
static const apr_array_header_t *idents_of(const scep_server_config_t *server,
                                           const scep_dir_config_t *conf,
                                           apr_pool_t *pool)
{
    apr_hash_index_t *hi = apr_hash_first(pool, conf->ca_idents);
    apr_array_header_t *idents = apr_array_make(pool, 2, sizeof(scep_ident_t));

    for (; hi != NULL; hi = apr_hash_next(hi)) {
        scep_site_t *site = scep_config_site(server, apr_hash_this_val(hi));
        scep_ident_t *one;

        if (site != NULL && site->ready &&
            (conf->level != SCEP_LEVEL_LEGACY ||
             site->service.ra_legacy != NULL)) {
            one = apr_array_push(idents);
            one->ident = apr_hash_this_key(hi);
            one->service = &site->service;
        }
    }
    return idents;
}
enum { RETRY_AFTER = 5 /* seconds */ };

void scep_call_init(scep_call_t *call, request_rec *r)
{
    const scep_dir_config_t *conf = scep_config_dir(r);
    const scep_server_config_t *server = scep_config_server(r->server);

    memset(call, 0, sizeof(*call));
    call->r = r;
    call->allow = "GET, HEAD, POST, OPTIONS";
    call->site = scep_config_site(server, conf->ca);
    scep_config_policy(server, conf, &call->policy);
    call->request.pool = r->pool;
    call->request.policy = &call->policy;
    call->request.peer = r->useragent_ip;
    call->request.endpoint = r->uri;
    call->request.host_request = r;
    scep_log_env_request(&call->request.env, r);
    scep_result_init(&call->res, r->pool);
    if (call->site != NULL) {
        call->request.env.limit = call->site->runtime->log_limit;
        call->request.service = &call->site->service;
        call->request.idents =
            conf->ca_idents != NULL ? idents_of(server, conf, r->pool) : NULL;
        call->policy.algs = call->site->runtime->algs[conf->level];
    }
}

scep_status_e scep_call_ready(scep_call_t *call)
{
    const scep_trust_t *trust = scep_config_dir(call->r)->trust;

    if (call->site == NULL) {
        return scep_fail(&call->res, SCEP_R_SETUP,
                         "SetHandler %s is of no use without ScepEngine On in "
                         "this virtual host",
                         call->r->handler);
    }
    if (!call->site->ready) {
        return scep_fail(&call->res, SCEP_R_NOT_READY,
                         "this site is out of order since a start or restart: "
                         "see what the error log said then");
    }
    if (scep_store_in_place(call->site->service.store, &call->res) != SCEP_OK) {
        return call->res.status;
    }
    if (trust != NULL && trust->failed) {
        return scep_fail(&call->res, SCEP_R_NOT_READY,
                         "a file of ScepRenewalTrust could not be used at the "
                         "last restart: see what the error log said then");
    }
    if (call->policy.profile == NULL) {
        return scep_fail(&call->res, SCEP_R_SETUP,
                         "the profile of this location is not known");
    }
    if (call->policy.algs == NULL ||
        (scep_algs_level(call->policy.algs) == SCEP_LEVEL_LEGACY &&
         call->site->service.ra_legacy == NULL)) {
        return scep_fail(&call->res, SCEP_R_CA_UNAVAILABLE,
                         "ScepAlgorithms legacy could not be set up; the log "
                         "said why when httpd started");
    }
    return SCEP_OK;
}

static void set_headers(scep_call_t *call, const char *content_type,
                        bool cacheable)
{
    request_rec *r = call->r;
    core_request_config *core = ap_get_core_module_config(r->request_config);

    /* Clients compare the type as a whole: AddDefaultCharset must not add to
     * it. */
    core->suppress_charset = 1;
    ap_set_content_type(r, content_type);
    apr_table_setn(r->headers_out, "X-Content-Type-Options", "nosniff");
    if (!cacheable) {
        apr_table_setn(r->headers_out, "Cache-Control", "no-store");
    }
    /* A compressed answer is one that many clients cannot read, and beside a
     * password it would be an oracle. */
    apr_table_setn(r->subprocess_env, "no-gzip", "1");
    apr_table_setn(r->subprocess_env, "no-brotli", "1");
}

static int send_body(scep_call_t *call, scep_octets_t body)
{
    request_rec *r = call->r;
    apr_bucket_alloc_t *alloc = r->connection->bucket_alloc;
    apr_bucket_brigade *bb = apr_brigade_create(r->pool, alloc);
    apr_status_t rv;

    ap_set_content_length(r, (apr_off_t)body.len);
    if (body.len > 0) {
        APR_BRIGADE_INSERT_TAIL(
            bb, apr_bucket_pool_create((const char *)body.data, body.len,
                                       r->pool, alloc));
    }
    if (call->request.refusal != NULL) {
        /* What is recorded of it comes after it. */
        APR_BRIGADE_INSERT_TAIL(bb, apr_bucket_flush_create(alloc));
    }
    APR_BRIGADE_INSERT_TAIL(bb, apr_bucket_eos_create(alloc));
    rv = ap_pass_brigade(r->output_filters, bb);
    if (rv == AP_FILTER_ERROR) {
        return AP_FILTER_ERROR;
    }
    if (rv != APR_SUCCESS) {
        /* Nothing is lost: a repeated request gets the same answer. */
        ap_log_rerror(APLOG_MARK, APLOG_DEBUG, rv, r,
                      SCEPLOGNO(0401) "the client did not take the answer");
    }
    return OK;
}

/* What httpd would make of r->allowed lists TRACE, too, which we refuse. */
static void set_allow(scep_call_t *call)
{
    apr_table_setn(call->r->headers_out, "Allow", call->allow);
}

int scep_call_options(scep_call_t *call)
{
    scep_answer_t answer = {.http_status = HTTP_OK,
                            .content_type = "text/plain"};

    set_allow(call);
    return scep_call_send(call, &answer);
}

int scep_call_send(scep_call_t *call, const scep_answer_t *answer)
{
    request_rec *r = call->r;

    r->status = answer->http_status;
    set_headers(call, answer->content_type, answer->cacheable);
    if (answer->retry_after > 0) {
        apr_table_setn(r->headers_out, "Retry-After",
                       apr_itoa(r->pool, answer->retry_after));
    }
    if (answer->http_status == HTTP_METHOD_NOT_ALLOWED) {
        set_allow(call);
    }
    return send_body(call, answer->body);
}

int scep_call_redirect(scep_call_t *call, int http_status, const char *location)
{
    scep_answer_t answer = {.http_status = http_status,
                            .content_type = "text/plain"};

    apr_table_setn(call->r->headers_out, "Location", location);
    return scep_call_send(call, &answer);
}

int scep_call_status(const scep_result_t *res)
{
    if (res->http_status != HTTP_OK) {
        return res->http_status;
    }
    return res->status == SCEP_UNAVAILABLE ? HTTP_SERVICE_UNAVAILABLE
                                           : HTTP_CONFLICT;
}

int scep_call_refuse(scep_call_t *call)
{
    request_rec *r = call->r;
    scep_answer_t answer;

    scep_refusal_answer(&call->request, &call->res, NULL, &answer);
    if (r->user != NULL) {
        scep_refusal_note(&call->request, &call->res, NULL, r->user);
    }
    if (ap_request_has_body(r)) {
        /* Close the connection instead of reading the rest of the body. */
        r->connection->keepalive = AP_CONN_CLOSE;
    }
    return scep_call_send(call, &answer);
}

int scep_call_refuse_quietly(scep_call_t *call)
{
    const char *text =
        apr_pstrcat(call->r->pool, call->res.public_text, "\n", NULL);
    scep_answer_t answer = {
        .http_status = scep_call_status(&call->res),
        .content_type = "text/plain",
        .retry_after = call->res.status == SCEP_UNAVAILABLE ? RETRY_AFTER : 0,
        .body = {(const unsigned char *)text, strlen(text)}};

    return scep_call_send(call, &answer);
}

int scep_call_head(scep_call_t *call, const char *content_type)
{
    set_headers(call, content_type, false);
    return OK;
}

static int send_page(scep_call_t *call, const char *content_type,
                     const char *form_action, scep_octets_t body)
{
    request_rec *r = call->r;

    set_headers(call, content_type, false);
    apr_table_setn(r->headers_out, "Content-Security-Policy",
                   apr_pstrcat(r->pool,
                               "default-src 'none'; base-uri 'none'; "
                               "form-action ",
                               form_action, "; frame-ancestors 'none'", NULL));
    /* With no-referrer, browsers send "Origin: null" with our own forms. */
    apr_table_setn(r->headers_out, "Referrer-Policy", "same-origin");
    return send_body(call, body);
}

int scep_call_page(scep_call_t *call, const char *content_type,
                   scep_octets_t body)
{
    return send_page(call, content_type, "'none'", body);
}

int scep_call_form_page(scep_call_t *call, int http_status, scep_octets_t body)
{
    call->r->status = http_status;
    return send_page(call, "text/html; charset=utf-8", "'self'", body);
}
