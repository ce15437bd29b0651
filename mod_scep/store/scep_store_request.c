/* Licensed under the Apache License, Version 2.0; see LICENSE. */
/*
 * scep_store_request.c: decides on waiting requests, and reads them. (store
 * layer)
 */
#include "scep_store_request.h"

#include <string.h>

#include <apr_strings.h>
#include <apr_tables.h>

#include "scep_name_search.h"
#include "scep_store_p.h"

const char *scep_request_state_name(scep_request_state_e state)
{
    static const char *const names[] = {"waiting", "approved", "at-ca",
                                        "issued",  "rejected", "expired"};

    return names[state];
}

/* --- deciding ------------------------------------------------------------- */

scep_sql_status_e scep_store_requests_expire_in(scep_store_session_t *s,
                                                apr_time_t now)
{
    const scep_sql_value_t back[] = {
        {NULL, now}, {NULL, SCEP_CHALLENGE_OUTSTANDING}, {NULL, now}};
    const scep_sql_value_t over[] = {{NULL, SCEP_REQUEST_EXPIRED}, {NULL, now}};
    scep_sql_status_e sql = scep_store_run(s, SCEP_Q_REQUESTS_CHALLENGES_BACK,
                                           back, NULL, NULL, NULL);

    return sql == SCEP_SQL_OK ? scep_store_run(s, SCEP_Q_REQUESTS_EXPIRE, over,
                                               NULL, NULL, NULL)
                              : sql;
}

scep_status_e scep_store_requests_expire(scep_store_t *store, apr_time_t now,
                                         scep_result_t *res)
{
    scep_store_session_t s;
    scep_status_e status = scep_store_begin(store, &s, res);

    return status == SCEP_OK
               ? scep_store_end(&s, scep_store_requests_expire_in(&s, now),
                                true, "expire requests", res)
               : status;
}

static const char *event_of(scep_request_state_e state)
{
    switch (state) {
    case SCEP_REQUEST_APPROVED:
        return SCEP_AUDIT_REQUEST_APPROVED;
    case SCEP_REQUEST_REJECTED:
        return SCEP_AUDIT_REQUEST_REJECTED;
    default:
        return SCEP_AUDIT_REQUEST_AT_CA;
    }
}

/* The states in which the decision TO can be made: from FIRST to LAST. */
static void allowed(scep_request_state_e to, scep_request_state_e *first,
                    scep_request_state_e *last)
{
    *first = SCEP_REQUEST_WAITING;
    *last = SCEP_REQUEST_AT_CA;
    if (to == SCEP_REQUEST_APPROVED) {
        *last = SCEP_REQUEST_WAITING;
    }
    if (to == SCEP_REQUEST_AT_CA) {
        *first = SCEP_REQUEST_APPROVED;
    }
}

static scep_sql_status_e update(scep_store_session_t *s,
                                const scep_decision_t *d, apr_int64_t *changed)
{
    scep_request_state_e first, last;
    bool over = d->state == SCEP_REQUEST_REJECTED;

    allowed(d->state, &first, &last);
    {
        const scep_sql_value_t values[] = {
            {NULL, d->state}, {NULL, over ? 0 : d->expires},
            {NULL, d->now},   {d->actor, 0},
            {d->note, 0},     {d->ticket, 0},
            {NULL, over},     {d->id, 0},
            {NULL, first},    {NULL, last},
            {NULL, d->now},
        };

        return scep_store_run(s, SCEP_Q_REQUEST_DECIDE, values, NULL, NULL,
                              changed);
    }
}

scep_sql_status_e scep_store_request_decide_in(scep_store_session_t *s,
                                               const scep_decision_t *d,
                                               const scep_request_row_t *row,
                                               bool quietly, apr_pool_t *pool,
                                               apr_int64_t *changed)
{
    const scep_audit_t audit = {.event = event_of(d->state),
                                .at = d->now,
                                .ca_id = row->ca_id,
                                .actor = d->actor,
                                .peer = d->peer,
                                .transaction_id = row->transaction_id,
                                .subject = row->subject,
                                .detail = d->note};
    scep_sql_status_e sql = update(s, d, changed);

    if (sql == SCEP_SQL_OK && *changed == 1 &&
        d->state == SCEP_REQUEST_REJECTED && row->challenge_hash != NULL) {
        const scep_sql_value_t back[] = {
            {NULL, SCEP_CHALLENGE_OUTSTANDING},
            {scep_hex_lower(pool, row->challenge_hash, SCEP_HASH_SIZE), 0}};

        sql = scep_store_run(s, SCEP_Q_CHALLENGE_BACK, back, NULL, NULL, NULL);
    }
    return sql == SCEP_SQL_OK && *changed == 1 && !quietly
               ? scep_store_audit(s, &audit)
               : sql;
}

