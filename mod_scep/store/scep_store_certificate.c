/* Licensed under the Apache License, Version 2.0; see LICENSE. */
/*
 * scep_store_certificate.c: finds and lists issued certificates. (store layer)
 */
#include "scep_store_certificate.h"

#include <string.h>

#include <apr_strings.h>
#include <apr_tables.h>

#include "scep_name_search.h"
#include "scep_store_search.h"

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

/* A page is read before its rows are handed over, because a reader that pauses,
 * for example in a pager, must not prevent the clearing of the database's
 * log. */

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

/* A pattern for LIKE, with '!' before characters that must not be wildcards. */
static const char *pattern_of(apr_pool_t *pool, const char *part)
{
    char *pattern, *to;

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

/* The parameters of all three statements: the words to look up, the begin of
 * the page, those of the filter, the pattern if there is one, and the most
 * rows. */
enum { WORDS, BELOW, FILTER, PATTERN = 8, LIMIT, PARAMETERS };

typedef struct listing_t {
    const scep_certificate_filter_t *filter;
    scep_sql_value_t values[PARAMETERS];
    const char *part; /* of subjects, folded; NULL: all */
    scep_store_session_t s;
    page_t page;
    apr_int64_t limit;
} listing_t;

static void fill(listing_t *l, apr_pool_t *pool)
{
    const scep_certificate_filter_t *filter = l->filter;
    const scep_sql_value_t made[PARAMETERS] = {
        {NULL, 0},
        {NULL, filter->id != NULL ? apr_atoi64(filter->id) : APR_INT64_MAX},
        {NULL, filter->since},
        {filter->ca_id, 0},
        {NULL, filter->from},
        {NULL, filter->until != 0 ? filter->until : APR_INT64_MAX},
        {NULL, filter->good_at != 0 ? filter->good_at + 1 : 0},
        {NULL, filter->revoked_at != 0 ? filter->revoked_at : APR_INT64_MAX},
        {l->part != NULL ? pattern_of(pool, l->part) : NULL, 0},
        {NULL, l->limit},
    };

    memcpy(l->values, made, sizeof(made));
}

/* Read the certificates one by one, down to AFTER. */
static scep_sql_status_e read_down_to(listing_t *l, apr_int64_t after)
{
    scep_sql_value_t values[PARAMETERS];

    memcpy(values, l->values, sizeof(values));
    values[0] = l->values[BELOW];
    values[1] = (scep_sql_value_t){NULL, after};
    if (l->part == NULL) {
        values[PATTERN] = l->values[LIMIT];
    }
    return scep_store_run(&l->s,
                          l->part != NULL ? SCEP_Q_CERTIFICATES_LIST
                                          : SCEP_Q_CERTIFICATES_PAGE,
                          values, take_row, &l->page, NULL);
}

/* Search the index, which goes up to LAST, until the page is full. */
static scep_sql_status_e search(listing_t *l, const char *words,
                                apr_int64_t last)
{
    l->values[WORDS].text = words;
    if (l->values[BELOW].number > last) {
        l->values[BELOW].number = last + 1;
    }
    l->values[LIMIT].number -= l->page.rows->nelts;
    return l->values[LIMIT].number > 0
               ? scep_store_run(&l->s, SCEP_Q_CERTIFICATES_SEARCH, l->values,
                                take_row, &l->page, NULL)
               : SCEP_SQL_OK;
}

static scep_sql_status_e read_page(listing_t *l, apr_pool_t *pool)
{
    const char *words =
        l->part != NULL ? scep_search_words(pool, l->part) : NULL;
    apr_int64_t last = 0;
    scep_sql_status_e sql = SCEP_SQL_OK;

    if (words != NULL) {
        sql = scep_search_last(&l->s, &last);
    }
    if (sql == SCEP_SQL_OK) {
        sql = read_down_to(l, last > 0 ? last : 0);
    }
    return sql == SCEP_SQL_OK && last > 0 && !l->page.bad
               ? search(l, words, last)
               : sql;
}

scep_status_e
scep_store_certificates_list(scep_store_t *store,
                             const scep_certificate_filter_t *filter, int limit,
                             scep_certificate_each_fn *each, void *baton,
                             apr_pool_t *pool, scep_result_t *res)
{
    listing_t l = {.filter = filter, .limit = limit};
    scep_status_e status = scep_store_use(store, &l.s, res);
    int i;

    if (status != SCEP_OK) {
        return status;
    }
    l.page.rows = apr_array_make(pool, 16, sizeof(scep_certificate_row_t));
    if (filter->subject != NULL && *filter->subject != '\0') {
        /* the subject may have been copied in either form */
        l.part = scep_name_fold(pool, scep_name_modern(pool, filter->subject));
    }
    fill(&l, pool);
    status = scep_store_end(&l.s, read_page(&l, pool), false, "read", res);
    if (status == SCEP_OK && l.page.bad) {
        status = scep_store_bad_row("certificates", res);
    }
    for (i = 0; i < l.page.rows->nelts && status == SCEP_OK; i++) {
        status = each(baton, &APR_ARRAY_IDX(l.page.rows, i,
                                            const scep_certificate_row_t));
    }
    return status;
}
