/* Licensed under the Apache License, Version 2.0; see LICENSE. */
/**
 * @file scep_database.h
 * ScepDatabase: what it says to the store, and what machines that share a
 * database must have in common. (httpd layer)
 */
#ifndef SCEP_DATABASE_H
#define SCEP_DATABASE_H

#include "scep_config.h"
#include "scep_env.h"
#include "scep_state.h"

/** CONF in the store's terms, for processes with THREADS threads. */
void scep_database_config(const scep_server_config_t *conf, int threads,
                          apr_pool_t *pool, scep_store_config_t *config);

/** `apachectl -t`: the driver is there, its parameters are understood, the
 * file's directory exists. Nothing is connected to. */
scep_status_e scep_database_check(const scep_server_config_t *conf,
                                  apr_pool_t *pool, scep_result_t *res);

/**
 * Parent, after scep_store_prepare(): the password key, which the database
 * keeps a check value of. The first server to start decides which one it is.
 * A first start makes one where there is none. One that was announced also
 * replaces the check value of a key that is gone, unless other machines of a
 * shared database may have it.
 * @return SCEP_OK; SCEP_BROKEN (SCEP_R_SETUP): it is gone, or another one
 */
scep_status_e scep_database_key(const scep_store_config_t *config,
                                const scep_state_t *state,
                                const scep_env_t *env, apr_pool_t *pool,
                                apr_pool_t *ptemp, scep_octets_t *key,
                                scep_result_t *res);

/** Does the database know of the master password NAME of the CA CA_ID? It is
 * told of it when there is one, so that it is never replaced by a new one. */
scep_status_e scep_database_master_known(const scep_store_config_t *config,
                                         const char *ca_id, const char *name,
                                         const scep_env_t *env,
                                         apr_pool_t *ptemp, bool *known,
                                         scep_result_t *res);

/** Tell the database of it. */
scep_status_e scep_database_master_note(const scep_store_config_t *config,
                                        const char *ca_id, const char *name,
                                        const scep_env_t *env,
                                        apr_pool_t *ptemp, scep_result_t *res);

#endif