scep_status_e scep_store_request_decide(scep_store_t *store,
                                        const scep_decision_t *decision,
                                        apr_pool_t *pool, scep_result_t *res)
{
    scep_request_row_t *row;
    scep_store_session_t s;
    scep_sql_status_e sql;
    apr_int64_t changed = 0;
    scep_status_e status = scep_store_request_get(
        store, decision->id, decision->now, pool, &row, res);

    if (status == SCEP_OK) {
        status = scep_store_begin(store, &s, res);
    }
    if (status != SCEP_OK) {
        return status;
    }
    sql =
        scep_store_request_decide_in(&s, decision, row, false, pool, &changed);
    status = scep_store_end(&s, sql, changed == 1, "decide on a request", res);
    return status == SCEP_OK && changed != 1 ? SCEP_NOT_FOUND : status;
}

/* --- reading -------------------------------------------------------------- */

/* The order of SCEP_REQUEST_COLUMNS. */
enum {
    ID,
    SCOPE,
    TRANSACTION_ID,
    KEY_HASH,
    CSR_HASH,
    STATE,
    CSR,
    SUBJECT,
    ALT_NAMES,
    PROFILE,
    SOURCE,
    CHALLENGE_HASH,
    RENEWAL_OF,
    TICKET,
    PEER,
    CREATED,
    EXPIRES,
    DECIDED_AT,
    DECIDED_BY,
    NOTE,
    SERIAL,
    PATIENCE,
    HEARD_AT,
    EXTENSIONS,
    COLUMNS
};

static bool read_numbers(const char *const *columns, apr_time_t now,
                         scep_request_row_t *row)
{
    apr_int64_t state;

    if (!scep_sql_number(columns[STATE], &state) ||
        state < SCEP_REQUEST_WAITING || state > SCEP_REQUEST_EXPIRED ||
        !scep_sql_number(columns[CREATED], &row->created) ||
        !scep_sql_number(columns[EXPIRES], &row->expires) ||
        (columns[DECIDED_AT] != NULL &&
         !scep_sql_number(columns[DECIDED_AT], &row->decided_at)) ||
        !scep_sql_number(columns[PATIENCE], &row->patience) ||
        (columns[HEARD_AT] != NULL &&
         !scep_sql_number(columns[HEARD_AT], &row->heard_at))) {
        return false;
    }
    row->state = (scep_request_state_e)state;
    if (row->state <= SCEP_REQUEST_AT_CA && row->expires <= now) {
        row->state = SCEP_REQUEST_EXPIRED;
    }
    return true;
}

/* All strings are from POOL. */
static bool read_row(const char *const *columns, int count, apr_time_t now,
                     apr_pool_t *pool, scep_request_row_t *row)
{
    memset(row, 0, sizeof(*row));
    if (count != COLUMNS || columns[ID] == NULL || columns[SCOPE] == NULL ||
        columns[TRANSACTION_ID] == NULL || !read_numbers(columns, now, row)) {
        return false;
    }
    row->id = apr_pstrdup(pool, columns[ID]);
    row->ca_id = apr_pstrdup(pool, columns[SCOPE]);
    row->transaction_id = apr_pstrdup(pool, columns[TRANSACTION_ID]);
    row->key_hash = scep_store_hash(pool, columns[KEY_HASH]);
    row->csr_hash = scep_store_hash(pool, columns[CSR_HASH]);
    row->challenge_hash = scep_store_hash(pool, columns[CHALLENGE_HASH]);
    row->subject =
        columns[SUBJECT] != NULL
            ? scep_name_modern(pool, apr_pstrdup(pool, columns[SUBJECT]))
            : NULL;
    row->alt_names = apr_pstrdup(pool, columns[ALT_NAMES]);
    row->profile = apr_pstrdup(pool, columns[PROFILE]);
    row->source = apr_pstrdup(pool, columns[SOURCE]);
    row->renewal_of = apr_pstrdup(pool, columns[RENEWAL_OF]);
    row->ticket = apr_pstrdup(pool, columns[TICKET]);
    row->peer = apr_pstrdup(pool, columns[PEER]);
    row->decided_by = apr_pstrdup(pool, columns[DECIDED_BY]);
    row->note = apr_pstrdup(pool, columns[NOTE]);
    row->serial = apr_pstrdup(pool, columns[SERIAL]);
    row->extensions = apr_pstrdup(pool, columns[EXTENSIONS]);
    return row->key_hash != NULL && row->csr_hash != NULL &&
           (columns[CSR] == NULL ||
            scep_store_octets(pool, columns[CSR], &row->sealed)) &&
           (columns[CHALLENGE_HASH] == NULL || row->challenge_hash != NULL);
}

typedef struct find_t {
    scep_store_session_t *s;
    apr_pool_t *pool;
    apr_time_t now;
    scep_request_row_t *row; /* NULL: none */
} find_t;

static bool find_row(void *baton, const char *const *columns, int count)
{
    find_t *find = baton;
    scep_request_row_t *row = apr_palloc(find->pool, sizeof(*row));

    if (!read_row(columns, count, find->now, find->pool, row)) {
        find->s->bad = "requests";
        return false;
    }
    find->row = row;
    return true;
}

