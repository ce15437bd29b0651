/* Licensed under the Apache License, Version 2.0; see LICENSE. */
/**
 * @file scep_pgsql_text.h
 * The texts that go to PostgreSQL and come from it: connection parameters,
 * statements, values and error messages. (store layer)
 */
#ifndef SCEP_PGSQL_TEXT_H
#define SCEP_PGSQL_TEXT_H

#include <apr_pools.h>

#include "scep_sql.h"

/** What the parameters of ScepDatabase say. */
typedef struct scep_pgsql_params_t {
    const char *display; /* what may be shown: host, port, dbname, user */
    const char *place;   /* which database it is: as above, without the user */
    const char *open;    /* the parameters without a password */
    bool password;       /* a password stands in them */
} scep_pgsql_params_t;

/**
 * Read libpq's "keyword=value ..." form (PostgreSQL, 34.1.1.1); the other one,
 * an URI, is not taken.
 * @return NULL, or what is wrong, without any of the text
 */
const char *scep_pgsql_params(const char *text, apr_pool_t *pool,
                              scep_pgsql_params_t *params);

/** TEXT behind defaults that bound every wait for the network; what is in
 * TEXT counts. */
const char *scep_pgsql_conninfo(const char *text, apr_pool_t *pool);

/** The text of QUERY with apr_dbd's placeholders, which name the types. */
const char *scep_pgsql_statement(const scep_sql_query_t *query,
                                 apr_pool_t *pool);

/** VALUE itself if it is UTF-8, which alone PostgreSQL takes; else a copy in
 * which each octet that is not is written as \xNN. */
const char *scep_pgsql_value(const char *value, apr_pool_t *pool);

/**
 * What a message of libpq's means. It tells by its SQLSTATE (PostgreSQL,
 * Appendix A), which stands in verbose messages of the server; a message
 * without comes from libpq: the connection is lost.
 * @param line the first line, shortened to SIZE, for the log
 */
scep_sql_status_e scep_pgsql_error(const char *message, char *line,
                                   apr_size_t size);

#endif
