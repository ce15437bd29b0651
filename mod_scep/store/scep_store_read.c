/* Licensed under the Apache License, Version 2.0; see LICENSE. */
/*
 * scep_store_read.c: reads with a single statement, and decodes columns. (store
 * layer)
 */
#include "scep_store_p.h"

#include <string.h>

#include "scep_crypto.h"

scep_status_e scep_store_read(scep_store_t *store, scep_store_query_e query,
                              const scep_sql_value_t *values,
                              scep_sql_row_fn *row, void *baton,
                              const bool *bad, const char *table,
                              scep_result_t *res)
{
    scep_store_session_t s;
    scep_status_e status = scep_store_use(store, &s, res);
    scep_sql_status_e sql;

    if (status == SCEP_OK) {
        sql = scep_store_run(&s, query, values, row, baton, NULL);
        status = scep_store_end(&s, sql, false, "read", res);
    }
    return status == SCEP_OK && bad != NULL && *bad
               ? scep_store_bad_row(table, res)
               : status;
}

bool scep_store_take_number(void *baton, const char *const *columns, int count)
{
    apr_int64_t *number = baton;

    if (count != 1 || !scep_sql_number(columns[0], number)) {
        *number = -1;
    }
    return false;
}

scep_status_e scep_store_read_number(scep_store_t *store,
                                     scep_store_query_e query,
                                     const scep_sql_value_t *values,
                                     const char *table, apr_int64_t *number,
                                     scep_result_t *res)
{
    scep_status_e status;

    *number = -1;
    status = scep_store_read(store, query, values, scep_store_take_number,
                             number, NULL, table, res);
    return status == SCEP_OK && *number < 0 ? scep_store_bad_row(table, res)
                                            : status;
}

bool scep_store_note_row(void *baton, const char *const *columns, int count)
{
    (void)columns;
    (void)count;
    *(bool *)baton = true;
    return false;
}

const char *scep_store_hex(apr_pool_t *pool, const unsigned char *hash)
{
    return hash != NULL ? scep_hex_lower(pool, hash, SCEP_HASH_SIZE) : NULL;
}

const unsigned char *scep_store_hash(apr_pool_t *pool, const char *column)
{
    unsigned char *hash;

    if (column == NULL) {
        return NULL;
    }
    hash = apr_palloc(pool, SCEP_HASH_SIZE);
    return scep_unhex(column, hash, SCEP_HASH_SIZE) ? hash : NULL;
}

bool scep_store_octets(apr_pool_t *pool, const char *column,
                       scep_octets_t *octets)
{
    size_t len = column != NULL ? strlen(column) / 2 : 0;
    unsigned char *data = apr_palloc(pool, len + 1);

    octets->data = data;
    octets->len = len;
    return column != NULL && scep_unhex(column, data, len);
}

const char *scep_store_octets_hex(apr_pool_t *pool, scep_octets_t octets)
{
    return scep_hex_lower(pool, octets.data, octets.len);
}

scep_status_e scep_store_new_id(char id[SCEP_STORE_ID_SIZE], scep_result_t *res)
{
    unsigned char random[(SCEP_STORE_ID_SIZE - 1) / 2];

    if (!scep_random(random, sizeof(random), false)) {
        return scep_fail(res, SCEP_R_INTERNAL,
                         "no random octets for the id of a row");
    }
    scep_hex_lower_into(id, random, sizeof(random));
    return SCEP_OK;
}
