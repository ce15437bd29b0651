/* Licensed under the Apache License, Version 2.0; see LICENSE. */
/**
 * @file scep_program.h
 * A program that an operator has configured (ScepChallenge exec:,
 * ScepCABackend exec): checked at the start, then run for one request at a
 * time by any thread of any child, a limited number at once. (base layer)
 */
#ifndef SCEP_PROGRAM_H
#define SCEP_PROGRAM_H

#include "scep_env.h"
#include "scep_exec.h"

typedef struct scep_program_t scep_program_t;

/** What the directives say. */
typedef struct scep_program_config_t {
    const char *args;            /* its path and its arguments, as in a shell */
    apr_interval_time_t timeout; /* ScepExecTimeout */
    int workers;                 /* ScepExecWorkers: how many run at once */
    bool probe;                  /* it will not be run: take no memory */
    const char *example;         /* "exec:/path", for messages */
    const char *danger; /* what somebody who can change it could do: "let any
                         * device in" */
} scep_program_config_t;

/**
 * Parent: check that the program is there, can be run, and that nobody but its
 * owner can change it.
 * @param program set with SCEP_OK; lives as long as POOL
 * @return SCEP_OK; SCEP_BROKEN with SCEP_R_SETUP and the cure
 */
scep_status_e scep_program_make(const scep_program_config_t *config,
                                apr_pool_t *pool, scep_program_t **program,
                                scep_result_t *res);

/** Child: log an error if httpd's user, who may see less than root, cannot run
 * it now. It may come back: each run finds out for itself. */
void scep_program_child(const scep_program_t *program, const scep_env_t *env);

/**
 * Run it on INPUT and wait for its end. Thread-safe.
 * @param run how it ended; from POOL
 * @param away the reason if none of the others that run ended in time
 * @return SCEP_OK: see RUN; SCEP_UNAVAILABLE with AWAY
 */
scep_status_e scep_program_run(const scep_program_t *program,
                               const scep_env_t *env, scep_octets_t input,
                               apr_pool_t *pool, scep_exec_t *run,
                               scep_reason_e away, scep_result_t *res);

/** Its path, for messages. */
const char *scep_program_path(const scep_program_t *program);

/** How RUN ended: "ended with exit status 2". From POOL. */
const char *scep_program_end(const scep_program_t *program,
                             const scep_exec_t *run, apr_pool_t *pool);

#endif
