/* Licensed under the Apache License, Version 2.0; see LICENSE. */
/*
 * scep_endpoint.c: recognises the endpoints, and passes requests to a SCEP
 * operation or the admin page. (httpd layer)
 */
#include "scep_endpoint.h"

#include <apr_strings.h>

#include <ap_expr.h>
#include <http_config.h>
#include <http_core.h>
#include <http_protocol.h>
#include <http_request.h>

#include "scep_exchange.h"
#include "scep_crl_issue.h"
#include "scep_location.h"
#include "scep_operation.h"
#include "scep_refusal.h"

#define HANDLER_DEVICE "scep"
#define HANDLER_ADMIN "scep-admin"
#define HANDLER_CRL "scep-crl"

enum { CRL_MAX_AGE = 300 /* seconds */ };

static const char info_page[] =
    "<!DOCTYPE html>\n"
    "<html lang=\"en\">\n"
    "<head><title>SCEP</title></head>\n"
    "<body>\n"
    "<h1>SCEP</h1>\n"
    "<p>This address is for devices that enroll for certificates by the "
    "Simple Certificate Enrollment Protocol (RFC 8894). Give it to the device "
    "as its SCEP URL; there is nothing to see here for people.</p>\n"
    "<p>To obtain an enrollment challenge password go to "
    "<a href=\"/certsrv/mscep_admin/\">/certsrv/mscep_admin/</a>.</p>\n"
    "</body>\n"
    "</html>\n";

/* ---- recognised ---- */

static scep_endpoint_e endpoint_of_handler(const char *handler)
{
    if (handler == NULL) {
        return SCEP_ENDPOINT_NONE;
    }
    if (strcmp(handler, HANDLER_DEVICE) == 0) {
        return SCEP_ENDPOINT_DEVICE;
    }
    if (strcmp(handler, HANDLER_CRL) == 0) {
        return SCEP_ENDPOINT_CRL;
    }
    return strcmp(handler, HANDLER_ADMIN) == 0 ? SCEP_ENDPOINT_ADMIN
                                               : SCEP_ENDPOINT_NONE;
}

/* A note in the request's configuration. */
typedef struct note_t {
    const char *handler; /* NULL: not claimed */
    const char *uri;     /* the client's path in its canonical form */
    bool slash_added;    /* to uri */
    const char *below;   /* what follows the endpoint's path */
} note_t;

static note_t *note_of(const request_rec *r)
{
    note_t *note = ap_get_module_config(r->request_config, &scep_module);

    if (note == NULL) {
        note = apr_pcalloc(r->pool, sizeof(*note));
        ap_set_module_config(r->request_config, &scep_module, note);
    }
    return note;
}

static bool match(const request_rec *r, scep_location_t *location)
{
    return r->uri != NULL && r->proxyreq == PROXYREQ_NONE &&
           scep_config_server(r->server)->served != NULL &&
           scep_location_match(r->uri, r->pool, location);
}

static int canonicalize(request_rec *r)
{
    scep_location_t location;

    if (match(r, &location)) {
        note_t *note = note_of(r);

        note->uri = r->uri = location.uri;
        note->slash_added = location.slash_added;
    }
    return DECLINED;
}

static int translate(request_rec *r)
{
    scep_location_t location;
    note_t *note;

    if (!match(r, &location)) {
        return DECLINED;
    }
    note = note_of(r);
    if (note->uri == NULL || strcmp(note->uri, location.uri) != 0) {
        note->slash_added = location.slash_added; /* mod_rewrite has changed the
                                                   * path */
    }
    note->handler =
        location.kind == SCEP_ENDPOINT_ADMIN ? HANDLER_ADMIN : HANDLER_DEVICE;
    /* httpd walks the <Location> sections again after this, with this path. */
    r->uri = location.uri;
    r->path_info = location.path_info;
    note->below = location.path_info;
    /* Not a path, so no module looks for a file. */
    r->filename = apr_pstrdup(r->pool, HANDLER_DEVICE);
    r->handler = note->handler;
    return OK;
}

/* The handler that the sections for R set; NULL: none. */
static const char *set_handler(request_rec *r)
{
    const core_dir_config *conf = ap_get_core_module_config(r->per_dir_config);
    const char *error = NULL;

    return conf->expr_handler != NULL
               ? ap_expr_str_exec(r, conf->expr_handler, &error)
               : conf->handler;
}

/* Does a SetHandler or AddHandler of any section set our handler? httpd has not
 * walked the sections yet, so this does. httpd later merges those of <Location>
 * over the result. */
