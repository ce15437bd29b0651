/* Licensed under the Apache License, Version 2.0; see LICENSE. */
/**
 * @file scep_schema.h
 * The tables, as numbered migrations. The one to schema 6 writes most tables
 * anew, so children of an older version cannot continue. (store layer)
 */
#ifndef SCEP_SCHEMA_H
#define SCEP_SCHEMA_H

#include "scep_sql.h"

/** The number of the last migration. */
#define SCEP_SCHEMA_VERSION 6

/** The version of mod_scep's schema in the database. 0: there is none; the
 * connection must be closed then. */
apr_int64_t scep_schema_version(const scep_sql_driver_t *driver,
                                scep_sql_conn_t *conn);

/**
 * Migrate the database of CONN to SCEP_SCHEMA_VERSION, in one transaction. If
 * it has that version already, nothing is locked. Steps that take long are
 * logged. If the process dies in between, the database stays as it was.
 * @param env to log to
 * @param name of the database, for messages
 * @return SCEP_OK; SCEP_BROKEN (SCEP_R_SETUP), also for a newer schema: then
 *     nothing was changed
 */
scep_status_e scep_schema_migrate(const scep_sql_driver_t *driver,
                                  scep_sql_conn_t *conn, const scep_env_t *env,
                                  const char *name, scep_result_t *res);

/** Migrate from VERSION (0: none) to TO, inside a write transaction, without
 * recording the version. For scep_schema_migrate(), and for tests that need an
 * older schema.
 * @param log called before each step of migration 6; may be NULL */
typedef void scep_schema_log_fn(void *baton, const char *what, int step,
                                int steps);
scep_sql_status_e scep_schema_climb(const scep_sql_driver_t *driver,
                                    scep_sql_conn_t *conn, int version, int to,
                                    scep_schema_log_fn *log, void *baton);

#endif
