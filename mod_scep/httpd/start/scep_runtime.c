/* Licensed under the Apache License, Version 2.0; see LICENSE. */
/*
 * scep_runtime.c: start-up of the parts, in the parent and in each child.
 * (httpd layer)
 */
#include "scep_runtime.h"

#include <ap_mpm.h>
#include <ap_provider.h>
#include <apr_shm.h>
#include <apr_strings.h>

#include "mod_scep.h"
#include "scep_database.h"
#include "scep_draw.h"
#include "scep_log_httpd.h"
#include "scep_master_document.h"
#include "scep_master_setup.h"
#include "scep_next_ca_setup.h"
#include "scep_os.h"
#include "scep_place.h"
#include "scep_ra_setup.h"
#include "scep_review.h"
#include "scep_sections.h"

enum {
    THUMBPRINT_OCTETS = 16, /* MD5 */
    THUMBPRINT_GROUP = 8,   /* hex digits */
    WORKERS_A_PLACE = 8
};

bool scep_runtime_wanted(const server_rec *s)
{
    while (s != NULL && scep_config_server(s)->engine != 1) {
        s = s->next;
    }
    return s != NULL;
}

static bool legacy_wanted(const server_rec *s, apr_pool_t *pool)
{
    while (s != NULL && (scep_config_server(s)->engine != 1 ||
                         !scep_config_legacy(scep_config_server(s), pool))) {
        s = s->next;
    }
    return s != NULL;
}

void scep_runtime_ca_config(const scep_server_config_t *conf,
                            scep_dialog_t *dialog, scep_ca_config_t *config)
{
    memset(config, 0, sizeof(*config));
    config->args = conf->backend_args != NULL ? conf->backend_args : "";
    config->cert_file = conf->ca_cert;
    config->key = conf->ca_key;
    config->chain_file = conf->ca_chain;
    config->passphrase = scep_dialog_passphrase;
    config->passphrase_baton = dialog;
}

scep_status_e scep_runtime_make(apr_pool_t *pool, scep_runtime_t **result,
                                scep_result_t *res)
{
    scep_runtime_t *runtime = apr_pcalloc(pool, sizeof(*runtime));
    scep_status_e status = SCEP_OK;
    int level;

    runtime->sites = apr_array_make(pool, 1, sizeof(scep_site_t *));
    for (level = SCEP_LEVEL_MODERN;
         status == SCEP_OK && level <= SCEP_LEVEL_COMPATIBLE; level++) {
        status = scep_algs_make((scep_level_e)level, NULL, pool,
                                &runtime->algs[level], res);
    }
    *result = runtime;
    return status;
}

scep_status_e scep_runtime_legacy(scep_runtime_t *runtime,
                                  const server_rec *main_server,
                                  apr_pool_t *pool, scep_result_t *res)
{
    scep_status_e status;

    if (!legacy_wanted(main_server, res->pool)) {
        return SCEP_OK;
    }
    status = scep_algs_legacy_context(pool, &runtime->legacy, res);
    if (status == SCEP_OK) {
        status = scep_algs_make(SCEP_LEVEL_LEGACY, runtime->legacy, pool,
                                &runtime->algs[SCEP_LEVEL_LEGACY], res);
    }
    if (status != SCEP_OK) {
        runtime->legacy = NULL;
        runtime->algs[SCEP_LEVEL_LEGACY] = NULL;
    }
    return status;
}

/* ---- a site ---- */

static const char *thumbprint_of(X509 *cert, apr_pool_t *pool)
{
    unsigned char digest[EVP_MAX_MD_SIZE];
    const char *hex, *text;
    apr_size_t i;

    if (scep_digest("MD5", scep_x509_der(pool, cert), digest) !=
        THUMBPRINT_OCTETS) {
        scep_crypto_clear_errors();
        return NULL; /* FIPS: the page then leaves it out */
    }
    hex = scep_hex(pool, digest, THUMBPRINT_OCTETS);
    text = apr_pstrmemdup(pool, hex, THUMBPRINT_GROUP);
    for (i = THUMBPRINT_GROUP; hex[i] != '\0'; i += THUMBPRINT_GROUP) {
        text =
            apr_pstrcat(pool, text, " ",
                        apr_pstrmemdup(pool, hex + i, THUMBPRINT_GROUP), NULL);
    }
    return text;
}

