/* Licensed under the Apache License, Version 2.0; see LICENSE. */
/*
 * scep_directives_approval.c: who decides on requests. (httpd layer)
 */
#include "scep_directives.h"

enum { MAX_EXPIRY_DAYS = 366, MAX_WAITING = 100000 };

const char *scep_set_approval(cmd_parms *cmd, void *dir, const char *value)
{
    scep_dir_config_t *conf = dir;
    const char *error = ap_check_cmd_context(cmd, SCEP_POLICY_CONTEXT);

    if (error != NULL) {
        return error;
    }
    if (strcasecmp(value, "automatic") == 0) {
        conf->approval_manual = 0;
        return NULL;
    }
    if (strcasecmp(value, "manual") == 0) {
        conf->approval_manual = 1;
        return NULL;
    }
    return scep_bad_value(cmd, value, "automatic or manual is wanted");
}

const char *scep_set_approval_expiry(cmd_parms *cmd, void *dir,
                                     const char *value)
{
    scep_dir_config_t *conf = dir;
    const char *error = ap_check_cmd_context(cmd, SCEP_POLICY_CONTEXT);

    return error != NULL ? error
                         : scep_parse_time(cmd, value, 1, MAX_EXPIRY_DAYS,
                                           &conf->approval_expiry);
}

static const char *set_number(cmd_parms *cmd, const char *value,
                              apr_int64_t *number)
{
    const char *error = ap_check_cmd_context(cmd, SCEP_POLICY_CONTEXT);

    return error != NULL
               ? error
               : scep_parse_number(cmd, value, 1, MAX_WAITING, number);
}

const char *scep_set_approval_max(cmd_parms *cmd, void *dir, const char *value)
{
    scep_dir_config_t *conf = dir;

    return set_number(cmd, value, &conf->approval_max);
}

const char *scep_set_approval_max_of_address(cmd_parms *cmd, void *dir,
                                             const char *value)
{
    scep_dir_config_t *conf = dir;

    return set_number(cmd, value, &conf->approval_max_per_address);
}

const char *scep_set_approval_max_of_key(cmd_parms *cmd, void *dir,
                                         const char *value)
{
    scep_dir_config_t *conf = dir;

    return set_number(cmd, value, &conf->approval_max_per_key);
}
