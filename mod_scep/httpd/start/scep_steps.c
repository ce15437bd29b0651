/* Licensed under the Apache License, Version 2.0; see LICENSE. */
/* scep_steps.c: see scep_steps.h. (httpd layer) */
#include "scep_steps.h"

#include <ap_mpm.h>
#include <apr_shm.h>
#include <apr_strings.h>

#include <http_log.h>

#include "scep_ca_call.h"
#include "scep_database.h"
#include "scep_draw.h"
#include "scep_file.h"
#include "scep_location.h"
#include "scep_master_document.h"
#include "scep_master_setup.h"
#include "scep_next_ca_setup.h"
#include "scep_os.h"
#include "scep_outside.h"
#include "scep_place.h"
#include "scep_ra_setup.h"
#include "scep_review.h"
#include "scep_sections.h"
#include "scep_sources.h"

APLOG_USE_MODULE(scep);

enum {
    THUMBPRINT_OCTETS = 16, /* MD5 */
    THUMBPRINT_GROUP = 8,   /* hex digits */
    WORKERS_A_SLOT = 8
};

/* ---- what all share ---- */

static scep_status_e step_algorithms(const scep_start_t *c)
{
    scep_status_e status = SCEP_OK;
    int level;

    for (level = SCEP_LEVEL_MODERN;
         status == SCEP_OK && level <= SCEP_LEVEL_COMPATIBLE; level++) {
        status = scep_algs_make((scep_level_e)level, NULL, c->pool,
                                &c->runtime->algs[level], c->res);
    }
    return status;
}

static scep_status_e step_table(const scep_start_t *c)
{
    return c->runtime->test
               ? scep_shared_check(c->s, c->pool, c->res)
               : scep_shared_make(c->s, c->conf->password_max, c->env,
                                  &c->runtime->shared, c->res);
}

/* Each generation has its own, so a changed number counts at once. */
static scep_status_e step_admission(const scep_start_t *c)
{
    int most = c->conf->max_concurrent;

    if (most < 0) { /* leave workers to send the others away */
        most = scep_os_workers() * 3 / 4;
        most = most > 0 ? most : 1;
    }
    if (most == 0 || c->runtime->test) {
        return SCEP_OK;
    }
    c->runtime->admission = scep_admission_make(most, c->pool);
    return c->runtime->admission != NULL
               ? SCEP_OK
               : scep_fail(c->res, SCEP_R_SETUP,
                           "no shared memory for ScepMaxConcurrent %d", most);
}

/* ---- what a server's sections name ---- */

static scep_status_e check_name(const scep_start_t *c,
                                const scep_place_t *place, bool of_ca,
                                const char *name)
{
    const char *directive = place->set->name;

    if (of_ca ? c->conf->cas != NULL &&
                    apr_hash_get(c->conf->cas, name, APR_HASH_KEY_STRING)
              : scep_profile_find(c->conf->profiles, name) != NULL) {
        return SCEP_OK;
    }
    c->res->place = place->at;
    return of_ca ? scep_fail(c->res, SCEP_R_SETUP,
                             "%s: there is no CA %s here; define it by <ScepCA "
                             "%s>",
                             directive, name, name)
                 : scep_fail(c->res, SCEP_R_SETUP,
                             "%s: there is no profile %s; define it by "
                             "<ScepProfile %s>, or choose device",
                             directive, name, name);
}

/* A section may use a name before it is defined; here it must be defined. */
static scep_status_e step_names(const scep_start_t *c)
{
    static const struct {
        const char *directive;
        bool of_ca;
        int skip; /* words before the names */
    } givers[] = {{"ScepProfile", false, 0},
                  {"ScepProfileByKeyUsage", false, 0},
                  {"ScepCA", true, 0},
                  {"ScepCAIdent", true, 1}};
    const apr_array_header_t *places = c->conf->places;
    scep_status_e status = SCEP_OK;
    size_t i;
    int j, word;

    if (c->conf->engine != 1) {
        return SCEP_OK;
    }
    for (i = 0; i < sizeof(givers) / sizeof(givers[0]); i++) {
        for (j = 0; places != NULL && j < places->nelts; j++) {
            const scep_place_t *place = &APR_ARRAY_IDX(places, j, scep_place_t);
            const char *rest = place->value;

            if (strcasecmp(place->set->name, givers[i].directive) != 0) {
                continue;
            }
            for (word = 0; *rest != '\0' && status == SCEP_OK; word++) {
                const char *name = ap_getword_conf(c->pool, &rest);

                if (word >= givers[i].skip) {
                    status = check_name(c, place, givers[i].of_ca, name);
                }
            }
        }
    }
    return status;
}

static scep_status_e step_sections(const scep_start_t *c)
{
    return c->conf->engine == 1 ? scep_location_check(c->s, c->pool, c->res)
                                : SCEP_OK;
}

static apr_array_header_t *sources_of(const scep_server_config_t *conf)
{
    return conf->provided;
}

