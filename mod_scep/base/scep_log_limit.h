/* Licensed under the Apache License, Version 2.0; see LICENSE. */
/**
 * @file scep_log_limit.h
 * How many lines the log takes in a minute, counted in memory that all children
 * share: of one fault one, of what one client is refused for SCEP_LOG_EACH, of
 * what all are refused for SCEP_LOG_ALL. What is left out is counted, and the
 * log says how much it was. Without locks; nothing needs repair after a death.
 * (base layer)
 */
#ifndef SCEP_LOG_LIMIT_H
#define SCEP_LOG_LIMIT_H

#include <stdbool.h>

#include "scep_env.h"

enum {
    SCEP_LOG_CAUSES = 10, /* different causes of errors of one number */
    SCEP_LOG_EACH = 120,  /* warnings of one address (IPv6: of its /64) */
    SCEP_LOG_ALL = 1200   /* warnings of all */
};

/** Octets of shared memory. */
apr_size_t scep_log_limit_size(void);

/** Lay it out, empty, in MEMORY of that size, aligned to 8. */
void scep_log_limit_format(void *memory);

/** Use formatted memory. @return NULL if it is none of this version */
scep_log_limit_t *scep_log_limit_attach(void *memory, apr_size_t size,
                                        apr_pool_t *pool);

/**
 * May LINE be written? If lines like it were left out in an earlier minute, that
 * is logged first. Only errors, and warnings about ENV's peer, are counted.
 * @param now as ENV's clock tells it
 * @param cause what makes two errors of one number different ones
 */
bool scep_log_limit_pass(const scep_env_t *env, apr_time_t now,
                         scep_log_level_e level, const char *line,
                         const char *cause);

/** From time to time: log how much was left out of what came no more.
 * @param now as ENV's clock tells it */
void scep_log_limit_flush(const scep_env_t *env, apr_time_t now);

#endif
