/* Licensed under the Apache License, Version 2.0; see LICENSE. */
/*
 * scep_directives_value.c: reads the values of directives, and makes the
 * messages about bad ones. (httpd layer)
 */
#include "scep_directives.h"
#include "scep_span.h"

#include <apr_lib.h>
#include <apr_strings.h>

enum { SECONDS_PER_DAY = 86400 };

const char *scep_parse_number(cmd_parms *cmd, const char *whole,
                              const char *value, apr_int64_t min,
                              apr_int64_t max, apr_int64_t *number)
{
    char *end;

    *number = apr_strtoi64(value, &end, 10);
    /* apr_strtoi64() would accept blanks and a sign. */
    if (!apr_isdigit(*value) || *end != '\0' || *number < min ||
        *number > max) {
        return scep_bad_value(cmd, whole,
                              apr_psprintf(cmd->pool,
                                           "a number from %" APR_INT64_T_FMT
                                           " to %" APR_INT64_T_FMT " is wanted",
                                           min, max));
    }
    return NULL;
}

const char *scep_parse_percent(cmd_parms *cmd, const char *value, int min,
                               int max, int *percent)
{
    apr_size_t len = strlen(value);
    apr_int64_t number = 0;

    if (len < 2 || value[len - 1] != '%' ||
        scep_parse_number(cmd, value, apr_pstrmemdup(cmd->pool, value, len - 1),
                          min, max, &number) != NULL) {
        return scep_bad_value(cmd, value,
                              apr_psprintf(cmd->pool,
                                           "a number from %d to %d is wanted "
                                           "before %%",
                                           min, max));
    }
    *percent = (int)number;
    return NULL;
}

const char *scep_parse_time(cmd_parms *cmd, const char *whole,
                            const char *value, int min_seconds, int max_days,
                            apr_interval_time_t *interval)
{
    apr_interval_time_t max =
        apr_time_from_sec((apr_int64_t)max_days * SECONDS_PER_DAY);
    apr_int64_t seconds = -1;

    if (scep_span_parse(value, &seconds)) {
        *interval = apr_time_from_sec(seconds);
    }
    if (seconds < min_seconds || *interval > max) {
        return scep_bad_value(
            cmd, whole,
            apr_psprintf(cmd->pool,
                         "a time from %d seconds to %d days is "
                         "wanted, " SCEP_SPAN_FORMS,
                         min_seconds, max_days));
    }
    return NULL;
}

/* ---- the kinds ---- */

static void *member_of(const cmd_parms *cmd, void *record)
{
    const scep_setting_t *row = cmd->info;

    return (char *)record + row->offset;
}

/* The members of numbers, flags and enumerations have different sizes. */
static void put(const cmd_parms *cmd, void *record, apr_int64_t value)
{
    const scep_setting_t *row = cmd->info;
    void *member = member_of(cmd, record);
    apr_int32_t number = (apr_int32_t)value;
    bool flag = value != 0;

    if (row->size == sizeof(flag)) {
        memcpy(member, &flag, sizeof(flag));
    }
    else if (row->size == sizeof(number)) {
        memcpy(member, &number, sizeof(number));
    }
    else {
        ap_assert(row->size == sizeof(value));
        memcpy(member, &value, sizeof(value));
    }
}

/* The row's word that is VALUE; NULL: none. */
static const scep_word_t *find_word(const cmd_parms *cmd, const char *value)
{
    const scep_setting_t *row = cmd->info;
    const scep_word_t *one = row->words;

    while (one != NULL && one->word != NULL &&
           strcasecmp(value, one->word) != 0) {
        one++;
    }
    return one != NULL && one->word != NULL ? one : NULL;
}

const char *scep_read_flag(cmd_parms *cmd, void *record, int argc,
                           const char *const argv[])
{
    (void)argc;
    put(cmd, record, strcasecmp(argv[0], "On") == 0);
    return NULL;
}

/* "a, b or c is wanted" */
static const char *words_wanted(cmd_parms *cmd)
{
    const scep_setting_t *row = cmd->info;
    const scep_word_t *one;
    const char *text = row->words->word;

    for (one = row->words + 1; one->word != NULL; one++) {
        text = apr_pstrcat(cmd->pool, text, one[1].word != NULL ? ", " : " or ",
                           one->word, NULL);
    }
    return apr_pstrcat(cmd->pool, text, " is wanted", NULL);
}

const char *scep_read_word(cmd_parms *cmd, void *record, int argc,
                           const char *const argv[])
{
    const scep_word_t *word = find_word(cmd, argv[0]);

    (void)argc;
    if (word == NULL) {
        return scep_bad_value(cmd, argv[0], words_wanted(cmd));
    }
    put(cmd, record, word->value);
    return NULL;
}

const char *scep_read_name(cmd_parms *cmd, void *record, int argc,
                           const char *const argv[])
{
    const scep_word_t *word = find_word(cmd, argv[0]);

    (void)argc;
    if (word == NULL) {
        return scep_bad_value(cmd, argv[0], words_wanted(cmd));
    }
    *(const char **)member_of(cmd, record) = word->word;
    return NULL;
}

