/* Licensed under the Apache License, Version 2.0; see LICENSE. */
/**
 * @file scep_pgsql_text.h
 * The texts that go to PostgreSQL and come from it: connection parameters,
 * values and SQLSTATEs. (store layer: libpq)
 */
#ifndef SCEP_PGSQL_TEXT_H
#define SCEP_PGSQL_TEXT_H

#include <apr_pools.h>

#include "scep_sql.h"

/** What the parameters of ScepDatabase say. */
typedef struct scep_pgsql_params_t {
    const char *display;  /* what may be shown: service, host, dbname, user */
    const char *place;    /* which database it is: as above, without the user */
    const char *open;     /* all parameters but passwords, as keyword='value' */
    const char *conninfo; /* all parameters, behind defaults that bound every
                           * wait for the network */
    bool password;        /* a password stands in them */
} scep_pgsql_params_t;

/**
 * Read what libpq takes (PostgreSQL, 34.1.1): "keyword=value ..." or a URI.
 * @return NULL, or what is wrong, without any password
 */
const char *scep_pgsql_params(const char *text, apr_pool_t *pool,
                              scep_pgsql_params_t *params);

/** VALUE itself if it is UTF-8, which alone PostgreSQL takes; else a copy in
 * which each octet that is not is written as \xNN. */
const char *scep_pgsql_value(const char *value, apr_pool_t *pool);

/** What an SQLSTATE (PostgreSQL, Appendix A) means. NULL, since the error is
 * libpq's own: the connection is lost. */
scep_sql_status_e scep_pgsql_status(const char *sqlstate);

#endif
