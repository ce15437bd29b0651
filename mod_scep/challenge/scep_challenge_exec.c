/* Licensed under the Apache License, Version 2.0; see LICENSE. */
/* scep_challenge_exec.c: challenges judged by a program. (challenge layer) */
#include "scep_challenge_exec.h"

#include <ctype.h>
#include <string.h>

#include <apr_strings.h>
#include <apr_tables.h>

#include "scep_json.h"
#include "scep_json_read.h"
#include "scep_program.h"
#include "scep_str.h"

enum { EXIT_ACCEPTED = 0, EXIT_REFUSED = 1, MAX_SHOWN = 256 };

/* ---- start ---- */

static scep_status_e start(const scep_host_t *host,
                           const scep_challenge_config_t *config,
                           const scep_env_t *env, apr_pool_t *pool,
                           void **state, scep_result_t *res)
{
    const scep_program_config_t wanted = {.args = config->args,
                                          .timeout = config->exec_timeout,
                                          .workers = config->exec_workers,
                                          .probe = config->probe,
                                          .example = "exec:/path",
                                          .danger = "let any device in"};
    scep_program_t *program;
    scep_status_e status = scep_program_make(&wanted, pool, &program, res);

    (void)host;
    (void)env;
    *state = program;
    return status;
}

static scep_status_e child_start(void *state, const scep_env_t *env,
                                 apr_pool_t *pool, scep_result_t *res)
{
    (void)pool;
    (void)res;
    scep_program_child(state, env);
    return SCEP_OK;
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

static scep_status_e judge(const scep_program_t *program,
                           const scep_exec_t *run,
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
                         "%s refused the challenge for \"%s\"%s",
                         scep_program_path(program), request->subject,
                         shown(error == NULL && verdict.reason != NULL
                                   ? verdict.reason
                                   : run->err,
                               request, pool));
    }
    if (!exited || run->code != EXIT_ACCEPTED) {
        return scep_fail(res, SCEP_R_SOURCE_UNAVAILABLE,
                         "%s %s%s; run it by hand to see why",
                         scep_program_path(program),
                         scep_program_end(program, run, pool),
                         shown(run->err, request, pool));
    }
    if (error != NULL) {
        return scep_fail(res, SCEP_R_SOURCE_UNAVAILABLE,
                         "%s accepted, but what it wrote cannot be used: %s",
                         scep_program_path(program), error);
    }
    answer->profile = verdict.profile;
    answer->limits = verdict.limits;
    return SCEP_OK;
}

static scep_status_e check(void *state, const scep_env_t *env,
                           const scep_challenge_request_t *request,
                           apr_pool_t *pool, scep_challenge_answer_t *answer,
                           scep_result_t *res)
{
    scep_exec_t run;
    scep_status_e status =
        scep_program_run(state, env, make_input(request, pool), pool, &run,
                         SCEP_R_SOURCE_UNAVAILABLE, res);

    return status == SCEP_OK ? judge(state, &run, request, pool, answer, res)
                             : status;
}

const scep_challenge_provider_t scep_challenge_exec = {
    .abi = SCEP_CHALLENGE_ABI,
    .size = sizeof(scep_challenge_provider_t),
    .name = "exec",
    .start = start,
    .child_start = child_start,
    .check = check,
};
