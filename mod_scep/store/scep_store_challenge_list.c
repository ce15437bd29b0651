/* Licensed under the Apache License, Version 2.0; see LICENSE. */
/*
 * scep_store_challenge_list.c: lists and cancels outstanding one-time
 * passwords. (store layer)
 */
#include "scep_store_p.h"

/* Sorts behind every hash that a password of the same time can have. */
static const char behind_all[] = "ffffffffffffffffffffffffffffffff"
                                 "ffffffffffffffffffffffffffffffffff";

/* The order of SCEP_Q_CHALLENGES_PAGE's columns. */
enum { HASH, CREATED, EXPIRES, DRAWN_BY, PEER, LABEL, LIMITS, USES, COLUMNS };

typedef struct walk_t {
    scep_challenge_item_fn *each;
    void *baton;
    bool bad;
} walk_t;

static bool walk_row(void *baton, const char *const *columns, int count)
{
    walk_t *walk = baton;
    scep_challenge_item_t item;

    if (count != COLUMNS || columns[HASH] == NULL ||
        !scep_sql_number(columns[CREATED], &item.created) ||
        !scep_sql_number(columns[EXPIRES], &item.expires) ||
        !scep_sql_number(columns[USES], &item.uses)) {
        walk->bad = true;
        return false;
    }
    item.id = columns[HASH];
    item.drawn_by = columns[DRAWN_BY];
    item.peer = columns[PEER];
    item.label = columns[LABEL];
    item.limits = columns[LIMITS];
    walk->each(walk->baton, &item);
    return true;
}

scep_status_e scep_store_challenges_page(scep_store_t *store,
                                         const scep_challenge_page_t *page,
                                         scep_challenge_item_fn *each,
                                         void *baton, scep_result_t *res)
{
    /* A password that expires now counts as expired. */
    apr_time_t from = page->after != NULL && page->after->expires > page->now
                          ? page->after->expires
                          : page->now;
    const char *id = page->after != NULL && from == page->after->expires
                         ? page->after->id
                         : behind_all;
    const scep_sql_value_t values[] = {
        {NULL, SCEP_CHALLENGE_OUTSTANDING},
        {page->ca_id, 0},
        {NULL, from},
        {NULL, from},
        {id, 0},
        {NULL, page->limit},
    };
    walk_t walk = {each, baton, false};

    return scep_store_read(store, SCEP_Q_CHALLENGES_PAGE, values, walk_row,
                           &walk, &walk.bad, "challenges", res);
}

scep_status_e scep_store_challenges_count(scep_store_t *store,
                                          const char *ca_id, apr_time_t now,
                                          apr_int64_t *count,
                                          scep_result_t *res)
{
    const scep_sql_value_t values[] = {
        {NULL, SCEP_CHALLENGE_OUTSTANDING}, {ca_id, 0}, {NULL, now}};

    return scep_store_read_number(store, SCEP_Q_CHALLENGES_COUNT, values,
                                  "challenges", count, res);
}

/* --- cancelling ----------------------------------------------------------- */

/* A certificate spends a password under the same condition, so only one of the
 * two updates finds the row outstanding. */
static scep_sql_status_e try_cancel(scep_store_session_t *s,
                                    const scep_challenge_cancel_t *cancel,
                                    const char *hash,
                                    scep_cancel_outcome_e *outcome)
{
    const scep_sql_value_t values[] = {
        {NULL, SCEP_CHALLENGE_CANCELLED},
        {cancel->actor, 0},
        {hash, 0},
        {cancel->ca_id, 0},
        {NULL, SCEP_CHALLENGE_OUTSTANDING},
        {NULL, cancel->now},
    };
    const scep_sql_value_t key[] = {{hash, 0}, {cancel->ca_id, 0}};
    const scep_audit_t audit = {.event = SCEP_AUDIT_CHALLENGE_CANCELLED,
                                .at = cancel->now,
                                .ca_id = cancel->ca_id,
                                .actor = cancel->actor,
                                .peer = cancel->peer,
                                .challenge_hash = hash};
    apr_int64_t changed = 0;
    bool known = false;
    scep_sql_status_e sql = scep_store_run(s, SCEP_Q_CHALLENGE_CANCEL, values,
                                           NULL, NULL, &changed);

    if (sql == SCEP_SQL_OK && changed == 1) {
        *outcome = SCEP_CANCEL_DONE;
        return scep_store_audit(s, &audit);
    }
    if (sql == SCEP_SQL_OK) {
        sql = scep_store_run(s, SCEP_Q_CHALLENGE_KNOWN, key,
                             scep_store_note_row, &known, NULL);
    }
    *outcome = known ? SCEP_CANCEL_LATE : SCEP_CANCEL_UNKNOWN;
    return sql;
}

scep_status_e scep_store_challenge_cancel(scep_store_t *store,
                                          const scep_challenge_cancel_t *cancel,
                                          apr_pool_t *pool,
                                          scep_cancel_outcome_e *outcome,
                                          scep_result_t *res)
{
    const char *hash = scep_hex_lower(pool, cancel->hash, SCEP_HASH_SIZE);
    scep_store_session_t s;
    scep_cancel_outcome_e reached;
    scep_sql_status_e sql;
    scep_status_e status = scep_store_begin(store, &s, res);

    /* Without checking the status, nobody must believe that it is cancelled. */
    *outcome = SCEP_CANCEL_UNKNOWN;
    if (status != SCEP_OK) {
        return status;
    }
    sql = try_cancel(&s, cancel, hash, &reached);
    status = scep_store_end(&s, sql, reached == SCEP_CANCEL_DONE,
                            "cancel a challenge", res);
    if (status == SCEP_OK) {
        *outcome = reached;
    }
    return status;
}
