/* Licensed under the Apache License, Version 2.0; see LICENSE. */
/*
 * scep_steps.c: see scep_steps.h. (httpd layer)
 */
#include "scep_steps.h"

#include <ap_mpm.h>
#include <apr_shm.h>
#include <apr_strings.h>

#include <http_log.h>

#include "scep_ca_call.h"
#include "scep_database.h"
#include "scep_draw.h"
#include "scep_file.h"
#include "scep_master_document.h"
#include "scep_master_setup.h"
#include "scep_next_ca_setup.h"
#include "scep_os.h"
#include "scep_outside.h"
#include "scep_place.h"
#include "scep_ra_setup.h"
#include "scep_review.h"
#include "scep_sections.h"

APLOG_USE_MODULE(scep);

enum {
    THUMBPRINT_OCTETS = 16, /* MD5 */
    THUMBPRINT_GROUP = 8,   /* hex digits */
    WORKERS_A_SLOT = 8
};

/* ---- the CA ---- */

static scep_status_e step_backend(const scep_start_t *c)
{
    return scep_outside_ca(c->conf->backend, &c->site->service.backend, c->res);
}

static const char *thumbprint_of(X509 *cert, apr_pool_t *pool)
{
    unsigned char digest[EVP_MAX_MD_SIZE];
    const char *hex, *text;
    apr_size_t i;

    if (scep_digest("MD5", scep_x509_der(pool, cert), digest) !=
        THUMBPRINT_OCTETS) {
        scep_crypto_clear_errors();
        return NULL; /* no MD5 (FIPS): the page leaves it out */
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

/* Passwords and transactions belong to a CA, whatever the names of its virtual
 * hosts and files. */
static scep_status_e identify(const scep_start_t *c)
{
    scep_site_t *site = c->site;
    scep_certs_t *certs = site->service.backend->certificates(site->service.ca);
    int n = certs != NULL ? sk_X509_num(certs) : 0;

    site->known = n > 0;
    if (n < 1 && c->runtime->test) {
        return SCEP_OK; /* the start may load them */
    }
    if (n < 1) {
        return scep_fail(c->res, SCEP_R_SETUP,
                         "ScepCABackend %s knows no CA certificate; set "
                         "ScepCACertificateFile (scepctl init makes one)",
                         site->service.backend->name);
    }
    site->service.ca_id = scep_service_ca_id(sk_X509_value(certs, 0), c->pool);
    if (site->service.ca_id == NULL) {
        return scep_fail(c->res, SCEP_R_INTERNAL, "SHA-256 failed");
    }
    site->thumbprint = thumbprint_of(sk_X509_value(certs, n - 1), c->pool);
    return SCEP_OK;
}

static scep_status_e step_ca(const scep_start_t *c)
{
    scep_service_t *service = &c->site->service;
    scep_dialog_t *dialog = apr_palloc(c->pool, sizeof(*dialog));
    scep_ra_source_t *source = apr_pcalloc(c->pool, sizeof(*source));
    const scep_ca_config_t config = {
        .args = c->conf->backend_args != NULL ? c->conf->backend_args : "",
        .cert_file = c->conf->ca_cert,
        .key = c->conf->ca_key,
        .chain_file = c->conf->ca_chain,
        .passphrase = scep_dialog_passphrase,
        .passphrase_baton = dialog,
        .probe = c->runtime->test};
    scep_status_e status;

    service->crl_url = c->conf->crl_url;
    service->crl_validity = c->conf->crl_validity;
    scep_dialog_init(dialog, c->s, c->conf, c->pool);
    status = scep_ca_start(service->backend, &config, c->env, c->pool,
                           &service->ca, c->res);
    if (status != SCEP_OK && dialog->problem != NULL) {
        c->res->detail = apr_pstrcat(c->res->pool, c->res->detail, "; ",
                                     dialog->problem, NULL);
    }
    if (status == SCEP_OK) {
        status = identify(c);
    }
    if (status != SCEP_OK || !c->site->known) {
        return status;
    }
    *source = (scep_ra_source_t){.conf = c->conf,
                                 .dialog = dialog,
                                 .probe = c->runtime->test,
                                 .env = c->env,
                                 .backend = service->backend,
                                 .ca = service->ca};
    c->site->ra_source = source;
    scep_review_ca(
        c->env, c->conf,
        sk_X509_value(service->backend->certificates(service->ca), 0));
    return SCEP_OK;
}

static scep_status_e step_next_ca(const scep_start_t *c)
{
    scep_service_t *service = &c->site->service;
    scep_status_e status = SCEP_OK;

    if (c->site->known) {
        status = scep_next_ca_setup(c->site->ra_source, c->pool, &service->next,
                                    c->res);
        c->site->ra_source->next = service->next;
    }
    return status;
}

static scep_status_e step_ra(const scep_start_t *c)
{
    return c->site->known ? scep_ra_setup(c->site->ra_source, c->pool,
                                          &c->site->service.ra, c->res)
                          : SCEP_OK;
}

/* ---- the state ---- */

/* At most one in eight workers may wait. */
static int waiting_slots(void)
{
    int processes = 0, threads = 0, slots;

    ap_mpm_query(AP_MPMQ_MAX_DAEMONS, &processes);
    ap_mpm_query(AP_MPMQ_MAX_THREADS, &threads);
    slots = processes * (threads > 0 ? threads : 1) / WORKERS_A_SLOT;
    if (slots > SCEP_SLOTS) {
        return SCEP_SLOTS;
    }
    return slots > 0 ? slots : 1;
}

static scep_status_e step_shared_memory(const scep_start_t *c)
{
    scep_service_t *service = &c->site->service;

    if (c->runtime->test) {
        return SCEP_OK;
    }
    if (c->runtime->shared == NULL) {
        return scep_fail(c->res, SCEP_R_SETUP, "there is no password table");
    }
    service->waiting_slots = waiting_slots();
    return scep_shared_attach(c->runtime->shared, c->pool, service, c->res);
}

static scep_status_e step_state(const scep_start_t *c)
{
    return c->runtime->test ? scep_state_check(c->s, c->conf, c->pool, c->res)
                            : scep_state_look(c->s, c->conf, c->pool,
                                              &c->site->state, c->res);
}

/* Remove half-written files. Nobody reads them, but they may hold a key. */
static void sweep(const scep_start_t *c)
{
    int removed = scep_dir_sweep(c->conf->state_dir);

    if (removed > 0) {
        scep_log(c->env, SCEP_LOG_INFO,
                 SCEPLOGNO(0432) "ScepStateDir %s: removed %d temporary files "
                                 "of processes that were killed",
                 c->conf->state_dir, removed);
    }
}

static scep_status_e step_state_dir(const scep_start_t *c)
{
    const char *database = scep_config_database(c->conf, c->pool);
    scep_status_e status;

    if (c->runtime->test) {
        status = scep_os_state_dir_check(c->conf->state_dir, database, c->pool,
                                         c->res);
        return status == SCEP_OK ? scep_os_password_key_check(
                                       c->conf->state_dir, c->pool, c->res)
                                 : status;
    }
    status =
        scep_os_state_dir_make(c->conf->state_dir, database, c->ptemp, c->res);
    if (status == SCEP_OK) {
        sweep(c);
    }
    return status == SCEP_OK
               ? scep_state_begin(&c->site->state,
                                  scep_config_shares_database(c->conf),
                                  c->ptemp, c->res)
               : status;
}

/* The children of one generation share it. An older generation has its own. */
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

static scep_status_e step_database(const scep_start_t *c)
{
    scep_store_config_t *config = &c->site->store_config;
    int threads = 0;
    scep_status_e status;
    uid_t uid;
    gid_t gid;

    if (c->runtime->test) {
        return scep_database_check(c->conf, c->pool, c->res);
    }
    if (ap_mpm_query(AP_MPMQ_MAX_THREADS, &threads) != APR_SUCCESS ||
        threads < 1) {
        threads = 1; /* prefork says 0 */
    }
    scep_database_config(c->conf, threads, c->pool, config);
    scep_os_child(&uid, &gid);
    config->must_exist = !c->site->state.first;
    status = share_identity(config, c->pool, c->res);
    if (status == SCEP_OK) {
        status = scep_store_prepare(config, c->env, uid, gid, c->ptemp, c->res);
    }
    return status == SCEP_NOT_FOUND ? scep_state_lost(&c->site->state, c->res)
                                    : status;
}

/* Open the store for this and close it again: children must not inherit a
 * database connection. */
static scep_status_e rebuild(const scep_start_t *c)
{
    scep_site_t *site = c->site;
    apr_pool_t *scratch;
    scep_store_t *store;
    scep_status_e status;

    apr_pool_create(&scratch, c->ptemp);
    status =
        scep_store_open(&site->store_config, c->env, scratch, &store, c->res);
    if (status == SCEP_OK) {
        status =
            scep_draw_rebuild(store, site->service.challenges, c->env, c->res);
    }
    apr_pool_destroy(scratch);
    return status;
}

static scep_status_e step_passwords(const scep_start_t *c)
{
    scep_status_e status = SCEP_OK;

    if (c->runtime->test) {
        return status;
    }
    status = scep_database_key(&c->site->store_config, &c->site->state, c->env,
                               c->pool, c->ptemp,
                               &c->site->service.password_key, c->res);
    return status == SCEP_OK ? rebuild(c) : status;
}

/* ---- what only some servers of a site need ---- */

static scep_status_e make_legacy(scep_runtime_t *runtime, apr_pool_t *pool,
                                 scep_result_t *res)
{
    OSSL_LIB_CTX *libctx;
    scep_status_e status = scep_algs_legacy_context(pool, &libctx, res);

    if (status == SCEP_OK) {
        status = scep_algs_make(SCEP_LEVEL_LEGACY, libctx, pool,
                                &runtime->algs[SCEP_LEVEL_LEGACY], res);
    }
    if (status == SCEP_OK) {
        runtime->legacy = libctx;
        return SCEP_OK;
    }
    runtime->algs[SCEP_LEVEL_LEGACY] = NULL;
    res->detail = apr_pstrcat(
        res->pool, "ScepAlgorithms legacy: ", res->detail,
        "; install OpenSSL's legacy provider, or choose another level", NULL);
    return status;
}

/* For this level, keys must be in files. */
static scep_status_e step_legacy(const scep_start_t *c)
{
    scep_service_t *service = &c->site->service;
    scep_status_e status = SCEP_OK;

    if (!scep_config_legacy(c->conf, c->res->pool) ||
        service->ra_legacy != NULL) {
        return SCEP_OK;
    }
    if (c->runtime->legacy == NULL) {
        status = make_legacy(c->runtime, c->runtime->sites->pool, c->res);
    }
    if (status != SCEP_OK) {
        return status;
    }
    if (service->ra != NULL &&
        scep_ra_copy(service->ra, c->runtime->legacy, c->pool,
                     &service->ra_legacy, c->res) != SCEP_OK) {
        return scep_sections_judge_legacy(c->s, c->conf, c->env, c->res);
    }
    return SCEP_OK;
}

static scep_status_e start_master_file(const scep_start_t *c, const char *path)
{
    const scep_store_config_t *store = &c->site->store_config;
    scep_service_t *service = &c->site->service;
    const char *name = scep_master_document_name(path);
    bool known;
    scep_status_e status = scep_database_master_known(
        store, service->ca_id, name, c->env, c->ptemp, &known, c->res);

    if (status == SCEP_OK) {
        status =
            scep_master_setup(path, service->ra, !known || c->site->state.first,
                              c->env, c->pool, &service->master, c->res);
    }
    return status == SCEP_OK && !known
               ? scep_database_master_note(store, service->ca_id, name, c->env,
                                           c->ptemp, c->res)
               : status;
}

static scep_status_e step_master(const scep_start_t *c)
{
    scep_service_t *service = &c->site->service;
    const char *path = scep_config_master_file(c->conf, c->pool);
    scep_status_e status;

    if (!scep_config_single(c->conf, c->res->pool) || service->master != NULL) {
        return SCEP_OK;
    }
    if (c->runtime->test) {
        return service->ra != NULL
                   ? scep_master_check(c->runtime->masters, c->s, c->conf,
                                       service->ra, c->pool, c->res)
                   : SCEP_OK;
    }
    status = scep_config_shares_database(c->conf)
                 ? scep_master_setup_shared(service, &c->site->store_config,
                                            path, c->env, c->pool,
                                            &service->master, c->res)
                 : start_master_file(c, path);
    if (status != SCEP_OK) {
        c->res->detail = apr_pstrcat(
            c->res->pool, "ScepMasterPasswordFile: ", c->res->detail, NULL);
    }
    return status;
}

/* ---- all of them ---- */

typedef struct step_t {
    const char *name;
    scep_status_e (*run)(const scep_start_t *c);
    const char *about;    /* directives; if a fault names none, it is shown at
                           * the line of the first of these that is set */
    const char *left_out; /* in a test; NULL: nothing */
} step_t;

#define DATABASE "ScepDatabase ScepStateDir"

static const step_t of_site[] = {
    {"CA backend", step_backend, "ScepCABackend", NULL},
    {"CA", step_ca, "ScepCACertificateFile ScepCABackend",
     "keys that need a passphrase, and other machines"},
    {"next CA", step_next_ca, "ScepNextCACertificateFile", NULL},
    {"RA", step_ra, "ScepRACertificateFile ScepRADirectory", NULL},
    {"shared memory", step_shared_memory, "ScepPasswordMax", "all of it"},
    {"state", step_state, "ScepStateDir", NULL},
    {"state directory", step_state_dir, "ScepStateDir", "what it makes"},
    {"database", step_database, DATABASE, "opening it"},
    {"passwords", step_passwords, DATABASE,
     "whether their key is the database's"},
    {NULL, NULL, NULL, NULL}};

static const step_t of_user[] = {
    {"legacy algorithms", step_legacy, "ScepAlgorithms", NULL},
    {"master password", step_master, "ScepMasterPasswordFile ScepStateDir",
     "one in a shared database"},
    {NULL, NULL, NULL, NULL}};

static scep_status_e run(const step_t *step, const scep_start_t *c)
{
    const apr_array_header_t *places = c->conf->places;
    scep_status_e status;

    /* A step may leave a result that it ignored. */
    scep_result_init(c->res, c->res->pool);
    status = step->run(c);
    if (status != SCEP_OK && c->res->place == NULL &&
        scep_places_find(places, c->res->detail) == NULL) {
        c->res->place = scep_places_find(places, step->about);
    }
    if (status == SCEP_OK && step->left_out != NULL && c->runtime->test &&
        !c->runtime->quiet) {
        ap_log_error(APLOG_MARK, APLOG_TRACE1, 0, c->s,
                     "not tested by -t (%s): %s", step->name, step->left_out);
    }
    return status;
}

scep_status_e scep_steps_site(const scep_start_t *c)
{
    scep_status_e status = SCEP_OK;
    const step_t *step;

    for (step = of_site; status == SCEP_OK && step->name != NULL; step++) {
        status = run(step, c);
    }
    return status;
}

scep_status_e scep_steps_user(const scep_start_t *c)
{
    scep_status_e status = SCEP_OK;
    scep_start_t mine = *c;
    scep_result_t one;
    const step_t *step;

    mine.res = &one;
    one.pool = c->res->pool;
    for (step = of_user; !c->site->failed && step->name != NULL; step++) {
        if (run(step, &mine) != SCEP_OK && status == SCEP_OK) {
            *c->res = one; /* go on with the others */
            status = one.status;
        }
    }
    return status;
}
