/* Licensed under the Apache License, Version 2.0; see LICENSE. */
/**
 * @file scep_exec.h
 * Runs a program of the operator, for threads of a server. The program runs
 * without a shell, in a process group of its own, in `/`. It has only standard
 * input, output and error, and an environment of PATH and LC_ALL. Time and
 * output are bounded, and no process of its group outlives the run. (base
 * layer: POSIX)
 */
#ifndef SCEP_EXEC_H
#define SCEP_EXEC_H

#include <apr_time.h>

#include "scep.h"

/** The most octets of standard output, and of standard error. */
#define SCEP_EXEC_MAX_OUTPUT 65536

/** How a run ended. */
typedef enum {
    SCEP_EXEC_EXITED = 0, /* code: exit status */
    SCEP_EXEC_SIGNALED,   /* code: the signal */
    SCEP_EXEC_TIMEOUT,    /* it was killed */
    SCEP_EXEC_FLOOD,      /* it wrote too much, and was killed */
    SCEP_EXEC_FAILED      /* it could not be run; code: errno */
} scep_exec_end_e;

typedef struct scep_exec_t {
    scep_exec_end_e end;
    int code;
    const char *out; /* standard output; NUL-terminated */
    size_t out_len;  /* may be longer than strlen(out) */
    const char *err; /* the first line of standard error, at most 2,048 octets,
                      * not yet made printable; "" if there is none */
} scep_exec_t;

/**
 * Run ARGV (NULL-terminated; argv[0] is a path) and wait for its end. It need
 * not read INPUT.
 * @param run the outcome, from POOL
 */
void scep_exec_run(const char *const *argv, scep_octets_t input,
                   apr_interval_time_t timeout, apr_pool_t *pool,
                   scep_exec_t *run);

#endif