const char *scep_read_number(cmd_parms *cmd, void *record, int argc,
                             const char *const argv[])
{
    const scep_setting_t *row = cmd->info;
    const scep_word_t *word = find_word(cmd, argv[0]);
    apr_int64_t number = word != NULL ? word->value : 0;
    const char *error = word != NULL
                            ? NULL
                            : scep_parse_number(cmd, argv[0], argv[0], row->min,
                                                row->max, &number);

    (void)argc;
    if (error == NULL) {
        put(cmd, record, number);
    }
    return error;
}

const char *scep_read_percent(cmd_parms *cmd, void *record, int argc,
                              const char *const argv[])
{
    const scep_setting_t *row = cmd->info;
    const scep_word_t *word = find_word(cmd, argv[0]);
    int percent = word != NULL ? (int)word->value : 0;
    const char *error = word != NULL
                            ? NULL
                            : scep_parse_percent(cmd, argv[0], (int)row->min,
                                                 (int)row->max, &percent);

    (void)argc;
    if (error == NULL) {
        put(cmd, record, percent);
    }
    return error;
}

const char *scep_read_time(cmd_parms *cmd, void *record, int argc,
                           const char *const argv[])
{
    const scep_setting_t *row = cmd->info;
    const scep_word_t *word = find_word(cmd, argv[0]);
    apr_interval_time_t interval = word != NULL ? word->value : 0;
    const char *error =
        word != NULL ? NULL
                     : scep_parse_time(cmd, argv[0], argv[0], (int)row->min,
                                       (int)row->max, &interval);

    (void)argc;
    if (error == NULL) {
        put(cmd, record, interval);
    }
    return error;
}

const char *scep_read_seconds(cmd_parms *cmd, void *record, int argc,
                              const char *const argv[])
{
    const char *error = scep_read_time(cmd, record, argc, argv);
    apr_int64_t *seconds = member_of(cmd, record);

    if (error == NULL) {
        *seconds = apr_time_sec(*seconds);
    }
    return error;
}

const char *scep_read_text(cmd_parms *cmd, void *record, int argc,
                           const char *const argv[])
{
    (void)argc;
    *(const char **)member_of(cmd, record) = argv[0];
    return NULL;
}

const char *scep_parse_path(cmd_parms *cmd, const char *value,
                            const char **path)
{
    *path = *value != '\0' ? ap_server_root_relative(cmd->pool, value) : NULL;
    return *path != NULL ? NULL
                         : scep_bad_value(cmd, value, "that is no valid path");
}

/* A key with a scheme is an OSSL_STORE URI, otherwise it is a file. */
static const char *parse_key(cmd_parms *cmd, const char *value,
                             const char **source)
{
    if (!scep_source_is_uri(value)) {
        return scep_parse_path(cmd, value, source);
    }
    *source = value;
    return NULL;
}

const char *scep_read_path(cmd_parms *cmd, void *record, int argc,
                           const char *const argv[])
{
    (void)argc;
    return scep_parse_path(cmd, argv[0], member_of(cmd, record));
}

const char *scep_read_key(cmd_parms *cmd, void *record, int argc,
                          const char *const argv[])
{
    (void)argc;
    return parse_key(cmd, argv[0], member_of(cmd, record));
}

static const char *append(cmd_parms *cmd, void *record, const char *value,
                          const char *error)
{
    apr_array_header_t **list = member_of(cmd, record);

    if (*list == NULL) {
        *list = apr_array_make(cmd->pool, 2, sizeof(const char *));
    }
    APR_ARRAY_PUSH(*list, const char *) = value;
    return error;
}

const char *scep_read_paths(cmd_parms *cmd, void *record, int argc,
                            const char *const argv[])
{
    const char *path;
    const char *error = scep_parse_path(cmd, argv[0], &path);

    (void)argc;
    return append(cmd, record, path, error);
}

const char *scep_read_keys(cmd_parms *cmd, void *record, int argc,
                           const char *const argv[])
{
    const char *source;
    const char *error = parse_key(cmd, argv[0], &source);

    (void)argc;
    return append(cmd, record, source, error);
}

/* ---- sections ---- */

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
    const char *end = strrchr(args, '>');
    const char *rest;

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

const char *scep_section_check(cmd_parms *cmd,
                               bool (*fits)(const scep_setting_t *row),
                               const char *what)
{
    const ap_directive_t *d;

    for (d = cmd->directive->first_child; d != NULL; d = d->next) {
        const scep_setting_t *row = scep_setting_find(d->directive);

        /* httpd itself reports a directive of ours that is misspelt. */
        if (row != NULL ? !fits(row)
                        : strncasecmp(d->directive, "Scep", 4) != 0) {
            return apr_psprintf(cmd->pool,
                                "%s> (%s:%d): %s cannot stand in it; only %s "
                                "can",
                                cmd->cmd->name, d->filename, d->line_num,
                                d->directive, what);
        }
    }
    return NULL;
}
