/* Licensed under the Apache License, Version 2.0; see LICENSE. */
/*
 * scep_directives_profile.c: <ScepProfile>, what can stand in it, and where
 * its name is used. (httpd layer)
 */
#include "scep_directives.h"

#include <apr_strings.h>

enum { MAX_VALIDITY_DAYS = 36500, MAX_BACKDATE_DAYS = 366 };

/* ---- the section ---- */

/* What is for a server would be taken by the server around the section. */
static const char *check_content(cmd_parms *cmd)
{
    const ap_directive_t *d;

    for (d = cmd->directive->first_child; d != NULL; d = d->next) {
        if (strncasecmp(d->directive, "ScepCert", 8) != 0) {
            return apr_psprintf(cmd->pool,
                                "%s> (%s:%d): %s cannot stand in it; only "
                                "ScepCert... directives can",
                                cmd->cmd->name, d->filename, d->line_num,
                                d->directive);
        }
    }
    return NULL;
}

static const char *add_profile(cmd_parms *cmd, const char *name)
{
    scep_server_config_t *server = scep_cmd_server(cmd);
    scep_profile_t *profile =
        apr_pmemdup(cmd->pool, &scep_profile_device, sizeof(*profile));
    const char *error;

    if (server->profiles == NULL) {
        server->profiles = apr_hash_make(cmd->pool);
    }
    if (apr_hash_get(server->profiles, name, APR_HASH_KEY_STRING) != NULL) {
        return scep_bad_value(cmd, name, "there is one of that name already");
    }
    profile->name = name;
    server->section = profile;
    error = ap_walk_config(cmd->directive->first_child, cmd, cmd->context);
    server->section = NULL;
    apr_hash_set(server->profiles, name, APR_HASH_KEY_STRING, profile);
    return error;
}

const char *scep_section_profile(cmd_parms *cmd, void *dir, const char *args)
{
    const char *name;
    const char *error = scep_section_name(cmd, args, &name);

    (void)dir;
    if (error == NULL) {
        error = check_content(cmd);
    }
    return error != NULL ? error : add_profile(cmd, name);
}

/* The profile whose section CMD stands in; NULL and *ERROR: in none. */
static scep_profile_t *profile_of(cmd_parms *cmd, const char **error)
{
    scep_profile_t *profile = scep_cmd_server(cmd)->section;

    *error = profile != NULL
                 ? NULL
                 : apr_psprintf(cmd->pool, "%s can only stand in <ScepProfile>",
                                cmd->cmd->name);
    return profile;
}

/* ---- in the section ---- */

static const char *set_time(cmd_parms *cmd, const char *value, int min,
                            int max_days, apr_int64_t *seconds)
{
    apr_interval_time_t interval;
    const char *error = scep_parse_time(cmd, value, min, max_days, &interval);

    if (error == NULL) {
        *seconds = apr_time_sec(interval);
    }
    return error;
}

const char *scep_set_cert_validity(cmd_parms *cmd, void *dir, const char *value)
{
    const char *error;
    scep_profile_t *profile = profile_of(cmd, &error);

    (void)dir;
    return error != NULL
               ? error
               : set_time(cmd, value, 1, MAX_VALIDITY_DAYS, &profile->validity);
}

const char *scep_set_cert_backdate(cmd_parms *cmd, void *dir, const char *value)
{
    const char *error;
    scep_profile_t *profile = profile_of(cmd, &error);

    (void)dir;
    return error != NULL
               ? error
               : set_time(cmd, value, 0, MAX_BACKDATE_DAYS, &profile->backdate);
}

const char *scep_set_cert_min_rsa(cmd_parms *cmd, void *dir, const char *value)
{
    const char *error;
    scep_profile_t *profile = profile_of(cmd, &error);
    apr_int64_t bits;

    (void)dir;
    if (error == NULL) {
        error = scep_parse_number(cmd, value, 1024, SCEP_MAX_RSA_BITS, &bits);
    }
    if (error == NULL) {
        profile->min_rsa_bits = (int)bits;
    }
    return error;
}

const char *scep_set_cert_digest(cmd_parms *cmd, void *dir, const char *value)
{
    static const char *const digests[] = {"SHA256", "SHA384", "SHA512"};
    const char *error;
    scep_profile_t *profile = profile_of(cmd, &error);
    size_t i;

    (void)dir;
    if (error != NULL) {
        return error;
    }
    for (i = 0; i < sizeof(digests) / sizeof(digests[0]); i++) {
        if (strcasecmp(value, digests[i]) == 0) {
            profile->digest = digests[i];
            return NULL;
        }
    }
    return scep_bad_value(cmd, value, "SHA256, SHA384 or SHA512 is wanted");
}

