/* Licensed under the Apache License, Version 2.0; see LICENSE. */
/* scep_schema_names.c: see scep_schema_names.h. (store layer) */
#include "scep_schema_names.h"

#include <string.h>

#include <apr_strings.h>
#include <apr_tables.h>

#include "scep_name_search.h"

enum { PAGE = 500, COLUMNS = 2 };

typedef struct subject_t {
    const char *id;
    const char *text;
} subject_t;

static bool take_subject(void *baton, const char *const *columns, int count)
{
    apr_array_header_t *rows = baton;
    subject_t *row;

    if (count != COLUMNS || columns[0] == NULL || columns[1] == NULL) {
        return true;
    }
    row = apr_array_push(rows);
    row->id = apr_pstrdup(rows->pool, columns[0]);
    row->text = apr_pstrdup(rows->pool, columns[1]);
    return true;
}

static scep_sql_status_e rewrite(const scep_sql_driver_t *driver,
                                 scep_sql_conn_t *conn, const subject_t *row,
                                 apr_pool_t *pool)
{
    static const scep_sql_query_t update = {
        -1, "ttt",
        "UPDATE certificates SET subject = $1, subject_folded = $2"
        " WHERE id = $3"};
    const char *text = scep_name_modern(pool, row->text);
    const scep_sql_value_t values[] = {
        {text, 0}, {scep_name_fold(pool, text), 0}, {row->id, 0}};

    return strcmp(text, row->text) == 0
               ? SCEP_SQL_OK
               : driver->run(conn, &update, values, NULL, NULL, NULL);
}

/* Rewrites one page of rows, to bound the memory. */
static scep_sql_status_e rewrite_page(const scep_sql_driver_t *driver,
                                      scep_sql_conn_t *conn, char *last,
                                      size_t size, apr_pool_t *pool, int *count)
{
    static const scep_sql_query_t select = {
        -1, "ttn",
        "SELECT id, subject FROM certificates"
        " WHERE id > $1 AND subject LIKE $2 ESCAPE '!' ORDER BY id LIMIT $3"};
    const scep_sql_value_t values[] = {{last, 0}, {"%\\%", 0}, {NULL, PAGE}};
    apr_array_header_t *rows = apr_array_make(pool, PAGE, sizeof(subject_t));
    scep_sql_status_e sql =
        driver->run(conn, &select, values, take_subject, rows, NULL);
    int i;

    for (i = 0; i < rows->nelts && sql == SCEP_SQL_OK; i++) {
        sql = rewrite(driver, conn, &APR_ARRAY_IDX(rows, i, subject_t), pool);
    }
    *count = rows->nelts;
    if (rows->nelts > 0) {
        apr_cpystrn(last, APR_ARRAY_IDX(rows, rows->nelts - 1, subject_t).id,
                    size);
    }
    return sql;
}

scep_sql_status_e scep_schema_names(const scep_sql_driver_t *driver,
                                    scep_sql_conn_t *conn)
{
    char last[64] = "";
    scep_sql_status_e sql;
    int count = 0;

    do {
        apr_pool_t *pool;

        if (apr_pool_create(&pool, NULL) != APR_SUCCESS) {
            return SCEP_SQL_ERROR;
        }
        sql = rewrite_page(driver, conn, last, sizeof(last), pool, &count);
        apr_pool_destroy(pool);
    } while (sql == SCEP_SQL_OK && count == PAGE);
    return sql;
}
