/* Licensed under the Apache License, Version 2.0; see LICENSE. */
/*
 * scep_directives_renewal.c: when a certificate authorizes its successor.
 * (httpd layer)
 */
#include "scep_directives.h"

#include <apr_strings.h>

enum {
    MAX_DAYS = 36500,
    MIN_PERCENT = 1,
    MAX_PERCENT = 99,
    SIZE_MD5 = 16, /* octets of digests */
    SIZE_SHA1 = 20,
    SIZE_SHA256 = 32
};

const char *scep_set_renewal(cmd_parms *cmd, void *dir, int on)
{
    scep_dir_config_t *conf = dir;
    const char *error = ap_check_cmd_context(cmd, SCEP_POLICY_CONTEXT);

    conf->renewal.on = on;
    return error;
}

const char *scep_set_renewal_any_name(cmd_parms *cmd, void *dir, int on)
{
    scep_dir_config_t *conf = dir;
    const char *error = ap_check_cmd_context(cmd, SCEP_POLICY_CONTEXT);

    conf->renewal.any_name = on;
    return error;
}

const char *scep_set_renewal_profile(cmd_parms *cmd, void *dir,
                                     const char *value)
{
    static const char *const words[] = {"kept", "endpoint", NULL};
    scep_dir_config_t *conf = dir;

    return scep_choose_word(cmd, value, words, "kept or endpoint is wanted",
                            &conf->renewal.profile_of_endpoint);
}

const char *scep_set_renewal_challenge(cmd_parms *cmd, void *dir,
                                       const char *value)
{
    static const char *const words[] = {"ignore", "require", NULL};
    scep_dir_config_t *conf = dir;

    return scep_choose_word(cmd, value, words, "ignore or require is wanted",
                            &conf->renewal.challenge);
}

/* On, Off, or a time. @param interval that or, for On and Off, OTHERWISE */
static const char *on_off_time(cmd_parms *cmd, const char *value,
                               apr_interval_time_t otherwise, int *on,
                               apr_interval_time_t *interval)
{
    const char *error = ap_check_cmd_context(cmd, SCEP_POLICY_CONTEXT);

    if (error != NULL) {
        return error;
    }
    *interval = otherwise;
    *on = strcasecmp(value, "off") != 0;
    if (!*on || strcasecmp(value, "on") == 0) {
        return NULL;
    }
    error = scep_parse_time(cmd, value, 0, MAX_DAYS, interval);
    return error == NULL
               ? NULL
               : apr_pstrcat(cmd->pool, error, "; or On, or Off", NULL);
}

const char *scep_set_renewal_expired(cmd_parms *cmd, void *dir,
                                     const char *value)
{
    scep_dir_config_t *conf = dir;

    return on_off_time(cmd, value, -1, &conf->renewal.expired,
                       &conf->renewal.expired_for);
}

const char *scep_set_renewal_revoke_old(cmd_parms *cmd, void *dir,
                                        const char *value)
{
    scep_dir_config_t *conf = dir;

    return on_off_time(cmd, value, 0, &conf->renewal.revoke_old,
                       &conf->renewal.revoke_delay);
}

const char *scep_set_renewal_window(cmd_parms *cmd, void *dir,
                                    const char *value)
{
    scep_dir_config_t *conf = dir;
    const char *error = ap_check_cmd_context(cmd, SCEP_POLICY_CONTEXT);
    apr_size_t len = strlen(value);
    apr_int64_t percent;

    if (error != NULL) {
        return error;
    }
    conf->renewal.window_set = true;
    conf->renewal.window = -1;
    conf->renewal.window_percent = 0;
    if (strcasecmp(value, "any") == 0) {
        return NULL;
    }
    if (len > 1 && value[len - 1] == '%') {
        error =
            scep_parse_number(cmd, apr_pstrmemdup(cmd->pool, value, len - 1),
                              MIN_PERCENT, MAX_PERCENT, &percent);
        conf->renewal.window_percent = error == NULL ? (int)percent : 0;
    }
    else {
        error = scep_parse_time(cmd, value, 1, MAX_DAYS, &conf->renewal.window);
    }
    return error == NULL
               ? NULL
               : apr_pstrcat(cmd->pool, error,
                             "; or a part of the validity such as 20%; or any",
                             NULL);
}

const char *scep_set_renewal_digest(cmd_parms *cmd, void *dir,
                                    const char *value)
{
    static const struct {
        const char *name;
        apr_size_t size;
    } digests[] = {
        {"md5", SIZE_MD5}, {"sha1", SIZE_SHA1}, {"sha256", SIZE_SHA256}};
    scep_dir_config_t *conf = dir;
    const char *error = ap_check_cmd_context(cmd, SCEP_POLICY_CONTEXT);
    size_t i;

    if (error != NULL) {
        return error;
    }
    for (i = 0; i < sizeof(digests) / sizeof(digests[0]); i++) {
        if (strcasecmp(value, digests[i].name) == 0) {
            conf->renewal.min_digest = digests[i].size;
            return NULL;
        }
    }
    return scep_bad_value(cmd, value, "md5, sha1 or sha256 is wanted");
}
