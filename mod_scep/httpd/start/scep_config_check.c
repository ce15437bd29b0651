/* Licensed under the Apache License, Version 2.0; see LICENSE. */
/*
 * scep_config_check.c: cross checks of the directives, by trying out what
 * start-up will do as far as that has no effects. (httpd layer)
 */
#include "scep_config_check.h"

#include <ap_provider.h>
#include <apr_strings.h>

#include <http_log.h>

#include "mod_scep.h"
#include "scep_database.h"
#include "scep_location.h"
#include "scep_log_httpd.h"
#include "scep_master_check.h"
#include "scep_next_ca_setup.h"
#include "scep_os.h"
#include "scep_place.h"
#include "scep_ra_setup.h"
#include "scep_review.h"
#include "scep_runtime.h"
#include "scep_sections.h"
#include "scep_shared.h"
#include "scep_sources.h"
#include "scep_state.h"
#include "scep_trust.h"

APLOG_USE_MODULE(scep);

/* One server under test. */
typedef struct check_t {
    server_rec *s;
    const scep_server_config_t *conf;
    apr_pool_t *pool;
    scep_env_t *env;
    bool quiet;
    scep_result_t *res;
    scep_master_check_t *masters; /* of all servers */
    apr_hash_t *told;             /* likewise */
    apr_hash_t *seen;             /* CAs whose files were looked at, by site */
} check_t;

static scep_status_e find_backend(const check_t *c,
                                  const scep_ca_backend_t **backend)
{
    const char *name = c->conf->backend;
    apr_array_header_t *known;
    const char *names = "";
    int i;

    *backend = ap_lookup_provider(SCEP_CA_PROVIDER_GROUP, name,
                                  SCEP_CA_PROVIDER_VERSION);
    if (*backend == NULL) {
        known = ap_list_provider_names(c->pool, SCEP_CA_PROVIDER_GROUP,
                                       SCEP_CA_PROVIDER_VERSION);
        for (i = 0; i < known->nelts; i++) {
            names = apr_pstrcat(
                c->pool, names, i > 0 ? ", " : "",
                APR_ARRAY_IDX(known, i, ap_list_provider_names_t).provider_name,
                NULL);
        }
        return scep_fail(c->res, SCEP_R_SETUP,
                         "ScepCABackend %s is not known; there is: %s. Load "
                         "the module that brings it",
                         name, names);
    }
    if ((*backend)->abi != SCEP_CA_ABI || (*backend)->size < SCEP_CA_MIN_SIZE) {
        return scep_fail(c->res, SCEP_R_SETUP,
                         "ScepCABackend %s was built for another version of "
                         "mod_scep (interface %u, wanted %u); rebuild it",
                         name, (unsigned int)(*backend)->abi, SCEP_CA_ABI);
    }
    return SCEP_OK;
}

/* @param ra NULL: not known before the real start */
static scep_status_e check_legacy(const check_t *c, const scep_ra_t *ra)
{
    OSSL_LIB_CTX *libctx;
    const scep_ra_t *copy;
    scep_status_e status;

    if (!scep_config_legacy(c->conf, c->pool)) {
        return SCEP_OK;
    }
    status = scep_algs_legacy_context(c->pool, &libctx, c->res);
    if (status != SCEP_OK) {
        c->res->detail = apr_pstrcat(
            c->pool, "ScepAlgorithms legacy: ", c->res->detail,
            "; install OpenSSL's legacy provider, or choose another level",
            NULL);
        return status;
    }
    status =
        ra != NULL ? scep_ra_copy(ra, libctx, c->pool, &copy, c->res) : SCEP_OK;
    return status == SCEP_OK
               ? SCEP_OK
               : scep_sections_judge_legacy(c->s, c->conf, c->env, c->res);
}

static scep_status_e check_state(const check_t *c)
{
    const char *state_dir = c->conf->state_dir;
    scep_status_e status = scep_os_state_dir_check(
        state_dir, scep_config_database(c->conf, c->pool), c->pool, c->res);

    if (status == SCEP_OK) {
        status = scep_os_password_key_check(state_dir, c->pool, c->res);
    }
    if (status == SCEP_OK) {
        status = scep_state_check(c->s, c->conf, c->pool, c->res);
    }
    return status == SCEP_OK ? scep_database_check(c->conf, c->pool, c->res)
                             : status;
}

