/* Licensed under the Apache License, Version 2.0; see LICENSE. */
/*
 * scep_search_fill.c: adds certificates to the table that subjects are
 * searched by. It works on a connection, since a migration does so, too. (store
 * layer)
 */
#include "scep_store_search.h"

bool scep_search_take_last(void *baton, const char *const *columns, int count)
{
    apr_int64_t *last = baton;

    if (count < 1 || !scep_sql_number(columns[0], last)) {
        *last = -1;
    }
    return false;
}

static scep_sql_status_e read_last(const scep_sql_driver_t *driver,
                                   scep_sql_conn_t *conn, apr_int64_t *last)
{
    const scep_sql_value_t name = {SCEP_SEARCH_DOCUMENT, 0};

    *last = -1;
    return driver->run(conn, scep_store_query(SCEP_Q_DOCUMENT_FIND), &name,
                       scep_search_take_last, last, NULL);
}

static scep_sql_status_e add(const scep_sql_driver_t *driver,
                             scep_sql_conn_t *conn, apr_int64_t after,
                             apr_int64_t to)
{
    const scep_sql_value_t some[] = {{NULL, after}, {NULL, to}};
    const scep_sql_value_t mark[] = {{NULL, to}, {SCEP_SEARCH_DOCUMENT, 0}};
    scep_sql_status_e sql = driver->run(
        conn, scep_store_query(SCEP_Q_SEARCH_ADD), some, NULL, NULL, NULL);

    return sql == SCEP_SQL_OK
               ? driver->run(conn, scep_store_query(SCEP_Q_SEARCH_REACHED),
                             mark, NULL, NULL, NULL)
               : sql;
}

scep_sql_status_e scep_search_fill(const scep_sql_driver_t *driver,
                                   scep_sql_conn_t *conn)
{
    apr_int64_t last, next = 0;
    scep_sql_status_e sql = read_last(driver, conn, &last);

    if (sql != SCEP_SQL_OK || last < 0) {
        return sql;
    }
    sql = driver->run(conn, scep_store_query(SCEP_Q_CERTIFICATE_NEXT), NULL,
                      scep_search_take_last, &next, NULL);
    return sql == SCEP_SQL_OK && next - 1 > last
               ? add(driver, conn, last, next - 1)
               : sql;
}
