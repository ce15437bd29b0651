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

#endif
