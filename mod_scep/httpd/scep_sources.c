/* Licensed under the Apache License, Version 2.0; see LICENSE. */
/*
 * scep_sources.c: the providers of ScepChallenge. (httpd layer)
 */
#include "scep_sources.h"

#include <ap_provider.h>
#include <apr_strings.h>

#include <http_log.h>

#include "mod_scep.h"
#include "scep_log_httpd.h"
#include "scep_place.h"

APLOG_USE_MODULE(scep);

static scep_status_e find(const scep_provided_t *provided, apr_pool_t *pool,
                          const scep_challenge_provider_t **provider,
                          scep_result_t *res)
{
    apr_array_header_t *known;
    const char *names = "";
    int i;

    *provider =
        ap_lookup_provider(SCEP_CHALLENGE_PROVIDER_GROUP, provided->name,
                           SCEP_CHALLENGE_PROVIDER_VERSION);
    if (*provider == NULL) {
        known = ap_list_provider_names(pool, SCEP_CHALLENGE_PROVIDER_GROUP,
                                       SCEP_CHALLENGE_PROVIDER_VERSION);
        for (i = 0; i < known->nelts; i++) {
            names = apr_pstrcat(
                pool, names, ", ",
                APR_ARRAY_IDX(known, i, ap_list_provider_names_t).provider_name,
                ":", NULL);
        }
        return scep_fail(res, SCEP_R_SETUP,
                         "there is no source of that name; there is one-time, "
                         "single, none%s. Load the module that brings it",
                         names);
    }
    if ((*provider)->abi != SCEP_CHALLENGE_ABI ||
        (*provider)->size < sizeof(scep_challenge_provider_t)) {
        return scep_fail(res, SCEP_R_SETUP,
                         "it was built for another version of mod_scep "
                         "(interface %u, wanted %u); rebuild it",
                         (unsigned int)(*provider)->abi, SCEP_CHALLENGE_ABI);
    }
    return SCEP_OK;
}

static scep_status_e start_one(const scep_server_config_t *conf,
                               scep_provided_t *provided, int probe,
                               const scep_env_t *env, apr_pool_t *pool,
                               scep_result_t *res)
{
    const scep_challenge_config_t config = {
        .args = provided->args,
        .exec_timeout = conf->exec_timeout,
        .exec_workers = conf->exec_workers,
    };
    const scep_challenge_provider_t *provider;
    void *state = NULL;
    scep_status_e status = find(provided, pool, &provider, res);

    if (status == SCEP_OK) {
        status = provider->start(&config, probe, env, pool, &state, res);
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

/* The I-th of S, or NULL. A virtual host without directives of ours has the
 * main server's very record, whose providers are that server's. */
static scep_provided_t *provided_of(const server_rec *main_server,
                                    const server_rec *s, int i)
{
    const scep_server_config_t *conf = scep_config_server(s);
    const apr_array_header_t *list = conf->provided;

    if (s != main_server && conf == scep_config_server(main_server)) {
        return NULL;
    }
    return list != NULL && i < list->nelts
               ? APR_ARRAY_IDX(list, i, scep_provided_t *)
               : NULL;
}

bool scep_sources_check(server_rec *main_server, apr_pool_t *ptemp, bool quiet)
{
    scep_provided_t *provided;
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
    scep_env_t *env = apr_palloc(pool, sizeof(*env)); /* may be kept */
    scep_provided_t *provided;
    scep_status_e status = SCEP_OK;
    int i;

    scep_log_env_server(env, s);
    for (i = 0; (provided = provided_of(main_server, s, i)) != NULL; i++) {
        scep_result_t one;

        scep_result_init(&one, res->pool);
        provided->failed = start_one(scep_config_server(s), provided, 0, env,
                                     pool, &one) != SCEP_OK;
        if (provided->failed && status == SCEP_OK) {
            *res = one; /* the others are started all the same */
            status = one.status;
        }
    }
    return status;
}

void scep_sources_child_start(server_rec *main_server, apr_pool_t *pool)
{
    scep_provided_t *provided;
    scep_result_t res;
    server_rec *s;
    int i;

    for (s = main_server; s != NULL; s = s->next) {
        scep_env_t *env = apr_palloc(pool, sizeof(*env));

        scep_log_env_server(env, s);
        for (i = 0; (provided = provided_of(main_server, s, i)) != NULL; i++) {
            scep_result_init(&res, pool);
            if (provided->failed || provided->provider == NULL ||
                provided->provider->child_start == NULL ||
                provided->provider->child_start(provided->state, env, pool,
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
