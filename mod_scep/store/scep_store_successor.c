/* Licensed under the Apache License, Version 2.0; see LICENSE. */
/*
 * scep_store_successor.c: finds out which certificates renewed which, and
 * revokes them together. (store layer)
 */
#include "scep_store_successor.h"

#include <string.h>

#include <apr_strings.h>

#include "scep_json.h"
#include "scep_store_p.h"

/* --- searched ----------------------------------------------------------- */

typedef struct search_t {
    scep_store_session_t *s;
    const char *ca_id, *serial; /* of the certificate itself */
    apr_array_header_t *found;  /* scep_certificate_row_t */
} search_t;

static bool is_same(const char *ca_id, const char *serial,
                    const char *other_scope, const char *other_serial)
{
    return strcmp(serial, other_serial) == 0 && strcmp(ca_id, other_scope) == 0;
}

/* A database that was changed by hand may have a circle. */
static bool is_known(const search_t *search, const char *ca_id,
                     const char *serial)
{
    bool known = is_same(ca_id, serial, search->ca_id, search->serial);
    int i;

    for (i = 0; i < search->found->nelts && !known; i++) {
        const scep_certificate_row_t *one =
            &APR_ARRAY_IDX(search->found, i, const scep_certificate_row_t);

        known = is_same(ca_id, serial, one->ca_id, one->serial);
    }
    return known;
}

static bool take_successor(void *baton, const char *const *columns, int count)
{
    search_t *search = baton;
    scep_certificate_row_t row;

    if (!scep_store_certificate_row(columns, count, search->found->pool,
                                    &row)) {
        search->s->bad = "certificates";
        return false;
    }
    if (!is_known(search, row.ca_id, row.serial)) {
        APR_ARRAY_PUSH(search->found, scep_certificate_row_t) = row;
    }
    return true;
}

static scep_sql_status_e find_next(search_t *search, const char *ca_id,
                                   const char *serial)
{
    const scep_sql_value_t values[] = {{ca_id, 0}, {serial, 0}};

    return scep_store_run(search->s, SCEP_Q_SUCCESSORS, values, take_successor,
                          search, NULL);
}

/* Search for the successors of those that are found, too. */
static scep_sql_status_e find_all(search_t *search)
{
    scep_sql_status_e sql = find_next(search, search->ca_id, search->serial);
    int i;

    for (i = 0; i < search->found->nelts && sql == SCEP_SQL_OK; i++) {
        const scep_certificate_row_t one =
            APR_ARRAY_IDX(search->found, i, const scep_certificate_row_t);

        sql = find_next(search, one.ca_id, one.serial);
    }
    return sql;
}

scep_status_e scep_store_successors(scep_store_t *store, const char *ca_id,
                                    const char *serial, apr_pool_t *pool,
                                    apr_array_header_t **found,
                                    scep_result_t *res)
{
    scep_store_session_t s;
    search_t search = {&s, ca_id, serial,
                       apr_array_make(pool, 4, sizeof(scep_certificate_row_t))};
    scep_status_e status = scep_store_use(store, &s, res);

    *found = search.found;
    return status == SCEP_OK
               ? scep_store_end(&s, find_all(&search), false, "read", res)
               : status;
}

scep_status_e scep_store_predecessors(scep_store_t *store,
                                      const scep_certificate_row_t *cert,
                                      apr_pool_t *pool,
                                      apr_array_header_t **found,
                                      scep_result_t *res)
{
    search_t search = {NULL, cert->ca_id, cert->serial,
                       apr_array_make(pool, 4, sizeof(scep_certificate_row_t))};
    scep_status_e status = SCEP_OK;
    int count;

    *found = search.found;
    while (status == SCEP_OK && cert->predecessor != NULL &&
           cert->predecessor_scope != NULL &&
           !is_known(&search, cert->predecessor_scope, cert->predecessor)) {
        const scep_certificate_row_t unknown = {
            .ca_id = cert->predecessor_scope, .serial = cert->predecessor};
        scep_certificate_row_t *row;

        status = scep_store_certificate_find(
            store, unknown.ca_id, unknown.serial, pool, &count, &row, res);
        cert = status == SCEP_OK ? row
                                 : apr_pmemdup(pool, &unknown, sizeof(unknown));
        if (status == SCEP_OK || status == SCEP_NOT_FOUND) {
            APR_ARRAY_PUSH(search.found, scep_certificate_row_t) = *cert;
        }
    }
    return status == SCEP_NOT_FOUND ? SCEP_OK : status;
}

