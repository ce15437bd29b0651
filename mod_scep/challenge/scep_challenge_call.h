/* Licensed under the Apache License, Version 2.0; see LICENSE. */
/**
 * @file scep_challenge_call.h
 * Calls challenge providers. No other code calls their functions. Whatever a
 * provider answers, these functions return a sound result: the status and RES
 * agree, and OpenSSL's error queue is empty. As thread-safe as the provider.
 * (challenge layer)
 */
#ifndef SCEP_CHALLENGE_CALL_H
#define SCEP_CHALLENGE_CALL_H

#include "scep_challenge.h"

/** Can PROVIDER, which ScepChallenge calls NAME, be used with this mod_scep?
 * @return SCEP_OK, or SCEP_BROKEN with SCEP_R_SETUP and the cure */
scep_status_e
scep_challenge_provider_check(const scep_challenge_provider_t *provider,
                              const char *name, scep_result_t *res);

/** Call start().
 * @param state set with SCEP_OK
 * @return SCEP_OK or SCEP_BROKEN */
scep_status_e
scep_challenge_provider_start(const scep_challenge_provider_t *provider,
                              const scep_challenge_config_t *config,
                              const scep_env_t *env, apr_pool_t *pool,
                              void **state, scep_result_t *res);

/** Call child_start(), if there is one.
 * @return SCEP_OK or SCEP_BROKEN */
scep_status_e
scep_challenge_provider_child_start(const scep_challenge_provider_t *provider,
                                    void *state, const scep_env_t *env,
                                    apr_pool_t *pool, scep_result_t *res);

/**
 * Call check().
 * @param text the entry of ScepChallenge, for the log: "exec:/bin/check"
 * @return SCEP_OK; SCEP_REFUSED; SCEP_UNAVAILABLE; SCEP_BROKEN
 */
scep_status_e scep_challenge_provider_ask(
    const scep_challenge_provider_t *provider, void *state, const char *text,
    const scep_env_t *env, const scep_challenge_request_t *request,
    apr_pool_t *pool, scep_challenge_answer_t *answer, scep_result_t *res);

#endif
