/* Licensed under the Apache License, Version 2.0; see LICENSE. */
/*
 * scep_directives_value.c: the values of directives, and what is said of bad
 * ones. (httpd layer)
 */
#include "scep_directives.h"
#include "scep_place.h"
#include "scep_span.h"

#include <apr_lib.h>
#include <apr_strings.h>

enum { SECONDS_PER_DAY = 86400 };

scep_server_config_t *scep_cmd_server(cmd_parms *cmd)
{
    scep_server_config_t *conf = scep_config_server(cmd->server);

    return conf->ca_section != NULL ? conf->ca_section : conf;
}

const char *scep_bad_value(cmd_parms *cmd, const char *value,
                           const char *wanted)
{
    return apr_psprintf(cmd->pool, "%s %s: %s", cmd->cmd->name, value, wanted);
}

const char *scep_choose_word(cmd_parms *cmd, const char *value,
                             const char *const *words, const char *wanted,
                             int *choice)
{
    const char *error = ap_check_cmd_context(cmd, SCEP_POLICY_CONTEXT);
    int i;

    for (i = 0; error == NULL && words[i] != NULL; i++) {
        if (strcasecmp(value, words[i]) == 0) {
            *choice = i;
            return NULL;
        }
    }
    return error != NULL ? error : scep_bad_value(cmd, value, wanted);
}

const char *scep_parse_number(cmd_parms *cmd, const char *value,
                              apr_int64_t min, apr_int64_t max,
                              apr_int64_t *number)
{
    char *end;

    *number = apr_strtoi64(value, &end, 10);
    /* apr_strtoi64() would skip blanks and take a sign. */
    if (!apr_isdigit(*value) || *end != '\0' || *number < min ||
        *number > max) {
        return scep_bad_value(cmd, value,
                              apr_psprintf(cmd->pool,
                                           "a number from %" APR_INT64_T_FMT
                                           " to %" APR_INT64_T_FMT " is wanted",
                                           min, max));
    }
    return NULL;
}

const char *scep_parse_time(cmd_parms *cmd, const char *value, int min_seconds,
                            int max_days, apr_interval_time_t *interval)
{
    apr_interval_time_t max =
        apr_time_from_sec((apr_int64_t)max_days * SECONDS_PER_DAY);
    apr_int64_t seconds = -1;

    if (scep_span_parse(value, &seconds)) {
        *interval = apr_time_from_sec(seconds);
    }
    if (seconds < min_seconds || *interval > max) {
        return scep_bad_value(
            cmd, value,
            apr_psprintf(cmd->pool,
                         "a time from %d seconds to %d days is "
                         "wanted, " SCEP_SPAN_FORMS,
                         min_seconds, max_days));
    }
    return NULL;
}

const char *scep_path_value(cmd_parms *cmd, const char *value,
                            const char **path)
{
    const char *error = ap_check_cmd_context(cmd, SCEP_SERVER_CONTEXT);

    if (error != NULL) {
        return error;
    }
    *path = *value != '\0' ? ap_server_root_relative(cmd->pool, value) : NULL;
    return *path != NULL ? NULL
                         : scep_bad_value(cmd, value, "that is no valid path");
}

/* A key is in a file or, when it has a scheme, behind OSSL_STORE. */
const char *scep_key_value(cmd_parms *cmd, const char *value,
                           const char **source)
{
    if (!scep_source_is_uri(value)) {
        return scep_path_value(cmd, value, source);
    }
    *source = value;
    return ap_check_cmd_context(cmd, SCEP_SERVER_CONTEXT);
}

static bool valid_name(const char *name)
{
    const char *p;

    for (p = name; apr_isalnum(*p) || *p == '-' || *p == '_' || *p == '.';) {
        p++;
    }
    return p > name && *p == '\0' && p - name <= 64;
}

const char *scep_section_name(cmd_parms *cmd, const char *args,
                              const char **name)
{
    const char *error = ap_check_cmd_context(cmd, SCEP_SERVER_CONTEXT);
    const char *end = strrchr(args, '>');
    const char *rest;

    if (error != NULL) {
        return error;
    }
    if (end == NULL || end[1] != '\0') {
        return apr_psprintf(cmd->pool, "%s> lacks its closing \">\"",
                            cmd->cmd->name);
    }
    rest = apr_pstrmemdup(cmd->temp_pool, args, (size_t)(end - args));
    *name = ap_getword_conf(cmd->pool, &rest);
    if (!valid_name(*name) || *rest != '\0') {
        return scep_bad_value(cmd, args,
                              "one name of letters, digits, '.', '-' and '_' "
                              "is wanted");
    }
    return NULL;
}

void scep_note_name(cmd_parms *cmd, apr_array_header_t **list, const char *name)
{
    scep_named_t *named;

    if (*list == NULL) {
        *list = apr_array_make(cmd->pool, 2, sizeof(*named));
    }
    named = apr_array_push(*list);
    named->name = name;
    named->directive = cmd->cmd->name;
    named->at = scep_place_here(cmd);
}
