/* Licensed under the Apache License, Version 2.0; see LICENSE. */
/*
 * scep_directives_limits.c: what is done against guessing, and how much of
 * what was refused is remembered. (httpd layer)
 */
#include "scep_directives.h"

#include <apr_strings.h>

enum {
    MAX_FAILURES = 100000,
    MAX_REFUSALS = 100000,
    MAX_DAYS = 1,
    MAX_RETENTION_DAYS = 3660
};

/* "100/10m" */
static const char *parse_allowance(cmd_parms *cmd, const char *value,
                                   scep_allowance_t *allowance)
{
    const char *slash = strchr(value, '/');
    const char *error;
    apr_int64_t number;

    if (slash == NULL) {
        return scep_bad_value(cmd, value,
                              "off is wanted, or a number and a time such as "
                              "100/10m");
    }
    error = scep_parse_number(
        cmd, apr_pstrmemdup(cmd->pool, value, (apr_size_t)(slash - value)), 1,
        MAX_FAILURES, &number);
    if (error == NULL) {
        error = scep_parse_time(cmd, slash + 1, 1, MAX_DAYS, &allowance->per);
    }
    if (error == NULL && apr_time_as_msec(allowance->per) < number) {
        return scep_bad_value(cmd, value,
                              "that is more than one in a millisecond; off "
                              "sets no limit");
    }
    if (error == NULL) {
        allowance->count = (apr_uint32_t)number;
    }
    return error;
}

const char *scep_set_failure_limit(cmd_parms *cmd, void *dir, const char *value,
                                   const char *beyond)
{
    scep_dir_config_t *conf = dir;
    const char *error = ap_check_cmd_context(cmd, SCEP_POLICY_CONTEXT);
    scep_failure_limit_t limit = {.delay = SCEP_FAILURE_DELAY};

    if (error != NULL) {
        return error;
    }
    if (strcasecmp(value, "off") != 0) {
        error = parse_allowance(cmd, value, &limit.allowance);
    }
    else if (beyond != NULL) {
        error = scep_bad_value(cmd, beyond, "nothing can come after off");
    }
    if (error == NULL && beyond != NULL) {
        limit.refuse = strcasecmp(beyond, "refuse") == 0;
        if (!limit.refuse && strcasecmp(beyond, "delay") != 0) {
            error = scep_bad_value(cmd, beyond, "delay or refuse is wanted");
        }
    }
    if (error == NULL) {
        conf->failure_limit = limit;
    }
    return error;
}

const char *scep_set_audit_refusals(cmd_parms *cmd, void *dir,
                                    const char *value)
{
    const char *error = ap_check_cmd_context(cmd, SCEP_SERVER_CONTEXT);
    apr_int64_t number;

    (void)dir;
    if (error == NULL) {
        error = scep_parse_number(cmd, value, 0, MAX_REFUSALS, &number);
    }
    if (error == NULL) {
        scep_cmd_server(cmd)->audit_refusals = (int)number;
    }
    return error;
}

const char *scep_set_retention(cmd_parms *cmd, void *dir, const char *kind,
                               const char *value)
{
    const char *error = ap_check_cmd_context(cmd, SCEP_SERVER_CONTEXT);
    apr_interval_time_t interval = -1;
    scep_prune_e what = SCEP_PRUNE_KINDS;

    (void)dir;
    if (error == NULL && !scep_prune_kind(kind, &what)) {
        error = scep_bad_value(cmd, kind,
                               "passwords, refusals or audit is wanted; "
                               "certificates, transactions and revocations "
                               "are kept for ever");
    }
    if (error == NULL && strcasecmp(value, "off") != 0) {
        error = scep_parse_time(cmd, value, SCEP_PRUNE_LEAST_DAYS * 86400,
                                MAX_RETENTION_DAYS, &interval);
    }
    if (error == NULL) {
        scep_cmd_server(cmd)->retention[what] = interval;
    }
    return error;
}
