/* Licensed under the Apache License, Version 2.0; see LICENSE. */
/*
 * scep_sections.c: see scep_sections.h. (httpd layer)
 */
#include "scep_sections.h"

#include <apr_strings.h>

#include <http_core.h>

bool scep_directive_is(const ap_directive_t *directive, const char *name)
{
    return strcasecmp(directive->directive, name) == 0;
}

const char *scep_directive_value(const ap_directive_t *directive,
                                 apr_pool_t *pool)
{
    const char *args = directive->args;
    const char *word;

    if (directive->directive[0] == '<') {
        const char *end = strrchr(args, '>');

        args = end != NULL ? apr_pstrmemdup(pool, args, (size_t)(end - args))
                           : args;
    }
    word = ap_getword_conf(pool, &args);
    return strcmp(word, "~") == 0 ? ap_getword_conf(pool, &args) : word;
}

const char *scep_directive_at(const ap_directive_t *directive, apr_pool_t *pool)
{
    return apr_psprintf(pool, "%s:%d", directive->filename,
                        directive->line_num);
}

/* @param host what is in a <VirtualHost> is left out */
static bool walk(const ap_directive_t *first, bool host, scep_directive_fn *fn,
                 void *baton)
{
    const ap_directive_t *d;

    for (d = first; d != NULL; d = d->next) {
        if (host && scep_directive_is(d, "<VirtualHost")) {
            continue;
        }
        if (fn(baton, d) || walk(d->first_child, host, fn, baton)) {
            return true;
        }
    }
    return false;
}

bool scep_sections_walk_in(const ap_directive_t *section, scep_directive_fn *fn,
                           void *baton)
{
    return section != NULL && walk(section->first_child, false, fn, baton);
}

/* A macro can make several virtual hosts of one line: each counts. */
static bool is_of(const server_rec *s, const ap_directive_t *d)
{
    return scep_directive_is(d, "<VirtualHost") && s->defn_name != NULL &&
           (unsigned int)d->line_num == s->defn_line_number &&
           strcmp(d->filename, s->defn_name) == 0;
}

bool scep_sections_walk(const server_rec *s, scep_directive_fn *fn, void *baton)
{
    const ap_directive_t *d;

    if (walk(ap_conftree, true, fn, baton)) {
        return true;
    }
    for (d = s->is_virtual ? ap_conftree : NULL; d != NULL; d = d->next) {
        if (is_of(s, d) && walk(d->first_child, false, fn, baton)) {
            return true;
        }
    }
    return false;
}

typedef struct find_t {
    const char *pattern;
    apr_pool_t *pool;
    const ap_directive_t *found;
} find_t;

static bool is_section(void *baton, const ap_directive_t *d)
{
    find_t *find = baton;

    if ((scep_directive_is(d, "<Location") ||
         scep_directive_is(d, "<LocationMatch")) &&
        strcmp(scep_directive_value(d, find->pool), find->pattern) == 0) {
        find->found = d;
    }
    return find->found == d;
}

const char *scep_sections_at(const server_rec *s, const char *pattern,
                             apr_pool_t *pool)
{
    find_t find = {pattern, pool, NULL};

    return scep_sections_walk(s, is_section, &find)
               ? scep_directive_at(find.found, pool)
               : NULL;
}
