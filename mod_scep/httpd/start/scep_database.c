/* Licensed under the Apache License, Version 2.0; see LICENSE. */
/* scep_database.c: the database of a site. (httpd layer) */
#include "scep_database.h"

#include <sys/stat.h>

#include <apr_strings.h>

#include "scep_os.h"
#include "scep_password.h"
#include "scep_state_files.h"
#include "scep_store_document.h"

#define KEY_DOCUMENT "challenge-key"

/* Many machines share the server, so each process opens few connections.
 * Writers take turns in any case. */
enum { MAX_SHARED_CONNECTIONS = 8 };

void scep_database_config(const scep_server_config_t *conf, int threads,
                          apr_pool_t *pool, scep_store_config_t *config)
{
    config->driver = conf->db_driver != NULL ? conf->db_driver : "sqlite3";
    config->params = scep_config_database(conf, pool);
    config->connections = threads + 1; /* one for the watchdog */
    if (scep_store_driver_shared(config->driver) &&
        threads > MAX_SHARED_CONNECTIONS) {
        config->connections = MAX_SHARED_CONNECTIONS;
    }
}

/* The database's directory must exist, unless it is the state directory, which
 * start-up makes. */
static scep_status_e check_directory(const scep_server_config_t *conf,
                                     const char *path, apr_pool_t *pool,
                                     scep_result_t *res)
{
    const char *dir = ap_make_dirstr_parent(pool, path);
    struct stat st;

    if (conf->db_params == NULL || *conf->db_params != '/' ||
        stat(dir, &st) == 0) {
        return SCEP_OK;
    }
    return scep_fail(res, SCEP_R_SETUP,
                     "ScepDatabase %s: there is no directory %s; make it, and "
                     "give it to httpd's user",
                     path, dir);
}

scep_status_e scep_database_check(const scep_server_config_t *conf,
                                  apr_pool_t *pool, scep_result_t *res)
{
    scep_store_config_t config;
    scep_status_e status;
    uid_t uid;
    gid_t gid;

    scep_os_child(&uid, &gid);
    scep_database_config(conf, 1, pool, &config);
    status = scep_store_check(&config, pool, res);
    if (status == SCEP_OK) {
        status = scep_store_look(&config, uid, pool, res);
    }
    if (status != SCEP_OK) {
        res->detail = apr_pstrcat(res->pool, "ScepDatabase ", config.driver,
                                  ": ", res->detail, NULL);
        return status;
    }
    return scep_store_driver_shared(config.driver)
               ? SCEP_OK
               : check_directory(conf, config.params, pool, res);
}

/* No password is hashed under the empty CA id. */
static const char *check_value(scep_octets_t key, apr_pool_t *pool)
{
    unsigned char hash[SCEP_HASH_SIZE];

    return scep_password_hash(key, "", KEY_DOCUMENT, hash)
               ? scep_hex_lower(pool, hash, sizeof(hash))
               : NULL;
}

/* A short visit of the parent to the database. */
typedef struct look_t {
    const scep_state_t *state;
    const scep_env_t *env;
    apr_pool_t *scratch;
    scep_store_t *store;
    scep_result_t *res;
} look_t;

/* Closed before fork(): children must not inherit a connection. */
static scep_status_e open_look(const scep_store_config_t *config,
                               const scep_env_t *env, apr_pool_t *ptemp,
                               look_t *look, scep_result_t *res)
{
    *look = (look_t){.env = env, .res = res};
    apr_pool_create(&look->scratch, ptemp);
    return scep_store_open(config, env, look->scratch, &look->store, res);
}

static scep_status_e another_key(const look_t *l)
{
    const char *name = scep_store_name(l->store);

    return scep_fail(l->res, SCEP_R_SETUP,
                     "the key %s/" SCEP_STATE_KEY
                     " is not the one under which the passwords "
                     "in database %s are hashed; %s",
                     l->state->dir, name,
                     scep_store_shared(l->store)
                         ? "copy that file from another server of this database"
                         : "restore both from the same backup");
}

/* VERSION: that of the existing check value; 0: there is none */
static scep_status_e put(const look_t *l, apr_int64_t version,
                         const char *value, bool *stored)
{
    return scep_store_document_put(l->store, KEY_DOCUMENT, version, value,
                                   scep_env_now(l->env), stored, l->res);
}

