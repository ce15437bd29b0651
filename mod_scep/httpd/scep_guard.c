/* Licensed under the Apache License, Version 2.0; see LICENSE. */
/*
 * scep_guard.c: the user, where the request comes from, and ScepAdminRequire.
 * (httpd layer)
 */
#include "scep_guard.h"

#include <ap_expr.h>

#include "scep_csrf.h"
#include "scep_manage.h"

enum { NAME_IN_LOG = 256 };

scep_status_e scep_guard_user(scep_call_t *call)
{
    const request_rec *r = call->r;

    if (r->user == NULL || *r->user == '\0') {
        return scep_fail(&call->res, SCEP_R_ADMIN_NO_USER,
                         "%s asks for a user that httpd has authenticated; "
                         "give its location AuthType and Require",
                         scep_printable(r->pool, r->uri, NAME_IN_LOG));
    }
    return SCEP_OK;
}

static const char *user_of(const scep_call_t *call)
{
    return scep_printable(call->r->pool, call->r->user, NAME_IN_LOG);
}

/* A proxy that changes Host makes what our own pages send look foreign. */
static bool may_be_the_proxy(const char *found)
{
    return strncmp(found, "Referer:", 8) == 0 ||
           (strncmp(found, "Origin:", 7) == 0 &&
            strcasecmp(found, "Origin: null") != 0);
}

scep_status_e scep_guard_purpose(scep_call_t *call)
{
    const char *found = scep_csrf_fault(call->r->headers_in, call->r->pool);

    if (found != NULL) {
        return scep_fail(&call->res, SCEP_R_ADMIN_CROSS_SITE,
                         "the browser of user \"%s\" sent this for another "
                         "page, or ahead of a click (%s)%s",
                         user_of(call), found,
                         may_be_the_proxy(found)
                             ? "; if that is this server, a proxy in front "
                               "changes the Host header: set ProxyPreserveHost "
                               "On there"
                             : "");
    }
    return SCEP_OK;
}

/* The trail of it: whoever it is has been refused in any case. */
static void record(scep_call_t *call, const char *action)
{
    scep_result_t res;

    scep_result_init(&res, call->r->pool);
    if (scep_manage_denied(&call->request, call->r->user, action, &res) !=
        SCEP_OK) {
        scep_log_result(&call->request.env, &res, "recording a refusal");
    }
}

/* > 0: yes, 0: no, < 0: it could not be evaluated. */
static int evaluate(scep_call_t *call, const char *action, const char **error)
{
    const scep_dir_config_t *conf = scep_config_dir(call->r);
    int verdict = 1;

    *error = NULL;
    if (conf->admin_require != NULL) {
        apr_table_setn(call->r->subprocess_env, "SCEP_ADMIN_ACTION", action);
        verdict = ap_expr_exec(call->r, conf->admin_require, error);
    }
    return *error != NULL ? -1 : verdict;
}

bool scep_guard_may(scep_call_t *call, const char *action)
{
    const char *error;

    return evaluate(call, action, &error) > 0;
}

scep_status_e scep_guard_action(scep_call_t *call, const char *action)
{
    const char *error;
    int verdict = evaluate(call, action, &error);

    if (verdict > 0) {
        return SCEP_OK;
    }
    record(call, action);
    if (verdict < 0) {
        return scep_fail(&call->res, SCEP_R_ADMIN_DENIED,
                         "ScepAdminRequire could not be evaluated for user "
                         "\"%s\" (%s): %s",
                         user_of(call), action,
                         scep_printable(call->r->pool, error, NAME_IN_LOG));
    }
    return scep_fail(&call->res, SCEP_R_ADMIN_DENIED,
                     "ScepAdminRequire does not let user \"%s\" do this (%s)",
                     user_of(call), action);
}
