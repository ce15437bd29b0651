/* Licensed under the Apache License, Version 2.0; see LICENSE. */
/*
 * scepctl_options.c: see scepctl_options.h. (scepctl)
 */
#include "scepctl_options.h"

#include <errno.h>
#include <getopt.h>
#include <stdlib.h>
#include <string.h>

#include <apr_strings.h>

#include "scep_span.h"

enum {
    LONGEST = 64, /* octets of an argument that are shown */
    LINE = 78,
    OPT_HELP = 256, /* what getopt_long() returns; then one a row */
    OPT_FIRST
};

typedef struct reader_t {
    scepctl_t *ctl;
    const scepctl_command_t *command;
    char *wish;        /* of the size that the command says */
    apr_uint64_t seen; /* a bit for each row */
    bool help;
} reader_t;

/* "list, show and revoke": those of WORDS whose bits are in MASK. */
static const char *joined(apr_pool_t *pool, const char *const *words,
                          unsigned int mask, const char *last)
{
    const char *text = "";
    int i, left = 0;

    for (i = 0; words[i] != NULL; i++) {
        left += (mask & SCEPCTL_FOR(i)) != 0;
    }
    for (i = 0; words[i] != NULL; i++) {
        if ((mask & SCEPCTL_FOR(i)) != 0) {
            text = apr_pstrcat(pool, text, words[i],
                               left > 2    ? ", "
                               : left == 2 ? last
                                           : "",
                               NULL);
            left--;
        }
    }
    return text;
}

/* --- help ----------------------------------------------------------------- */

void scepctl_print_wrapped(FILE *out, const char *label, size_t width,
                           const char *text)
{
    fprintf(out, "%-*s", (int)width, label);
    while (*text != '\0') {
        size_t len = strcspn(text, "\n");

        if (len > LINE - width) {
            for (len = LINE - width; text[len] != ' '; len--) {
                ;
            }
        }
        fprintf(out, "%.*s\n", (int)len, text);
        text += len;
        text += *text == ' ' || *text == '\n';
        if (*text != '\0') {
            fprintf(out, "%*s", (int)width, "");
        }
    }
}

static bool takes_word(const scepctl_command_t *command, int action)
{
    return command->word != NULL &&
           (command->word_for == 0 ||
            (command->word_for & SCEPCTL_FOR(action)) != 0);
}

static void print_usage(scepctl_t *ctl, const scepctl_command_t *command)
{
    int i = 0;

    do {
        const char *action = command->actions[i];

        fprintf(ctl->out, "%s scepctl %s%s%s [options]%s%s\n",
                i == 0 ? "Usage:" : "      ", command->name,
                action != NULL ? " " : "", action != NULL ? action : "",
                takes_word(command, i) ? " " : "",
                takes_word(command, i) ? command->word : "");
    } while (command->actions[i] != NULL && command->actions[++i] != NULL);
}

static void print_help(scepctl_t *ctl, const scepctl_command_t *command)
{
    const scepctl_option_t *row;
    const char *const *labels;
    apr_array_header_t *made = apr_array_make(ctl->pool, 16, sizeof(char *));
    unsigned int actions = 0;
    size_t width = 0;

    for (row = command->options; row->name != NULL; row++) {
        const char *label = apr_pstrcat(
            ctl->pool, "  --", row->name, row->value != NULL ? " " : "",
            row->value != NULL ? row->value : "", "  ", NULL);

        APR_ARRAY_PUSH(made, const char *) = label;
        width = strlen(label) > width ? strlen(label) : width;
    }
    print_usage(ctl, command);
    fputc('\n', ctl->out);
    if (command->about != NULL) {
        scepctl_print_wrapped(ctl->out, "", 0, command->about);
        fputc('\n', ctl->out);
    }
    labels = (const char *const *)made->elts;
    for (row = command->options; row->name != NULL; row++, labels++) {
        if (row->actions != actions) {
            actions = row->actions;
            fprintf(ctl->out, "%s:\n",
                    joined(ctl->pool, command->actions, actions, ", "));
        }
        scepctl_print_wrapped(ctl->out, *labels, width, row->help);
    }
}