const char *scep_set_cert_key_types(cmd_parms *cmd, void *dir, int argc,
                                    char *const argv[])
{
    const char *error;
    scep_profile_t *profile = profile_of(cmd, &error);
    unsigned int bits = 0;
    int i;

    (void)dir;
    for (i = 0; error == NULL && i < argc; i++) {
        unsigned int bit = scep_profile_key_type(argv[i]);

        if (bit == 0) {
            error = scep_bad_value(
                cmd, argv[i],
                "rsa, ec, rsa-pss, ed25519 and ed448 can be given");
        }
        bits |= bit;
    }
    if (error == NULL && bits == 0) {
        error = scep_bad_value(cmd, "\"\"", "at least one kind is wanted");
    }
    if (error == NULL) {
        profile->key_types = bits;
    }
    return error;
}

const char *scep_set_cert_other_signer(cmd_parms *cmd, void *dir, int on)
{
    const char *error;
    scep_profile_t *profile = profile_of(cmd, &error);

    (void)dir;
    if (error == NULL) {
        profile->other_signer = on;
    }
    return error;
}

const char *scep_set_cert_key_usage(cmd_parms *cmd, void *dir, int argc,
                                    char *const argv[])
{
    const char *error;
    scep_profile_t *profile = profile_of(cmd, &error);
    unsigned int bits = 0;
    int i;

    (void)dir;
    for (i = 0; error == NULL && i < argc; i++) {
        unsigned int bit = scep_profile_key_usage(argv[i]);

        if (bit == 0) {
            error = scep_bad_value(
                cmd, argv[i],
                "digitalSignature, nonRepudiation, keyEncipherment, "
                "dataEncipherment and keyAgreement can be given");
        }
        bits |= bit;
    }
    if (error == NULL && bits == 0) {
        error = scep_bad_value(cmd, "\"\"", "at least one usage is wanted");
    }
    if (error == NULL) {
        profile->key_usage = bits;
    }
    return error;
}

const char *scep_set_cert_ext_key_usage(cmd_parms *cmd, void *dir, int argc,
                                        char *const argv[])
{
    const char *error;
    scep_profile_t *profile = profile_of(cmd, &error);
    bool none = argc == 1 && strcasecmp(argv[0], "none") == 0;
    const char **oids;
    int i;

    (void)dir;
    if (error == NULL && argc < 1) {
        error = scep_bad_value(cmd, "\"\"", "usages, or none, are wanted");
    }
    if (error != NULL) {
        return error;
    }
    oids = apr_pcalloc(cmd->pool, ((size_t)argc + 1) * sizeof(*oids));
    for (i = 0; !none && i < argc; i++) {
        oids[i] = scep_profile_ext_key_usage(argv[i]);
        if (oids[i] == NULL) {
            return scep_bad_value(cmd, argv[i],
                                  "a usage such as clientAuth, or a dotted "
                                  "OID, is wanted");
        }
        oids[i] = apr_pstrdup(cmd->pool, oids[i]);
    }
    profile->ext_key_usage = oids;
    return NULL;
}

/* ---- where it is used ---- */

void scep_note_profile(cmd_parms *cmd, const char *name)
{
    scep_note_name(cmd, &scep_cmd_server(cmd)->named, name);
}

const char *scep_set_profile(cmd_parms *cmd, void *dir, const char *value)
{
    scep_dir_config_t *conf = dir;
    const char *error = ap_check_cmd_context(cmd, SCEP_POLICY_CONTEXT);

    if (error != NULL) {
        return error;
    }
    if (conf->profile_by_usage[0] != NULL) {
        return scep_bad_value(cmd, value,
                              "ScepProfileByKeyUsage is there already; keep "
                              "one of the two");
    }
    conf->profile = value;
    scep_note_profile(cmd, value);
    return NULL;
}

const char *scep_set_profile_by_usage(cmd_parms *cmd, void *dir,
                                      const char *signature,
                                      const char *encryption,
                                      const char *general)
{
    scep_dir_config_t *conf = dir;
    const char *error = ap_check_cmd_context(cmd, SCEP_POLICY_CONTEXT);
    int i;

    if (error != NULL) {
        return error;
    }
    if (conf->profile != NULL) {
        return scep_bad_value(
            cmd, signature,
            "ScepProfile is there already; keep one of the two");
    }
    conf->profile_by_usage[SCEP_USAGE_SIGNATURE] = signature;
    conf->profile_by_usage[SCEP_USAGE_ENCRYPTION] = encryption;
    conf->profile_by_usage[SCEP_USAGE_GENERAL] = general;
    for (i = 0; i < SCEP_USAGE_COUNT; i++) {
        scep_note_profile(cmd, conf->profile_by_usage[i]);
    }
    return NULL;
}
