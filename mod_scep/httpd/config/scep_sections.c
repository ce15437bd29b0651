/* Licensed under the Apache License, Version 2.0; see LICENSE. */
/* scep_sections.c: see scep_sections.h. (httpd layer) */
#include "scep_sections.h"

#include <apr_fnmatch.h>
#include <apr_strings.h>

#include <http_main.h>

#include "scep_place.h"

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

/* A macro can make several virtual hosts from one line: each counts. */
static bool is_of(const server_rec *s, const ap_directive_t *d)
{
    return scep_directive_is(d, "<VirtualHost") && s->defn_name != NULL &&
           (unsigned int)d->line_num == s->defn_line_number &&
           strcmp(d->filename, s->defn_name) == 0;
}

bool scep_sections_walk_host(const server_rec *s, scep_directive_fn *fn,
                             void *baton)
{
    const ap_directive_t *d;

    for (d = ap_conftree; d != NULL; d = d->next) {
        if (is_of(s, d) && walk(d->first_child, false, fn, baton)) {
            return true;
        }
    }
    return false;
}

bool scep_sections_walk(const server_rec *s, scep_directive_fn *fn, void *baton)
{
    return walk(ap_conftree, true, fn, baton) ||
           scep_sections_walk_host(s, fn, baton);
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

/* ---- what they apply to ---- */

static bool applies(const core_dir_config *core, const ap_regex_t *regex,
                    bool any_case, const char *uri)
{
    const char *pattern = core->d;
    size_t len = strlen(pattern);

    if (core->r != NULL) {
        return regex != NULL && ap_regexec(regex, uri, 0, NULL, 0) == 0;
    }
    if (core->d_is_fnmatch) {
        return apr_fnmatch(pattern, uri,
                           APR_FNM_PATHNAME |
                               (any_case ? APR_FNM_CASE_BLIND : 0)) == 0;
    }
    if (any_case ? strncasecmp(pattern, uri, len) != 0
                 : strncmp(pattern, uri, len) != 0) {
        return false;
    }
    return len == 0 || pattern[len - 1] == '/' || uri[len] == '/' ||
           uri[len] == '\0';
}

bool scep_section_applies(const core_dir_config *core, const char *uri)
{
    return core->d != NULL && applies(core, core->r, false, uri);
}

bool scep_section_applies_any_case(const core_dir_config *core,
                                   const ap_regex_t *regex, const char *uri)
{
    return core->d != NULL && applies(core, regex, true, uri);
}

/* ---- policies ---- */

static apr_array_header_t *locations_of(const server_rec *s)
{
    const core_server_config *core =
        ap_get_core_module_config(s->module_config);

    return core->sec_url;
}

static bool is_of_main(const server_rec *s, const ap_conf_vector_t *section)
{
    const apr_array_header_t *list = locations_of(ap_server_conf);
    int i;

    for (i = 0; s->is_virtual && list != NULL && i < list->nelts; i++) {
        if (APR_ARRAY_IDX(list, i, ap_conf_vector_t *) == section) {
            return true;
        }
    }
    return !s->is_virtual;
}

apr_array_header_t *scep_sections_policies(const server_rec *s,
                                           apr_pool_t *pool)
{
    apr_array_header_t *found =
        apr_array_make(pool, 4, sizeof(scep_policy_section_t));
    const apr_array_header_t *list = locations_of(s);
    scep_dir_config_t *around =
        ap_get_module_config(s->lookup_defaults, &scep_module);
    scep_policy_section_t *one;
    int i;

    if (around == NULL) {
        around = scep_config_create_dir(pool, NULL);
    }
    one = apr_array_push(found);
    *one = (scep_policy_section_t){around, around, NULL, !s->is_virtual};
    for (i = 0; list != NULL && i < list->nelts; i++) {
        ap_conf_vector_t *section = APR_ARRAY_IDX(list, i, ap_conf_vector_t *);
        scep_dir_config_t *own = ap_get_module_config(section, &scep_module);

        if (own != NULL) {
            one = apr_array_push(found);
            *one = (scep_policy_section_t){
                own, scep_config_merge_dir(pool, around, own),
                ap_get_core_module_config(section), is_of_main(s, section)};
        }
    }
    return found;
}

const scep_dir_config_t *scep_sections_policy(const server_rec *s,
                                              const char *uri, apr_pool_t *pool)
{
    const apr_array_header_t *list = scep_sections_policies(s, pool);
    scep_dir_config_t *policy = scep_config_create_dir(pool, NULL);
    int i;

    for (i = 0; i < list->nelts; i++) {
        const scep_policy_section_t *one =
            &APR_ARRAY_IDX(list, i, scep_policy_section_t);

        if (one->core == NULL || scep_section_applies(one->core, uri)) {
            policy = scep_config_merge_dir(pool, policy, (void *)one->own);
        }
    }
    return policy;
}

/* ---- the legacy level ---- */

/* Does the policy use the CA of CONF? */
static bool asks(const scep_dir_config_t *policy,
                 const scep_server_config_t *conf, apr_pool_t *pool)
{
    apr_hash_index_t *hi;

    if (conf->ca_name == NULL || policy->ca == NULL) {
        if (policy->ca == conf->ca_name) {
            return true;
        }
    }
    else if (strcmp(policy->ca, conf->ca_name) == 0) {
        return true;
    }
    if (conf->ca_name == NULL || policy->ca_idents == NULL) {
        return false;
    }
    for (hi = apr_hash_first(pool, policy->ca_idents); hi != NULL;
         hi = apr_hash_next(hi)) {
        if (strcmp(apr_hash_this_val(hi), conf->ca_name) == 0) {
            return true;
        }
    }
    return false;
}

scep_status_e scep_sections_judge_legacy(const server_rec *s,
                                         const scep_server_config_t *conf,
                                         const scep_env_t *env,
                                         scep_result_t *res)
{
    const apr_array_header_t *list = scep_sections_policies(s, res->pool);
    bool inherited = false;
    int i;

    for (i = 0; i < list->nelts; i++) {
        const scep_policy_section_t *one =
            &APR_ARRAY_IDX(list, i, scep_policy_section_t);

        if (one->policy->level != SCEP_LEVEL_LEGACY ||
            !asks(one->policy, conf, res->pool)) {
            continue;
        }
        if (!one->inherited || !s->is_virtual) {
            res->place =
                scep_places_find(one->policy->places, "ScepAlgorithms");
            return res->status;
        }
        inherited = true;
    }
    if (inherited) {
        scep_log(env, SCEP_LOG_WARNING,
                 SCEPLOGNO(0044) "%s. Here that section, which stands in the "
                                 "main server, answers 503; all else is served",
                 res->detail);
    }
    scep_result_init(res, res->pool);
    return SCEP_OK;
}
