/* Licensed under the Apache License, Version 2.0; see LICENSE. */
/*
 * scep_exchange.c: sends headers and body of every answer, and reads the body
 * of a request. Answers are complete, with their own status, so that no
 * ErrorDocument replaces them. (httpd layer)
 */
#include "scep_exchange.h"

#include <apr_strings.h>

#include <http_core.h>
#include <http_log.h>
#include <http_protocol.h>
#include <http_request.h>
#include <util_filter.h>

#include "scep_log_httpd.h"
#include "scep_refusal.h"
#include "scep_str.h"
#include "scep_sources.h"

APLOG_USE_MODULE(scep);

/* The CAs that a CA-IDENT can choose here. Those that are not ready are left
 * out. */
static const apr_array_header_t *idents_of(const scep_server_config_t *server,
                                           const scep_dir_config_t *conf,
                                           apr_pool_t *pool)
{
    apr_hash_index_t *hi = apr_hash_first(pool, conf->ca_idents);
    apr_array_header_t *idents = apr_array_make(pool, 2, sizeof(scep_ident_t));

    for (; hi != NULL; hi = apr_hash_next(hi)) {
        scep_site_t *site = scep_served_site(server, apr_hash_this_val(hi));
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

void scep_exchange_init(scep_exchange_t *exchange, request_rec *r)
{
    const scep_dir_config_t *conf = scep_config_dir(r);
    const scep_server_config_t *server = scep_config_server(r->server);

    memset(exchange, 0, sizeof(*exchange));
    exchange->r = r;
    exchange->allow = "GET, HEAD, POST, OPTIONS";
    exchange->site = scep_served_site(server, conf->ca);
    scep_config_policy(server, conf, &exchange->policy);
    exchange->request.pool = r->pool;
    exchange->request.policy = &exchange->policy;
    exchange->request.peer = r->useragent_ip;
    exchange->request.endpoint = r->uri;
    exchange->request.host_request = r;
    scep_log_env_request(&exchange->request.env, r);
    scep_result_init(&exchange->res, r->pool);
    if (exchange->site != NULL) {
        exchange->request.env.limit = exchange->site->runtime->log_limit;
        exchange->request.service = &exchange->site->service;
        exchange->request.idents =
            conf->ca_idents != NULL ? idents_of(server, conf, r->pool) : NULL;
        exchange->policy.algs = server->served->runtime->algs[conf->level];
        exchange->policy.leniency = server->served->leniency;
    }
}

scep_status_e scep_exchange_ready(scep_exchange_t *exchange)
{
    const scep_trust_t *trust = scep_config_dir(exchange->r)->trust;

    if (exchange->site == NULL) {
        return scep_fail(
            &exchange->res, SCEP_R_SETUP,
            "SetHandler %s needs ScepEngine On in this virtual host",
            exchange->r->handler);
    }
    if (!exchange->site->ready) {
        return scep_fail(&exchange->res, SCEP_R_NOT_READY,
                         "this site failed at a start or restart: see the "
                         "error log of that time");
    }
    if (scep_store_in_place(exchange->site->service.store, &exchange->res) !=
        SCEP_OK) {
        return exchange->res.status;
    }
    if (trust != NULL && trust->failed) {
        return scep_fail(&exchange->res, SCEP_R_NOT_READY,
                         "a file of ScepRenewalTrust could not be used at the "
                         "last restart: see the error log of that time");
    }
    if (exchange->policy.profile == NULL) {
        return scep_fail(&exchange->res, SCEP_R_SETUP,
                         "the profile of this location is not known");
    }
    if (exchange->policy.algs == NULL ||
        (scep_algs_level(exchange->policy.algs) == SCEP_LEVEL_LEGACY &&
         exchange->site->service.ra_legacy == NULL)) {
        return scep_fail(&exchange->res, SCEP_R_CA_UNAVAILABLE,
                         "ScepAlgorithms legacy could not be set up: see the "
                         "error log of the last start");
    }
    return SCEP_OK;
}

static void set_headers(scep_exchange_t *exchange, const char *content_type,
                        bool cacheable)
{
    request_rec *r = exchange->r;
    core_request_config *core = ap_get_core_module_config(r->request_config);

    /* Clients compare the whole type, so AddDefaultCharset must not add to
     * it. */
    core->suppress_charset = 1;
    ap_set_content_type(r, content_type);
    apr_table_setn(r->headers_out, "X-Content-Type-Options", "nosniff");
    if (!cacheable) {
        apr_table_setn(r->headers_out, "Cache-Control", "no-store");
    }
    /* Many clients cannot read a compressed answer, and the size of one with a
     * password in it would be an oracle. */
    apr_table_setn(r->subprocess_env, "no-gzip", "1");
    apr_table_setn(r->subprocess_env, "no-brotli", "1");
}

static int send_body(scep_exchange_t *exchange, scep_octets_t body)
{
    request_rec *r = exchange->r;
    apr_bucket_alloc_t *alloc = r->connection->bucket_alloc;
    apr_bucket_brigade *bb = apr_brigade_create(r->pool, alloc);
    apr_status_t rv;

    ap_set_content_length(r, (apr_off_t)body.len);
    if (body.len > 0) {
        APR_BRIGADE_INSERT_TAIL(
            bb, apr_bucket_pool_create((const char *)body.data, body.len,
                                       r->pool, alloc));
    }
    if (exchange->request.refusal != NULL) {
        /* Flush: the refusal is recorded after the answer has left. */
        APR_BRIGADE_INSERT_TAIL(bb, apr_bucket_flush_create(alloc));
    }
    APR_BRIGADE_INSERT_TAIL(bb, apr_bucket_eos_create(alloc));
    rv = ap_pass_brigade(r->output_filters, bb);
    if (rv == AP_FILTER_ERROR) {
        return AP_FILTER_ERROR;
    }
    if (rv != APR_SUCCESS) {
        /* No harm is done: a repeated request gets the same answer. */
        ap_log_rerror(
            APLOG_MARK, APLOG_DEBUG, rv, r,
            SCEPLOGNO(0401) "the client did not read the whole answer");
    }
    return OK;
}

/* httpd would make a list with TRACE from r->allowed, which we refuse. */
static void set_allow(scep_exchange_t *exchange)
{
    apr_table_setn(exchange->r->headers_out, "Allow", exchange->allow);
}

int scep_exchange_options(scep_exchange_t *exchange)
{
    scep_answer_t answer = {.http_status = HTTP_OK,
                            .content_type = "text/plain"};

    set_allow(exchange);
    return scep_exchange_send(exchange, &answer);
}

int scep_exchange_send(scep_exchange_t *exchange, const scep_answer_t *answer)
{
    request_rec *r = exchange->r;

    r->status = answer->http_status;
    set_headers(exchange, answer->content_type, answer->cacheable);
    if (answer->retry_after > 0) {
        apr_table_setn(r->headers_out, "Retry-After",
                       apr_itoa(r->pool, answer->retry_after));
    }
    if (answer->http_status == HTTP_METHOD_NOT_ALLOWED) {
        set_allow(exchange);
    }
    return send_body(exchange, answer->body);
}

int scep_exchange_redirect(scep_exchange_t *exchange, int http_status,
                           const char *location)
{
    scep_answer_t answer = {.http_status = http_status,
                            .content_type = "text/plain"};

    apr_table_setn(exchange->r->headers_out, "Location", location);
    return scep_exchange_send(exchange, &answer);
}

int scep_exchange_status(const scep_result_t *res)
{
    if (res->http_status != HTTP_OK) {
        return res->http_status;
    }
    return res->status == SCEP_UNAVAILABLE ? HTTP_SERVICE_UNAVAILABLE
                                           : HTTP_CONFLICT;
}

int scep_exchange_refuse(scep_exchange_t *exchange)
{
    request_rec *r = exchange->r;
    scep_answer_t answer;

    scep_refusal_answer(&exchange->request, &exchange->res, NULL, &answer);
    if (r->user != NULL) {
        scep_refusal_note(&exchange->request, &exchange->res, NULL, r->user);
    }
    if (ap_request_has_body(r)) {
        /* Close the connection instead of reading the rest of the body. */
        r->connection->keepalive = AP_CONN_CLOSE;
    }
    return scep_exchange_send(exchange, &answer);
}

int scep_exchange_refuse_quietly(scep_exchange_t *exchange)
{
    const char *text =
        apr_pstrcat(exchange->r->pool, exchange->res.public_text, "\n", NULL);
    scep_answer_t answer = {
        .http_status = scep_exchange_status(&exchange->res),
        .content_type = "text/plain",
        .retry_after =
            exchange->res.status == SCEP_UNAVAILABLE ? RETRY_AFTER : 0,
        .body = {(const unsigned char *)text, strlen(text)}};

    return scep_exchange_send(exchange, &answer);
}

int scep_exchange_head(scep_exchange_t *exchange, const char *content_type)
{
    set_headers(exchange, content_type, false);
    return OK;
}

static int send_page(scep_exchange_t *exchange, const char *content_type,
                     const char *form_action, scep_octets_t body)
{
    request_rec *r = exchange->r;

    set_headers(exchange, content_type, false);
    apr_table_setn(r->headers_out, "Content-Security-Policy",
                   apr_pstrcat(r->pool,
                               "default-src 'none'; base-uri 'none'; "
                               "form-action ",
                               form_action, "; frame-ancestors 'none'", NULL));
    /* With no-referrer, browsers would send "Origin: null" with our forms. */
    apr_table_setn(r->headers_out, "Referrer-Policy", "same-origin");
    return send_body(exchange, body);
}

int scep_exchange_page(scep_exchange_t *exchange, const char *content_type,
                       scep_octets_t body)
{
    return send_page(exchange, content_type, "'none'", body);
}

int scep_exchange_form_page(scep_exchange_t *exchange, int http_status,
                            scep_octets_t body)
{
    exchange->r->status = http_status;
    return send_page(exchange, "text/html; charset=utf-8", "'self'", body);
}

/* ---- the body ---- */

typedef struct reader_t {
    request_rec *r;
    unsigned char *data;
    apr_size_t used;
    const scep_body_limit_t *limit;
    bool complete;
    int *filter_status;
    scep_result_t *res;
} reader_t;

static scep_status_e too_large(const reader_t *b)
{
    return scep_fail(b->res, SCEP_R_TOO_LARGE,
                     "the body has more than %lu octets (%s)",
                     (unsigned long)b->limit->max, b->limit->cause);
}

/* How many octets the client has announced. */
static const char *announced(request_rec *r)
{
    const char *length = apr_table_get(r->headers_in, "Content-Length");

    return length != NULL ? scep_printable(r->pool, length, 20) : "unknown";
}

static scep_status_e unreadable(const reader_t *b, apr_status_t rv)
{
    char text[128];
    int status = ap_map_http_request_error(rv, HTTP_BAD_REQUEST);

    if (status == HTTP_REQUEST_ENTITY_TOO_LARGE) {
        return scep_fail(b->res, SCEP_R_TOO_LARGE,
                         "the body is larger than LimitRequestBody");
    }
    if (status == AP_FILTER_ERROR) {
        *b->filter_status = status;
    }
    return scep_fail(b->res, SCEP_R_BODY,
                     "incomplete: the body ended after %lu of %s octets (%s)",
                     (unsigned long)b->used, announced(b->r),
                     apr_strerror(rv, text, sizeof(text)));
}

static scep_status_e take_brigade(reader_t *b, apr_bucket_brigade *bb)
{
    apr_bucket *e;

    for (e = APR_BRIGADE_FIRST(bb);
         e != APR_BRIGADE_SENTINEL(bb) && !b->complete;
         e = APR_BUCKET_NEXT(e)) {
        const char *data;
        apr_size_t len;
        apr_status_t rv;

        if (APR_BUCKET_IS_EOS(e)) {
            b->complete = true;
        }
        if (APR_BUCKET_IS_METADATA(e)) {
            continue;
        }
        rv = apr_bucket_read(e, &data, &len, APR_BLOCK_READ);
        if (rv != APR_SUCCESS) {
            return unreadable(b, rv);
        }
        if (len > b->limit->max - b->used) {
            return too_large(b);
        }
        memcpy(b->data + b->used, data, len);
        b->used += len;
    }
    return SCEP_OK;
}

/* Content-Length only saves reading. With an inflating input filter, it says
 * nothing about what arrives here. */
static scep_status_e check_length(const reader_t *b)
{
    const char *length = apr_table_get(b->r->headers_in, "Content-Length");
    apr_off_t size = 0;
    char *end;

    if (length != NULL &&
        apr_table_get(b->r->headers_in, "Transfer-Encoding") == NULL) {
        if (apr_strtoff(&size, length, &end, 10) != APR_SUCCESS || size < 0) {
            return scep_fail(b->res, SCEP_R_BODY, "bad Content-Length");
        }
        if (size > (apr_off_t)b->limit->max) {
            return too_large(b);
        }
    }
    return SCEP_OK;
}

scep_status_e scep_body_read(request_rec *r, const scep_body_limit_t *limit,
                             scep_octets_t *body, int *filter_status,
                             scep_result_t *res)
{
    reader_t b = {r, NULL, 0, limit, false, filter_status, res};
    apr_bucket_brigade *bb;
    scep_status_e status = check_length(&b);

    *body = (scep_octets_t){NULL, 0};
    if (status != SCEP_OK) {
        return status;
    }
    b.data = apr_palloc(r->pool, limit->max);
    bb = apr_brigade_create(r->pool, r->connection->bucket_alloc);
    while (status == SCEP_OK && !b.complete) {
        apr_status_t rv =
            ap_get_brigade(r->input_filters, bb, AP_MODE_READBYTES,
                           APR_BLOCK_READ, HUGE_STRING_LEN);

        status = rv == APR_SUCCESS ? take_brigade(&b, bb) : unreadable(&b, rv);
        apr_brigade_cleanup(bb);
    }
    apr_brigade_destroy(bb);
    body->data = b.data;
    body->len = b.used;
    return status;
}
