/* Licensed under the Apache License, Version 2.0; see LICENSE. */
/**
 * @file scep_env.h
 * What core code needs from the world around it: a place to log to and a
 * clock. The module, scepctl and the tests each bring their own, so that no
 * core file holds state. (base layer)
 */
#ifndef SCEP_ENV_H
#define SCEP_ENV_H

#include <apr_time.h>

#include "scep.h"

#ifdef __cplusplus
extern "C" {
#endif

/** Print one line. LINE ends without a newline and holds no secret. */
typedef void scep_log_fn(void *baton, scep_log_level_e level, const char *line);

/** The time now, in microseconds since 1970 (UTC). */
typedef apr_time_t scep_clock_fn(void *baton);

/** How many lines a minute may have (the module's own). */
typedef struct scep_log_limit_t scep_log_limit_t;

/**
 * Small enough to be copied per request. The functions must be safe to call
 * from several threads with the same baton.
 */
struct scep_env_t {
    scep_log_fn *log; /* NULL: nothing is logged */
    void *log_baton;
    scep_log_level_e log_level; /* lines above it are not even formatted */
    scep_clock_fn *clock;       /* NULL: apr_time_now() */
    void *clock_baton;
    scep_log_limit_t *limit; /* NULL, or level debug: no line is left out */
    const char *peer;        /* the address it is about; NULL: none */
};

/** The number an operator can search for: SCEPLOGNO(0001) "text". Each number
 * stands in exactly one place of the sources or of SCEP_REASONS (a guard). */
#define SCEPLOGNO(n) "SCEP" #n ": "

/** The time now as ENV's clock tells it. */
apr_time_t scep_env_now(const scep_env_t *env);

/** Log a line; at most 1,023 octets of it, all of them visible characters in
 * UTF-8: any other octet, which a peer may have smuggled in, becomes a '.'
 * (httpd writes octets above 127 as \xNN). What is put
 * between quotes should pass scep_printable() first. Thread-safe as ENV's
 * functions are. */
void scep_log(const scep_env_t *env, scep_log_level_e level, const char *fmt,
              ...) __attribute__((format(printf, 3, 4)));

/** The level for RES: that of its status; SCEP_LOG_INFO if its cause has been
 * logged already (told). */
scep_log_level_e scep_log_level_of(const scep_result_t *res);

/** Log RES with its id, status, failInfo and private detail, at the level of
 * scep_log_level_of(). PREFIX (may be NULL) names the operation. */
void scep_log_result(const scep_env_t *env, const scep_result_t *res,
                     const char *prefix);

#ifdef __cplusplus
}
#endif

#endif
