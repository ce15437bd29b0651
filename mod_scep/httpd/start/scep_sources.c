/* Licensed under the Apache License, Version 2.0; see LICENSE. */
/* scep_sources.c: see scep_sources.h. (httpd layer) */
#include "scep_sources.h"

#include <apr_strings.h>

#include <openssl/x509v3.h>

#include <http_log.h>

#include "scep_challenge_call.h"
#include "scep_log_httpd.h"
#include "scep_outside.h"

APLOG_USE_MODULE(scep);

/* ---- ScepChallenge ---- */

static scep_status_e start_provider(const scep_start_t *c,
                                    scep_provider_instance_t *provided)
{
    const scep_challenge_config_t config = {
        .args = provided->args,
        .exec_timeout = c->conf->exec_timeout,
        .exec_workers = c->conf->exec_workers,
        .probe = c->runtime->test,
    };
    const scep_challenge_provider_t *provider;
    void *state = NULL;
    scep_status_e status =
        scep_outside_challenge(provided->name, &provider, c->res);

    if (status == SCEP_OK) {
        status = scep_challenge_provider_start(provider, &config, c->env,
                                               c->pool, &state, c->res);
    }
    if (status == SCEP_OK && !c->runtime->test) {
        provided->provider = provider;
        provided->state = state;
    }
    return status;
}

scep_status_e scep_source_start(const scep_start_t *c)
{
    scep_provider_instance_t *provided = c->item;
    scep_status_e status = start_provider(c, provided);

    if (!c->runtime->test) {
        provided->failed = status != SCEP_OK;
    }
    if (status != SCEP_OK) {
        c->res->detail = apr_psprintf(c->res->pool, "ScepChallenge %s: %s",
                                      provided->text, c->res->detail);
        c->res->place = provided->where;
    }
    return status;
}

static void child_start(server_rec *s, scep_provider_instance_t *provided,
                        const scep_env_t *env, apr_pool_t *pool)
{
    scep_result_t res;

    scep_result_init(&res, pool);
    if (!provided->failed && provided->provider != NULL &&
        scep_challenge_provider_child_start(provided->provider, provided->state,
                                            env, pool, &res) != SCEP_OK) {
        provided->failed = true;
        ap_log_error(
            APLOG_MARK, APLOG_ERR, 0, s,
            SCEPLOGNO(0026) "ScepChallenge %s at %s cannot be asked in "
                            "this process: %s",
            provided->text, provided->where, res.detail);
    }
}

void scep_sources_child_start(server_rec *main_server, apr_pool_t *pool)
{
    server_rec *s;
    int i;

    for (s = main_server; s != NULL; s = s->next) {
        const apr_array_header_t *list =
            scep_server_items(main_server, s, scep_config_server(s)->provided);
        scep_env_t *env = apr_palloc(pool, sizeof(*env));

        scep_log_env_server(env, s);
        for (i = 0; list != NULL && i < list->nelts; i++) {
            child_start(s, APR_ARRAY_IDX(list, i, scep_provider_instance_t *),
                        env, pool);
        }
    }
}

/* ---- ScepRenewalTrust ---- */

/* Each certificate must be that of a CA. */
static scep_status_e check_cas(const char *path, const scep_certs_t *certs,
                               scep_result_t *res)
{
    int i;

    for (i = 0; i < sk_X509_num(certs); i++) {
        X509 *cert = sk_X509_value(certs, i);

        if (X509_check_ca(cert) == 0) {
            return scep_fail(
                res, SCEP_R_SETUP,
                "%s: \"%s\" is no CA's certificate; name the CAs whose "
                "certificates may be renewed here",
                path, scep_name_text(res->pool, X509_get_subject_name(cert)));
        }
    }
    return SCEP_OK;
}

static scep_status_e load_file(const scep_trust_file_t *file, apr_pool_t *pool,
                               scep_certs_t *all, scep_result_t *res)
{
    scep_certs_t *certs;
    scep_status_e status = scep_certs_load(file->path, NULL, pool, &certs, res);

    if (status == SCEP_OK) {
        status = check_cas(file->path, certs, res);
    }
    if (status == SCEP_OK &&
        X509_add_certs(all, certs, X509_ADD_FLAG_UP_REF) != 1) {
        status = scep_fail(res, SCEP_R_INTERNAL, "no memory");
    }
    if (status != SCEP_OK) {
        res->detail =
            apr_pstrcat(res->pool, "ScepRenewalTrust: ", res->detail, NULL);
        res->place = file->at;
    }
    return status;
}

static scep_status_e load_trust(const scep_start_t *c, scep_certs_t **result)
{
    const scep_trust_t *trust = c->item;
    scep_certs_t *certs = scep_x509s_own(c->pool, sk_X509_new_null());
    scep_status_e status = SCEP_OK;
    int i;

    if (certs == NULL) {
        return scep_fail(c->res, SCEP_R_INTERNAL, "no memory");
    }
    for (i = 0; i < trust->files->nelts && status == SCEP_OK; i++) {
        status = load_file(&APR_ARRAY_IDX(trust->files, i, scep_trust_file_t),
                           c->pool, certs, c->res);
    }
    *result = certs;
    return status;
}

scep_status_e scep_trust_start(const scep_start_t *c)
{
    scep_trust_t *trust = c->item;
    scep_certs_t *certs = NULL;
    scep_status_e status = load_trust(c, &certs);

    if (!c->runtime->test) {
        trust->failed = status != SCEP_OK;
        trust->certs = certs;
    }
    return status;
}
