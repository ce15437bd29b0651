/* Licensed under the Apache License, Version 2.0; see LICENSE. */
/**
 * @file scep_schema.h
 * The tables, as numbered migrations. Each one leaves the database usable by
 * the program before it, whose children may still be finishing their work.
 * (store layer)
 */
#ifndef SCEP_SCHEMA_H
#define SCEP_SCHEMA_H

#include "scep_sql.h"

/** The number of the last migration. */
#define SCEP_SCHEMA_VERSION 5

/** The version of the schema of ours that is there; 0: none, then the
 * connection must be closed. */
apr_int64_t scep_schema_version(const scep_sql_driver_t *driver,
                                scep_sql_conn_t *conn);

/**
 * Bring the database behind CONN to SCEP_SCHEMA_VERSION, in one transaction;
 * where it is there already, nothing is locked.
 * @param name of the database, for messages
 * @return SCEP_OK; SCEP_BROKEN (SCEP_R_SETUP), also for a newer schema: then
 *     nothing was changed
 */
scep_status_e scep_schema_migrate(const scep_sql_driver_t *driver,
                                  scep_sql_conn_t *conn, const char *name,
                                  scep_result_t *res);

#endif
