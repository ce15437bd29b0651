/* Licensed under the Apache License, Version 2.0; see LICENSE. */
/*
 * scep_store_cancel.c: cancels many outstanding passwords at once. (store
 * layer)
 *
 * All changes that end a password take turns at the writers' lock, so the three
 * statements of a transaction find the same rows.
 */
#include "scep_store_cancel.h"

#include <apr_strings.h>
#include <string.h>

#include "scep_store_p.h"

enum { EXPIRES, HASH, COLUMNS, NAME_IN_TEXT = 256 };

/* The passwords of one transaction; the first to expire come first. */
typedef struct batch_t {
    const scep_cancel_many_t *which;
    apr_pool_t *pool;
    apr_array_header_t *hashes; /* unsigned char[SCEP_HASH_SIZE] */
    apr_time_t last_expires;
    const char *last_hash;
    bool bad;
} batch_t;

const char *scep_cancel_many_text(const scep_cancel_many_t *which,
                                  apr_pool_t *pool)
{
    const char *text = "";

    if (which->user == NULL && which->label == NULL) {
        return "all";
    }
    if (which->user != NULL) {
        text = apr_pstrcat(pool, "user \"",
                           scep_printable(pool, which->user, NAME_IN_TEXT),
                           "\"", NULL);
    }
    if (which->label != NULL) {
        text = apr_pstrcat(pool, text, *text != '\0' ? ", " : "", "label \"",
                           scep_printable(pool, which->label, NAME_IN_TEXT),
                           "\"", NULL);
    }
    return text;
}

static bool take_row(void *baton, const char *const *columns, int count)
{
    batch_t *batch = baton;
    unsigned char *hash = apr_array_push(batch->hashes);

    if (count != COLUMNS || columns[HASH] == NULL ||
        !scep_sql_number(columns[EXPIRES], &batch->last_expires) ||
        !scep_unhex(columns[HASH], hash, SCEP_HASH_SIZE)) {
        batch->bad = true;
        return false;
    }
    return true;
}

static scep_sql_status_e choose(scep_store_session_t *s, batch_t *batch)
{
    const scep_cancel_many_t *which = batch->which;
    const scep_sql_value_t values[] = {
        {NULL, SCEP_CHALLENGE_OUTSTANDING},
        {which->ca_id, 0},
        {NULL, which->now},
        {which->user, 0},
        {which->label, 0},
        {NULL, SCEP_CANCEL_BATCH},
    };
    scep_sql_status_e sql = scep_store_run(s, SCEP_Q_CHALLENGES_CHOOSE, values,
                                           take_row, batch, NULL);
    const unsigned char *last;

    if (sql != SCEP_SQL_OK || batch->bad || batch->hashes->nelts == 0) {
        return batch->bad ? SCEP_SQL_ERROR : sql;
    }
    last = (const unsigned char *)batch->hashes->elts +
           (size_t)(batch->hashes->nelts - 1) * SCEP_HASH_SIZE;
    batch->last_hash = scep_hex_lower(batch->pool, last, SCEP_HASH_SIZE);
    return SCEP_SQL_OK;
}

static scep_sql_status_e record_each(scep_store_session_t *s,
                                     const batch_t *batch)
{
    const scep_cancel_many_t *which = batch->which;
    const scep_sql_value_t values[] = {
        {NULL, which->now},
        {SCEP_AUDIT_CHALLENGE_CANCELLED, 0},
        {which->actor, 0},
        {which->peer, 0},
        {NULL, SCEP_CHALLENGE_OUTSTANDING},
        {which->ca_id, 0},
        {NULL, which->now},
        {which->user, 0},
        {which->label, 0},
        {NULL, batch->last_expires},
        {batch->last_hash, 0},
    };

    return scep_store_run(s, SCEP_Q_AUDIT_CANCELLED, values, NULL, NULL, NULL);
}

