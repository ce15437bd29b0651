/* Licensed under the Apache License, Version 2.0; see LICENSE. */
/*
 * scep_directives_profile.c: <ScepProfile>, its directives with a syntax of
 * their own, and those that name a profile. (httpd layer)
 */
#include "scep_directives.h"

#include <apr_strings.h>

/* A directive for servers would set the server around the section. */
static bool fits(const scep_setting_t *row)
{
    return row->context == SCEP_AT_PROFILE;
}

const char *scep_read_profile_section(cmd_parms *cmd, void *record, int argc,
                                      const char *const argv[])
{
    scep_server_config_t *server = record;
    scep_profile_t *profile =
        apr_pmemdup(cmd->pool, &scep_profile_device, sizeof(*profile));
    const char *error = scep_section_name(cmd, argv[0], &profile->name);

    (void)argc;
    if (error == NULL) {
        error = scep_section_check(cmd, fits, "ScepCert... directives");
    }
    if (error != NULL) {
        return error;
    }
    if (server->profiles == NULL) {
        server->profiles = apr_hash_make(cmd->pool);
    }
    if (apr_hash_get(server->profiles, profile->name, APR_HASH_KEY_STRING) !=
        NULL) {
        return scep_bad_value(cmd, profile->name,
                              "there is one of that name already");
    }
    server->section = profile;
    error = ap_walk_config(cmd->directive->first_child, cmd, cmd->context);
    server->section = NULL;
    apr_hash_set(server->profiles, profile->name, APR_HASH_KEY_STRING, profile);
    return error;
}

/* @param bit_of 0: there is no such word */
static const char *read_bits(cmd_parms *cmd, int argc, const char *const argv[],
                             unsigned int (*bit_of)(const char *),
                             const char *words, unsigned int *bits)
{
    unsigned int bit, all = 0;
    int i;

    for (i = 0; i < argc; i++) {
        bit = bit_of(argv[i]);
        if (bit == 0) {
            return scep_bad_value(cmd, argv[i], words);
        }
        all |= bit;
    }
    if (all == 0) {
        return scep_bad_value(cmd, "\"\"", "at least one is wanted");
    }
    *bits = all;
    return NULL;
}

const char *scep_read_key_types(cmd_parms *cmd, void *record, int argc,
                                const char *const argv[])
{
    scep_profile_t *profile = record;

    return read_bits(cmd, argc, argv, scep_profile_key_type,
                     "rsa, ec, rsa-pss, ed25519 and ed448 can be given",
                     &profile->key_types);
}

const char *scep_read_key_usage(cmd_parms *cmd, void *record, int argc,
                                const char *const argv[])
{
    scep_profile_t *profile = record;

    return read_bits(cmd, argc, argv, scep_profile_key_usage,
                     "digitalSignature, nonRepudiation, keyEncipherment, "
                     "dataEncipherment and keyAgreement can be given",
                     &profile->key_usage);
}

const char *scep_read_ext_key_usage(cmd_parms *cmd, void *record, int argc,
                                    const char *const argv[])
{
    scep_profile_t *profile = record;
    bool none = argc == 1 && strcasecmp(argv[0], "none") == 0;
    const char **oids;
    int i;

    if (argc < 1) {
        return scep_bad_value(cmd, "\"\"", "usages, or none, are wanted");
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

const char *scep_read_profile_by_usage(cmd_parms *cmd, void *record, int argc,
                                       const char *const argv[])
{
    scep_dir_config_t *conf = record;

    (void)cmd;
    (void)argc;
    conf->profile_by_usage[SCEP_USAGE_SIGNATURE] = argv[0];
    conf->profile_by_usage[SCEP_USAGE_ENCRYPTION] = argv[1];
    conf->profile_by_usage[SCEP_USAGE_GENERAL] = argv[2];
    return NULL;
}
