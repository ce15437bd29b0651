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

/** CONF in the store's terms, for processes with THREADS threads. */
void scep_database_config(const scep_server_config_t *conf, int threads,
                          apr_pool_t *pool, scep_store_config_t *config);

/** `apachectl -t`: the driver is there, its parameters are understood, the
 * file's directory exists. Nothing is connected to. */
scep_status_e scep_database_check(const scep_server_config_t *conf,
                                  apr_pool_t *pool, scep_result_t *res);

/**
 * Parent, after scep_store_prepare(): a database that is shared must hold
 * hashes of passwords under KEY, which the first server to start decides. The
 * database keeps a check value of it.
 * @param state_dir where the key is, for the message
 * @return SCEP_OK; SCEP_BROKEN (SCEP_R_SETUP): it is another one
 */
scep_status_e scep_database_key(const scep_store_config_t *config,
                                scep_octets_t key, const char *state_dir,
                                const scep_env_t *env, apr_pool_t *ptemp,
                                scep_result_t *res);

#endif
