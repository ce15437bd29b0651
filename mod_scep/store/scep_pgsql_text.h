/* Licensed under the Apache License, Version 2.0; see LICENSE. */
/**
 * @file scep_pgsql_text.h
 * Texts for PostgreSQL and from it: connection parameters, values and
 * SQLSTATEs. (store layer: libpq)
 */
#ifndef SCEP_PGSQL_TEXT_H
#define SCEP_PGSQL_TEXT_H

#include <apr_pools.h>

#include "scep_sql.h"

/** The parameters of ScepDatabase. */
typedef struct scep_pgsql_params_t {
    const char *display;  /* for messages: service, host, dbname, user */
    const char *place;    /* identifies the database: as above, without the
                           * user */
    const char *open;     /* all parameters but passwords, as keyword='value' */
    const char *conninfo; /* all parameters, behind defaults that bound each
                           * wait for the network */
    bool password;        /* the parameters have a password */
} scep_pgsql_params_t;

/**
 * Read parameters as libpq accepts them (PostgreSQL, 34.1.1): "keyword=value
 * ..." or a URI.
 * @return NULL, or what is wrong, without any password
 */
const char *scep_pgsql_params(const char *text, apr_pool_t *pool,
                              scep_pgsql_params_t *params);

/** VALUE in UTF-8, because PostgreSQL accepts nothing else: VALUE itself, or a
 * copy in which each other octet is written as \xNN. */
const char *scep_pgsql_value(const char *value, apr_pool_t *pool);

/** The status for an SQLSTATE (PostgreSQL, Appendix A). NULL means an error of
 * libpq itself: the connection is lost. */
scep_sql_status_e scep_pgsql_status(const char *sqlstate);

#endif
