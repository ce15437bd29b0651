/* Licensed under the Apache License, Version 2.0; see LICENSE. */
/*
 * scep_directives_manner.c: how an endpoint treats clients that contradict
 * each other. (httpd layer)
 */
#include "scep_directives.h"

enum { MAX_TOLERANCE_DAYS = 366 };

const char *scep_set_reply_chain(cmd_parms *cmd, void *dir, const char *value)
{
    static const char *const words[] = {"none", "issuer", "full", NULL};
    scep_dir_config_t *conf = dir;

    return scep_choose_word(cmd, value, words, "none, issuer or full is wanted",
                            &conf->chain);
}

const char *scep_set_ca_type(cmd_parms *cmd, void *dir, const char *value)
{
    static const char *const words[] = {"auto", "bundle", "ca", NULL};
    scep_dir_config_t *conf = dir;

    return scep_choose_word(cmd, value, words, "auto, bundle or ca is wanted",
                            &conf->ca_type);
}

const char *scep_set_ca_order(cmd_parms *cmd, void *dir, const char *value)
{
    static const char *const words[] = {"ra-first", "ca-first", NULL};
    scep_dir_config_t *conf = dir;

    return scep_choose_word(cmd, value, words, "ra-first or ca-first is wanted",
                            &conf->ca_first);
}

const char *scep_set_sender_nonce(cmd_parms *cmd, void *dir, const char *value)
{
    static const char *const words[] = {"required", "optional", NULL};
    scep_dir_config_t *conf = dir;

    return scep_choose_word(cmd, value, words, "required or optional is wanted",
                            &conf->nonce_optional);
}

const char *scep_set_clear_challenge(cmd_parms *cmd, void *dir,
                                     const char *value)
{
    static const char *const words[] = {"accept", "refuse", NULL};
    scep_dir_config_t *conf = dir;

    return scep_choose_word(cmd, value, words, "accept or refuse is wanted",
                            &conf->refuse_clear);
}

const char *scep_set_empty_content(cmd_parms *cmd, void *dir, const char *value)
{
    static const char *const words[] = {"auto", "never", "always", NULL};
    scep_dir_config_t *conf = dir;

    return scep_choose_word(cmd, value, words,
                            "auto, never or always is wanted",
                            &conf->empty_content);
}

const char *scep_set_ndes_errors(cmd_parms *cmd, void *dir, int on)
{
    scep_dir_config_t *conf = dir;

    conf->ndes_errors = on;
    return ap_check_cmd_context(cmd, SCEP_POLICY_CONTEXT);
}

const char *scep_set_signing_time(cmd_parms *cmd, void *dir, const char *value)
{
    scep_dir_config_t *conf = dir;
    const char *error = ap_check_cmd_context(cmd, SCEP_POLICY_CONTEXT);

    if (error != NULL) {
        return error;
    }
    if (strcasecmp(value, "Off") == 0) {
        conf->signing_time = 0;
        return NULL;
    }
    return scep_parse_time(cmd, value, 1, MAX_TOLERANCE_DAYS,
                           &conf->signing_time);
}
