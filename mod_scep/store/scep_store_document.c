/* Licensed under the Apache License, Version 2.0; see LICENSE. */
/* scep_store_document.c: small documents in the database. (store layer) */
#include "scep_store_document.h"

#include <apr_strings.h>

#include "scep_store_p.h"

typedef struct find_t {
    apr_pool_t *pool;
    scep_document_t *document; /* NULL: none */
    bool bad;
} find_t;

static bool take_row(void *baton, const char *const *columns, int count)
{
    find_t *find = baton;
    scep_document_t *document = apr_palloc(find->pool, sizeof(*document));

    find->bad = count != 2 || columns[1] == NULL ||
                !scep_sql_number(columns[0], &document->version) ||
                document->version < 1;
    if (!find->bad) {
        document->text = apr_pstrdup(find->pool, columns[1]);
        find->document = document;
    }
    return false;
}

scep_status_e scep_store_document_find(scep_store_t *store, const char *name,
                                       apr_pool_t *pool,
                                       scep_document_t **document,
                                       scep_result_t *res)
{
    const scep_sql_value_t value = {name, 0};
    find_t find = {pool, NULL, false};
    scep_status_e status =
        scep_store_read(store, SCEP_Q_DOCUMENT_FIND, &value, take_row, &find,
                        &find.bad, "documents", res);

    *document = find.document;
    return status == SCEP_OK && find.document == NULL ? SCEP_NOT_FOUND : status;
}

static scep_sql_status_e add(scep_store_session_t *s, const char *name,
                             const char *text, apr_time_t now,
                             apr_int64_t *changed)
{
    const scep_sql_value_t values[] = {{name, 0}, {text, 0}, {NULL, now}};
    bool found = false;
    scep_sql_status_e sql = scep_store_run(s, SCEP_Q_DOCUMENT_FIND, values,
                                           scep_store_note_row, &found, NULL);

    return sql == SCEP_SQL_OK && !found
               ? scep_store_run(s, SCEP_Q_DOCUMENT_ADD, values, NULL, NULL,
                                changed)
               : sql;
}

static scep_sql_status_e replace(scep_store_session_t *s, const char *name,
                                 apr_int64_t version, const char *text,
                                 apr_time_t now, apr_int64_t *changed)
{
    const scep_sql_value_t values[] = {
        {NULL, version + 1}, {text, 0}, {NULL, now}, {name, 0}, {NULL, version},
    };

    return scep_store_run(s, SCEP_Q_DOCUMENT_REPLACE, values, NULL, NULL,
                          changed);
}

scep_status_e scep_store_document_put(scep_store_t *store, const char *name,
                                      apr_int64_t version, const char *text,
                                      apr_time_t now, bool *stored,
                                      scep_result_t *res)
{
    apr_int64_t changed = 0;
    scep_store_session_t s;
    scep_status_e status = scep_store_begin(store, &s, res);
    scep_sql_status_e sql;

    *stored = false;
    if (status != SCEP_OK) {
        return status;
    }
    sql = version == 0 ? add(&s, name, text, now, &changed)
                       : replace(&s, name, version, text, now, &changed);
    status = scep_store_end(&s, sql, true, "write a document", res);
    *stored = status == SCEP_OK && changed == 1;
    return status;
}
