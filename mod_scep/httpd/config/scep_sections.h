/* Licensed under the Apache License, Version 2.0; see LICENSE. */
/**
 * @file scep_sections.h
 * The sections of a server, as they stand in the configuration files and as
 * policies. For what is checked and told before httpd serves. (httpd layer)
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
 * Call FN for each directive of server S, sections before what is in them:
 * what stands in the main server (which holds for S, too), then what stands in
 * its own <VirtualHost>.
 * @return true: FN has returned true
 */
bool scep_sections_walk(const server_rec *s, scep_directive_fn *fn,
                        void *baton);

/** The same for what stands in the <VirtualHost> of S alone. */
bool scep_sections_walk_host(const server_rec *s, scep_directive_fn *fn,
                             void *baton);

/** The same for what is in SECTION, which may be NULL. */
bool scep_sections_walk_in(const ap_directive_t *section, scep_directive_fn *fn,
                           void *baton);

/** Is DIRECTIVE called NAME? */
bool scep_directive_is(const ap_directive_t *directive, const char *name);

/** The first argument of DIRECTIVE, without quotes; of a section its pattern.
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

/** A section, or what stands outside of all, as a policy. */
typedef struct scep_policy_section_t {
    const scep_dir_config_t *own;    /* what it says */
    const scep_dir_config_t *policy; /* the same with what is around it */
    const core_dir_config *core;     /* the section; NULL: there is none */
    bool inherited;                  /* it stands in the main server */
} scep_policy_section_t;

/** Those of server S in which a directive of ours stands, in their order.
 * @return scep_policy_section_t, from POOL */
apr_array_header_t *scep_sections_policies(const server_rec *s,
                                           apr_pool_t *pool);

/** The policy of URI in S, as httpd would merge it but for <If>. */
const scep_dir_config_t *
scep_sections_policy(const server_rec *s, const char *uri, apr_pool_t *pool);

/**
 * The key of CONF, a CA of server S, does not serve the legacy level, as RES
 * says. That is a fault where a section of S itself asks that CA for it. Where
 * one of the main server does, which holds for S only as for all others, it is
 * warned of: that section answers 503, and all else is served.
 * @return the status of RES; or SCEP_OK, and RES is fresh
 */
scep_status_e scep_sections_judge_legacy(const server_rec *s,
                                         const scep_server_config_t *conf,
                                         const scep_env_t *env,
                                         scep_result_t *res);

/** Does the <Location> or <LocationMatch> CORE apply to URI, as httpd decides
 * for each request? */
bool scep_section_applies(const core_dir_config *core, const char *uri);

/** Would it, if case did not count? @param regex its expression for that, if it
 * is one; else NULL */
bool scep_section_applies_any_case(const core_dir_config *core,
                                   const ap_regex_t *regex, const char *uri);

#endif
