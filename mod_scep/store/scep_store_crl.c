/* Licensed under the Apache License, Version 2.0; see LICENSE. */
/*
 * scep_store_crl.c: the newest CRL of each CA, and whether it is complete.
 * (store layer)
 */
#include "scep_store_crl.h"

#include <apr_encode.h>
#include <apr_strings.h>

#include "scep_store_p.h"

/* The order of SCEP_CRL_COLUMNS. */
enum { NUMBER, THIS_UPDATE, NEXT_UPDATE, COVERS, DER, COLUMNS };

typedef struct find_t {
    apr_pool_t *pool;
    const char *ca_id;
    scep_crl_row_t *row; /* NULL: none */
    bool bad;
} find_t;

static bool find_row(void *baton, const char *const *columns, int count)
{
    find_t *find = baton;
    scep_crl_row_t *row = apr_pcalloc(find->pool, sizeof(*row));

    find->bad = true;
    if (count != COLUMNS || !scep_sql_number(columns[NUMBER], &row->number) ||
        !scep_sql_number(columns[THIS_UPDATE], &row->this_update) ||
        !scep_sql_number(columns[NEXT_UPDATE], &row->next_update) ||
        !scep_sql_number(columns[COVERS], &row->covers) ||
        !scep_store_octets(find->pool, columns[DER], &row->der)) {
        return false;
    }
    row->ca_id = find->ca_id;
    find->bad = false;
    find->row = row;
    return true;
}

static scep_sql_status_e look(scep_store_session_t *s, const char *ca_id,
                              apr_time_t now, find_t *find, apr_int64_t *seq,
                              apr_int64_t *due)
{
    const scep_sql_value_t value = {ca_id, 0};
    scep_sql_status_e sql =
        scep_store_run(s, SCEP_Q_CRL_FIND, &value, find_row, find, NULL);

    *seq = *due = -1;
    if (sql == SCEP_SQL_OK) {
        sql = scep_store_run(s, SCEP_Q_REVOCATION_LAST, &value,
                             scep_store_take_number, seq, NULL);
    }
    if (sql == SCEP_SQL_OK) {
        const scep_sql_value_t values[] = {
            {ca_id, 0},
            {NULL, find->row != NULL ? find->row->this_update : now},
            {NULL, now},
        };

        sql = scep_store_run(s, SCEP_Q_REVOCATIONS_DUE, values,
                             scep_store_take_number, due, NULL);
    }
    return sql;
}

scep_status_e scep_store_crl_state(scep_store_t *store, const char *ca_id,
                                   apr_time_t now, apr_pool_t *pool,
                                   scep_crl_state_t *state, scep_result_t *res)
{
    find_t find = {pool, ca_id, NULL, false};
    scep_store_session_t s;
    apr_int64_t due;
    scep_status_e status = scep_store_use(store, &s, res);
    scep_sql_status_e sql;

    if (status != SCEP_OK) {
        return status;
    }
    sql = look(&s, ca_id, now, &find, &state->seq, &due);
    status = scep_store_end(&s, sql, false, "look up the CRL", res);
    if (status != SCEP_OK) {
        return status;
    }
    if (find.bad || state->seq < 0 || due < 0) {
        return scep_store_bad_row("crls", res);
    }
    state->row = find.row;
    state->stale =
        find.row == NULL || find.row->covers != state->seq || due > 0;
    return SCEP_OK;
}

static scep_sql_status_e put(scep_store_session_t *s, const scep_crl_row_t *row,
                             apr_int64_t old, const char *der, bool *stored)
{
    /* an INSERT uses the first of these, as many as it has parameters */
    const scep_sql_value_t values[] = {
        {NULL, row->number},
        {NULL, row->this_update},
        {NULL, row->next_update},
        {NULL, row->covers},
        {der, 0},
        {row->ca_id, 0},
        {NULL, old},
    };
    const scep_sql_value_t ca_id = {row->ca_id, 0};
    apr_int64_t there = 0, changed = 0;
    scep_sql_status_e sql = SCEP_SQL_OK;

    if (old == 0) {
        sql = scep_store_run(s, SCEP_Q_CRL_COUNT, &ca_id,
                             scep_store_take_number, &there, NULL);
    }
    if (sql == SCEP_SQL_OK && there == 0) {
        sql = scep_store_run(s, old == 0 ? SCEP_Q_CRL_ADD : SCEP_Q_CRL_REPLACE,
                             values, NULL, NULL, &changed);
    }
    *stored = changed == 1;
    return sql;
}

scep_status_e scep_store_crl_replace(scep_store_t *store,
                                     const scep_crl_row_t *row, apr_int64_t old,
                                     apr_pool_t *pool, bool *stored,
                                     scep_result_t *res)
{
    scep_store_session_t s;
    scep_status_e status;
    bool written = false;
    scep_sql_status_e sql;

    *stored = false;
    if (row->der.data == NULL) {
        return scep_fail(res, SCEP_R_INTERNAL, "no CRL to record");
    }
    status = scep_store_begin(store, &s, res);
    if (status != SCEP_OK) {
        return status;
    }
    sql = put(&s, row, old, scep_store_octets_hex(pool, row->der), &written);
    status = scep_store_end(&s, sql, written, "record a CRL", res);
    *stored = status == SCEP_OK && written;
    return status;
}
