/* Licensed under the Apache License, Version 2.0; see LICENSE. */
/*
 * scep_directives_policy.c: what is set per endpoint, in a server or in a
 * Location. (httpd layer)
 */
#include "scep_directives.h"

#include <apr_strings.h>

#include "scep_password.h"
#include "scep_sources.h"

enum {
    MAX_RETRY_DAYS = 7,
    MAX_VALIDITY_DAYS = 366,
    MIN_REQUEST_SIZE = 4096,
    MAX_REQUEST_SIZE = 1048576
};

const char *scep_set_algorithms(cmd_parms *cmd, void *dir, const char *value)
{
    static const char *const levels[] = {"modern", "compatible", "legacy"};
    scep_dir_config_t *conf = dir;
    const char *error = ap_check_cmd_context(cmd, SCEP_POLICY_CONTEXT);
    int i;

    if (error != NULL) {
        return error;
    }
    for (i = SCEP_LEVEL_MODERN; i <= SCEP_LEVEL_LEGACY; i++) {
        if (strcasecmp(value, levels[i]) == 0) {
            conf->level = i;
            scep_cmd_server(cmd)->legacy |= i == SCEP_LEVEL_LEGACY;
            return NULL;
        }
    }
    return scep_bad_value(cmd, value, "modern, compatible or legacy is wanted");
}

const char *scep_set_duplicate(cmd_parms *cmd, void *dir, const char *value)
{
    static const char *const words[] = {"allow", "revoke", "refuse", NULL};
    scep_dir_config_t *conf = dir;

    return scep_choose_word(cmd, value, words,
                            "allow, revoke or refuse is wanted",
                            &conf->duplicate);
}

const char *scep_set_name_relax(cmd_parms *cmd, void *dir, int argc,
                                char *const argv[])
{
    scep_dir_config_t *conf = dir;
    scep_name_rules_t *rules = apr_pcalloc(cmd->pool, sizeof(*rules));
    const char *error = ap_check_cmd_context(cmd, SCEP_POLICY_CONTEXT);
    bool none = false;
    int i;

    for (i = 0; i < argc && error == NULL; i++) {
        if (strcasecmp(argv[i], "lengths") == 0) {
            rules->any_length = true;
        }
        else if (strcasecmp(argv[i], "syntax") == 0) {
            rules->any_syntax = true;
        }
        else if (strcasecmp(argv[i], "none") == 0) {
            none = true;
        }
        else {
            error = scep_bad_value(cmd, argv[i],
                                   "none, lengths or syntax is wanted");
        }
    }
    if (error == NULL && (argc == 0 || (none && argc > 1))) {
        error = scep_bad_value(cmd, argc > 0 ? "none" : "",
                               "none alone, or lengths, syntax or both");
    }
    conf->name_rules = rules;
    return error;
}

const char *scep_set_challenge(cmd_parms *cmd, void *dir, const char *value)
{
    scep_dir_config_t *conf = dir;
    scep_server_config_t *server = scep_cmd_server(cmd);
    const char *error = ap_check_cmd_context(cmd, SCEP_POLICY_CONTEXT);

    if (error != NULL) {
        return error;
    }
    if (conf->by_single) {
        return scep_bad_value(
            cmd, value,
            "ScepUseSinglePassword says the same or something "
            "else; keep one of the two");
    }
    if (strcasecmp(value, "one-time") == 0) {
        return scep_sources_add(cmd, conf, value, SCEP_SOURCE_ONE_TIME);
    }
    if (strcasecmp(value, "single") == 0) {
        server->single = true;
        return scep_sources_add(cmd, conf, value, SCEP_SOURCE_SINGLE);
    }
    if (strcasecmp(value, "none") == 0) {
        return scep_sources_add(cmd, conf, value, SCEP_SOURCE_NONE);
    }
    return scep_sources_add(cmd, conf, value, SCEP_SOURCE_PROVIDER);
}

