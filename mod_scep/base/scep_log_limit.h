/* Licensed under the Apache License, Version 2.0; see LICENSE. */
/**
 * @file scep_log_limit.h
 * Limits the log lines of a minute, counted in memory that all children share:
 * one for each fault, SCEP_LOG_EACH for the refusals of one client, and
 * SCEP_LOG_ALL for those of all clients. Lines that are left out are counted,
 * and the log says how many they were. Needs no locks, and no repair after a
 * death. (base layer)
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

/** Make an empty one in MEMORY of that size, aligned to 8. */
void scep_log_limit_format(void *memory);

/** Use formatted memory. @return NULL if it is none of this version */
scep_log_limit_t *scep_log_limit_attach(void *memory, apr_size_t size,
                                        apr_pool_t *pool);

/**
 * May LINE be written? If lines like it were left out in an earlier minute,
 * this is logged first. Only errors, and warnings about ENV's peer, are
 * counted.
 * @param now by ENV's clock
 * @param cause errors of one number with different causes are counted
 *     separately
 */
bool scep_log_limit_pass(const scep_env_t *env, apr_time_t now,
                         scep_log_level_e level, const char *line,
                         const char *cause);

/** Call this from time to time: log how many lines were left out, for lines
 * that have not come again.
 * @param now by ENV's clock */
void scep_log_limit_flush(const scep_env_t *env, apr_time_t now);

#endif
