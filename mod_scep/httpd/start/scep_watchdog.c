/* Licensed under the Apache License, Version 2.0; see LICENSE. */
/*
 * scep_watchdog.c: the recurring work. (httpd layer)
 *
 * It runs in one child at a time and moves when that child ends. A child of the
 * generation before may still be working, so each task must tolerate that
 * another child does it at the same time. The callback never returns a failure:
 * mod_watchdog would not call it again.
 */
#include "scep_watchdog.h"

#include <apr_optional.h>
#include <apr_strings.h>
#include <mod_watchdog.h>

#include <http_log.h>

#include "scep_crl_issue.h"
#include "scep_log_httpd.h"
#include "scep_ra_check.h"
#include "scep_store_prune.h"

APLOG_USE_MODULE(scep);

#define NAME "_scep_"

enum {
    INTERVAL = 10,     /* seconds */
    REMIND = 86400,    /* seconds, while a certificate must be renewed */
    PAUSE = 600,       /* seconds, after a CRL could not be signed */
    PRUNE_PAUSE = 3600 /* seconds, when there was nothing more to delete */
};

/* What the watchdog knows of a site. Each child has its own. */
typedef struct watch_t {
    scep_site_t *site;
    scep_cert_age_e age;  /* the worst of its certificates */
    apr_time_t told;      /* when that was last logged */
    apr_time_t crl_after; /* try no CRL before this */
    apr_time_t prune_after;
} watch_t;

typedef struct watchdog_t {
    server_rec *s;
    const scep_runtime_t *runtime;
    apr_array_header_t *watches; /* watch_t */
} watchdog_t;

/* ---- certificates ---- */

typedef void each_cert_fn(void *baton, X509 *cert, const char *what);

/* All certificates that clients see, and that of the next CA. */
static void each_cert(const scep_service_t *service, each_cert_fn *each,
                      void *baton)
{
    scep_certs_t *certs = service->ra->certs;
    int i;

    each(baton, sk_X509_value(service->backend->certificates(service->ca), 0),
         "CA");
    for (i = 0; i < sk_X509_num(certs); i++) {
        each(baton, sk_X509_value(certs, i), "RA");
    }
    if (service->next != NULL) {
        each(baton, sk_X509_value(service->next->certs, 0), "next CA");
    }
}

typedef struct look_t {
    const scep_env_t *env;
    apr_pool_t *pool;
    scep_cert_age_e worst;
} look_t;

static void take_age(void *baton, X509 *cert, const char *what)
{
    look_t *look = baton;
    scep_cert_age_e age = scep_ra_check_age(cert, scep_env_now(look->env));

    (void)what;
    look->worst = age > look->worst ? age : look->worst;
}

static void tell(void *baton, X509 *cert, const char *what)
{
    look_t *look = baton;

    scep_ra_check_validity(
        look->env, cert,
        apr_psprintf(look->pool, "%s \"%s\"", what,
                     scep_name_text(look->pool, X509_get_subject_name(cert))));
}

/* Warn at once when it gets worse, and then once a day. */
static void check_certs(watch_t *watch, const scep_env_t *env, apr_pool_t *pool)
{
    look_t look = {env, pool, SCEP_CERT_FRESH};
    apr_time_t now = scep_env_now(env);

    each_cert(&watch->site->service, take_age, &look);
    if (look.worst > watch->age ||
        (look.worst != SCEP_CERT_FRESH &&
         now - watch->told >= apr_time_from_sec(REMIND))) {
        each_cert(&watch->site->service, tell, &look);
        watch->told = now;
    }
    watch->age = look.worst;
}

/* ---- CRLs ---- */

static void check_crl(watch_t *watch, const scep_env_t *env, apr_pool_t *pool)
{
    apr_time_t now = scep_env_now(env);
    scep_result_t res;
    scep_crl_row_t *row;
    scep_status_e status;

    if (now < watch->crl_after) {
        return;
    }
    scep_result_init(&res, pool);
    status = scep_crl_current(&watch->site->service, env, pool, &row, &res);
    if (status == SCEP_OK) {
        return;
    }
    watch->crl_after = now + apr_time_from_sec(PAUSE);
    if (status != SCEP_REFUSED) { /* SCEP_REFUSED: this CA signs no CRLs */
        scep_log(env, scep_log_level_of(&res),
                 SCEPLOGNO(0445) "the CRL of the CA %s cannot be signed: %s; "
                                 "clients that check it refuse certificates "
                                 "once it has run out",
                 watch->site->service.ca_id, res.detail);
    }
}

/* ---- old rows ---- */

