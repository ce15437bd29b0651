/* Licensed under the Apache License, Version 2.0; see LICENSE. */
/**
 * @file scep_schema_names.h
 * The step of migration 5 that SQL cannot do. (store layer)
 */
#ifndef SCEP_SCHEMA_NAMES_H
#define SCEP_SCHEMA_NAMES_H

#include "scep_sql.h"

/** Rewrite the subjects of certificates from ASCII with hex pairs to UTF-8, and
 * fill subject_folded. Inside the migration's write transaction. */
scep_sql_status_e scep_schema_names(const scep_sql_driver_t *driver,
                                    scep_sql_conn_t *conn);

#endif
