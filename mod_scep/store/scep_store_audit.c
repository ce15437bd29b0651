/* Licensed under the Apache License, Version 2.0; see LICENSE. */
/*
 * scep_store_audit.c: writes and reads the audit trail. (store layer)
 *
 * Reads in batches. Each ends before its rows are handed over, because a reader
 * that pauses, for example in a pager, must not prevent the clearing of the
 * database's log.
 */
#include "scep_name_search.h"
#include "scep_store_p.h"

#include <apr_strings.h>

enum {
    BATCH = 200,
    /* octets in a row, whose content a refused peer chooses */
    MAX_TEXT = 1024, /* subject, detail */
    MAX_NAME = 255   /* the rest */
};

scep_sql_status_e scep_store_audit(scep_store_session_t *s,
                                   const scep_audit_t *audit)
{
    char actor[MAX_NAME + 1], peer[MAX_NAME + 1], id[MAX_NAME + 1];
    char subject[MAX_TEXT + 1], detail[MAX_TEXT + 1];
    const scep_sql_value_t values[] = {
        {NULL, audit->at},
        {audit->event, 0},
        {audit->ca_id, 0},
        {scep_cut(actor, audit->actor, MAX_NAME), 0},
        {scep_cut(peer, audit->peer, MAX_NAME), 0},
        {audit->challenge_hash, 0},
        {scep_cut(id, audit->transaction_id, MAX_NAME), 0},
        {audit->serial, 0},
        {NULL, audit->reason},
        {scep_cut(subject, audit->subject, MAX_TEXT), 0},
        {scep_cut(detail, audit->detail, MAX_TEXT), 0},
    };

    return scep_store_run(s, SCEP_Q_AUDIT_ADD, values, NULL, NULL, NULL);
}

static scep_audit_t row_of(const scep_audit_event_t *event, apr_pool_t *pool)
{
    scep_audit_t audit = {.event = event->event,
                          .at = event->at,
                          .ca_id = event->ca_id,
                          .actor = event->actor,
                          .peer = event->peer,
                          .transaction_id = event->transaction_id,
                          .serial = event->serial,
                          .reason = event->reason,
                          .subject = event->subject,
                          .detail = event->detail};

    if (event->challenge_hash != NULL) {
        audit.challenge_hash =
            scep_hex_lower(pool, event->challenge_hash, SCEP_HASH_SIZE);
    }
    return audit;
}

scep_status_e scep_store_audit_add(scep_store_t *store,
                                   const scep_audit_event_t *event,
                                   apr_pool_t *pool, scep_result_t *res)
{
    const scep_audit_t audit = row_of(event, pool);
    scep_store_session_t s;
    scep_status_e status = scep_store_begin(store, &s, res);

    if (status != SCEP_OK) {
        return status;
    }
    return scep_store_end(&s, scep_store_audit(&s, &audit), true,
                          "record an event", res);
}

static scep_sql_status_e prune(scep_store_session_t *s, int keep)
{
    const scep_sql_value_t value = {NULL, keep};

    return scep_store_run(s, SCEP_Q_AUDIT_PRUNE, &value, NULL, NULL, NULL);
}

scep_status_e scep_store_audit_refusal(scep_store_t *store,
                                       const scep_audit_event_t *event,
                                       apr_int64_t left_out, int keep,
                                       apr_pool_t *pool, scep_result_t *res)
{
    const scep_audit_t audit = row_of(event, pool);
    const scep_audit_t more = {
        .event = SCEP_AUDIT_REFUSED,
        .at = event->at,
        .ca_id = event->ca_id,
        .detail = apr_psprintf(pool,
                               "%" APR_INT64_T_FMT
                               " further refusals, up to the next row, were "
                               "not recorded",
                               left_out)};
    scep_store_session_t s;
    scep_sql_status_e sql = SCEP_SQL_OK;
    scep_status_e status = scep_store_begin(store, &s, res);

    if (status != SCEP_OK) {
        return status;
    }
    if (left_out > 0) {
        sql = scep_store_audit(&s, &more);
    }
    if (sql == SCEP_SQL_OK) {
        sql = scep_store_audit(&s, &audit);
    }
    if (sql == SCEP_SQL_OK) {
        sql = prune(&s, keep);
    }
    return scep_store_end(&s, sql, true, "record a refusal", res);
}

/* --- reading -------------------------------------------------------------- */

/* The order of SCEP_AUDIT_COLUMNS. */
enum {
    SEQ,
    CREATED,
    EVENT,
    SCOPE,
    ACTOR,
    PEER,
    CHALLENGE_HASH,
    TRANSACTION_ID,
    SERIAL,
    REASON,
    SUBJECT,
    DETAIL,
    COLUMNS
};