static scep_sql_status_e record_all(scep_store_session_t *s,
                                    const batch_t *batch)
{
    const scep_cancel_many_t *which = batch->which;
    const scep_audit_t audit = {
        .event = SCEP_AUDIT_CHALLENGES_CANCELLED,
        .at = which->now,
        .ca_id = which->ca_id != NULL ? which->ca_id : "*",
        .actor = which->actor,
        .peer = which->peer,
        .detail = apr_psprintf(batch->pool, "%d: %s", batch->hashes->nelts,
                               scep_cancel_many_text(which, batch->pool)),
    };

    return scep_store_audit(s, &audit);
}

static scep_sql_status_e mark(scep_store_session_t *s, const batch_t *batch)
{
    const scep_cancel_many_t *which = batch->which;
    const scep_sql_value_t values[] = {
        {NULL, SCEP_CHALLENGE_CANCELLED},
        {which->actor, 0},
        {NULL, SCEP_CHALLENGE_OUTSTANDING},
        {which->ca_id, 0},
        {NULL, which->now},
        {which->user, 0},
        {which->label, 0},
        {NULL, batch->last_expires},
        {batch->last_hash, 0},
    };
    apr_int64_t changed = 0;
    scep_sql_status_e sql = scep_store_run(s, SCEP_Q_CHALLENGES_CANCEL, values,
                                           NULL, NULL, &changed);

    return sql == SCEP_SQL_OK && changed != batch->hashes->nelts
               ? SCEP_SQL_ERROR
               : sql;
}

static scep_status_e cancel_batch(scep_store_t *store, batch_t *batch,
                                  scep_result_t *res)
{
    scep_store_session_t s;
    scep_sql_status_e sql;
    bool any;
    scep_status_e status = scep_store_begin(store, &s, res);

    if (status != SCEP_OK) {
        return status;
    }
    sql = choose(&s, batch);
    any = batch->hashes->nelts > 0;
    if (sql == SCEP_SQL_OK && any) {
        sql = record_all(&s, batch);
    }
    if (sql == SCEP_SQL_OK && any) {
        sql = record_each(&s, batch);
    }
    if (sql == SCEP_SQL_OK && any) {
        sql = mark(&s, batch);
    }
    return scep_store_end(&s, sql, any, "cancel challenges", res);
}

scep_status_e scep_store_challenges_cancel(scep_store_t *store,
                                           const scep_cancel_many_t *which,
                                           scep_cancelled_fn *each, void *baton,
                                           apr_pool_t *pool, apr_int64_t *count,
                                           scep_result_t *res)
{
    batch_t batch = {.which = which, .pool = pool};
    scep_status_e status;
    int i;

    *count = 0;
    batch.hashes = apr_array_make(pool, SCEP_CANCEL_BATCH, SCEP_HASH_SIZE);
    do {
        apr_array_clear(batch.hashes);
        status = cancel_batch(store, &batch, res);
        if (status != SCEP_OK) {
            return status;
        }
        *count += batch.hashes->nelts;
        for (i = 0; each != NULL && i < batch.hashes->nelts; i++) {
            each(baton, (const unsigned char *)batch.hashes->elts +
                            (size_t)i * SCEP_HASH_SIZE);
        }
    } while (batch.hashes->nelts == SCEP_CANCEL_BATCH);
    return SCEP_OK;
}

typedef struct walk_t {
    scep_cancelled_fn *each;
    void *baton;
    bool bad;
} walk_t;

static bool walk_row(void *baton, const char *const *columns, int count)
{
    walk_t *walk = baton;
    unsigned char hash[SCEP_HASH_SIZE];

    if (count != 1 || columns[0] == NULL ||
        !scep_unhex(columns[0], hash, SCEP_HASH_SIZE)) {
        walk->bad = true;
        return false;
    }
    walk->each(walk->baton, hash);
    return true;
}

scep_status_e scep_store_challenges_cancelled(scep_store_t *store,
                                              apr_time_t now,
                                              scep_cancelled_fn *each,
                                              void *baton, scep_result_t *res)
{
    const scep_sql_value_t values[] = {{NULL, SCEP_CHALLENGE_CANCELLED},
                                       {NULL, now}};
    walk_t walk = {each, baton, false};

    return scep_store_read(store, SCEP_Q_CHALLENGES_CANCELLED, values, walk_row,
                           &walk, &walk.bad, "challenges", res);
}
