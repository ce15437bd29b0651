/* Licensed under the Apache License, Version 2.0; see LICENSE. */
/**
 * @file scep_master_check.h
 * What is wrong with where the master passwords are kept, as far as it can be
 * seen without changing anything. (httpd layer)
 */
#ifndef SCEP_MASTER_CHECK_H
#define SCEP_MASTER_CHECK_H

#include "scep_config.h"

/** The places that were looked at so far. */
typedef struct scep_master_check_t scep_master_check_t;

scep_master_check_t *scep_master_check_make(apr_pool_t *pool);

/**
 * `apachectl -t`: can CONF, a CA of server S with the RA pairs of RA, have its
 * master password where the directives say? It cannot where another CA has
 * its own that only other pairs can open, nor in a file that is damaged or
 * cannot be made. A database that is shared is not asked. What only a
 * passphrase would tell is left to the start.
 * @param pool for what is read; may go before CHECK does
 * @return SCEP_OK, too, if no master password is used; SCEP_BROKEN with
 *     directive, file and cure
 */
scep_status_e scep_master_check(scep_master_check_t *check, const server_rec *s,
                                const scep_server_config_t *conf,
                                const scep_ra_t *ra, apr_pool_t *pool,
                                scep_result_t *res);

#endif