static apr_array_header_t *trusts_of(const scep_server_config_t *conf)
{
    return conf->trusts;
}

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
        .probe = c->runtime->test,
        .exec_timeout = c->conf->exec_timeout,
        .exec_workers = c->conf->exec_workers};
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
    int slots = scep_os_workers() / WORKERS_A_SLOT;

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
    service->admission = c->runtime->admission;
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
    const char *number;   /* of the line that a test logs; NULL: SCEP0001 */
    bool words;           /* it reads no files */
    /* The list of a server, if it runs for each of that; NULL: it runs once */
    apr_array_header_t *(*list)(const scep_server_config_t *conf);
} step_t;

#define DATABASE "ScepDatabase ScepStateDir"

static const step_t of_all[] = {
    {.name = "algorithms", .run = step_algorithms, .about = "ScepAlgorithms"},
    {.name = "password table",
     .run = step_table,
     .about = "ScepPasswordMax",
     .left_out = "the memory",
     .number = SCEPLOGNO(0015)},
    {.name = "slots for messages",
     .run = step_admission,
     .about = "ScepMaxConcurrent",
     .left_out = "the memory"},
    {.name = NULL}};

static const step_t of_server[] = {
    {.name = "names", .run = step_names, .about = "ScepProfile", .words = true},
    {.name = "sections",
     .run = step_sections,
     .about = "ScepEngine",
     .words = true},
    {.name = "challenge source",
     .run = scep_source_start,
     .about = "ScepChallenge",
     .number = SCEPLOGNO(0025),
     .list = sources_of},
    {.name = "renewal trust",
     .run = scep_trust_start,
     .about = "ScepRenewalTrust",
     .number = SCEPLOGNO(0029),
     .list = trusts_of},
    {.name = NULL}};

static const step_t of_site[] = {
    {.name = "CA backend",
     .run = step_backend,
     .about = "ScepCABackend",
     .words = true},
    {.name = "CA",
     .run = step_ca,
     .about = "ScepCACertificateFile ScepCABackend",
     .left_out = "keys that need a passphrase, and other machines"},
    {.name = "next CA",
     .run = step_next_ca,
     .about = "ScepNextCACertificateFile"},
    {.name = "RA",
     .run = step_ra,
     .about = "ScepRACertificateFile ScepRADirectory"},
    {.name = "shared memory",
     .run = step_shared_memory,
     .about = "ScepPasswordMax",
     .left_out = "all of it"},
    {.name = "state", .run = step_state, .about = "ScepStateDir"},
    {.name = "state directory",
     .run = step_state_dir,
     .about = "ScepStateDir",
     .left_out = "what it makes"},
    {.name = "database",
     .run = step_database,
     .about = DATABASE,
     .left_out = "opening it"},
    {.name = "passwords",
     .run = step_passwords,
     .about = DATABASE,
     .left_out = "whether their key is the database's"},
    {.name = NULL}};

static const step_t of_user[] = {
    {.name = "legacy algorithms",
     .run = step_legacy,
     .about = "ScepAlgorithms"},
    {.name = "master password",
     .run = step_master,
     .about = "ScepMasterPasswordFile ScepStateDir",
     .left_out = "one in a shared database"},
    {.name = NULL}};

static scep_status_e run(const step_t *step, const scep_start_t *c)
{
    const apr_array_header_t *places = c->conf->places;
    scep_status_e status;

    /* A step may leave a result that it ignored. */
    scep_result_init(c->res, c->res->pool);
    if (c->runtime->words && !step->words) {
        return SCEP_OK;
    }
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

static bool run_each(const step_t *step, scep_start_t *c, scep_fault_fn *fault)
{
    const apr_array_header_t *items =
        scep_server_items(c->main_server, c->s, step->list(c->conf));
    bool go_on = true;
    int i;

    for (i = 0; items != NULL && i < items->nelts && go_on; i++) {
        c->item = APR_ARRAY_IDX(items, i, void *);
        go_on = run(step, c) == SCEP_OK || fault(c, step->number);
    }
    return go_on;
}

static bool run_all(const step_t *step, scep_start_t *c, scep_fault_fn *fault)
{
    bool go_on = true;

    c->env = scep_steps_env(c);
    for (; step->name != NULL && go_on; step++) {
        go_on = step->list != NULL
                    ? run_each(step, c, fault)
                    : run(step, c) == SCEP_OK || fault(c, step->number);
    }
    return go_on;
}

const scep_env_t *scep_steps_env(const scep_start_t *c)
{
    scep_env_t *env = apr_palloc(c->pool, sizeof(*env));

    scep_place_env(env, c->s, c->conf, c->pool);
    if (c->runtime->quiet) {
        env->log = NULL;
    }
    return env;
}

bool scep_steps_first(scep_start_t *c, scep_fault_fn *fault)
{
    return run_all(of_all, c, fault);
}

bool scep_steps_server(scep_start_t *c, scep_fault_fn *fault)
{
    return run_all(of_server, c, fault);
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