/* Passwords and transactions belong to a CA, whatever its virtual hosts and
 * files are called. */
static scep_status_e identify(scep_site_t *site, apr_pool_t *pool,
                              scep_result_t *res)
{
    scep_certs_t *certs = site->service.backend->certificates(site->service.ca);
    int n = certs != NULL ? sk_X509_num(certs) : 0;

    if (n < 1) {
        return scep_fail(res, SCEP_R_SETUP,
                         "ScepCABackend %s knows no CA certificate; set "
                         "ScepCACertificateFile (scepctl init makes one)",
                         site->service.backend->name);
    }
    site->service.scope = scep_service_scope(sk_X509_value(certs, 0), pool);
    if (site->service.scope == NULL) {
        return scep_fail(res, SCEP_R_INTERNAL, "SHA-256 failed");
    }
    site->thumbprint = thumbprint_of(sk_X509_value(certs, n - 1), pool);
    return SCEP_OK;
}

static scep_status_e start_ca(scep_site_t *site, server_rec *s,
                              const scep_server_config_t *conf,
                              const scep_env_t *env, apr_pool_t *pool,
                              scep_result_t *res)
{
    scep_service_t *service = &site->service;
    scep_dialog_t *dialog = apr_palloc(pool, sizeof(*dialog));
    scep_ra_source_t *source = apr_pcalloc(pool, sizeof(*source));
    scep_ca_config_t config;
    scep_status_e status;

    service->backend = ap_lookup_provider(SCEP_CA_PROVIDER_GROUP, conf->backend,
                                          SCEP_CA_PROVIDER_VERSION);
    if (service->backend == NULL) { /* the check has said so before */
        return scep_fail(res, SCEP_R_SETUP, "ScepCABackend %s is not known",
                         conf->backend);
    }
    service->crl_url = conf->crl_url;
    service->crl_validity = conf->crl_validity;
    scep_dialog_init(dialog, s, conf, pool);
    scep_runtime_ca_config(conf, dialog, &config);
    status = service->backend->start(&config, 0, env, pool, &service->ca, res);
    if (status != SCEP_OK) {
        if (dialog->problem != NULL) {
            res->detail = apr_pstrcat(res->pool, res->detail, "; ",
                                      dialog->problem, NULL);
        }
        return status;
    }
    status = identify(site, pool, res);
    if (status != SCEP_OK) {
        return status;
    }
    *source = (scep_ra_source_t){.conf = conf,
                                 .dialog = dialog,
                                 .env = env,
                                 .backend = service->backend,
                                 .ca = service->ca};
    site->ra_source = source;
    scep_review_ca(
        env, conf,
        sk_X509_value(service->backend->certificates(service->ca), 0));
    status = scep_next_ca_setup(source, pool, &service->next, res);
    source->next = service->next;
    return status == SCEP_OK ? scep_ra_setup(source, pool, &service->ra, res)
                             : status;
}

/* The store is opened for this and closed again: a database connection must
 * not be carried through fork(). */
static scep_status_e rebuild(scep_site_t *site, const scep_env_t *env,
                             apr_pool_t *ptemp, scep_result_t *res)
{
    apr_pool_t *scratch;
    scep_store_t *store;
    scep_status_e status;

    apr_pool_create(&scratch, ptemp);
    status = scep_store_open(&site->store_config, env, scratch, &store, res);
    if (status == SCEP_OK) {
        status = scep_draw_rebuild(store, site->service.challenges, env, res);
    }
    apr_pool_destroy(scratch);
    return status;
}

