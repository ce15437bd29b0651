/* Licensed under the Apache License, Version 2.0; see LICENSE. */
/*
 * scep_runtime.c: starts the parts, in the parent and in each child. (httpd
 * layer)
 */
#include "scep_runtime.h"

#include <apr_strings.h>

#include "scep_ca_call.h"
#include "scep_log_httpd.h"
#include "scep_place.h"
#include "scep_steps.h"

scep_runtime_t *scep_runtime_make(apr_pool_t *pool)
{
    scep_runtime_t *runtime = apr_pcalloc(pool, sizeof(*runtime));

    runtime->sites = apr_array_make(pool, 1, sizeof(scep_site_t *));
    runtime->told = apr_hash_make(pool);
    return runtime;
}

scep_runtime_t *scep_runtime_of(const server_rec *s)
{
    while (s != NULL && scep_config_server(s)->served == NULL) {
        s = s->next;
    }
    return s != NULL ? scep_config_server(s)->served->runtime : NULL;
}

scep_served_t *scep_served_make(scep_runtime_t *runtime,
                                const scep_server_config_t *server,
                                apr_pool_t *pool)
{
    scep_served_t *served = apr_palloc(pool, sizeof(*served));

    served->runtime = runtime;
    served->sites = apr_hash_make(pool);
    served->leniency = scep_leniency_of(server->profiles, pool);
    return served;
}

void scep_served_add(scep_served_t *served, const scep_server_config_t *conf,
                     scep_site_t *site)
{
    apr_hash_set(served->sites,
                 conf->ca_name != NULL ? conf->ca_name : SCEP_OWN_CA,
                 APR_HASH_KEY_STRING, site);
}

scep_site_t *scep_served_site(const scep_server_config_t *server,
                              const char *name)
{
    return server->served != NULL
               ? apr_hash_get(server->served->sites,
                              name != NULL ? name : SCEP_OWN_CA,
                              APR_HASH_KEY_STRING)
               : NULL;
}

/* ---- a site ---- */

static scep_site_t *find_site(const scep_runtime_t *runtime, const char *key)
{
    int i;

    for (i = 0; i < runtime->sites->nelts; i++) {
        scep_site_t *site = APR_ARRAY_IDX(runtime->sites, i, scep_site_t *);

        if (strcmp(site->key, key) == 0) {
            return site;
        }
    }
    return NULL;
}

static scep_status_e make_site(scep_start_t *c, const char *key)
{
    scep_site_t *site = apr_pcalloc(c->pool, sizeof(*site));
    scep_status_e status;
    int i;

    c->site = site;
    site->runtime = c->runtime;
    site->key = key;
    if (c->runtime->shared != NULL) { /* also for a site that fails */
        site->service.counts = scep_shared_counts(c->runtime->shared, c->pool);
    }
    for (i = 0; i < SCEP_PRUNE_KINDS; i++) {
        site->retention[i] = scep_config_retention(c->conf, (scep_prune_e)i);
    }
    status = scep_steps_site(c);
    site->failed = status != SCEP_OK;
    APR_ARRAY_PUSH(c->runtime->sites, scep_site_t *) = site;
    return status;
}

scep_status_e scep_runtime_site(scep_start_t *c, scep_site_t **site)
{
    const char *key = scep_config_key(c->conf, c->pool);
    scep_status_e status = SCEP_OK;

    c->env = scep_steps_env(c);
    c->site = find_site(c->runtime, key);
    if (c->site == NULL) {
        status = make_site(c, key);
    }
    *site = c->site;
    return status == SCEP_OK ? scep_steps_user(c) : status;
}

/* Sites may share a directory. Are all those of DIR made? */
static bool all_made(const scep_runtime_t *runtime, const char *dir)
{
    int i;

    for (i = 0; i < runtime->sites->nelts; i++) {
        const scep_site_t *site =
            APR_ARRAY_IDX(runtime->sites, i, const scep_site_t *);

        if (site->failed &&
            (site->state.dir == NULL || strcmp(site->state.dir, dir) == 0)) {
            return false;
        }
    }
    return true;
}

void scep_runtime_settled(const scep_runtime_t *runtime, server_rec *s,
                          apr_pool_t *ptemp)
{
    scep_env_t env;
    int i;

    scep_log_env_server(&env, s);
    for (i = 0; i < runtime->sites->nelts; i++) {
        const scep_site_t *site =
            APR_ARRAY_IDX(runtime->sites, i, const scep_site_t *);

        if (!site->failed && all_made(runtime, site->state.dir)) {
            scep_state_made(s, &site->state, &env, ptemp);
        }
    }
}

/* ---- in a child ---- */

static scep_status_e open_site(scep_site_t *site, const scep_env_t *env,
                               apr_pool_t *pool, scep_result_t *res)
{
    scep_service_t *service = &site->service;
    scep_status_e status =
        scep_ca_child_start(service->backend, service->ca, env, pool, res);

    if (status == SCEP_OK) {
        status = scep_store_open(&site->store_config, env, pool,
                                 &service->store, res);
    }
    site->ready = status == SCEP_OK;
    return status;
}

void scep_runtime_child_init(scep_runtime_t *runtime, server_rec *s,
                             apr_pool_t *pool)
{
    scep_env_t *env = apr_palloc(pool, sizeof(*env));
    scep_result_t res;
    int i;

    scep_log_env_server(env, s);
    scep_result_init(&res, pool);
    if (runtime->shared != NULL &&
        scep_shared_child_init(runtime->shared, pool, &res) != SCEP_OK) {
        scep_log(env, SCEP_LOG_ERROR, SCEPLOGNO(0012) "%s", res.detail);
    }
    if (runtime->shared != NULL) {
        runtime->log_limit = scep_shared_log_limit(runtime->shared, pool);
        env->limit = runtime->log_limit;
    }
    for (i = 0; i < runtime->sites->nelts; i++) {
        scep_site_t *site = APR_ARRAY_IDX(runtime->sites, i, scep_site_t *);

        scep_result_init(&res, pool);
        if (!site->failed && open_site(site, env, pool, &res) != SCEP_OK) {
            scep_log(env, SCEP_LOG_ERROR,
                     SCEPLOGNO(0013) "this process refuses all requests for "
                                     "the CA %s: %s",
                     site->service.ca_id, res.detail);
        }
    }
}
