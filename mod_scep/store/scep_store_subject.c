/* Licensed under the Apache License, Version 2.0; see LICENSE. */
/* scep_store_subject.c: finds the certificates of a subject. (store layer) */
#include <apr_strings.h>

#include "scep_store_p.h"

enum { PARAMETERS = 7, USUAL = 4 };

/* The parameters of SCEP_Q_CERTIFICATES_OF_SUBJECT. */
static void fill(const scep_subject_t *subject, apr_pool_t *pool,
                 scep_sql_value_t values[PARAMETERS])
{
    const scep_sql_value_t made[PARAMETERS] = {
        {subject->ca_id, 0},
        {scep_hex_lower(pool, subject->hash, SCEP_HASH_SIZE), 0},
        {subject->text, 0},
        {NULL, subject->now},
        {subject->key_hash != NULL
             ? scep_hex_lower(pool, subject->key_hash, SCEP_HASH_SIZE)
             : NULL,
         0},
        {NULL, subject->now},
        {subject->text, 0},
    };

    memcpy(values, made, sizeof(made));
}

static bool take_serial(void *baton, const char *const *columns, int count)
{
    apr_array_header_t *serials = baton;

    if (count > 0 && columns[0] != NULL) {
        APR_ARRAY_PUSH(serials, const char *) =
            apr_pstrdup(serials->pool, columns[0]);
    }
    return true;
}

scep_sql_status_e scep_store_subject_serials(scep_store_session_t *s,
                                             const scep_subject_t *subject,
                                             apr_array_header_t *serials)
{
    scep_sql_value_t values[PARAMETERS];

    fill(subject, serials->pool, values);
    return scep_store_run(s, SCEP_Q_CERTIFICATES_OF_SUBJECT, values,
                          take_serial, serials, NULL);
}

scep_status_e scep_store_subject_find(scep_store_t *store,
                                      const scep_subject_t *subject,
                                      apr_pool_t *pool, const char **serial,
                                      scep_result_t *res)
{
    apr_array_header_t *serials = apr_array_make(pool, USUAL, sizeof(*serial));
    scep_sql_value_t values[PARAMETERS];
    scep_status_e status;

    *serial = NULL;
    fill(subject, pool, values);
    status = scep_store_read(store, SCEP_Q_CERTIFICATES_OF_SUBJECT, values,
                             take_serial, serials, NULL, "certificates", res);
    if (status != SCEP_OK || serials->nelts == 0) {
        return status == SCEP_OK ? SCEP_NOT_FOUND : status;
    }
    *serial = APR_ARRAY_IDX(serials, 0, const char *);
    return SCEP_OK;
}
