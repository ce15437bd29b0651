/* Licensed under the Apache License, Version 2.0; see LICENSE. */
/*
 * scep_challenge_exec.c: challenges judged by a program. (challenge layer)
 */
#include "scep_challenge_exec.h"

#include <ctype.h>
#include <errno.h>
#include <stdbool.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include <apr_strings.h>
#include <apr_tables.h>

#include "scep_exec.h"
#include "scep_json.h"
#include "scep_json_read.h"
#include "scep_shm_slots.h"
#include "scep_str.h"

enum {
    EXIT_ACCEPTED = 0,
    EXIT_REFUSED = 1,
    EXIT_LATER = 75, /* EX_TEMPFAIL */
    SLOT_WAIT = 5,   /* seconds */
    KILL_TIME = 60,  /* seconds, to end a program that took too long */
    MAX_SHOWN = 256
};

typedef struct exec_state_t {
    const char *const *argv;
    apr_interval_time_t timeout;
    int workers;
    scep_shm_slots_t *slots; /* NULL while probing */
} exec_state_t;

/* ---- start ---- */

static scep_status_e check_program(const char *path, scep_result_t *res)
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
                         "could let any device in; set its mode to 755 (chmod)",
                         path);
    }
    return SCEP_OK;
}

static scep_status_e start(const scep_host_t *host,
                           const scep_challenge_config_t *config,
                           const scep_env_t *env, apr_pool_t *pool,
                           void **state, scep_result_t *res)
{
    exec_state_t *s = apr_pcalloc(pool, sizeof(*s));
    char **argv = NULL;

    (void)host;
    (void)env;
    if (apr_tokenize_to_argv(config->args, &argv, pool) != APR_SUCCESS ||
        argv[0] == NULL) {
        return scep_fail(res, SCEP_R_SETUP,
                         "the path of a program is wanted, as in exec:/path");
    }
    s->argv = (const char *const *)argv;
    s->timeout = config->exec_timeout;
    s->workers = config->exec_workers;
    *state = s;
    if (check_program(argv[0], res) != SCEP_OK || config->probe) {
        return res->status;
    }
    s->slots = scep_shm_slots_make(s->workers, pool);
    return s->slots != NULL
               ? SCEP_OK
               : scep_fail(res, SCEP_R_SETUP,
                           "no shared memory for ScepExecWorkers %d; choose a "
                           "smaller number",
                           s->workers);
}

/* As httpd's user, who may see less than root. */
static scep_status_e child_start(void *state, const scep_env_t *env,
                                 apr_pool_t *pool, scep_result_t *res)
{
    const exec_state_t *s = state;

    (void)env;
    (void)pool;
    return access(s->argv[0], X_OK) == 0
               ? SCEP_OK
               : scep_fail(res, SCEP_R_SETUP,
                           "httpd's user cannot run %s: %s; look at the modes "
                           "of the file and of the directories above it",
                           s->argv[0], strerror(errno));
}

/* ---- what it is told ---- */

static const char *alt_names_json(const scep_challenge_request_t *request,
                                  apr_pool_t *pool)
{
    apr_array_header_t *texts = apr_array_make(pool, 8, sizeof(const char *));
    const char *const *name;

    for (name = request->alt_names; *name != NULL; name++) {
        APR_ARRAY_PUSH(texts, const char *) = scep_json_string(pool, *name);
    }
    return apr_pstrcat(pool, "[", apr_array_pstrcat(pool, texts, ','), "]",
                       NULL);
}

static scep_octets_t make_input(const scep_challenge_request_t *request,
                                apr_pool_t *pool)
{
    const scep_json_member_t members[] = {
        {"transactionID", scep_json_string(pool, request->transaction_id)},
        {"csr", scep_json_base64(pool, request->csr_der)},
        {"subject", scep_json_string(pool, request->subject)},
        {"subjectAltNames", alt_names_json(request, pool)},
        {"challenge", scep_json_secret(pool, request->challenge)},
        {"peer", scep_json_string(pool, request->peer)},
        {"profile", scep_json_string(pool, request->profile)},
        {"endpoint", scep_json_string(pool, request->endpoint)},
    };

    return scep_json_object(pool, members,
                            sizeof(members) / sizeof(members[0]));
}

/* ---- what it says ---- */

typedef struct verdict_t {
    const char *profile;
    const char *limits;
    const char *reason;
} verdict_t;

