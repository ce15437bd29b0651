/* Licensed under the Apache License, Version 2.0; see LICENSE. */
/* scep_challenge_call.c: see scep_challenge_call.h. (challenge layer) */
#include "scep_challenge_call.h"

#include <string.h>

#include "scep_border.h"

static const scep_reason_e of_start[] = {SCEP_R_SETUP, SCEP_R_INTERNAL,
                                         SCEP_R_NONE};
static const scep_reason_e of_check[] = {
    SCEP_R_CHALLENGE_UNKNOWN,  SCEP_R_CHALLENGE_EXPIRED, SCEP_R_CHALLENGE_SPENT,
    SCEP_R_SOURCE_UNAVAILABLE, SCEP_R_INTERNAL,          SCEP_R_NONE};

scep_status_e
scep_challenge_provider_check(const scep_challenge_provider_t *provider,
                              const char *name, scep_result_t *res)
{
    scep_status_e status =
        scep_abi_check(name, provider->abi, provider->size, SCEP_CHALLENGE_ABI,
                       SCEP_CHALLENGE_MIN_SIZE, res);

    if (status == SCEP_OK &&
        (provider->name == NULL || provider->start == NULL ||
         provider->check == NULL)) {
        return scep_fail(res, SCEP_R_SETUP,
                         "%s lacks its name, start() or check(): mend that "
                         "module",
                         name);
    }
    return status;
}

scep_status_e
scep_challenge_provider_start(const scep_challenge_provider_t *provider,
                              const scep_challenge_config_t *config,
                              const scep_env_t *env, apr_pool_t *pool,
                              void **state, scep_result_t *res)
{
    static const scep_answers_t answers = {.reasons = of_start};

    *state = NULL;
    return scep_settle(
        res, provider->start(&scep_host, config, env, pool, state, res),
        &answers, provider->name);
}

scep_status_e
scep_challenge_provider_child_start(const scep_challenge_provider_t *provider,
                                    void *state, const scep_env_t *env,
                                    apr_pool_t *pool, scep_result_t *res)
{
    static const scep_answers_t answers = {.reasons = of_start};

    return provider->child_start == NULL
               ? SCEP_OK
               : scep_settle(res, provider->child_start(state, env, pool, res),
                             &answers, provider->name);
}

scep_status_e scep_challenge_provider_ask(
    const scep_challenge_provider_t *provider, void *state, const char *text,
    const scep_env_t *env, const scep_challenge_request_t *request,
    apr_pool_t *pool, scep_challenge_answer_t *answer, scep_result_t *res)
{
    static const scep_answers_t answers = {
        .reasons = of_check,
        .refused = SCEP_R_CHALLENGE_UNKNOWN,
        .unavailable = SCEP_R_SOURCE_UNAVAILABLE,
    };

    memset(answer, 0, sizeof(*answer));
    return scep_settle(res,
                       provider->check(state, env, request, pool, answer, res),
                       &answers, text);
}