/* --- options -------------------------------------------------------------- */

static scepctl_exit_e take_number(scepctl_t *ctl, const scepctl_option_t *row,
                                  const char *text, int *number)
{
    char *end;
    long found;

    errno = 0;
    found = strtol(text, &end, 10);
    if (errno != 0 || end == text || *end != '\0' || found < row->min ||
        found > row->max) {
        return scepctl_usage(ctl, "--%s takes a number from %d to %d",
                             row->name, row->min, row->max);
    }
    *number = (int)found;
    return SCEPCTL_OK;
}

long scepctl_span(const char *text)
{
    const apr_int64_t most = APR_INT64_C(3650) * 86400;
    apr_int64_t seconds;

    return scep_span_parse(text, &seconds) && seconds <= most ? (long)seconds
                                                              : -1;
}

static scepctl_exit_e take_span(scepctl_t *ctl, const scepctl_option_t *row,
                                const char *text, apr_interval_time_t *span)
{
    long seconds = scepctl_span(text);

    if (seconds < row->min) {
        return scepctl_usage(ctl,
                             "--%s takes a time up to ten years, as in 90s, "
                             "30m, 12h or 7d",
                             row->name);
    }
    *span = apr_time_from_sec(seconds);
    return SCEPCTL_OK;
}

static scepctl_exit_e take_since(scepctl_t *ctl, const scepctl_option_t *row,
                                 const char *text, apr_time_t *since)
{
    long ago = scepctl_span(text);

    *since = apr_time_now() - apr_time_from_sec(ago);
    return ago >= 0 || scep_time_parse(text, since)
               ? SCEPCTL_OK
               : scepctl_usage(ctl,
                               "--%s takes 2026-11-22, 2026-11-22T21:51:03Z, "
                               "or how long ago, as in 90s, 30m, 12h or 7d",
                               row->name);
}

/* TEXT is NULL for a flag. */
static scepctl_exit_e take(scepctl_t *ctl, const scepctl_option_t *row,
                           const char *text, void *member)
{
    switch (row->kind) {
    case SCEPCTL_FLAG:
        *(bool *)member = true;
        return SCEPCTL_OK;
    case SCEPCTL_TEXT:
        *(const char **)member = text;
        return strlen(text) >= (size_t)row->min
                   ? SCEPCTL_OK
                   : scepctl_usage(ctl, "--%s is empty", row->name);
    case SCEPCTL_LIST:
        APR_ARRAY_PUSH(*(apr_array_header_t **)member, const char *) = text;
        return SCEPCTL_OK;
    case SCEPCTL_NUMBER:
        return take_number(ctl, row, text, member);
    case SCEPCTL_SPAN:
        return take_span(ctl, row, text, member);
    case SCEPCTL_SINCE:
        break;
    }
    return take_since(ctl, row, text, member);
}

/* Each list of the wish is there, if empty; the rows as getopt_long() wants
 * them. */
static const struct option *prepare(reader_t *r)
{
    apr_array_header_t *made =
        apr_array_make(r->ctl->pool, 24, sizeof(struct option));
    const scepctl_option_t *row = r->command->options;
    int i;

    APR_ARRAY_PUSH(made, struct option) =
        (struct option){"help", no_argument, NULL, OPT_HELP};
    for (i = 0; row[i].name != NULL; i++) {
        void *member = r->wish + row[i].at;

        APR_ARRAY_PUSH(made, struct option) = (struct option){
            row[i].name,
            row[i].kind == SCEPCTL_FLAG ? no_argument : required_argument, NULL,
            OPT_FIRST + i};
        if (row[i].kind == SCEPCTL_LIST) {
            *(apr_array_header_t **)member =
                apr_array_make(r->ctl->pool, 2, sizeof(char *));
        }
    }
    APR_ARRAY_PUSH(made, struct option) = (struct option){NULL, 0, NULL, 0};
    return (const struct option *)made->elts;
}

