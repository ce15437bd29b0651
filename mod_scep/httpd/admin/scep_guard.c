/* Licensed under the Apache License, Version 2.0; see LICENSE. */
/*
 * scep_guard.c: checks the user, the origin of the request, and
 * ScepAdminRequire. (httpd layer)
 */
#include "scep_guard.h"

#include <ap_expr.h>

#include "scep_csrf.h"
#include "scep_challenge_admin.h"

enum { NAME_IN_LOG = 256 };

scep_status_e scep_guard_user(scep_exchange_t *exchange)
{
    const request_rec *r = exchange->r;

    if (r->user == NULL || *r->user == '\0') {
        return scep_fail(&exchange->res, SCEP_R_ADMIN_NO_USER,
                         "%s asks for a user that httpd has authenticated; "
                         "give its location AuthType and Require",
                         scep_printable(r->pool, r->uri, NAME_IN_LOG));
    }
    return SCEP_OK;
}

static const char *user_of(const scep_exchange_t *exchange)
{
    return scep_printable(exchange->r->pool, exchange->r->user, NAME_IN_LOG);
}

/* If a proxy changes Host, requests of our own pages look foreign. */
static bool may_be_the_proxy(const char *found)
{
    return strncmp(found, "Referer:", 8) == 0 ||
           (strncmp(found, "Origin:", 7) == 0 &&
            strcasecmp(found, "Origin: null") != 0);
}

scep_status_e scep_guard_purpose(scep_exchange_t *exchange)
{
    const char *found =
        scep_csrf_fault(exchange->r->headers_in, exchange->r->pool);

    if (found != NULL) {
        return scep_fail(&exchange->res, SCEP_R_ADMIN_CROSS_SITE,
                         "the browser of user \"%s\" sent this for another "
                         "page, or ahead of a click (%s)%s",
                         user_of(exchange), found,
                         may_be_the_proxy(found)
                             ? "; if that is this server, a proxy in front "
                               "changes the Host header: set ProxyPreserveHost "
                               "On there"
                             : "");
    }
    return SCEP_OK;
}

/* Write the audit row. The user is refused even if that fails. */
static void record(scep_exchange_t *exchange, const char *action)
{
    scep_result_t res;

    scep_result_init(&res, exchange->r->pool);
    if (scep_challenge_admin_denied(&exchange->request, exchange->r->user,
                                    action, &res) != SCEP_OK) {
        scep_log_result(&exchange->request.env, &res, "recording a refusal");
    }
}

/* > 0: true, 0: false, < 0: it could not be evaluated. */
static int evaluate(scep_exchange_t *exchange, const char *action,
                    const char **error)
{
    const scep_dir_config_t *conf = scep_config_dir(exchange->r);
    int verdict = 1;

    *error = NULL;
    if (conf->admin_require != NULL) {
        apr_table_setn(exchange->r->subprocess_env, "SCEP_ADMIN_ACTION",
                       action);
        verdict = ap_expr_exec(exchange->r, conf->admin_require, error);
    }
    return *error != NULL ? -1 : verdict;
}

bool scep_guard_may(scep_exchange_t *exchange, const char *action)
{
    const char *error;

    return evaluate(exchange, action, &error) > 0;
}

scep_status_e scep_guard_action(scep_exchange_t *exchange, const char *action)
{
    const char *error;
    int verdict = evaluate(exchange, action, &error);

    if (verdict > 0) {
        return SCEP_OK;
    }
    record(exchange, action);
    if (verdict < 0) {
        return scep_fail(&exchange->res, SCEP_R_ADMIN_DENIED,
                         "ScepAdminRequire could not be evaluated for user "
                         "\"%s\" (%s): %s",
                         user_of(exchange), action,
                         scep_printable(exchange->r->pool, error, NAME_IN_LOG));
    }
    return scep_fail(&exchange->res, SCEP_R_ADMIN_DENIED,
                     "ScepAdminRequire does not let user \"%s\" do this (%s)",
                     user_of(exchange), action);
}
