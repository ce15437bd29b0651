/* Licensed under the Apache License, Version 2.0; see LICENSE. */
/*
 * scep_database.c: the database of a site. (httpd layer)
 */
#include "scep_database.h"

#include <sys/stat.h>

#include <apr_strings.h>

#include "scep_os.h"
#include "scep_password.h"
#include "scep_store_document.h"

#define KEY_DOCUMENT "challenge-key"

/* A server for many machines must not be drowned in connections; writers take
 * turns anyhow. */
enum { MAX_SHARED_CONNECTIONS = 8 };

void scep_database_config(const scep_server_config_t *conf, int threads,
                          apr_pool_t *pool, scep_store_config_t *config)
{
    config->driver = conf->db_driver != NULL ? conf->db_driver : "sqlite3";
    config->params = scep_config_database(conf, pool);
    config->connections = threads + 1; /* and the watchdog */
    if (scep_store_driver_shared(config->driver) &&
        threads > MAX_SHARED_CONNECTIONS) {
        config->connections = MAX_SHARED_CONNECTIONS;
    }
}

/* The database's directory is the state directory, which start-up makes, or
 * must be there. */
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

/* No password is hashed under the empty scope. */
static const char *check_value(scep_octets_t key, apr_pool_t *pool)
{
    unsigned char hash[SCEP_HASH_SIZE];

    return scep_password_hash(key, "", KEY_DOCUMENT, hash)
               ? scep_hex_lower(pool, hash, sizeof(hash))
               : NULL;
}

static scep_status_e compare(scep_store_t *store, const char *value,
                             const char *state_dir, const scep_env_t *env,
                             apr_pool_t *pool, scep_result_t *res)
{
    scep_document_t *document;
    scep_status_e status =
        scep_store_document_find(store, KEY_DOCUMENT, pool, &document, res);
    bool stored;

    if (status == SCEP_NOT_FOUND) {
        status = scep_store_document_put(store, KEY_DOCUMENT, 0, value,
                                         scep_env_now(env), &stored, res);
        if (status != SCEP_OK || stored) {
            return status;
        }
        status =
            scep_store_document_find(store, KEY_DOCUMENT, pool, &document, res);
    }
    if (status == SCEP_OK && strcmp(document->text, value) != 0) {
        return scep_fail(res, SCEP_R_SETUP,
                         "the key %s/challenge.key is not the one under which "
                         "the passwords in database %s are hashed; copy that "
                         "file from another server of this database",
                         state_dir, scep_store_name(store));
    }
    return status;
}

scep_status_e scep_database_key(const scep_store_config_t *config,
                                scep_octets_t key, const char *state_dir,
                                const scep_env_t *env, apr_pool_t *ptemp,
                                scep_result_t *res)
{
    apr_pool_t *scratch;
    scep_store_t *store;
    const char *value = check_value(key, ptemp);
    scep_status_e status;

    if (!scep_store_driver_shared(config->driver)) {
        return SCEP_OK;
    }
    if (value == NULL) {
        return scep_fail(res, SCEP_R_INTERNAL, "HMAC failed");
    }
    apr_pool_create(&scratch, ptemp);
    status = scep_store_open(config, env, scratch, &store, res);
    if (status == SCEP_OK) {
        status = compare(store, value, state_dir, env, scratch, res);
    }
    apr_pool_destroy(scratch);
    return status;
}
