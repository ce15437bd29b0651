/* Licensed under the Apache License, Version 2.0; see LICENSE. */
/**
 * @file scep_pgsql.h
 * The driver for a database that several machines share: PostgreSQL, through
 * libpq. Params: libpq's, "keyword=value ..." or a URI. Not built without
 * libpq (HAVE_LIBPQ). (store layer: libpq)
 */
#ifndef SCEP_PGSQL_H
#define SCEP_PGSQL_H

#include "scep_sql.h"

extern const scep_sql_driver_t scep_pgsql_driver;

#ifdef HAVE_LIBPQ
#define SCEP_PGSQL_DRIVER (&scep_pgsql_driver)
#else
#define SCEP_PGSQL_DRIVER NULL
#endif

/** The longest time of a statement outside a write transaction. */
#define SCEP_PGSQL_WAIT (4 * APR_USEC_PER_SEC)

/** A connection that was idle for longer is tested before use: the server may
 * have been restarted. */
#define SCEP_PGSQL_TRUST (APR_USEC_PER_SEC / 20)

#endif