static scep_status_e check_files(const check_t *c,
                                 const scep_ca_backend_t *backend)
{
    scep_dialog_t dialog;
    scep_ra_source_t source = {.conf = c->conf,
                               .backend = backend,
                               .dialog = &dialog,
                               .probe = true,
                               .env = c->env};
    scep_ca_config_t config;
    scep_certs_t *certs;
    const scep_ra_t *ra;
    scep_status_e status;

    scep_dialog_init(&dialog, c->s, c->conf, c->pool);
    scep_runtime_ca_config(c->conf, &dialog, &config);
    status = check_state(c);
    if (status == SCEP_OK) {
        status =
            backend->start(&config, 1, c->env, c->pool, &source.ca, c->res);
    }
    if (status != SCEP_OK) {
        return status;
    }
    certs = backend->certificates(source.ca);
    if (certs == NULL || sk_X509_num(certs) < 1) {
        return check_legacy(c, NULL); /* may come with the real start */
    }
    scep_review_ca(c->env, c->conf, sk_X509_value(certs, 0));
    status = scep_next_ca_setup(&source, c->pool, &source.next, c->res);
    if (status == SCEP_OK) {
        status = scep_ra_setup(&source, c->pool, &ra, c->res);
    }
    if (status == SCEP_OK) {
        status = check_legacy(c, ra);
    }
    return status == SCEP_OK ? scep_master_check(c->masters, c->s, c->conf, ra,
                                                 c->pool, c->res)
                             : status;
}

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

/* A name that a section gives must be known in the end, whichever stands
 * first. */
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

/* Servers with the same CA share its files, and what is wrong with them. */
static bool is_seen(const check_t *c)
{
    apr_pool_t *pool = apr_hash_pool_get(c->seen);
    const char *key =
        apr_psprintf(pool, "%s\n%d %d", scep_config_key(c->conf, pool),
                     scep_config_single(c->conf, c->pool),
                     scep_config_legacy(c->conf, c->pool));

    if (apr_hash_get(c->seen, key, APR_HASH_KEY_STRING) != NULL) {
        return true;
    }
    apr_hash_set(c->seen, key, APR_HASH_KEY_STRING, key);
    return false;
}

static scep_status_e check_ca(const check_t *c, bool files)
{
    const scep_ca_backend_t *backend;
    scep_status_e status = find_backend(c, &backend);

    return status == SCEP_OK && files && !is_seen(c) ? check_files(c, backend)
                                                     : status;
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

/* All that S serves; every CA is looked at, whatever is wrong with others. */
static bool check_all(check_t *c, bool files)
{
    bool good = check_server(c) == SCEP_OK || tell(c);
    apr_array_header_t *cas = scep_config_cas(c->s, c->pool);
    int i;

    for (i = 0; i < cas->nelts; i++) {
        c->conf = APR_ARRAY_IDX(cas, i, const scep_server_config_t *);
        scep_place_env(c->env, c->s, c->conf, c->pool);
        if (c->quiet) {
            c->env->log = NULL;
        }
        scep_result_init(c->res, c->pool);
        if (check_ca(c, files) != SCEP_OK) {
            good = tell(c);
        }
    }
    return good;
}

/* The lock is one for all servers. */
static bool check_lock(server_rec *main_server, apr_pool_t *ptemp)
{
    scep_result_t res;

    scep_result_init(&res, ptemp);
    if (!scep_runtime_wanted(main_server) ||
        scep_shared_check(main_server, ptemp, &res) == SCEP_OK) {
        return true;
    }
    ap_log_error(APLOG_MARK, APLOG_EMERG, 0, main_server, SCEPLOGNO(0015) "%s",
                 res.detail);
    return false;
}

bool scep_config_check(server_rec *main_server, apr_pool_t *ptemp, bool files,
                       bool quiet)
{
    scep_master_check_t *masters = scep_master_check_make(ptemp);
    apr_hash_t *told = apr_hash_make(ptemp), *seen = apr_hash_make(ptemp);
    server_rec *s;
    bool good = !files || check_lock(main_server, ptemp);

    good = scep_review_handlers(main_server, ptemp, quiet) && good;
    if (!quiet && files) {
        scep_review(main_server, ptemp);
    }
    if (files && scep_runtime_wanted(main_server)) {
        good = scep_sources_check(main_server, ptemp, quiet) && good;
        good = scep_trust_check(main_server, ptemp) && good;
    }

    for (s = main_server; s != NULL; s = s->next) {
        const scep_server_config_t *conf = scep_config_server(s);
        apr_pool_t *scratch;
        scep_result_t res;
        scep_env_t env;
        check_t c = {s, conf, NULL, &env, quiet, &res, masters, told, seen};

        if (conf->engine != 1) {
            continue;
        }
        apr_pool_create(&scratch, ptemp);
        c.pool = scratch;
        scep_result_init(&res, scratch);
        good = check_all(&c, files) && good;
        apr_pool_destroy(scratch); /* wipes what keys were read */
    }
    scep_crypto_clear_errors();
    return good;
}
