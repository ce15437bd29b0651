/* Licensed under the Apache License, Version 2.0; see LICENSE. */
/**
 * @file scep_master_check.h
 * Checks the places of the master passwords without changing anything. (httpd
 * layer)
 */
#ifndef SCEP_MASTER_CHECK_H
#define SCEP_MASTER_CHECK_H

#include "scep_config.h"

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
