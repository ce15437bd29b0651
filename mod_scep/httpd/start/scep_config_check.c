/* Licensed under the Apache License, Version 2.0; see LICENSE. */
/*
 * scep_config_check.c: checks directives against each other, by trying the
 * steps of a start without their effects. (httpd layer)
 */
#include "scep_config_check.h"

#include <apr_strings.h>

#include <http_log.h>

#include "scep_location.h"
#include "scep_log_httpd.h"
#include "scep_outside.h"
#include "scep_place.h"
#include "scep_review.h"
#include "scep_runtime.h"
#include "scep_shared.h"
#include "scep_sources.h"
#include "scep_trust.h"

APLOG_USE_MODULE(scep);

/* One server under test. */
typedef struct check_t {
    server_rec *s;
    const scep_server_config_t *conf;
    scep_runtime_t *runtime; /* NULL: no files are read */
    apr_pool_t *pool;
    scep_result_t *res;
    apr_hash_t *told; /* faults of all servers */
} check_t;

static scep_status_e check_name(const check_t *c, const scep_place_t *place,
                                bool of_ca, const char *name)
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
static scep_status_e check_names(const check_t *c)
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

static scep_status_e check_server(const check_t *c)
{
    scep_status_e status = check_names(c);

    return status == SCEP_OK ? scep_location_check(c->s, c->pool, c->res)
                             : status;
}

static bool tell(const check_t *c)
{
    const char *text = scep_place_fault(c->s, c->conf, c->res, c->told);

    scep_crypto_clear_errors();
    if (text != NULL) {
        ap_log_error(APLOG_MARK, APLOG_EMERG, 0, c->s, SCEPLOGNO(0001) "%s",
                     text);
    }
    return false;
}

static scep_status_e check_ca(const check_t *c)
{
    const scep_ca_backend_t *backend;
    scep_site_t *site;

    return c->runtime != NULL
               ? scep_runtime_site(c->runtime, c->s, c->conf, c->pool, c->pool,
                                   &site, c->res)
               : scep_outside_ca(c->conf->backend, &backend, c->res);
}

/* Check all CAs of S, even if one of them has a fault. */
static bool check_all(check_t *c)
{
    bool good = check_server(c) == SCEP_OK || tell(c);
    apr_array_header_t *cas = scep_config_cas(c->s, c->pool);
    int i;

    for (i = 0; i < cas->nelts; i++) {
        c->conf = APR_ARRAY_IDX(cas, i, const scep_server_config_t *);
        scep_result_init(c->res, c->pool);
        if (check_ca(c) != SCEP_OK) {
            good = tell(c);
        }
    }
    return good;
}

/* All servers share one lock. */
static bool check_lock(server_rec *main_server, apr_pool_t *ptemp)
{
    scep_result_t res;

    scep_result_init(&res, ptemp);
    if (!scep_config_wanted(main_server) ||
        scep_shared_check(main_server, ptemp, &res) == SCEP_OK) {
        return true;
    }
    ap_log_error(APLOG_MARK, APLOG_EMERG, 0, main_server, SCEPLOGNO(0015) "%s",
                 res.detail);
    return false;
}

static bool check_servers(server_rec *main_server, apr_pool_t *pool, bool files,
                          bool quiet)
{
    scep_result_t res;
    check_t c = {.pool = pool, .res = &res, .told = apr_hash_make(pool)};
    bool good = true;

    scep_result_init(&res, pool);
    if (files) {
        if (scep_runtime_make(pool, &c.runtime, &res) != SCEP_OK) {
            c.s = main_server;
            c.conf = scep_config_server(main_server);
            return tell(&c);
        }
        c.runtime->test = true;
        c.runtime->quiet = quiet;
        c.runtime->masters = scep_master_check_make(pool);
    }
    for (c.s = main_server; c.s != NULL; c.s = c.s->next) {
        c.conf = scep_config_server(c.s);
        scep_result_init(&res, pool);
        if (c.conf->engine == 1) {
            good = check_all(&c) && good;
        }
    }
    return good;
}

bool scep_config_check(server_rec *main_server, apr_pool_t *ptemp, bool files,
                       bool quiet)
{
    bool good = !files || check_lock(main_server, ptemp);
    apr_pool_t *scratch;

    good = scep_review_handlers(main_server, ptemp, quiet) && good;
    if (!quiet && files) {
        scep_review(main_server, ptemp);
    }
    if (files && scep_config_wanted(main_server)) {
        good = scep_sources_check(main_server, ptemp, quiet) && good;
        good = scep_trust_check(main_server, ptemp) && good;
    }
    apr_pool_create(&scratch, ptemp);
    good = check_servers(main_server, scratch, files, quiet) && good;
    apr_pool_destroy(scratch); /* wipes the keys that were read */
    scep_crypto_clear_errors();
    return good;
}