static scep_status_e find_document(const look_t *l, scep_document_t **document)
{
    return scep_store_document_find(l->store, KEY_DOCUMENT, l->scratch,
                                    document, l->res);
}

static scep_status_e compare(const look_t *l, const char *value)
{
    bool replace = l->state->announced && !scep_store_shared(l->store);
    scep_document_t *document;
    scep_status_e status = find_document(l, &document);
    bool stored = false;

    if (status == SCEP_NOT_FOUND) {
        status = put(l, 0, value, &stored);
        if (status != SCEP_OK || stored) {
            return status;
        }
        status = find_document(l, &document);
    }
    if (status != SCEP_OK || strcmp(document->text, value) == 0) {
        return status;
    }
    if (replace) {
        status = put(l, document->version, value, &stored);
    }
    return status == SCEP_OK && !stored ? another_key(l) : status;
}

static scep_status_e key_gone(const look_t *l)
{
    scep_fail(l->res, SCEP_R_SETUP, "%s/" SCEP_STATE_KEY " is gone",
              l->state->dir);
    if (!scep_store_shared(l->store)) {
        return scep_state_lost(l->state, l->res);
    }
    return scep_fail(l->res, SCEP_R_SETUP,
                     "there is no %s/" SCEP_STATE_KEY ", but database %s holds "
                     "passwords that are hashed under one; copy that file "
                     "from another server of this database",
                     l->state->dir, scep_store_name(l->store));
}

static scep_status_e settle_key(const look_t *l, apr_pool_t *pool,
                                scep_octets_t *key)
{
    bool shared = scep_store_shared(l->store);
    bool may_make = l->state->first;
    scep_document_t *document;
    const char *value;
    scep_status_e status = SCEP_OK;

    if (shared) {
        status = find_document(l, &document);
        may_make = status == SCEP_NOT_FOUND;
        status = may_make ? SCEP_OK : status;
    }
    if (status == SCEP_OK) {
        status =
            scep_os_password_key(l->state->dir, may_make, pool, key, l->res);
    }
    if (status == SCEP_NOT_FOUND) {
        return key_gone(l);
    }
    if (status != SCEP_OK) {
        return status;
    }
    value = check_value(*key, l->scratch);
    return value != NULL ? compare(l, value)
                         : scep_fail(l->res, SCEP_R_INTERNAL, "HMAC failed");
}

scep_status_e scep_database_key(const scep_store_config_t *config,
                                const scep_state_t *state,
                                const scep_env_t *env, apr_pool_t *pool,
                                apr_pool_t *ptemp, scep_octets_t *key,
                                scep_result_t *res)
{
    look_t look;
    scep_status_e status = open_look(config, env, ptemp, &look, res);

    look.state = state;
    if (status == SCEP_OK) {
        status = settle_key(&look, pool, key);
    }
    apr_pool_destroy(look.scratch);
    return status;
}

/* ---- the master password ---- */

static const char *master_document(const char *ca_id, const char *name,
                                   apr_pool_t *pool)
{
    return apr_pstrcat(pool, "made ", ca_id, " ", name, NULL);
}

scep_status_e scep_database_master_known(const scep_store_config_t *config,
                                         const char *ca_id, const char *name,
                                         const scep_env_t *env,
                                         apr_pool_t *ptemp, bool *known,
                                         scep_result_t *res)
{
    scep_document_t *document;
    look_t look;
    scep_status_e status = open_look(config, env, ptemp, &look, res);

    if (status == SCEP_OK) {
        status = scep_store_document_find(
            look.store, master_document(ca_id, name, look.scratch),
            look.scratch, &document, res);
    }
    *known = status == SCEP_OK;
    apr_pool_destroy(look.scratch);
    return status == SCEP_NOT_FOUND ? SCEP_OK : status;
}

scep_status_e scep_database_master_note(const scep_store_config_t *config,
                                        const char *ca_id, const char *name,
                                        const scep_env_t *env,
                                        apr_pool_t *ptemp, scep_result_t *res)
{
    bool stored;
    look_t look;
    scep_status_e status = open_look(config, env, ptemp, &look, res);

    if (status == SCEP_OK) {
        status = scep_store_document_put(
            look.store, master_document(ca_id, name, look.scratch), 0, "made",
            scep_env_now(env), &stored, res);
    }
    apr_pool_destroy(look.scratch);
    return status;
}