typedef struct batch_t {
    apr_pool_t *pool;
    scep_audit_event_t *events;
    int count;
    bool bad;
} batch_t;

static bool read_row(const char *const *columns, int count, apr_pool_t *pool,
                     scep_audit_event_t *event)
{
    apr_int64_t reason = 0;

    if (count != COLUMNS || columns[EVENT] == NULL || columns[SCOPE] == NULL ||
        !scep_sql_number(columns[SEQ], &event->seq) ||
        !scep_sql_number(columns[CREATED], &event->at) ||
        (columns[REASON] != NULL &&
         !scep_sql_number(columns[REASON], &reason))) {
        return false;
    }
    event->event = apr_pstrdup(pool, columns[EVENT]);
    event->ca_id = apr_pstrdup(pool, columns[SCOPE]);
    event->actor = apr_pstrdup(pool, columns[ACTOR]);
    event->peer = apr_pstrdup(pool, columns[PEER]);
    event->challenge_hash = scep_store_hash(pool, columns[CHALLENGE_HASH]);
    event->transaction_id = apr_pstrdup(pool, columns[TRANSACTION_ID]);
    event->serial = apr_pstrdup(pool, columns[SERIAL]);
    event->reason = (unsigned int)reason;
    event->subject =
        columns[SUBJECT] != NULL
            ? scep_name_modern(pool, apr_pstrdup(pool, columns[SUBJECT]))
            : NULL;
    event->detail = apr_pstrdup(pool, columns[DETAIL]);
    return columns[CHALLENGE_HASH] == NULL || event->challenge_hash != NULL;
}

static bool take_row(void *baton, const char *const *columns, int count)
{
    batch_t *batch = baton;

    if (batch->count == BATCH ||
        !read_row(columns, count, batch->pool, &batch->events[batch->count])) {
        batch->bad = true;
        return false;
    }
    batch->count++;
    return true;
}

/* Rows with ABOVE < seq < BELOW. */
static scep_status_e read_batch(scep_store_t *store,
                                const scep_audit_filter_t *filter,
                                apr_int64_t above, apr_int64_t below,
                                batch_t *batch, scep_result_t *res)
{
    const scep_sql_value_t values[] = {
        {NULL, above},
        {NULL, below},
        {NULL, filter->since},
        {NULL, filter->until != 0 ? filter->until : APR_INT64_MAX},
        {filter->event, 0},
        {filter->actor, 0},
        {filter->transaction_id, 0},
        {filter->serial, 0},
        {NULL, filter->reason},
        {filter->peer, 0},
        {NULL, BATCH},
    };

    batch->events = apr_palloc(batch->pool, BATCH * sizeof(*batch->events));
    batch->count = 0;
    batch->bad = false;
    return scep_store_read(store,
                           filter->newest_first ? SCEP_Q_AUDIT_NEWEST_FIRST
                                                : SCEP_Q_AUDIT_OLDEST_FIRST,
                           values, take_row, batch, &batch->bad, "audit", res);
}

static scep_status_e hand_over(const batch_t *batch, scep_audit_each_fn *each,
                               void *baton)
{
    scep_status_e status = SCEP_OK;
    int i;

    for (i = 0; i < batch->count && status == SCEP_OK; i++) {
        status = each(baton, &batch->events[i]);
    }
    return status;
}

scep_status_e scep_store_audit_each(scep_store_t *store,
                                    const scep_audit_filter_t *filter,
                                    scep_audit_each_fn *each, void *baton,
                                    apr_pool_t *pool, scep_result_t *res)
{
    /* Rows that the last children of an older version wrote have the seq 0. */
    apr_int64_t above = filter->after > 0 ? filter->after : -1;
    apr_int64_t below = APR_INT64_MAX;
    batch_t batch = {.pool = NULL};
    scep_status_e status;

    if (apr_pool_create(&batch.pool, pool) != APR_SUCCESS) {
        return scep_fail(res, SCEP_R_INTERNAL, "no pool for the audit trail");
    }
    do {
        apr_pool_clear(batch.pool);
        status = read_batch(store, filter, above, below, &batch, res);
        if (status == SCEP_OK) {
            status = hand_over(&batch, each, baton);
        }
        if (status == SCEP_OK && batch.count > 0) {
            *(filter->newest_first ? &below : &above) =
                batch.events[batch.count - 1].seq;
        }
    } while (status == SCEP_OK && batch.count == BATCH);
    apr_pool_destroy(batch.pool);
    return status;
}

scep_status_e scep_store_audit_last(scep_store_t *store, apr_int64_t *seq,
                                    scep_result_t *res)
{
    return scep_store_read_number(store, SCEP_Q_AUDIT_LAST, NULL, "audit", seq,
                                  res);
}