/* --- revoked -------------------------------------------------------------- */

/* Revokes several certificates inside a write transaction. */
typedef struct revoker_t {
    scep_store_session_t s;
    scep_revoke_t revoke;
    apr_pool_t *pool;
} revoker_t;

static scep_sql_status_e revoke_one(revoker_t *r, const char *ca_id,
                                    const char *serial,
                                    scep_revoke_outcome_e *outcome)
{
    r->revoke.row.ca_id = ca_id;
    r->revoke.row.serial = serial;
    return scep_store_revoke_in(&r->s, &r->revoke, r->pool, outcome);
}

static scep_sql_status_e revoke_successors(revoker_t *r,
                                           const apr_array_header_t *certs,
                                           apr_array_header_t *revoked)
{
    scep_sql_status_e sql = SCEP_SQL_OK;
    int i;

    for (i = 0; i < certs->nelts && sql == SCEP_SQL_OK; i++) {
        const scep_certificate_row_t *cert =
            &APR_ARRAY_IDX(certs, i, const scep_certificate_row_t);
        scep_revoke_outcome_e outcome;

        sql = revoke_one(r, cert->ca_id, cert->serial, &outcome);
        if (outcome == SCEP_REVOKE_RECORDED) {
            APR_ARRAY_PUSH(revoked, const char *) = cert->serial;
        }
    }
    return sql;
}

scep_status_e
scep_store_revoke_all(scep_store_t *store, const scep_revoke_t *revoke,
                      apr_pool_t *pool, scep_revoke_outcome_e *outcome,
                      apr_array_header_t **revoked, scep_result_t *res)
{
    revoker_t r = {.revoke = *revoke, .pool = pool};
    search_t search = {&r.s, revoke->row.ca_id, revoke->row.serial,
                       apr_array_make(pool, 4, sizeof(scep_certificate_row_t))};
    scep_revoke_outcome_e reached = SCEP_REVOKE_UNKNOWN;
    scep_status_e status = scep_store_begin(store, &r.s, res);
    scep_sql_status_e sql;

    *outcome = SCEP_REVOKE_UNKNOWN;
    *revoked = apr_array_make(pool, 4, sizeof(const char *));
    if (status != SCEP_OK) {
        return status;
    }
    sql = find_all(&search);
    if (sql == SCEP_SQL_OK) {
        sql = revoke_one(&r, search.ca_id, search.serial, &reached);
    }
    if (sql == SCEP_SQL_OK && reached != SCEP_REVOKE_UNKNOWN) {
        sql = revoke_successors(&r, search.found, *revoked);
    }
    status = scep_store_end(
        &r.s, sql, reached == SCEP_REVOKE_RECORDED || (*revoked)->nelts > 0,
        "revoke certificates", res);
    if (status == SCEP_OK) {
        *outcome = reached;
    }
    return status;
}

/* --- told ----------------------------------------------------------------- */

apr_array_header_t *scep_certificates_valid(const apr_array_header_t *certs,
                                            apr_time_t now, apr_pool_t *pool)
{
    apr_array_header_t *valid = apr_array_make(pool, 4, sizeof(const char *));
    int i;

    for (i = 0; i < certs->nelts; i++) {
        const scep_certificate_row_t *cert =
            &APR_ARRAY_IDX(certs, i, const scep_certificate_row_t);

        if (cert->id != NULL && cert->not_after >= now &&
            (cert->revoked == 0 || cert->revoked > now)) {
            APR_ARRAY_PUSH(valid, const char *) = cert->serial;
        }
    }
    return valid;
}
