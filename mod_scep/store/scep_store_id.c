/* Licensed under the Apache License, Version 2.0; see LICENSE. */
/* scep_store_id.c: finds out who holds a transactionID. (store layer) */
#include "scep_store_p.h"

scep_sql_status_e scep_store_id_find(scep_store_session_t *s,
                                     const scep_transaction_id_t *id,
                                     const char *key_hash, bool *taken)
{
    const scep_sql_value_t issued[] = {
        {id->ca_id, 0},     {id->text, 0},
        {NULL, id->since},  {NULL, id->now + (id->now - id->since)},
        {key_hash, 0},      {id->endpoint, 0},
        {NULL, id->proved},
    };
    const scep_sql_value_t waiting[] = {
        {id->ca_id, 0},    {id->text, 0},      {key_hash, 0},
        {id->endpoint, 0}, {NULL, id->proved}, {NULL, id->now},
    };
    scep_sql_status_e sql = SCEP_SQL_OK;

    *taken = false;
    if (id->since != APR_INT64_MAX) {
        sql = scep_store_run(s, SCEP_Q_TRANSACTION_OTHER_KEY, issued,
                             scep_store_note_row, taken, NULL);
    }
    return sql == SCEP_SQL_OK && !*taken
               ? scep_store_run(s, SCEP_Q_REQUEST_OTHER_KEY, waiting,
                                scep_store_note_row, taken, NULL)
               : sql;
}
