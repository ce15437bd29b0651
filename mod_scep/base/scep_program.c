/* Licensed under the Apache License, Version 2.0; see LICENSE. */
/* scep_program.c: see scep_program.h. (base layer) */
#include "scep_program.h"

#include <errno.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include <apr_strings.h>

#include "scep_shm_slots.h"

enum {
    SLOT_WAIT = 5, /* seconds */
    KILL_TIME = 60 /* seconds, to end a program that took too long */
};

struct scep_program_t {
    const char *const *argv;
    apr_interval_time_t timeout;
    int workers;
    scep_shm_slots_t *slots; /* NULL while probing */
};

static scep_status_e check_file(const char *path, const char *danger,
                                scep_result_t *res)
{
    struct stat st;

    if (*path != '/') {
        return scep_fail(res, SCEP_R_SETUP,
                         "%s is no absolute path; write the whole path of the "
                         "program",
                         path);
    }
    if (stat(path, &st) != 0) {
        return scep_fail(res, SCEP_R_SETUP, "%s cannot be found: %s", path,
                         strerror(errno));
    }
    if (!S_ISREG(st.st_mode) || access(path, X_OK) != 0) {
        return scep_fail(res, SCEP_R_SETUP,
                         "%s is no program that can be run; set its mode to "
                         "755 (chmod)",
                         path);
    }
    if ((st.st_mode & (S_IWGRP | S_IWOTH)) != 0) {
        return scep_fail(res, SCEP_R_SETUP,
                         "%s may be written by others than its owner, who "
                         "could %s; set its mode to 755 (chmod)",
                         path, danger);
    }
    return SCEP_OK;
}

scep_status_e scep_program_make(const scep_program_config_t *config,
                                apr_pool_t *pool, scep_program_t **program,
                                scep_result_t *res)
{
    scep_program_t *p = apr_pcalloc(pool, sizeof(*p));
    char **argv = NULL;

    *program = NULL;
    if (apr_tokenize_to_argv(config->args, &argv, pool) != APR_SUCCESS ||
        argv[0] == NULL) {
        return scep_fail(res, SCEP_R_SETUP,
                         "the path of a program is wanted, as in %s",
                         config->example);
    }
    p->argv = (const char *const *)argv;
    p->timeout = config->timeout;
    p->workers = config->workers;
    if (check_file(argv[0], config->danger, res) != SCEP_OK) {
        return res->status;
    }
    if (!config->probe &&
        (p->slots = scep_shm_slots_make(p->workers, pool)) == NULL) {
        return scep_fail(res, SCEP_R_SETUP,
                         "no shared memory for ScepExecWorkers %d; choose a "
                         "smaller number",
                         p->workers);
    }
    *program = p;
    return SCEP_OK;
}

void scep_program_child(const scep_program_t *program, const scep_env_t *env)
{
    if (access(program->argv[0], X_OK) != 0) {
        scep_log(env, SCEP_LOG_ERROR,
                 SCEPLOGNO(0066) "httpd's user cannot run %s: %s; look at the "
                                 "modes of the file and of the directories "
                                 "above it",
                 program->argv[0], strerror(errno));
    }
}

scep_status_e scep_program_run(const scep_program_t *program,
                               const scep_env_t *env, scep_octets_t input,
                               apr_pool_t *pool, scep_exec_t *run,
                               scep_reason_e away, scep_result_t *res)
{
    static const unsigned char any[SCEP_HASH_SIZE] = {0};
    const scep_slot_terms_t terms = {
        .total = program->workers,
        .key = any,
        .each = program->workers,
        .lease = program->timeout + apr_time_from_sec(KILL_TIME),
    };
    int slot = scep_shm_slots_wait(program->slots, &terms, env,
                                   apr_time_from_sec(SLOT_WAIT));

    if (slot < 0) {
        return scep_fail(res, away,
                         "%d of %s run already, and none ended within %d "
                         "seconds; raise ScepExecWorkers, or make it faster",
                         program->workers, program->argv[0], SLOT_WAIT);
    }
    scep_exec_run(program->argv, input, program->timeout, pool, run);
    scep_shm_slots_give(program->slots, slot);
    return SCEP_OK;
}

const char *scep_program_path(const scep_program_t *program)
{
    return program->argv[0];
}

const char *scep_program_end(const scep_program_t *program,
                             const scep_exec_t *run, apr_pool_t *pool)
{
    switch (run->end) {
    case SCEP_EXEC_EXITED:
        return apr_psprintf(pool, "ended with exit status %d", run->code);
    case SCEP_EXEC_SIGNALED:
        return apr_psprintf(pool, "was ended by signal %d", run->code);
    case SCEP_EXEC_TIMEOUT:
        return apr_psprintf(pool,
                            "took longer than %d ms (ScepExecTimeout) and was "
                            "killed",
                            (int)apr_time_as_msec(program->timeout));
    case SCEP_EXEC_FLOOD:
        return apr_psprintf(pool, "wrote more than %d octets and was killed",
                            SCEP_EXEC_MAX_OUTPUT);
    case SCEP_EXEC_FAILED:
        break;
    }
    return apr_psprintf(pool, "could not be run: %s", strerror(run->code));
}
