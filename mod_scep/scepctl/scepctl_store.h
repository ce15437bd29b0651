/* Licensed under the Apache License, Version 2.0; see LICENSE. */
/**
 * @file scepctl_store.h
 * The database of a server, opened beside it. (scepctl)
 */
#ifndef SCEPCTL_STORE_H
#define SCEPCTL_STORE_H

#include "scep_store.h"
#include "scepctl.h"

/** For usage texts: what --database takes. */
#define SCEPCTL_STORE_USAGE                                                    \
    "  --database DB     ScepDatabase: a path (scep.db in the state "          \
    "directory),\n"                                                            \
    "                    or pgsql: and its parameters\n"

/**
 * Open the database.
 * @param state_dir what --state-dir says, or NULL
 * @param database what --database says, or NULL: a path, or "pgsql:" and
 *     libpq's parameters
 */
scepctl_exit_e scepctl_store_open(scepctl_t *ctl, const char *state_dir,
                                  const char *database, scep_store_t **store);

/** Who runs this, also by sudo; to be asked before the database is opened,
 * since root gives up its rights for that. */
const char *scepctl_actor(apr_pool_t *pool);

#endif
