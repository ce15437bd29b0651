/* Licensed under the Apache License, Version 2.0; see LICENSE. */
/*
 * scep_directives_renewal.c: when a certificate authorizes its successor.
 * (httpd layer)
 */
#include "scep_directives.h"

#include <apr_strings.h>

#include <openssl/x509v3.h>

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

/* Each must be able to have issued something. */
static const char *check_cas(cmd_parms *cmd, const char *value,
                             const scep_certs_t *certs)
{
    int i;

    for (i = 0; i < sk_X509_num(certs); i++) {
        X509 *cert = sk_X509_value(certs, i);

        if (X509_check_ca(cert) == 0) {
            return scep_bad_value(
                cmd, value,
                apr_psprintf(
                    cmd->pool,
                    "\"%s\" is no CA's certificate; name the CAs "
                    "whose certificates may be renewed here",
                    scep_name_text(cmd->pool, X509_get_subject_name(cert))));
        }
    }
    return NULL;
}

const char *scep_add_renewal_trust(cmd_parms *cmd, void *dir, const char *value)
{
    scep_dir_config_t *conf = dir;
    const char *error = ap_check_cmd_context(cmd, SCEP_POLICY_CONTEXT);
    const char *path = NULL;
    scep_certs_t *certs;
    scep_result_t res;
    int i;

    if (error == NULL) {
        path =
            *value != '\0' ? ap_server_root_relative(cmd->pool, value) : NULL;
        error = path == NULL
                    ? scep_bad_value(cmd, value, "that is no valid path")
                    : NULL;
    }
    if (error != NULL) {
        return error;
    }
    scep_result_init(&res, cmd->pool);
    if (scep_certs_load(path, NULL, cmd->pool, &certs, &res) != SCEP_OK) {
        return scep_bad_value(cmd, value, res.detail);
    }
    error = check_cas(cmd, value, certs);
    if (error != NULL || conf->renewal.trust == NULL) {
        conf->renewal.trust = certs;
        return error;
    }
    for (i = 0; i < sk_X509_num(certs); i++) {
        if (X509_add_cert(conf->renewal.trust, sk_X509_value(certs, i),
                          X509_ADD_FLAG_UP_REF) != 1) {
            return scep_bad_value(cmd, value, "out of memory");
        }
    }
    return NULL;
}
