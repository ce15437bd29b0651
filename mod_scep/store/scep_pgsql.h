/* Licensed under the Apache License, Version 2.0; see LICENSE. */
/**
 * @file scep_pgsql.h
 * The driver for a database that several machines share: PostgreSQL, through
 * apr_dbd. Params: libpq's "keyword=value ..." form. (store layer: apr_dbd)
 */
#ifndef SCEP_PGSQL_H
#define SCEP_PGSQL_H

#include "scep_sql.h"

extern const scep_sql_driver_t scep_pgsql_driver;

/** How long a statement may take outside a write transaction. */
#define SCEP_PGSQL_WAIT (4 * APR_USEC_PER_SEC)

/** A connection that was not used for so long is tried before it is used:
 * the server may have been restarted. */
#define SCEP_PGSQL_TRUST (APR_USEC_PER_SEC / 20)

#endif