/* NDES's name for `ScepChallenge single`. */
const char *scep_set_single(cmd_parms *cmd, void *dir, int on)
{
    scep_dir_config_t *conf = dir;
    const char *error = ap_check_cmd_context(cmd, SCEP_POLICY_CONTEXT);

    if (error != NULL) {
        return error;
    }
    if (conf->sources_set && !conf->by_single) {
        return scep_bad_value(
            cmd, on ? "On" : "Off",
            "ScepChallenge says the same or something else; keep "
            "one of the two");
    }
    conf->sources.count = 1;
    conf->sources.source[0] = on ? SCEP_SOURCE_SINGLE : SCEP_SOURCE_ONE_TIME;
    conf->sources_set = true;
    conf->by_single = true;
    scep_cmd_server(cmd)->single |= on != 0;
    return NULL;
}

const char *scep_set_password_length(cmd_parms *cmd, void *dir,
                                     const char *value)
{
    scep_dir_config_t *conf = dir;
    const char *error = ap_check_cmd_context(cmd, SCEP_POLICY_CONTEXT);
    apr_int64_t number;

    if (error == NULL) {
        error = scep_parse_number(cmd, value, SCEP_PASSWORD_MIN_LENGTH,
                                  SCEP_PASSWORD_MAX_LENGTH, &number);
    }
    if (error == NULL) {
        conf->password_length = (apr_size_t)number;
    }
    return error;
}

const char *scep_set_password_max_per_user(cmd_parms *cmd, void *dir,
                                           const char *value)
{
    scep_dir_config_t *conf = dir;
    const char *error = ap_check_cmd_context(cmd, SCEP_POLICY_CONTEXT);

    if (error != NULL) {
        return error;
    }
    if (strcasecmp(value, "off") == 0) {
        conf->password_max_per_user = -1;
        return NULL;
    }
    return scep_parse_number(cmd, value, 1, SCEP_CHALLENGE_MAX_CAPACITY,
                             &conf->password_max_per_user);
}

const char *scep_set_password_validity(cmd_parms *cmd, void *dir,
                                       const char *value)
{
    scep_dir_config_t *conf = dir;
    const char *error = ap_check_cmd_context(cmd, SCEP_POLICY_CONTEXT);

    return error != NULL ? error
                         : scep_parse_time(cmd, value, 1, MAX_VALIDITY_DAYS,
                                           &conf->password_validity);
}

const char *scep_set_retry_window(cmd_parms *cmd, void *dir, const char *value)
{
    scep_dir_config_t *conf = dir;
    const char *error = ap_check_cmd_context(cmd, SCEP_POLICY_CONTEXT);

    return error != NULL ? error
                         : scep_parse_time(cmd, value, 0, MAX_RETRY_DAYS,
                                           &conf->retry_window);
}

const char *scep_set_page_encoding(cmd_parms *cmd, void *dir, const char *value)
{
    scep_dir_config_t *conf = dir;
    const char *error = ap_check_cmd_context(cmd, SCEP_POLICY_CONTEXT);

    if (error != NULL) {
        return error;
    }
    if (strcasecmp(value, "utf-16") == 0) {
        conf->page_encoding = SCEP_PAGE_UTF16;
    }
    else if (strcasecmp(value, "utf-8") == 0) {
        conf->page_encoding = SCEP_PAGE_UTF8;
    }
    else {
        return scep_bad_value(cmd, value, "utf-16 or utf-8 is wanted");
    }
    return NULL;
}

const char *scep_set_max_request_size(cmd_parms *cmd, void *dir,
                                      const char *value)
{
    scep_dir_config_t *conf = dir;
    const char *error = ap_check_cmd_context(cmd, SCEP_POLICY_CONTEXT);
    apr_int64_t number;

    if (error == NULL) {
        error = scep_parse_number(cmd, value, MIN_REQUEST_SIZE,
                                  MAX_REQUEST_SIZE, &number);
    }
    if (error == NULL) {
        conf->max_request_size = (apr_size_t)number;
    }
    return error;
}