scep_sql_status_e scep_store_find_request(scep_store_session_t *s,
                                          scep_store_query_e query,
                                          const scep_sql_value_t *values,
                                          apr_time_t now, apr_pool_t *pool,
                                          scep_request_row_t **row)
{
    find_t found = {s, pool, now, NULL};
    scep_sql_status_e sql =
        scep_store_run(s, query, values, find_row, &found, NULL);

    *row = found.row;
    return sql;
}

static scep_status_e find_request(scep_store_t *store, scep_store_query_e query,
                                  const scep_sql_value_t *values,
                                  apr_time_t now, apr_pool_t *pool,
                                  scep_request_row_t **row, scep_result_t *res)
{
    scep_store_session_t s;
    scep_sql_status_e sql;
    scep_status_e status = scep_store_use(store, &s, res);

    *row = NULL;
    if (status == SCEP_OK) {
        sql = scep_store_find_request(&s, query, values, now, pool, row);
        status = scep_store_end(&s, sql, false, "read", res);
    }
    return status == SCEP_OK && *row == NULL ? SCEP_NOT_FOUND : status;
}

/* If a device polls each minute, do not write each minute. */
static bool is_worth_noting(const scep_request_row_t *row, apr_time_t now)
{
    enum { PARTS = 16 };
    apr_time_t last = row->heard_at;

    if (last == 0) {
        last = row->state == SCEP_REQUEST_REJECTED ? row->decided_at
                                                   : row->expires;
    }
    return row->sealed.len > 0 || now - last >= row->patience / PARTS;
}

/* If this fails, the request is refused all the same. */
void scep_store_request_heard(scep_store_t *store,
                              const scep_request_row_t *row, apr_time_t now,
                              apr_pool_t *pool)
{
    const scep_sql_value_t values[] = {{NULL, now}, {row->id, 0}};
    scep_store_session_t s;
    scep_sql_status_e sql;
    scep_result_t ignored;

    scep_result_init(&ignored, pool);
    if (!is_worth_noting(row, now) ||
        scep_store_begin(store, &s, &ignored) != SCEP_OK) {
        return;
    }
    sql = scep_store_requests_expire_in(&s, now);
    if (sql == SCEP_SQL_OK) {
        sql =
            scep_store_run(&s, SCEP_Q_REQUEST_HEARD, values, NULL, NULL, NULL);
    }
    scep_store_end(&s, sql, true, "note a refusal", &ignored);
}

scep_status_e scep_store_request_by_challenge(scep_store_t *store,
                                              const unsigned char *hash,
                                              apr_time_t now, apr_pool_t *pool,
                                              scep_request_row_t **row,
                                              scep_result_t *res)
{
    const scep_sql_value_t values[] = {
        {scep_hex_lower(pool, hash, SCEP_HASH_SIZE), 0}, {NULL, now}};

    return find_request(store, SCEP_Q_REQUEST_BY_CHALLENGE, values, now, pool,
                        row, res);
}

scep_status_e scep_store_request_get(scep_store_t *store, const char *id,
                                     apr_time_t now, apr_pool_t *pool,
                                     scep_request_row_t **row,
                                     scep_result_t *res)
{
    const scep_sql_value_t value = {id, 0};

    return find_request(store, SCEP_Q_REQUEST_GET, &value, now, pool, row, res);
}

/* A page is read before its rows are handed over, because a reader that pauses,
 * for example in a pager, must not prevent the clearing of the database's
 * log. */
typedef struct page_t {
    apr_array_header_t *rows; /* scep_request_row_t */
    apr_time_t now;
    bool bad;
} page_t;

static bool take_row(void *baton, const char *const *columns, int count)
{
    page_t *page = baton;

    page->bad = !read_row(columns, count, page->now, page->rows->pool,
                          apr_array_push(page->rows));
    return !page->bad;
}

scep_status_e scep_store_requests_each(scep_store_t *store,
                                       const scep_request_filter_t *filter,
                                       scep_request_each_fn *each, void *baton,
                                       apr_pool_t *pool, scep_result_t *res)
{
    bool first = filter->id == NULL;
    const scep_sql_value_t values[] = {
        {NULL, first ? APR_INT64_MAX : filter->created},
        {first ? "" : filter->id, 0},
        {filter->ca_id, 0},
        {NULL, filter->decided ? SCEP_REQUEST_EXPIRED : SCEP_REQUEST_AT_CA},
        {NULL, filter->decided ? APR_INT64_MIN : filter->now},
        {NULL, filter->limit}};
    page_t page = {NULL, filter->now, false};
    apr_pool_t *scratch;
    scep_status_e status;
    int i;

    if (apr_pool_create(&scratch, pool) != APR_SUCCESS) {
        return scep_fail(res, SCEP_R_INTERNAL, "no pool for the requests");
    }
    page.rows = apr_array_make(scratch, 16, sizeof(scep_request_row_t));
    status = scep_store_read(store, SCEP_Q_REQUESTS_EACH, values, take_row,
                             &page, &page.bad, "requests", res);
    for (i = 0; i < page.rows->nelts && status == SCEP_OK; i++) {
        status =
            each(baton, &APR_ARRAY_IDX(page.rows, i, const scep_request_row_t));
    }
    apr_pool_destroy(scratch);
    return status;
}