static bool handler_is_ours(request_rec *r)
{
    ap_conf_vector_t *walked;
    bool ours;

    if (ap_directory_walk(r) != OK || ap_file_walk(r) != OK) {
        return false;
    }
    walked = r->per_dir_config;
    ours = ap_location_walk(r) == OK &&
           endpoint_of_handler(set_handler(r)) != SCEP_ENDPOINT_NONE;
    if (!ours) {
        ap_run_type_checker(r); /* mod_mime: by extension */
        ours = endpoint_of_handler(r->handler) != SCEP_ENDPOINT_NONE;
    }
    r->per_dir_config = walked;
    return ours;
}

/* httpd's own hook comes after this one. It would answer TRACE with all headers
 * of the request, and never call a handler. OK prevents that. */
static int map_to_storage(request_rec *r)
{
    return note_of(r)->handler != NULL ||
                   (r->method_number == M_TRACE &&
                    r->proxyreq == PROXYREQ_NONE && handler_is_ours(r))
               ? OK
               : DECLINED;
}

/* A SetHandler of an enclosing section, or a file extension, may have set
 * another handler by now. Either of ours is accepted. */
static int fixups(request_rec *r)
{
    const char *handler = note_of(r)->handler;

    if (handler != NULL &&
        endpoint_of_handler(r->handler) == SCEP_ENDPOINT_NONE) {
        r->handler = handler;
    }
    return DECLINED;
}

/* ---- handled ---- */

static int answer_info(scep_exchange_t *exchange)
{
    scep_octets_t body = {(const unsigned char *)info_page,
                          sizeof(info_page) - 1};

    return scep_exchange_page(exchange, "text/html", body);
}

static scep_status_e refuse_method(scep_exchange_t *exchange)
{
    return scep_fail(
        &exchange->res, SCEP_R_METHOD, "method %s",
        scep_printable(exchange->r->pool, exchange->r->method, 32));
}

scep_status_e scep_endpoint_begin(scep_exchange_t *exchange)
{
    const request_rec *r = exchange->r;

    if (scep_exchange_ready(exchange) != SCEP_OK) {
        return exchange->res.status;
    }
    if (r->method_number != M_GET && r->method_number != M_POST) {
        return refuse_method(exchange);
    }
    return scep_query_parse(r->args, r->pool, &exchange->query, &exchange->res);
}

static int answer_operation(scep_exchange_t *exchange)
{
    request_rec *r = exchange->r;
    scep_octets_t body = {NULL, 0};
    scep_answer_t answer;
    const scep_body_limit_t limit = {exchange->policy.max_request_size,
                                     "ScepMaxRequestSize"};
    int filter_status = OK;

    if (r->method_number == M_POST &&
        scep_body_read(r, &limit, &body, &filter_status, &exchange->res) !=
            SCEP_OK) {
        if (filter_status == OK) {
            return scep_exchange_refuse(exchange);
        }
        scep_log(&exchange->request.env, SCEP_LOG_WARNING,
                 SCEPLOGNO(0402) "httpd has refused the body itself "
                                 "(LimitRequestBody, or an input filter)");
        return filter_status;
    }
    scep_operation_answer(&exchange->request, &exchange->query, body, &answer);
    return scep_exchange_send(exchange, &answer);
}

/* A CRL over plain HTTP (RFC 5280 4.2.1.13, RFC 8894 2.7). Caches may keep it
 * for a short while only, because the next revocation makes a new one. */
static void set_freshness(request_rec *r, const scep_crl_row_t *row)
{
    apr_time_t left = apr_time_sec(row->next_update - r->request_time);

    if (left > CRL_MAX_AGE) {
        left = CRL_MAX_AGE;
    }
    apr_table_setn(
        r->headers_out, "Cache-Control",
        apr_psprintf(r->pool, "max-age=%d", left > 0 ? (int)left : 0));
    apr_table_setn(
        r->headers_out, "ETag",
        apr_psprintf(r->pool, "\"%" APR_INT64_T_FMT "\"", row->number));
    ap_update_mtime(r, row->this_update);
    ap_set_last_modified(r);
}

