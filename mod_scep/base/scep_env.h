/* Licensed under the Apache License, Version 2.0; see LICENSE. */
/**
 * @file scep_env.h
 * A log and a clock for core code. The module, scepctl and the tests each bring
 * their own, so that no core file holds state. (base layer)
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

/** The limit of lines a minute; only the module has one. */
typedef struct scep_log_limit_t scep_log_limit_t;

/**
 * Small enough to be copied for each request. The functions must be safe to
 * call from several threads with the same baton.
 */
struct scep_env_t {
    scep_log_fn *log; /* NULL: nothing is logged */
    void *log_baton;
    scep_log_level_e log_level; /* lines above this level are not formatted */
    scep_clock_fn *clock;       /* NULL: apr_time_now() */
    void *clock_baton;
    scep_log_limit_t *limit; /* NULL, or level debug: no line is left out */
    const char *peer;        /* the address that lines are about; NULL: none */
};

/** The id that an operator can search for: SCEPLOGNO(0001) "text". Each number
 * stands in one place of the sources or of SCEP_REASONS; a guard checks
 * that. */
#define SCEPLOGNO(n) "SCEP" #n ": "

/** The current time by ENV's clock. */
apr_time_t scep_env_now(const scep_env_t *env);

/** Log a line of at most 1,023 octets. All are visible characters in UTF-8: any
 * other octet, which a peer may have smuggled in, becomes a '.' (httpd writes
 * octets above 127 as \xNN). Pass text between quotes through scep_printable()
 * first. As thread-safe as ENV's functions. */
void scep_log(const scep_env_t *env, scep_log_level_e level, const char *fmt,
              ...) __attribute__((format(printf, 3, 4)));

/** The level for RES: that of its status, or SCEP_LOG_INFO if its cause has
 * been logged already (told). */
scep_log_level_e scep_log_level_of(const scep_result_t *res);

/** Log RES with its id, status, failInfo and private detail, at the level of
 * scep_log_level_of(). PREFIX (may be NULL) names the operation. */
void scep_log_result(const scep_env_t *env, const scep_result_t *res,
                     const char *prefix);

#ifdef __cplusplus
}
#endif

#endif
