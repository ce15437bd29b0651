/* Licensed under the Apache License, Version 2.0; see LICENSE. */
/*
 * scep_api.c: the table of the API's calls, the checks before a call runs, and
 * its answer. (httpd layer)
 */
#include "scep_api.h"

#include <apr_strings.h>

#include "scep_exchange.h"
#include "scep_form_fields.h"
#include "scep_guard.h"
#include "scep_refusal.h"

enum {
    RETRY_AFTER = 5, /* seconds */
    NAME_IN_LOG = 128,
    MAX_DEPTH = 32
};

static const char prefix[] = "/api";

static const scep_body_limit_t body_limit = {65536, "the most the API takes"};

/* A path below /api/, in which one part may be "*". ScepAdminRequire is asked
 * about ACTION before RUN. If ACTION is NULL, RUN must ask by itself, when it
 * knows more. */
typedef struct row_t {
    int method;
    const char *path;
    const char *action;
    scep_api_fn *run;
} row_t;

static const row_t rows[] = {
    {M_POST, "challenges", NULL, scep_api_draw},
    {M_GET, "challenges", SCEP_ACTION_LIST, scep_api_list},
    {M_DELETE, "challenges/*", NULL, scep_api_cancel},
    {M_POST, "challenges/cancel", NULL, scep_api_cancel_many},
    {M_POST, "master/rotate", SCEP_ACTION_ROTATE, scep_api_rotate},
    {M_GET, "certs", SCEP_ACTION_CERTS, scep_api_certs},
    {M_GET, "certs/*", SCEP_ACTION_CERTS, scep_api_cert},
    {M_POST, "certs/*/revoke", SCEP_ACTION_REVOKE, scep_api_revoke},
    {M_GET, "status", SCEP_ACTION_STATUS, scep_api_status},
    {M_GET, "requests", SCEP_ACTION_REQUESTS, scep_api_requests},
    {M_GET, "requests/*", SCEP_ACTION_REQUESTS, scep_api_request},
    {M_POST, "requests/*/approve", SCEP_ACTION_APPROVE, scep_api_approve},
    {M_POST, "requests/*/reject", SCEP_ACTION_REJECT, scep_api_reject},
};

enum { ROWS = sizeof(rows) / sizeof(*rows) };

/* ---- which call ---- */

bool scep_api_is(const scep_exchange_t *exchange)
{
    const size_t len = sizeof(prefix) - 1;

    return strncmp(exchange->below, prefix, len) == 0 &&
           (exchange->below[len] == '\0' || exchange->below[len] == '/');
}

/* Does PATH match PATTERN? *ARG: the part that stands for the "*". */
static bool fits(const char *path, const char *pattern, apr_pool_t *pool,
                 const char **arg)
{
    const char *star = strchr(pattern, '*');
    size_t before, behind, len = strlen(path);

    if (star == NULL) {
        *arg = NULL;
        return strcmp(path, pattern) == 0;
    }
    before = (size_t)(star - pattern);
    behind = strlen(star + 1);
    if (len <= before + behind || strncmp(path, pattern, before) != 0 ||
        strcmp(path + len - behind, star + 1) != 0) {
        return false;
    }
    *arg = apr_pstrmemdup(pool, path + before, len - before - behind);
    return strchr(*arg, '/') == NULL;
}

static const char *method_name(int method)
{
    return method == M_GET ? "GET, HEAD" : method == M_POST ? "POST" : "DELETE";
}

static const char *path_of(const scep_api_t *api)
{
    const char *path = api->exchange->below + sizeof(prefix) - 1;

    return *path == '/' ? path + 1 : path;
}

/* The row for this path and method, or NULL. *ALLOW: the methods of the path;
 * NULL: there is no such path. */
static const row_t *find_row(scep_api_t *api, const char **allow)
{
    const row_t *found = NULL;
    const char *arg;
    int i;

    *allow = NULL;
    for (i = 0; i < ROWS; i++) {
        if (!fits(path_of(api), rows[i].path, api->pool, &arg)) {
            continue;
        }
        if (rows[i].method == api->exchange->r->method_number) {
            found = &rows[i];
            api->arg = arg;
        }
        *allow = apr_pstrcat(api->pool, *allow != NULL ? *allow : "OPTIONS",
                             ", ", method_name(rows[i].method), NULL);
    }
    return found;
}

/* @return NULL: refused */
static const row_t *choose_row(scep_api_t *api)
{
    const char *path = scep_printable(api->pool, path_of(api), NAME_IN_LOG);
    const char *allow;
    const row_t *row = find_row(api, &allow);

    if (row == NULL && allow == NULL) {
        scep_fail(api->res, SCEP_R_API_UNKNOWN, "no call \"%s\"", path);
    }
    else if (row == NULL) {
        api->exchange->allow = allow;
        scep_fail(
            api->res, SCEP_R_API_METHOD, "method %s for \"%s\"",
            scep_printable(api->pool, api->exchange->r->method, NAME_IN_LOG),
            path);
    }
    return row;
}

/* ---- its body ---- */

/* A form of another site cannot send this type. A script of another site has to
 * ask first, and is never permitted. */
static scep_status_e check_type(scep_api_t *api)
{
    const char *type =
        apr_table_get(api->exchange->r->headers_in, "Content-Type");
    static const char json[] = "application/json";
    const size_t len = sizeof(json) - 1;

    if (type != NULL && strncasecmp(type, json, len) == 0 &&
        (type[len] == '\0' || type[len] == ';' || type[len] == ' ')) {
        return SCEP_OK;
    }
    return scep_fail(api->res, SCEP_R_API_TYPE, "Content-Type is %s",
                     scep_printable(api->pool, type, NAME_IN_LOG));
}

