/* Licensed under the Apache License, Version 2.0; see LICENSE. */
/**
 * @file scepctl_store.h
 * The database of a server, opened beside it. (scepctl)
 */
#ifndef SCEPCTL_STORE_H
#define SCEPCTL_STORE_H

#include "scepctl_server.h"

/** Open the database of SERVER, as scepctl_server_database() finds it, and note
 * in CTL who runs this: root gives up its rights to open it. */
scepctl_exit_e scepctl_store_open(scepctl_t *ctl, scepctl_server_t *server,
                                  scep_store_t **store);

#endif
