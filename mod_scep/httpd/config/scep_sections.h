/* Licensed under the Apache License, Version 2.0; see LICENSE. */
/**
 * @file scep_sections.h
 * The sections of a server, as they stand in the configuration files and as
 * policies. Used by the checks and warnings of a start. (httpd layer)
 */
#ifndef SCEP_SECTIONS_H
#define SCEP_SECTIONS_H

#include <stdbool.h>

#include <httpd.h>
#include <http_core.h>

#include "scep_config.h"

/** Called for a DIRECTIVE. @return true: look no further */
typedef bool scep_directive_fn(void *baton, const ap_directive_t *directive);

/**
 * Call FN for each directive of server S, a section before its content. First
 * come the directives of the main server, which also apply to S, then those in
 * the <VirtualHost> of S.
 * @return true: FN has returned true
 */
bool scep_sections_walk(const server_rec *s, scep_directive_fn *fn,
                        void *baton);

/** The same for the directives in the <VirtualHost> of S only. */
bool scep_sections_walk_host(const server_rec *s, scep_directive_fn *fn,
                             void *baton);

/** The same for the content of SECTION, which may be NULL. */
bool scep_sections_walk_in(const ap_directive_t *section, scep_directive_fn *fn,
                           void *baton);

/** Is DIRECTIVE called NAME? */
bool scep_directive_is(const ap_directive_t *directive, const char *name);

/** The first argument of DIRECTIVE without quotes, or the pattern of a section.
 * From POOL. */
const char *scep_directive_value(const ap_directive_t *directive,
                                 apr_pool_t *pool);

/** "file:line" of DIRECTIVE. From POOL. */
const char *scep_directive_at(const ap_directive_t *directive,
                              apr_pool_t *pool);

/** "file:line" of the <Location> or <LocationMatch> of S with that PATTERN, or
 * NULL. From POOL. */
const char *scep_sections_at(const server_rec *s, const char *pattern,
                             apr_pool_t *pool);

/** A section, or all that stands outside of sections, as a policy. */
typedef struct scep_policy_section_t {
    const scep_dir_config_t *own;    /* what it says */
    const scep_dir_config_t *policy; /* the same, merged with what is around
                                      * it */
    const core_dir_config *core;     /* the section; NULL: there is none */
    bool inherited;                  /* it stands in the main server */
} scep_policy_section_t;

/** The sections of server S that have a directive of ours, in their order.
 * @return scep_policy_section_t, from POOL */
apr_array_header_t *scep_sections_policies(const server_rec *s,
                                           apr_pool_t *pool);

/** The policy of URI in S, as httpd would merge it, apart from <If>. */
const scep_dir_config_t *
scep_sections_policy(const server_rec *s, const char *uri, apr_pool_t *pool);

/**
 * Judge that the key of CONF, a CA of server S, cannot serve the legacy level,
 * as RES says. It is a fault if a section of S itself sets that level for this
 * CA. If only a section of the main server does, a warning is logged: that
 * section answers 503, and everything else is served.
 * @return the status of RES; or SCEP_OK, and RES is fresh
 */
scep_status_e scep_sections_judge_legacy(const server_rec *s,
                                         const scep_server_config_t *conf,
                                         const scep_env_t *env,
                                         scep_result_t *res);

/** Does the <Location> or <LocationMatch> CORE apply to URI, as httpd decides
 * for each request? */
bool scep_section_applies(const core_dir_config *core, const char *uri);

/** Would it apply if case did not count?
 * @param regex its expression without regard to case; NULL: it is a path */
bool scep_section_applies_any_case(const core_dir_config *core,
                                   const ap_regex_t *regex, const char *uri);

#endif