static int answer_crl(scep_exchange_t *exchange)
{
    request_rec *r = exchange->r;
    scep_answer_t answer = {.http_status = HTTP_OK,
                            .content_type = "application/pkix-crl",
                            .cacheable = true};
    scep_crl_row_t *row;
    int status;

    apr_table_setn(r->notes, "SCEP_OPERATION", "crl");
    if (scep_crl_current(exchange->request.service, &exchange->request.env,
                         r->pool, &row, &exchange->res) != SCEP_OK) {
        if (exchange->res.status == SCEP_REFUSED) {
            exchange->res.http_status = HTTP_NOT_FOUND; /* no CertRep here */
        }
        return scep_exchange_refuse(exchange);
    }
    set_freshness(r, row);
    status = ap_meets_conditions(r);
    if (status != OK) {
        return status;
    }
    answer.body = row->der;
    return scep_exchange_send(exchange, &answer);
}

static int serve_crl(scep_exchange_t *exchange)
{
    exchange->allow = "GET, HEAD, OPTIONS";
    if (exchange->r->method_number == M_OPTIONS) {
        return scep_exchange_options(exchange);
    }
    if (scep_exchange_ready(exchange) != SCEP_OK) {
        return scep_exchange_refuse(exchange);
    }
    if (exchange->r->method_number != M_GET) {
        refuse_method(exchange);
        exchange->res.public_text = "Use GET.";
        return scep_exchange_refuse(exchange);
    }
    return answer_crl(exchange);
}

/* Serve SCEP operations, also at an admin page. */
static int serve(scep_exchange_t *exchange, scep_endpoint_e kind)
{
    request_rec *r = exchange->r;
    scep_operation_e operation;

    if (kind == SCEP_ENDPOINT_CRL) {
        return serve_crl(exchange);
    }
    if (r->method_number == M_OPTIONS) {
        return scep_exchange_options(exchange);
    }
    if (scep_endpoint_begin(exchange) != SCEP_OK) {
        return scep_exchange_refuse(exchange);
    }
    operation = exchange->query.operation;
    /* A browser. A GET with parameters is a client without `operation`. */
    if (operation == SCEP_OP_NONE && r->method_number == M_GET &&
        (r->args == NULL || *r->args == '\0')) {
        apr_table_setn(r->notes, "SCEP_OPERATION", "info");
        return answer_info(exchange);
    }
    if (operation == SCEP_OP_NONE && r->method_number == M_POST) {
        operation = SCEP_OP_PKIOPERATION;
    }
    apr_table_setn(r->notes, "SCEP_OPERATION", scep_operation_name(operation));
    if (operation == SCEP_OP_PKIOPERATION && r->header_only) {
        /* A HEAD must not have the effects of a GET. */
        return scep_exchange_head(exchange, "application/x-pki-message");
    }
    return answer_operation(exchange);
}

int scep_endpoint_serve(request_rec *r, scep_serve_fn *serve_it)
{
    scep_endpoint_e kind = endpoint_of_handler(r->handler);
    scep_exchange_t exchange;
    int status;

    if (kind == SCEP_ENDPOINT_NONE) {
        return DECLINED;
    }
    if (r->main != NULL || r->prev != NULL) {
        /* A server-side include or ErrorDocument must not enrol or draw. */
        return HTTP_NOT_FOUND;
    }
    scep_crypto_clear_errors();
    scep_exchange_init(&exchange, r);
    exchange.slash_added = note_of(r)->slash_added;
    exchange.below = note_of(r)->handler != NULL
                         ? note_of(r)->below
                         : scep_location_below(r, HANDLER_ADMIN);
    status = serve_it(&exchange, kind);
    if (exchange.request.refusal != NULL) {
        scep_refusal_record(&exchange.request); /* after the answer */
    }
    scep_crypto_clear_errors(); /* mod_ssl uses this thread next */
    return status;
}

static int handler(request_rec *r)
{
    return scep_endpoint_serve(r, serve);
}

void scep_endpoint_register(apr_pool_t *pool)
{
    static const char *const rewrite[] = {"mod_rewrite.c", NULL};
    static const char *const before[] = {"mod_alias.c", "mod_userdir.c",
                                         "mod_vhost_alias.c", "mod_proxy.c",
                                         NULL};

    (void)pool;
    /* mod_rewrite's rules come first and see the path as the sections do. Then
     * we claim the path before any other module. */
    ap_hook_translate_name(canonicalize, NULL, rewrite, APR_HOOK_REALLY_FIRST);
    ap_hook_translate_name(translate, rewrite, before, APR_HOOK_FIRST);
    ap_hook_map_to_storage(map_to_storage, NULL, NULL, APR_HOOK_REALLY_FIRST);
    ap_hook_fixups(fixups, NULL, NULL, APR_HOOK_LAST);
    ap_hook_handler(handler, NULL, NULL, APR_HOOK_MIDDLE);
}
