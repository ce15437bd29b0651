/* Licensed under the Apache License, Version 2.0; see LICENSE. */
/*
 * scep_store_certificate.c: issued certificates, looked for. (store layer)
 */
#include "scep_store_certificate.h"

#include <string.h>

#include <apr_strings.h>
#include <apr_tables.h>

#include "scep_name_search.h"
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
    PREDECESSOR,
    PREDECESSOR_SCOPE,
    SUCCESSOR,
    COLUMNS,
    DER = COLUMNS
};

const char *scep_certificate_state_name(const scep_certificate_row_t *row,
                                        apr_time_t now)
{
    if (row->revoked != 0 && row->revoked <= now) {
        return "revoked";
    }
    if (row->id == NULL) {
        return "unknown";
    }
    if (row->not_after < now) {
        return "expired";
    }
    return row->revoked != 0 ? "revocation due" : "valid";
}

static bool read_revocation(const char *const *columns, apr_pool_t *pool,
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
    row->revoked_by = apr_pstrdup(pool, columns[REVOKED_BY]);
    return true;
}

bool scep_store_certificate_row(const char *const *columns, int count,
                                apr_pool_t *pool, scep_certificate_row_t *row)
{
    memset(row, 0, sizeof(*row));
    if (count < COLUMNS || columns[ID] == NULL || columns[SCOPE] == NULL ||
        columns[SERIAL] == NULL ||
        !scep_sql_number(columns[NOT_BEFORE], &row->not_before) ||
        !scep_sql_number(columns[NOT_AFTER], &row->not_after) ||
        !scep_sql_number(columns[CREATED], &row->created)) {
        return false;
    }
    row->id = apr_pstrdup(pool, columns[ID]);
    row->ca_id = apr_pstrdup(pool, columns[SCOPE]);
    row->serial = apr_pstrdup(pool, columns[SERIAL]);
    row->subject =
        columns[SUBJECT] != NULL
            ? scep_name_modern(pool, apr_pstrdup(pool, columns[SUBJECT]))
            : NULL;
    row->profile = apr_pstrdup(pool, columns[PROFILE]);
    row->predecessor = apr_pstrdup(pool, columns[PREDECESSOR]);
    row->predecessor_scope = apr_pstrdup(pool, columns[PREDECESSOR_SCOPE]);
    row->successor = apr_pstrdup(pool, columns[SUCCESSOR]);
    return read_revocation(columns, pool, row);
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
    scep_certificate_row_t *row = apr_palloc(find->pool, sizeof(*row));

    find->bad = count != DER + 1 ||
                !scep_store_certificate_row(columns, count, find->pool, row) ||
                !scep_store_octets(find->pool, columns[DER], &row->der);
    find->row = find->bad ? NULL : row;
    find->count++;
    return !find->bad;
}

scep_status_e scep_store_certificate_find(scep_store_t *store,
                                          const char *ca_id, const char *serial,
                                          apr_pool_t *pool, int *count,
                                          scep_certificate_row_t **row,
                                          scep_result_t *res)
{
    const scep_sql_value_t values[] = {{serial, 0}, {ca_id, 0}};
    find_t find = {pool, NULL, 0, false};
    scep_status_e status =
        scep_store_read(store, SCEP_Q_CERTIFICATE_FIND, values, find_row, &find,
                        &find.bad, "certificates", res);

    *row = find.row;
    *count = find.count;
    return status == SCEP_OK && find.row == NULL ? SCEP_NOT_FOUND : status;
}

/* --- lists ---------------------------------------------------------------- */

/* A page is read before its rows are handed over: who takes them may stop, as
 * at a pager, and must not keep the database's log from being cleared. */

typedef struct page_t {
    apr_array_header_t *rows; /* scep_certificate_row_t */
    bool bad;
} page_t;

static bool take_row(void *baton, const char *const *columns, int count)
{
    page_t *page = baton;

    page->bad = !scep_store_certificate_row(columns, count, page->rows->pool,
                                            apr_array_push(page->rows));
    return !page->bad;
}

/* For LIKE, with '!' before what is not to be a wildcard. */
static const char *pattern_of(apr_pool_t *pool, const char *part)
{
    char *pattern, *to;

    part = scep_name_fold(pool, part);
    pattern = to = apr_palloc(pool, 2 * strlen(part) + 3);
    *to++ = '%';
    for (; *part != '\0'; part++) {
        if (*part == '%' || *part == '_' || *part == '!') {
            *to++ = '!';
        }
        *to++ = *part;
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
    /* In whichever form it was copied. */
    const char *subject =
        scep_name_modern(pool, filter->subject != NULL ? filter->subject : "");
    const scep_sql_value_t values[] = {
        {NULL, first ? APR_INT64_MAX : filter->created},
        {first ? "" : filter->id, 0},
        {NULL, filter->since},
        {filter->ca_id, 0},
        {NULL, filter->from},
        {NULL, filter->until != 0 ? filter->until : APR_INT64_MAX},
        {NULL, filter->good_at != 0 ? filter->good_at + 1 : 0},
        {NULL, filter->revoked_at != 0 ? filter->revoked_at : APR_INT64_MAX},
        {pattern_of(pool, subject), 0},
        /* what a program of schema 4 added meanwhile */
        {pattern_of(pool, scep_name_ascii(pool, subject)), 0},
        {NULL, limit},
    };
    page_t page = {apr_array_make(pool, 16, sizeof(scep_certificate_row_t)),
                   false};
    scep_status_e status =
        scep_store_read(store, SCEP_Q_CERTIFICATES_LIST, values, take_row,
                        &page, &page.bad, "certificates", res);
    int i;

    for (i = 0; i < page.rows->nelts && status == SCEP_OK; i++) {
        status = each(
            baton, &APR_ARRAY_IDX(page.rows, i, const scep_certificate_row_t));
    }
    return status;
}