/* Of all workers one in eight may be made to wait. */
static int waiting_places(void)
{
    int processes = 0, threads = 0, places;

    ap_mpm_query(AP_MPMQ_MAX_DAEMONS, &processes);
    ap_mpm_query(AP_MPMQ_MAX_THREADS, &threads);
    places = processes * (threads > 0 ? threads : 1) / WORKERS_A_PLACE;
    if (places > SCEP_PLACES) {
        return SCEP_PLACES;
    }
    return places > 0 ? places : 1;
}

/* The children share it, and an old generation has one of its own. */
static scep_status_e share_identity(scep_store_config_t *config,
                                    apr_pool_t *pool, scep_result_t *res)
{
    apr_shm_t *shm;

    if (apr_shm_create(&shm, sizeof(*config->identity), NULL, pool) !=
        APR_SUCCESS) {
        return scep_fail(res, SCEP_R_INTERNAL, "no shared memory");
    }
    config->identity = apr_shm_baseaddr_get(shm);
    memset(config->identity, 0, sizeof(*config->identity));
    return SCEP_OK;
}

static scep_status_e prepare_database(scep_site_t *site, const scep_env_t *env,
                                      apr_pool_t *pool, apr_pool_t *ptemp,
                                      scep_result_t *res)
{
    scep_status_e status = share_identity(&site->store_config, pool, res);
    uid_t uid;
    gid_t gid;

    scep_os_child(&uid, &gid);
    site->store_config.must_exist = !site->state.first;
    if (status == SCEP_OK) {
        status =
            scep_store_prepare(&site->store_config, env, uid, gid, ptemp, res);
    }
    return status == SCEP_NOT_FOUND ? scep_state_lost(&site->state, res)
                                    : status;
}

static scep_status_e start_state(scep_site_t *site,
                                 const scep_server_config_t *conf,
                                 const scep_env_t *env, apr_pool_t *pool,
                                 apr_pool_t *ptemp, scep_result_t *res)
{
    const char *state_dir = conf->state_dir;
    int threads = 0;
    scep_status_e status;

    if (site->runtime->shared == NULL) {
        return scep_fail(res, SCEP_R_SETUP, "there is no password table");
    }
    if (ap_mpm_query(AP_MPMQ_MAX_THREADS, &threads) != APR_SUCCESS ||
        threads < 1) {
        threads = 1; /* prefork says 0 */
    }
    scep_database_config(conf, threads, pool, &site->store_config);

    status = scep_os_state_dir_make(state_dir, site->store_config.params, ptemp,
                                    res);
    if (status == SCEP_OK) {
        status = scep_state_begin(
            &site->state, scep_store_driver_shared(site->store_config.driver),
            ptemp, res);
    }
    if (status == SCEP_OK) {
        status = prepare_database(site, env, pool, ptemp, res);
    }
    if (status == SCEP_OK) {
        status = scep_database_key(&site->store_config, &site->state, env, pool,
                                   ptemp, &site->service.password_key, res);
    }
    if (status == SCEP_OK) {
        status = scep_shared_attach(site->runtime->shared, pool,
                                    &site->service.challenges,
                                    &site->service.failures, res);
        site->service.waiting_places = waiting_places();
    }
    if (status == SCEP_OK) {
        status = rebuild(site, env, ptemp, res);
    }
    return status;
}

static scep_status_e start_master_file(scep_site_t *site, const char *path,
                                       const scep_env_t *env, apr_pool_t *pool,
                                       apr_pool_t *ptemp, scep_result_t *res)
{
    const scep_store_config_t *store = &site->store_config;
    const char *scope = site->service.scope;
    const char *name = scep_master_document_name(path);
    bool known;
    scep_status_e status =
        scep_database_master_known(store, scope, name, env, ptemp, &known, res);

    if (status == SCEP_OK) {
        status = scep_master_setup(path, site->service.ra,
                                   !known || site->state.first, env, pool,
                                   &site->service.master, res);
    }
    return status == SCEP_OK && !known
               ? scep_database_master_note(store, scope, name, env, ptemp, res)
               : status;
}

/* Some section of a server that has this site may want it, and the site be
 * another server's already. */
