/* Licensed under the Apache License, Version 2.0; see LICENSE. */
/*
 * provider_sample.c: the smallest challenge provider, as an httpd module of
 * its own:
 *
 *     LoadModule outside_provider_module provider_sample.so
 *     ScepChallenge sample:good
 *
 * It accepts what begins with its argument, cannot say about what begins with
 * "away", and refuses the rest. Replace check() by a question to your own service.
 */
#include <string.h>

#include <httpd.h>
#include <http_config.h>
#include <ap_provider.h>

#include <mod_scep.h>

typedef struct sample_t {
    const scep_host_t *host;
    const char *good;
} sample_t;

static int begins_with(const char *text, const char *beginning)
{
    return strncmp(text, beginning, strlen(beginning)) == 0;
}

static scep_status_e start(const scep_host_t *host,
                           const scep_challenge_config_t *config,
                           const scep_env_t *env, apr_pool_t *pool,
                           void **state, scep_result_t *res)
{
    sample_t *sample = apr_pcalloc(pool, sizeof(*sample));

    (void)env;
    if (*config->args == '\0') {
        return host->fail(res, SCEP_CAUSE_SETUP,
                          "no beginning of good passwords is given: write "
                          "sample:beginning");
    }
    sample->host = host;
    sample->good = config->args;
    *state = sample;
    return SCEP_OK;
}

static scep_status_e check(void *state, const scep_env_t *env,
                           const scep_challenge_request_t *request,
                           apr_pool_t *pool, scep_challenge_answer_t *answer,
                           scep_result_t *res)
{
    const sample_t *sample = state;

    (void)answer; /* the endpoint's profile, and no limits */
    if (begins_with(request->challenge, sample->good)) {
        sample->host->log(env, SCEP_LOG_INFO, "The sample accepts %s",
                          sample->host->printable(pool, request->subject, 256));
        return SCEP_OK;
    }
    if (begins_with(request->challenge, "away")) {
        return sample->host->fail(res, SCEP_CAUSE_SOURCE_UNAVAILABLE,
                                  "the sample is away");
    }
    return sample->host->fail(res, SCEP_CAUSE_CHALLENGE_UNKNOWN,
                              "the sample does not know it");
}

static const scep_challenge_provider_t provider = {
    .abi = SCEP_CHALLENGE_ABI,
    .size = sizeof(scep_challenge_provider_t),
    .name = "sample",
    .start = start,
    .check = check,
};

static void register_hooks(apr_pool_t *pool)
{
    ap_register_provider(pool, SCEP_CHALLENGE_PROVIDER_GROUP, "sample",
                         SCEP_CHALLENGE_PROVIDER_VERSION, &provider);
}

extern module AP_MODULE_DECLARE_DATA outside_provider_module;

module AP_MODULE_DECLARE_DATA outside_provider_module = {
    STANDARD20_MODULE_STUFF,
    .register_hooks = register_hooks,
};