/* Are brackets nested too deeply? The parser recurses for each. */
static bool is_deep(scep_octets_t text)
{
    bool in_string = false;
    int depth = 0;
    size_t i;

    for (i = 0; i < text.len && depth <= MAX_DEPTH; i++) {
        unsigned char c = text.data[i];

        if (in_string) {
            i += c == '\\';
            in_string = c != '"';
        }
        else if (c == '"') {
            in_string = true;
        }
        else if (c == '[' || c == '{') {
            depth++;
        }
        else if (c == ']' || c == '}') {
            depth--;
        }
    }
    return depth > MAX_DEPTH;
}

static scep_status_e parse(scep_api_t *api, scep_octets_t text)
{
    const char *error;
    scep_json_t *value;

    if (text.len == 0) {
        text = (scep_octets_t){(const unsigned char *)"{}", 2};
    }
    if (is_deep(text)) {
        return scep_fail(api->res, SCEP_R_API_REQUEST,
                         "the body is nested too deeply");
    }
    value =
        scep_json_parse(api->pool, (const char *)text.data, text.len, &error);
    if (value == NULL) {
        return scep_fail(api->res, SCEP_R_API_REQUEST, "the body: %s", error);
    }
    if (!scep_json_is_object(value)) {
        return scep_fail(api->res, SCEP_R_API_REQUEST,
                         "the body is no JSON object");
    }
    api->body = value;
    return SCEP_OK;
}

static scep_status_e read_body(scep_api_t *api, int *filter_status)
{
    scep_octets_t text;
    scep_status_e status = check_type(api);

    if (status == SCEP_OK) {
        status = scep_body_read(api->exchange->r, &body_limit, &text,
                                filter_status, api->res);
    }
    return status == SCEP_OK ? parse(api, text) : status;
}

/* ---- the answer ---- */

static const char *error_text(scep_api_t *api)
{
    const scep_result_t *res = api->res;
    /* Details about the request itself are for its sender. Others are not. */
    bool tell = res->reason == SCEP_R_API_REQUEST ||
                res->reason == SCEP_R_API_CONFLICT ||
                res->reason == SCEP_R_DRAW_PARAMS ||
                res->reason == SCEP_R_USER_FULL;

    return apr_psprintf(
        api->pool, "{\"error\":{\"id\":\"SCEP%04u\",\"text\":%s%s%s}}",
        res->log_number, scep_json_string(api->pool, res->public_text),
        tell ? ",\"detail\":" : "",
        tell ? scep_json_string(api->pool, res->detail) : "");
}

static int send_json(scep_api_t *api, int http_status, int retry_after)
{
    scep_answer_t answer = {.http_status = http_status,
                            .content_type = "application/json",
                            .retry_after = retry_after,
                            .body = api->json};

    return scep_exchange_send(api->exchange, &answer);
}

static int refuse(scep_api_t *api)
{
    request_rec *r = api->exchange->r;
    int status = scep_exchange_status(api->res);

    /* Some calls have logged their refusal already. */
    if (!api->logged) {
        scep_log_result(
            &api->exchange->request.env, api->res,
            apr_psprintf(api->pool, "API, user \"%s\" from %s",
                         scep_printable(api->pool, r->user, NAME_IN_LOG),
                         api->exchange->request.peer));
    }
    if (r->user != NULL) {
        scep_refusal_note(&api->exchange->request, api->res, NULL, r->user);
    }
    if (ap_request_has_body(r)) {
        r->connection->keepalive = AP_CONN_CLOSE;
    }
    scep_api_reply(api, error_text(api));
    return send_json(api, status,
                     status == HTTP_SERVICE_UNAVAILABLE ? RETRY_AFTER : 0);
}

/* ---- all of it ---- */

static scep_status_e run(scep_api_t *api, int *filter_status)
{
    scep_exchange_t *exchange = api->exchange;
    const request_rec *r = exchange->r;
    const char *args = r->args != NULL ? r->args : "";
    apr_table_t *query;
    const row_t *row = NULL;

    if (scep_exchange_ready(exchange) != SCEP_OK ||
        scep_guard_user(exchange) != SCEP_OK ||
        scep_guard_purpose(exchange) != SCEP_OK ||
        (row = choose_row(api)) == NULL ||
        scep_form_data(args, strlen(args), api->pool, &query, api->res) !=
            SCEP_OK) {
        return api->res->status;
    }
    api->query = query;
    if (row->method == M_POST && read_body(api, filter_status) != SCEP_OK) {
        return api->res->status;
    }
    if (row->action != NULL &&
        scep_guard_action(exchange, row->action) != SCEP_OK) {
        return api->res->status;
    }
    return row->run(api);
}

int scep_api_answer(scep_exchange_t *exchange)
{
    scep_api_t api = {.exchange = exchange,
                      .pool = exchange->r->pool,
                      .res = &exchange->res,
                      .http_status = HTTP_OK};
    const char *allow;
    int filter_status = OK;

    if (exchange->r->method_number == M_OPTIONS) {
        find_row(&api, &allow);
        if (allow != NULL) {
            exchange->allow = allow;
            return scep_exchange_options(exchange);
        }
    }
    if (run(&api, &filter_status) == SCEP_OK) {
        if (api.json.data == NULL) {
            scep_api_reply(&api, "{}");
        }
        return send_json(&api, api.http_status, 0);
    }
    return filter_status == OK ? refuse(&api) : filter_status;
}