/* @return NULL, or what is wrong with it */
static const char *read_verdict(const scep_exec_t *run, apr_pool_t *pool,
                                verdict_t *verdict)
{
    static const char *const known[] = {"profile", "limits", "reason", NULL};
    scep_json_t *object, *value;
    const char *error;
    size_t i;

    memset(verdict, 0, sizeof(*verdict));
    for (i = 0; i < run->out_len && isspace((unsigned char)run->out[i]); i++) {
        /* nothing was said */
    }
    if (i == run->out_len) {
        return NULL;
    }
    object = scep_json_parse(pool, run->out, run->out_len, &error);
    if (object == NULL) {
        return error;
    }
    if (!scep_json_is_object(object) ||
        scep_json_unknown_key(object, known) != NULL) {
        return "it is no object with members profile, limits and reason alone";
    }
    if ((value = scep_json_get(object, "profile")) != NULL &&
        (verdict->profile = scep_json_text(value)) == NULL) {
        return "its profile is no string";
    }
    if ((value = scep_json_get(object, "reason")) != NULL &&
        (verdict->reason = scep_json_text(value)) == NULL) {
        return "its reason is no string";
    }
    if ((value = scep_json_get(object, "limits")) != NULL &&
        (!scep_json_is_object(value) ||
         (verdict->limits = scep_json_write(pool, value)) == NULL)) {
        return "its limits are no object";
    }
    return NULL;
}

/* For the log; what repeats the challenge is left out. */
static const char *shown(const char *text,
                         const scep_challenge_request_t *request,
                         apr_pool_t *pool)
{
    if (text == NULL || *text == '\0') {
        return "";
    }
    if (strstr(text, request->challenge) != NULL) {
        return ": (it wrote the challenge)";
    }
    return apr_pstrcat(pool, ": ", scep_printable(pool, text, MAX_SHOWN), NULL);
}

static const char *how(const exec_state_t *s, const scep_exec_t *run,
                       apr_pool_t *pool)
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
                            (int)apr_time_as_msec(s->timeout));
    case SCEP_EXEC_FLOOD:
        return apr_psprintf(pool, "wrote more than %d octets and was killed",
                            SCEP_EXEC_MAX_OUTPUT);
    case SCEP_EXEC_FAILED:
        break;
    }
    return apr_psprintf(pool, "could not be run: %s", strerror(run->code));
}

static scep_status_e judge(const exec_state_t *s, const scep_exec_t *run,
                           const scep_challenge_request_t *request,
                           apr_pool_t *pool, scep_challenge_answer_t *answer,
                           scep_result_t *res)
{
    bool exited = run->end == SCEP_EXEC_EXITED;
    verdict_t verdict;
    const char *error =
        exited ? read_verdict(run, pool, &verdict) : "there is none";

    if (exited && run->code == EXIT_REFUSED) {
        return scep_fail(res, SCEP_R_CHALLENGE_UNKNOWN,
                         "%s refused the challenge for \"%s\"%s", s->argv[0],
                         request->subject,
                         shown(error == NULL && verdict.reason != NULL
                                   ? verdict.reason
                                   : run->err,
                               request, pool));
    }
    if (!exited || run->code != EXIT_ACCEPTED) {
        return scep_fail(res, SCEP_R_SOURCE_UNAVAILABLE,
                         "%s %s%s; run it by hand to see why", s->argv[0],
                         how(s, run, pool), shown(run->err, request, pool));
    }
    if (error != NULL) {
        return scep_fail(res, SCEP_R_SOURCE_UNAVAILABLE,
                         "%s accepted, but what it wrote cannot be used: %s",
                         s->argv[0], error);
    }
    answer->profile = verdict.profile;
    answer->limits = verdict.limits;
    return SCEP_OK;
}

static int take_slot(const exec_state_t *s, const scep_env_t *env)
{
    static const unsigned char any[SCEP_HASH_SIZE] = {0};
    const scep_slot_terms_t terms = {
        .total = s->workers,
        .key = any,
        .each = s->workers,
        .lease = s->timeout + apr_time_from_sec(KILL_TIME),
    };

    return scep_shm_slots_wait(s->slots, &terms, env,
                               apr_time_from_sec(SLOT_WAIT));
}

static scep_status_e check(void *state, const scep_env_t *env,
                           const scep_challenge_request_t *request,
                           apr_pool_t *pool, scep_challenge_answer_t *answer,
                           scep_result_t *res)
{
    const exec_state_t *s = state;
    int slot = take_slot(s, env);
    scep_exec_t run;

    if (slot < 0) {
        return scep_fail(res, SCEP_R_SOURCE_UNAVAILABLE,
                         "%d of %s run already, and none ended within %d "
                         "seconds; raise ScepExecWorkers, or make it faster",
                         s->workers, s->argv[0], SLOT_WAIT);
    }
    scep_exec_run(s->argv, make_input(request, pool), s->timeout, pool, &run);
    scep_shm_slots_give(s->slots, slot);
    return judge(s, &run, request, pool, answer, res);
}

const scep_challenge_provider_t scep_challenge_exec = {
    .abi = SCEP_CHALLENGE_ABI,
    .size = sizeof(scep_challenge_provider_t),
    .name = "exec",
    .start = start,
    .child_start = child_start,
    .check = check,
};
