/* Licensed under the Apache License, Version 2.0; see LICENSE. */
/**
 * @file scep_database.h
 * ScepDatabase: the configuration of the store, and what machines that share a
 * database must have in common. (httpd layer)
 */
#ifndef SCEP_DATABASE_H
#define SCEP_DATABASE_H

#include "scep_config.h"
#include "scep_env.h"
#include "scep_state.h"

/** Make the store's CONFIG from CONF, for processes with THREADS threads. */
void scep_database_config(const scep_server_config_t *conf, int threads,
                          apr_pool_t *pool, scep_store_config_t *config);

/** `apachectl -t`: check that the driver exists, that it understands its
 * parameters, and that the file's directory exists. Connects to nothing. */
scep_status_e scep_database_check(const scep_server_config_t *conf,
                                  apr_pool_t *pool, scep_result_t *res);

/**
 * Parent, after scep_store_prepare(): the password key. The database keeps a
 * check value of it, so the first server that starts decides on the key. A
 * first start makes the key if there is none. A first start that was announced
 * also replaces the check value if the key is gone, unless other machines of a
 * shared database may have the key.
 * @return SCEP_OK; SCEP_BROKEN (SCEP_R_SETUP): the key is gone, or is another
 *     one
 */
scep_status_e scep_database_key(const scep_store_config_t *config,
                                const scep_state_t *state,
                                const scep_env_t *env, apr_pool_t *pool,
                                apr_pool_t *ptemp, scep_octets_t *key,
                                scep_result_t *res);

/** Does the database know of the master password NAME of the CA CA_ID?
 * scep_database_master_note() notes one that exists, so that a lost one is
 * never replaced by a new one. */
scep_status_e scep_database_master_known(const scep_store_config_t *config,
                                         const char *ca_id, const char *name,
                                         const scep_env_t *env,
                                         apr_pool_t *ptemp, bool *known,
                                         scep_result_t *res);

/** Note in the database that there is a master password. */
scep_status_e scep_database_master_note(const scep_store_config_t *config,
                                        const char *ca_id, const char *name,
                                        const scep_env_t *env,
                                        apr_pool_t *ptemp, scep_result_t *res);

#endif
