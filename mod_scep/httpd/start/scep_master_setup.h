/* Licensed under the Apache License, Version 2.0; see LICENSE. */
/**
 * @file scep_master_setup.h
 * The master password at start, in its file or in a shared database: it is made
 * if there is none yet, and encrypted anew if the RA certificate has changed.
 * (httpd layer)
 */
#ifndef SCEP_MASTER_SETUP_H
#define SCEP_MASTER_SETUP_H

#include "scep_config.h"
#include "scep_service.h"

/**
 * Parent: make sure that PATH holds a master password for RA's newest pair, and
 * make the view through which children see it.
 * @param may_make false: there has been one, so a missing file means a loss
 * @return SCEP_OK; SCEP_BROKEN (SCEP_R_SETUP) with file and cure: the server
 *     must not start
 */
scep_status_e scep_master_setup(const char *path, const scep_ra_t *ra,
                                bool may_make, const scep_env_t *env,
                                apr_pool_t *pool, scep_master_view_t **view,
                                scep_result_t *res);

/**
 * The same for a shared database, where the password is a document. If the
 * database has none, an existing file is copied into it. After that the file is
 * not read again.
 * @param config of a database that scep_store_prepare() has prepared
 */
scep_status_e scep_master_setup_shared(const scep_service_t *service,
                                       const scep_store_config_t *config,
                                       const char *path, const scep_env_t *env,
                                       apr_pool_t *pool,
                                       scep_master_view_t **view,
                                       scep_result_t *res);

/** The places that were checked so far. */
typedef struct scep_master_check_t scep_master_check_t;

scep_master_check_t *scep_master_check_make(apr_pool_t *pool);

/**
 * `apachectl -t`: can CONF, a CA of server S with the RA pairs of RA, have its
 * master password in the place that the directives give? It cannot if another
 * CA keeps its own there, which only other pairs can open, or if the file is
 * damaged or cannot be made. A shared database is not asked. What needs a
 * passphrase is left to the start.
 * @param pool for what is read; may end before CHECK does
 * @return SCEP_OK, too, if no master password is used; SCEP_BROKEN with
 *     directive, file and cure
 */
scep_status_e scep_master_check(scep_master_check_t *check, const server_rec *s,
                                const scep_server_config_t *conf,
                                const scep_ra_t *ra, apr_pool_t *pool,
                                scep_result_t *res);

#endif