/* @return false: look again later */
static bool prune_kind(watch_t *watch, scep_prune_e kind, const scep_env_t *env,
                       apr_pool_t *pool)
{
    apr_time_t now = scep_env_now(env);
    apr_int64_t removed = 0;
    scep_result_t res;

    scep_result_init(&res, pool);
    if (watch->site->retention[kind] == 0) {
        return false;
    }
    if (scep_store_prune(watch->site->service.store, kind,
                         now - watch->site->retention[kind], now, NULL, pool,
                         &removed, &res) != SCEP_OK) {
        scep_log(env, scep_log_level_of(&res),
                 SCEPLOGNO(0062) "rows older than ScepRetention %s cannot be "
                                 "deleted: %s; nothing else depends on that, "
                                 "and httpd tries again",
                 scep_prune_name(kind), res.detail);
        return false;
    }
    if (removed > 0) {
        scep_log(env, SCEP_LOG_INFO,
                 SCEPLOGNO(0063) "deleted %" APR_INT64_T_FMT
                                 " rows (ScepRetention %s)",
                 removed, scep_prune_name(kind));
    }
    return removed == SCEP_PRUNE_STEP;
}

/* Delete a few rows each time, and pause when there are no more. */
static void prune(watch_t *watch, const scep_env_t *env, apr_pool_t *pool)
{
    bool more = false;
    int i;

    if (scep_env_now(env) < watch->prune_after) {
        return;
    }
    for (i = 0; i < SCEP_PRUNE_KINDS; i++) {
        more = prune_kind(watch, (scep_prune_e)i, env, pool) || more;
    }
    if (!more) {
        watch->prune_after = scep_env_now(env) + apr_time_from_sec(PRUNE_PAUSE);
    }
}

/* ---- the callback ---- */

static void work(watchdog_t *dog, apr_pool_t *parent)
{
    apr_pool_t *pool;
    scep_env_t env;
    int i;

    scep_log_env_server(&env, dog->s);
    env.limit = dog->runtime->log_limit;
    scep_log_limit_flush(&env, scep_env_now(&env));
    for (i = 0; i < dog->watches->nelts; i++) {
        watch_t *watch = &APR_ARRAY_IDX(dog->watches, i, watch_t);

        if (!watch->site->ready) {
            continue;
        }
        apr_pool_create(&pool, parent);
        check_certs(watch, &env, pool);
        check_crl(watch, &env, pool);
        prune(watch, &env, pool);
        apr_pool_destroy(pool);
    }
    scep_crypto_clear_errors();
}

static apr_status_t step(int state, void *data, apr_pool_t *pool)
{
    if (state == AP_WATCHDOG_STATE_RUNNING) {
        work(data, pool);
    }
    return APR_SUCCESS;
}

static watchdog_t *make(scep_runtime_t *runtime, server_rec *s,
                        apr_pool_t *pool)
{
    watchdog_t *dog = apr_pcalloc(pool, sizeof(*dog));
    scep_env_t env;
    int i;

    scep_log_env_server(&env, s);
    dog->s = s;
    dog->runtime = runtime;
    dog->watches = apr_array_make(pool, runtime->sites->nelts, sizeof(watch_t));
    for (i = 0; i < runtime->sites->nelts; i++) {
        scep_site_t *site = APR_ARRAY_IDX(runtime->sites, i, scep_site_t *);
        look_t look = {&env, pool, SCEP_CERT_FRESH};
        watch_t *watch;

        if (site->failed) {
            continue;
        }
        watch = apr_array_push(dog->watches);
        watch->site = site;
        watch->told = scep_env_now(&env); /* the start has logged it */
        each_cert(&site->service, take_age, &look);
        watch->age = look.worst;
    }
    return dog;
}

void scep_watchdog_start(scep_runtime_t *runtime, server_rec *s,
                         apr_pool_t *pool)
{
    APR_OPTIONAL_FN_TYPE(ap_watchdog_get_instance) *get =
        APR_RETRIEVE_OPTIONAL_FN(ap_watchdog_get_instance);
    APR_OPTIONAL_FN_TYPE(ap_watchdog_register_callback) *add =
        APR_RETRIEVE_OPTIONAL_FN(ap_watchdog_register_callback);
    ap_watchdog_t *watchdog;
    apr_status_t rv;

    if (get == NULL || add == NULL) {
        ap_log_error(APLOG_MARK, APLOG_NOTICE, 0, s,
                     SCEPLOGNO(0446) "mod_watchdog is not loaded: CRLs are "
                                     "signed only when somebody asks for one, "
                                     "and certificates that expire are "
                                     "reported only at a start");
        return;
    }
    rv = get(&watchdog, NAME, 0, 1, pool);
    if (rv == APR_SUCCESS) {
        rv = add(watchdog, apr_time_from_sec(INTERVAL), make(runtime, s, pool),
                 step);
    }
    if (rv != APR_SUCCESS) {
        ap_log_error(APLOG_MARK, APLOG_ERR, rv, s,
                     SCEPLOGNO(0447) "mod_watchdog refused the callback: CRLs "
                                     "are signed only when somebody asks for "
                                     "one, and certificates that expire are "
                                     "reported only at a start");
    }
}
