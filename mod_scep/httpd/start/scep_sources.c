/* Licensed under the Apache License, Version 2.0; see LICENSE. */
/*
 * scep_sources.c: the providers of ScepChallenge. (httpd layer)
 */
#include "scep_sources.h"

#include <apr_strings.h>

#include <http_log.h>

#include "scep_challenge_call.h"
#include "scep_log_httpd.h"
#include "scep_outside.h"
#include "scep_place.h"

APLOG_USE_MODULE(scep);

static scep_status_e start_one(const scep_server_config_t *conf,
                               scep_provider_instance_t *provided, int probe,
                               const scep_env_t *env, apr_pool_t *pool,
                               scep_result_t *res)
{
    const scep_challenge_config_t config = {
        .args = provided->args,
        .exec_timeout = conf->exec_timeout,
        .exec_workers = conf->exec_workers,
        .probe = probe,
    };
    const scep_challenge_provider_t *provider;
    void *state = NULL;
    scep_status_e status =
        scep_outside_challenge(provided->name, &provider, res);

    if (status == SCEP_OK) {
        status = scep_challenge_provider_start(provider, &config, env, pool,
                                               &state, res);
    }
    if (status != SCEP_OK) {
        res->detail = apr_psprintf(res->pool, "ScepChallenge %s: %s",
                                   provided->text, res->detail);
        res->place = provided->where;
        return status;
    }
    if (!probe) {
        provided->provider = provider;
        provided->state = state;
    }
    return SCEP_OK;
}

/* The I-th provider of S, or NULL. A virtual host without directives of ours
 * shares the record of the main server, which owns the providers. */
static scep_provider_instance_t *provided_of(const server_rec *main_server,
                                             const server_rec *s, int i)
{
    const scep_server_config_t *conf = scep_config_server(s);
    const apr_array_header_t *list = conf->provided;

    if (s != main_server && conf == scep_config_server(main_server)) {
        return NULL;
    }
    return list != NULL && i < list->nelts
               ? APR_ARRAY_IDX(list, i, scep_provider_instance_t *)
               : NULL;
}

bool scep_sources_check(server_rec *main_server, apr_pool_t *ptemp, bool quiet)
{
    scep_provider_instance_t *provided;
    scep_result_t res;
    scep_env_t env;
    server_rec *s;
    bool good = true;
    int i;

    for (s = main_server; s != NULL; s = s->next) {
        scep_log_env_server(&env, s);
        if (quiet) {
            env.log = NULL;
        }
        for (i = 0; (provided = provided_of(main_server, s, i)) != NULL; i++) {
            scep_result_init(&res, ptemp);
            if (start_one(scep_config_server(s), provided, 1, &env, ptemp,
                          &res) != SCEP_OK) {
                ap_log_error(
                    APLOG_MARK, APLOG_EMERG, 0, s, SCEPLOGNO(0025) "%s",
                    scep_place_fault(s, scep_config_server(s), &res, NULL));
                good = false;
            }
        }
    }
    return good;
}

scep_status_e scep_sources_start(const server_rec *main_server, server_rec *s,
                                 apr_pool_t *pool, scep_result_t *res)
{
    scep_env_t *env = apr_palloc(pool, sizeof(*env)); /* the provider may keep
                                                       * it */
    scep_provider_instance_t *provided;
    scep_status_e status = SCEP_OK;
    int i;

    scep_log_env_server(env, s);
    for (i = 0; (provided = provided_of(main_server, s, i)) != NULL; i++) {
        scep_result_t one;

        scep_result_init(&one, res->pool);
        provided->failed = start_one(scep_config_server(s), provided, 0, env,
                                     pool, &one) != SCEP_OK;
        if (provided->failed && status == SCEP_OK) {
            *res = one; /* go on with the others */
            status = one.status;
        }
    }
    return status;
}

void scep_sources_child_start(server_rec *main_server, apr_pool_t *pool)
{
    scep_provider_instance_t *provided;
    scep_result_t res;
    server_rec *s;
    int i;

    for (s = main_server; s != NULL; s = s->next) {
        scep_env_t *env = apr_palloc(pool, sizeof(*env));

        scep_log_env_server(env, s);
        for (i = 0; (provided = provided_of(main_server, s, i)) != NULL; i++) {
            scep_result_init(&res, pool);
            if (provided->failed || provided->provider == NULL ||
                scep_challenge_provider_child_start(provided->provider,
                                                    provided->state, env, pool,
                                                    &res) == SCEP_OK) {
                continue;
            }
            provided->failed = true;
            ap_log_error(APLOG_MARK, APLOG_ERR, 0, s,
                         SCEPLOGNO(0026) "ScepChallenge %s at %s cannot be "
                                         "asked in this process: %s",
                         provided->text, provided->where, res.detail);
        }
    }
}