static scep_status_e start_master(scep_site_t *site,
                                  const scep_server_config_t *conf,
                                  const scep_env_t *env, apr_pool_t *pool,
                                  apr_pool_t *ptemp, scep_result_t *res)
{
    const char *path = scep_config_master_file(conf, pool);
    scep_status_e status;

    if (!scep_config_single(conf, ptemp) || site->failed ||
        site->service.master != NULL) {
        return SCEP_OK;
    }
    if (scep_store_driver_shared(site->store_config.driver)) {
        status =
            scep_master_setup_shared(&site->service, &site->store_config, path,
                                     env, pool, &site->service.master, res);
    }
    else {
        status = start_master_file(site, path, env, pool, ptemp, res);
    }
    if (status != SCEP_OK) {
        res->detail = apr_pstrcat(
            res->pool, "ScepMasterPasswordFile: ", res->detail, NULL);
    }
    return status;
}

/* The same goes for the legacy level, for which keys must be in files. */
static scep_status_e start_legacy(scep_site_t *site, const server_rec *s,
                                  const scep_server_config_t *conf,
                                  const scep_env_t *env, apr_pool_t *pool,
                                  scep_result_t *res)
{
    scep_status_e status;

    if (!scep_config_legacy(conf, res->pool) || site->failed ||
        site->service.ra_legacy != NULL || site->runtime->legacy == NULL) {
        return SCEP_OK;
    }
    status = scep_ra_copy(site->service.ra, site->runtime->legacy, pool,
                          &site->service.ra_legacy, res);
    return status == SCEP_OK ? SCEP_OK
                             : scep_sections_judge_legacy(s, conf, env, res);
}

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

static scep_status_e make_site(scep_runtime_t *runtime, server_rec *s,
                               const scep_server_config_t *conf,
                               const char *key, const scep_env_t *env,
                               apr_pool_t *pool, apr_pool_t *ptemp,
                               scep_site_t **result, scep_result_t *res)
{
    scep_site_t *site = apr_pcalloc(pool, sizeof(*site));
    scep_status_e status;
    int i;

    site->runtime = runtime;
    site->key = key;
    if (runtime->shared != NULL) { /* a site that fails counts, too */
        site->service.counts = scep_shared_counts(runtime->shared, pool);
    }
    for (i = 0; i < SCEP_PRUNE_KINDS; i++) {
        site->retention[i] = scep_config_retention(conf, (scep_prune_e)i);
    }
    status = start_ca(site, s, conf, env, pool, res);
    if (status == SCEP_OK) {
        status = scep_state_look(s, conf, pool, &site->state, res);
    }
    if (status == SCEP_OK) {
        status = start_state(site, conf, env, pool, ptemp, res);
    }
    site->failed = status != SCEP_OK;
    APR_ARRAY_PUSH(runtime->sites, scep_site_t *) = site;
    *result = site;
    return status;
}

scep_status_e scep_runtime_site(scep_runtime_t *runtime, server_rec *s,
                                scep_server_config_t *conf, apr_pool_t *pool,
                                apr_pool_t *ptemp, scep_result_t *res)
{
    const char *key = scep_config_key(conf, pool);
    scep_env_t *env = apr_palloc(pool, sizeof(*env)); /* may be kept */
    scep_status_e status = SCEP_OK;

    scep_place_env(env, s, conf, pool);
    conf->site = find_site(runtime, key);
    if (conf->site == NULL) {
        status = make_site(runtime, s, conf, key, env, pool, ptemp, &conf->site,
                           res);
    }
    if (status == SCEP_OK) {
        status = start_legacy(conf->site, s, conf, env, pool, res);
    }
    return status == SCEP_OK
               ? start_master(conf->site, conf, env, pool, ptemp, res)
               : status;
}

/* Sites may share a directory: as long as one fails all is not made. */
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
    scep_status_e status = SCEP_OK;

    if (service->backend->child_start != NULL) {
        status = service->backend->child_start(service->ca, env, pool, res);
    }
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
                     site->service.scope, res.detail);
        }
    }
}
