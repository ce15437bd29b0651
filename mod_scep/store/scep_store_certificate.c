/* Licensed under the Apache License, Version 2.0; see LICENSE. */
/*
 * scep_store_certificate.c: issued certificates, looked for. (store layer)
 */
#include "scep_store_certificate.h"

#include <string.h>

#include <apr_lib.h>
#include <apr_strings.h>

#include "scep_store_p.h"

/* The order of SCEP_CERTIFICATE_COLUMNS; a lookup has DER behind them. */
enum {
    ID,
    SCOPE,
    SERIAL,
    SUBJECT,
    NOT_BEFORE,
    NOT_AFTER,
    PROFILE,
    CREATED,
    REVOKED,
    REASON,
    REVOKED_BY,
    COLUMNS,
    DER = COLUMNS
};

const char *scep_certificate_state_name(const scep_certificate_row_t *row,
                                        apr_time_t now)
{
    if (row->revoked != 0 && row->revoked <= now) {
        return "revoked";
    }
    if (row->not_after < now) {
        return "expired";
    }
    return row->revoked != 0 ? "revocation due" : "valid";
}

static bool read_revocation(const char *const *columns,
                            scep_certificate_row_t *row)
{
    apr_int64_t reason;

    if (columns[REVOKED] == NULL) {
        return true;
    }
    if (!scep_sql_number(columns[REVOKED], &row->revoked) ||
        !scep_sql_number(columns[REASON], &reason) || reason < 0 ||
        reason > SCEP_REVOKED_AA_COMPROMISE) {
        return false;
    }
    row->reason = (scep_revocation_reason_e)reason;
    row->revoked_by = columns[REVOKED_BY];
    return true;
}

/* Its strings are the columns'. */
static bool read_row(const char *const *columns, int count,
                     scep_certificate_row_t *row)
{
    memset(row, 0, sizeof(*row));
    if (count < COLUMNS || columns[ID] == NULL || columns[SCOPE] == NULL ||
        columns[SERIAL] == NULL ||
        !scep_sql_number(columns[NOT_BEFORE], &row->not_before) ||
        !scep_sql_number(columns[NOT_AFTER], &row->not_after) ||
        !scep_sql_number(columns[CREATED], &row->created)) {
        return false;
    }
    row->id = columns[ID];
    row->scope = columns[SCOPE];
    row->serial = columns[SERIAL];
    row->subject = columns[SUBJECT];
    row->profile = columns[PROFILE];
    return read_revocation(columns, row);
}

typedef struct find_t {
    apr_pool_t *pool;
    scep_certificate_row_t *row; /* NULL: none */
    int count;
    bool bad;
} find_t;

static bool find_row(void *baton, const char *const *columns, int count)
{
    find_t *find = baton;
    apr_pool_t *pool = find->pool;
    scep_certificate_row_t *row = apr_palloc(pool, sizeof(*row));

    find->bad = count != DER + 1 || !read_row(columns, count, row) ||
                !scep_store_octets(pool, columns[DER], &row->der);
    if (find->bad) {
        return false;
    }
    row->id = apr_pstrdup(pool, row->id);
    row->scope = apr_pstrdup(pool, row->scope);
    row->serial = apr_pstrdup(pool, row->serial);
    row->subject = apr_pstrdup(pool, row->subject);
    row->profile = apr_pstrdup(pool, row->profile);
    row->revoked_by = apr_pstrdup(pool, row->revoked_by);
    find->row = row;
    find->count++;
    return true;
}

scep_status_e scep_store_certificate_find(scep_store_t *store,
                                          const char *scope, const char *serial,
                                          apr_pool_t *pool, int *count,
                                          scep_certificate_row_t **row,
                                          scep_result_t *res)
{
    const scep_sql_value_t values[] = {{serial, 0}, {scope, 0}};
    find_t find = {pool, NULL, 0, false};
    scep_status_e status =
        scep_store_read(store, SCEP_Q_CERTIFICATE_FIND, values, find_row, &find,
                        &find.bad, "certificates", res);

    *row = find.row;
    *count = find.count;
    return status == SCEP_OK && find.row == NULL ? SCEP_NOT_FOUND : status;
}

/* --- lists ---------------------------------------------------------------- */

typedef struct walk_t {
    scep_certificate_each_fn *each;
    void *baton;
    scep_status_e status;
    bool bad;
} walk_t;

static bool walk_row(void *baton, const char *const *columns, int count)
{
    walk_t *walk = baton;
    scep_certificate_row_t row;

    if (!read_row(columns, count, &row)) {
        walk->bad = true;
        return false;
    }
    walk->status = walk->each(walk->baton, &row);
    return walk->status == SCEP_OK;
}

/* For LIKE, with '!' before what is not to be a wildcard. */
static const char *pattern_of(apr_pool_t *pool, const char *part)
{
    char *pattern, *to;

    if (part == NULL) {
        return "%";
    }
    pattern = to = apr_palloc(pool, 2 * strlen(part) + 3);
    *to++ = '%';
    for (; *part != '\0'; part++) {
        if (*part == '%' || *part == '_' || *part == '!') {
            *to++ = '!';
        }
        *to++ = (char)apr_tolower(*part);
    }
    *to++ = '%';
    *to = '\0';
    return pattern;
}

scep_status_e
scep_store_certificates_list(scep_store_t *store,
                             const scep_certificate_filter_t *filter, int limit,
                             scep_certificate_each_fn *each, void *baton,
                             apr_pool_t *pool, scep_result_t *res)
{
    bool first = filter->id == NULL;
    const scep_sql_value_t values[] = {
        {NULL, first ? APR_INT64_MAX : filter->created},
        {first ? "" : filter->id, 0},
        {NULL, filter->since},
        {filter->scope, 0},
        {NULL, filter->from},
        {NULL, filter->until != 0 ? filter->until : APR_INT64_MAX},
        {NULL, filter->good_at != 0 ? filter->good_at + 1 : 0},
        {NULL, filter->revoked_at != 0 ? filter->revoked_at : APR_INT64_MAX},
        {pattern_of(pool, filter->subject), 0},
        {NULL, limit},
    };
    walk_t walk = {each, baton, SCEP_OK, false};
    scep_status_e status =
        scep_store_read(store, SCEP_Q_CERTIFICATES_LIST, values, walk_row,
                        &walk, &walk.bad, "certificates", res);

    return status == SCEP_OK ? walk.status : status;
}
