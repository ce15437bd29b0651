/* Licensed under the Apache License, Version 2.0; see LICENSE. */
/**
 * @file scepctl_store.h
 * The database of a server, opened beside it. (scepctl)
 */
#ifndef SCEPCTL_STORE_H
#define SCEPCTL_STORE_H

#include "scepctl_server.h"

/** Open the database of SERVER, as scepctl_server_database() finds it. */
scepctl_exit_e scepctl_store_open(scepctl_t *ctl, scepctl_server_t *server,
                                  scep_store_t **store);

/** Who runs this, also by sudo; to be asked before the database is opened,
 * since root gives up its rights for that. */
const char *scepctl_actor(apr_pool_t *pool);

#endif