static scepctl_exit_e read_options(reader_t *r, int argc, char **argv)
{
    const struct option *known = prepare(r);
    scepctl_exit_e status = SCEPCTL_OK;
    int option;

    opterr = 0;
    while (status == SCEPCTL_OK && !r->help &&
           (option = getopt_long(argc, argv, ":", known, NULL)) != -1) {
        if (option == '?' || option == ':') {
            return scepctl_usage(
                r->ctl,
                option == ':' ? "option `%s' needs a value"
                              : "there is no option `%s'",
                scep_printable(r->ctl->pool, argv[optind - 1], LONGEST));
        }
        r->help = option == OPT_HELP;
        if (!r->help) {
            const scepctl_option_t *row =
                &r->command->options[option - OPT_FIRST];

            r->seen |= APR_UINT64_C(1) << (option - OPT_FIRST);
            status = take(r->ctl, row, optarg, r->wish + row->at);
        }
    }
    return status;
}

/* --- words ---------------------------------------------------------------- */

static scepctl_exit_e read_action(reader_t *r, const char *word)
{
    const char *const *actions = r->command->actions;
    int i;

    if (word == NULL) {
        return scepctl_usage(r->ctl, "say %s",
                             joined(r->ctl->pool, actions, ~0U, " or "));
    }
    for (i = 0; actions[i] != NULL; i++) {
        if (strcmp(word, actions[i]) == 0) {
            ((scepctl_given_t *)(void *)r->wish)->action = i;
            return SCEPCTL_OK;
        }
    }
    return scepctl_usage(r->ctl, "`%s' is none of %s",
                         scep_printable(r->ctl->pool, word, LONGEST),
                         joined(r->ctl->pool, actions, ~0U, " and "));
}

static scepctl_exit_e check_options(const reader_t *r, int action)
{
    const scepctl_option_t *row = r->command->options;
    int i;

    for (i = 0; row[i].name != NULL; i++) {
        if ((r->seen >> i & 1) != 0 && row[i].actions != 0 &&
            (row[i].actions & SCEPCTL_FOR(action)) == 0) {
            return scepctl_usage(r->ctl, "--%s is for %s alone", row[i].name,
                                 joined(r->ctl->pool, r->command->actions,
                                        row[i].actions, " and "));
        }
    }
    return SCEPCTL_OK;
}

/* The rest of the command line, up to a NULL. */
static scepctl_exit_e read_words(reader_t *r, char **argv)
{
    scepctl_given_t *given = (scepctl_given_t *)(void *)r->wish;
    scepctl_exit_e status = SCEPCTL_OK;

    if (r->command->actions[0] != NULL) {
        status = read_action(r, *argv);
        argv += status == SCEPCTL_OK;
    }
    if (status == SCEPCTL_OK) {
        status = check_options(r, given->action);
    }
    if (status == SCEPCTL_OK && takes_word(r->command, given->action)) {
        if (*argv == NULL || **argv == '\0') {
            return scepctl_usage(r->ctl, "name %s", r->command->word_is);
        }
        given->word = *argv++;
    }
    if (status != SCEPCTL_OK || *argv == NULL) {
        return status;
    }
    return r->command->no_more != NULL
               ? scepctl_usage(r->ctl, "unexpected argument; %s",
                               r->command->no_more)
               : scepctl_usage(r->ctl, "unexpected argument `%s'",
                               scep_printable(r->ctl->pool, *argv, LONGEST));
}

scepctl_exit_e scepctl_run(scepctl_t *ctl, const scepctl_command_t *command,
                           int argc, char **argv)
{
    reader_t r = {.ctl = ctl,
                  .command = command,
                  .wish = apr_pcalloc(ctl->pool, command->size)};
    scepctl_exit_e status;

    ctl->command = command->name;
    status = read_options(&r, argc, argv);
    if (status == SCEPCTL_OK && r.help) {
        print_help(ctl, command);
        return SCEPCTL_OK;
    }
    if (status == SCEPCTL_OK) {
        status = read_words(&r, argv + optind);
    }
    return status == SCEPCTL_OK ? command->run(ctl, r.wish) : status;
}
