/* Licensed under the Apache License, Version 2.0; see LICENSE. */
/**
 * @file scep_schema.h
 * The tables, as numbered migrations. The one to schema 6 writes most tables
 * anew: children of the program before it cannot go on. (store layer)
 */
#ifndef SCEP_SCHEMA_H
#define SCEP_SCHEMA_H

#include "scep_sql.h"

/** The number of the last migration. */
#define SCEP_SCHEMA_VERSION 6

/** The version of the schema of ours that is there; 0: none, then the
 * connection must be closed. */
apr_int64_t scep_schema_version(const scep_sql_driver_t *driver,
                                scep_sql_conn_t *conn);

/**
 * Bring the database behind CONN to SCEP_SCHEMA_VERSION, in one transaction;
 * where it is there already, nothing is locked. What takes long is logged, step
 * by step. Whoever dies meanwhile leaves the database as it was.
 * @param env to log to
 * @param name of the database, for messages
 * @return SCEP_OK; SCEP_BROKEN (SCEP_R_SETUP), also for a newer schema: then
 *     nothing was changed
 */
scep_status_e scep_schema_migrate(const scep_sql_driver_t *driver,
                                  scep_sql_conn_t *conn, const scep_env_t *env,
                                  const char *name, scep_result_t *res);

/** From VERSION (0: none) to TO, inside a write transaction, without noting
 * it; for scep_schema_migrate(), and tests that need an older one.
 * @param log called before each step of migration 6; may be NULL */
typedef void scep_schema_log_fn(void *baton, const char *what, int step,
                                int steps);
scep_sql_status_e scep_schema_climb(const scep_sql_driver_t *driver,
                                    scep_sql_conn_t *conn, int version, int to,
                                    scep_schema_log_fn *log, void *baton);

#endif
