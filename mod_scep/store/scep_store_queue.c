/* Licensed under the Apache License, Version 2.0; see LICENSE. */
/*
 * scep_store_queue.c: queues requests that must wait, if there is room for
 * them, and moves them to another id. (store layer)
 */
#include <string.h>

#include <apr_encode.h>
#include <apr_strings.h>
#include <apr_tables.h>

#include "scep_store_p.h"
#include "scep_store_request.h"

/* The values in the database's form, made before its lock is taken. */
typedef struct texts_t {
    char id[SCEP_STORE_ID_SIZE];
    const char *message_hash; /* NULL: not recorded */
    const char *key_hash;
    const char *csr_hash;
    const char *challenge_hash; /* NULL: none */
    const char *sealed;
} texts_t;

static scep_status_e make_texts(const scep_request_row_t *row, apr_pool_t *pool,
                                texts_t *texts, scep_result_t *res)
{
    texts->message_hash = scep_store_hex(pool, row->message_hash);
    texts->key_hash = scep_store_hex(pool, row->key_hash);
    texts->csr_hash = scep_store_hex(pool, row->csr_hash);
    texts->challenge_hash = scep_store_hex(pool, row->challenge_hash);
    if (row->sealed.data == NULL) {
        return scep_fail(res, SCEP_R_INTERNAL, "no request to record");
    }
    texts->sealed = scep_store_octets_hex(pool, row->sealed);
    return scep_store_new_id(texts->id, res);
}

/* Does another request have that id: one of the same key at any endpoint, or
 * one of another key that holds the id at this endpoint? */
static scep_sql_status_e find_open(scep_store_session_t *s,
                                   const scep_transaction_id_t *id,
                                   const char *key_hash, bool *taken)
{
    const scep_sql_value_t own[] = {
        {id->ca_id, 0}, {id->text, 0}, {key_hash, 0}};
    scep_sql_status_e sql;

    *taken = false;
    sql = scep_store_run(s, SCEP_Q_REQUEST_OPEN, own, scep_store_note_row,
                         taken, NULL);
    return sql == SCEP_SQL_OK && !*taken
               ? scep_store_id_find(s, id, key_hash, taken)
               : sql;
}

/* Does a request wait under that id, the same or another one? */
static scep_sql_status_e find_rival(scep_store_session_t *s,
                                    const scep_request_row_t *row,
                                    const texts_t *texts,
                                    scep_queue_outcome_e *outcome)
{
    const scep_transaction_id_t id = {
        .ca_id = row->ca_id,
        .text = row->transaction_id,
        .endpoint = row->endpoint,
        .proved = row->proved,
        .since = APR_INT64_MAX,
        .now = row->created,
    };
    const scep_sql_value_t same[] = {{row->ca_id, 0},
                                     {row->transaction_id, 0},
                                     {texts->key_hash, 0},
                                     {texts->csr_hash, 0}};
    bool found = false, taken = false;
    scep_sql_status_e sql = scep_store_run(s, SCEP_Q_REQUEST_SAME, same,
                                           scep_store_note_row, &found, NULL);

    if (sql == SCEP_SQL_OK && !found) {
        sql = find_open(s, &id, texts->key_hash, &taken);
    }
    if (found || taken) {
        *outcome = found ? SCEP_QUEUE_THERE : SCEP_QUEUE_ID_TAKEN;
    }
    return sql;
}

static scep_sql_status_e hold_to(scep_store_session_t *s,
                                 scep_store_query_e query,
                                 const scep_sql_value_t *values,
                                 apr_int64_t max, scep_queue_outcome_e full,
                                 scep_queue_outcome_e *outcome)
{
    apr_int64_t count = 0;
    scep_sql_status_e sql =
        scep_store_run(s, query, values, scep_store_take_number, &count, NULL);

    if (sql == SCEP_SQL_OK && (count < 0 || count >= max)) {
        *outcome = full;
    }
    return sql;
}

static scep_sql_status_e check_room(scep_store_session_t *s,
                                    const scep_request_row_t *row,
                                    const scep_queue_limits_t *limits,
                                    scep_queue_outcome_e *outcome)
{
    const scep_sql_value_t all[] = {{row->ca_id, 0}, {NULL, row->proved}};
    const scep_sql_value_t network[] = {
        {row->ca_id, 0}, {NULL, row->proved}, {row->network, 0}};
    scep_sql_status_e sql = hold_to(s, SCEP_Q_REQUEST_COUNT, all, limits->all,
                                    SCEP_QUEUE_FULL, outcome);

    return sql == SCEP_SQL_OK && *outcome == SCEP_QUEUE_ADDED &&
                   row->network != NULL && row->challenge_hash == NULL &&
                   row->renewal_of == NULL
               ? hold_to(s, SCEP_Q_REQUESTS_OF_NETWORK, network,
                         limits->network, SCEP_QUEUE_NETWORK_FULL, outcome)
               : sql;
}

static scep_sql_status_e spend(scep_store_session_t *s,
                               const scep_request_row_t *row,
                               const texts_t *texts,
                               scep_queue_outcome_e *outcome)
{
    const scep_sql_value_t values[] = {
        {NULL, SCEP_CHALLENGE_SPENT},
        {NULL, row->created},
        {NULL, 0},
        {texts->challenge_hash, 0},
        {row->ca_id, 0},
        {NULL, SCEP_CHALLENGE_OUTSTANDING},
        {NULL, row->created},
    };
    apr_int64_t changed = 0;
    scep_sql_status_e sql =
        scep_store_run(s, SCEP_Q_CHALLENGE_SPEND, values, NULL, NULL, &changed);

    if (sql == SCEP_SQL_OK && changed != 1) {
        *outcome = SCEP_QUEUE_CHALLENGE_LOST;
    }
    return sql;
}

static scep_sql_status_e insert(scep_store_session_t *s,
                                const scep_request_row_t *row,
                                const texts_t *texts, bool quietly)
{
    const scep_sql_value_t values[] = {
        {texts->id, 0},           {row->ca_id, 0},
        {row->transaction_id, 0}, {texts->key_hash, 0},
        {texts->csr_hash, 0},     {NULL, row->state},
        {texts->sealed, 0},       {row->subject, 0},
        {row->alt_names, 0},      {row->profile, 0},
        {row->source, 0},         {texts->challenge_hash, 0},
        {row->renewal_of, 0},     {row->ticket, 0},
        {row->peer, 0},           {NULL, row->created},
        {NULL, row->expires},     {NULL, row->expires - row->created},
        {row->endpoint, 0},       {NULL, row->proved},
        {row->network, 0},        {row->extensions, 0},
    };
    const scep_audit_t audit = {.event = SCEP_AUDIT_REQUEST_QUEUED,
                                .at = row->created,
                                .ca_id = row->ca_id,
                                .peer = row->peer,
                                .challenge_hash = texts->challenge_hash,
                                .transaction_id = row->transaction_id,
                                .subject = row->subject};
    const scep_sql_value_t message[] = {{texts->message_hash, 0},
                                        {row->ca_id, 0},
                                        {texts->id, 0},
                                        {NULL, row->created}};
    scep_sql_status_e sql =
        scep_store_run(s, SCEP_Q_REQUEST_ADD, values, NULL, NULL, NULL);

    if (sql == SCEP_SQL_OK && texts->message_hash != NULL) {
        sql =
            scep_store_run(s, SCEP_Q_MESSAGE_WAITS, message, NULL, NULL, NULL);
    }
    return sql == SCEP_SQL_OK && !quietly ? scep_store_audit(s, &audit) : sql;
}

/* Read a request that a newer one replaces. */
static bool take_old(void *baton, const char *const *columns, int count)
{
    apr_array_header_t *list = baton;
    scep_request_row_t *old = apr_array_push(list);

    (void)count;
    memset(old, 0, sizeof(*old));
    old->id = apr_pstrdup(list->pool, columns[0]);
    old->ca_id = apr_pstrdup(list->pool, columns[1]);
    old->transaction_id = apr_pstrdup(list->pool, columns[2]);
    old->subject = apr_pstrdup(list->pool, columns[3]);
    old->challenge_hash = scep_store_hash(list->pool, columns[4]);
    return old->challenge_hash != NULL || columns[4] == NULL;
}

/* Give back its password. Devices that poll for it are told. */
static scep_sql_status_e replace(scep_store_session_t *s,
                                 const scep_request_row_t *row,
                                 const scep_request_row_t *old, bool quietly,
                                 apr_pool_t *pool)
{
    const scep_decision_t no = {.id = old->id,
                                .state = SCEP_REQUEST_REJECTED,
                                .now = row->created,
                                .peer = row->peer,
                                .note = SCEP_REQUEST_REPLACED_NOTE};
    apr_int64_t changed;

    return scep_store_request_decide_in(s, &no, old, quietly, pool, &changed);
}

static bool take_id(void *baton, const char *const *columns, int count)
{
    apr_array_header_t *list = baton;

    (void)count;
    APR_ARRAY_PUSH(list, const char *) = apr_pstrdup(list->pool, columns[0]);
    return true;
}

static scep_sql_status_e forget(scep_store_session_t *s, const char *id)
{
    const scep_sql_value_t value = {id, 0};
    scep_sql_status_e sql = scep_store_run(s, SCEP_Q_REQUEST_MESSAGES_DELETE,
                                           &value, NULL, NULL, NULL);

    return sql == SCEP_SQL_OK ? scep_store_run(s, SCEP_Q_REQUEST_DELETE, &value,
                                               NULL, NULL, NULL)
                              : sql;
}

/* A device that begins anew all the time must leave few rows. Some of the
 * replaced requests are kept for polls; beyond that, the oldest is deleted, and
 * the audit trail gets no row. */
static scep_sql_status_e forget_oldest(scep_store_session_t *s,
                                       const scep_request_row_t *row,
                                       const texts_t *texts, apr_pool_t *pool,
                                       bool *quietly)
{
    const scep_sql_value_t values[] = {{row->ca_id, 0},
                                       {texts->key_hash, 0},
                                       {NULL, row->proved},
                                       {SCEP_REQUEST_REPLACED_NOTE, 0},
                                       {NULL, SCEP_REQUESTS_REPLACED_KEPT - 1}};
    apr_array_header_t *list = apr_array_make(pool, 2, sizeof(const char *));
    scep_sql_status_e sql = scep_store_run(s, SCEP_Q_REQUESTS_REPLACED, values,
                                           take_id, list, NULL);
    int i;

    for (i = 0; i < list->nelts && sql == SCEP_SQL_OK; i++) {
        sql = forget(s, APR_ARRAY_IDX(list, i, const char *));
    }
    *quietly = list->nelts > 0;
    return sql;
}

/* Replace the oldest requests of the key, or of the renewed certificate. */
static scep_sql_status_e replace_all(scep_store_session_t *s,
                                     const scep_request_row_t *row,
                                     const texts_t *texts, apr_int64_t max,
                                     apr_pool_t *pool, bool *quietly,
                                     int *replaced)
{
    const scep_sql_value_t values[] = {
        {row->ca_id, 0},
        {texts->key_hash, 0},
        {NULL, row->proved},
        {row->renewal_of, 0},
        {NULL, row->renewal_of != NULL ? 0 : max - 1}};
    apr_array_header_t *list =
        apr_array_make(pool, 2, sizeof(scep_request_row_t));
    scep_sql_status_e sql =
        scep_store_run(s, SCEP_Q_REQUESTS_OF_KEY, values, take_old, list, NULL);
    int i;

    if (sql == SCEP_SQL_OK && list->nelts > 0) {
        sql = forget_oldest(s, row, texts, pool, quietly);
    }
    for (i = 0; i < list->nelts && sql == SCEP_SQL_OK; i++) {
        sql = replace(s, row, &APR_ARRAY_IDX(list, i, scep_request_row_t),
                      *quietly, pool);
    }
    *replaced = list->nelts;
    return sql;
}

/* Runs inside the write transaction, which is committed only for ADDED. */
static scep_sql_status_e
add(scep_store_session_t *s, const scep_request_row_t *row,
    const texts_t *texts, const scep_queue_limits_t *limits, apr_pool_t *pool,
    scep_queue_outcome_e *outcome, int *replaced)
{
    scep_sql_status_e sql = scep_store_requests_expire_in(s, row->created);
    bool quietly = false;

    *outcome = SCEP_QUEUE_ADDED;
    if (sql == SCEP_SQL_OK) {
        sql = find_rival(s, row, texts, outcome);
    }
    if (sql == SCEP_SQL_OK && *outcome == SCEP_QUEUE_ADDED) {
        sql = replace_all(s, row, texts, limits->key, pool, &quietly, replaced);
    }
    if (sql == SCEP_SQL_OK && *outcome == SCEP_QUEUE_ADDED) {
        sql = check_room(s, row, limits, outcome);
    }
    if (sql == SCEP_SQL_OK && *outcome == SCEP_QUEUE_ADDED &&
        texts->challenge_hash != NULL) {
        sql = spend(s, row, texts, outcome);
    }
    return sql == SCEP_SQL_OK && *outcome == SCEP_QUEUE_ADDED
               ? insert(s, row, texts, quietly)
               : sql;
}

scep_status_e scep_store_request_add(scep_store_t *store,
                                     const scep_request_row_t *row,
                                     const scep_queue_limits_t *limits,
                                     apr_pool_t *pool,
                                     scep_queue_outcome_e *outcome,
                                     int *replaced, scep_result_t *res)
{
    texts_t texts;
    scep_store_session_t s;
    scep_queue_outcome_e reached;
    scep_sql_status_e sql;
    scep_status_e status = make_texts(row, pool, &texts, res);

    /* Without checking the status, nobody must believe that it is queued. */
    *outcome = SCEP_QUEUE_FULL;
    *replaced = 0;
    if (status == SCEP_OK) {
        status = scep_store_begin(store, &s, res);
    }
    if (status != SCEP_OK) {
        return status;
    }
    sql = add(&s, row, &texts, limits, pool, &reached, replaced);
    status = scep_store_end(&s, sql, reached == SCEP_QUEUE_ADDED,
                            "queue a request", res);
    if (status == SCEP_OK) {
        *outcome = reached;
    }
    return status;
}

/* The new place of a request that a message found under another id. */
typedef struct move_t {
    const char *transaction_id;
    const char *endpoint;
    const char *message_hash;
    const char *key_hash;
    apr_time_t now;
} move_t;

/* Runs inside the write transaction, which is committed only if it MOVED. */
static scep_sql_status_e move(scep_store_session_t *s,
                              const scep_request_row_t *row, const move_t *to,
                              bool *known, bool *moved)
{
    const scep_sql_value_t message[] = {{to->message_hash, 0}, {row->id, 0}};
    const scep_transaction_id_t id = {
        .ca_id = row->ca_id,
        .text = to->transaction_id,
        .endpoint = to->endpoint,
        .proved = true,
        .since = APR_INT64_MAX,
        .now = to->now,
    };
    const scep_sql_value_t change[] = {
        {to->transaction_id, 0}, {to->endpoint, 0}, {row->id, 0}};
    const scep_sql_value_t note[] = {
        {to->message_hash, 0}, {row->ca_id, 0}, {row->id, 0}, {NULL, to->now}};
    apr_int64_t changed = 0;
    bool taken = false;
    scep_sql_status_e sql =
        scep_store_run(s, SCEP_Q_MESSAGE_OF_REQUEST, message,
                       scep_store_note_row, known, NULL);

    if (sql == SCEP_SQL_OK && !*known) {
        sql = find_open(s, &id, to->key_hash, &taken);
    }
    if (sql == SCEP_SQL_OK && !*known && !taken) {
        sql = scep_store_run(s, SCEP_Q_REQUEST_MOVE, change, NULL, NULL,
                             &changed);
    }
    *moved = changed == 1;
    return sql == SCEP_SQL_OK && *moved
               ? scep_store_run(s, SCEP_Q_MESSAGE_WAITS, note, NULL, NULL, NULL)
               : sql;
}

scep_status_e
scep_store_request_move(scep_store_t *store, const scep_request_row_t *row,
                        const char *transaction_id, const char *endpoint,
                        const unsigned char *message_hash, apr_time_t now,
                        apr_pool_t *pool, scep_result_t *res)
{
    const move_t to = {transaction_id, endpoint,
                       scep_store_hex(pool, message_hash),
                       scep_store_hex(pool, row->key_hash), now};
    bool known = false, moved = false;
    scep_store_session_t s;
    scep_sql_status_e sql;
    scep_status_e status = scep_store_begin(store, &s, res);

    if (status != SCEP_OK) {
        return status;
    }
    sql = move(&s, row, &to, &known, &moved);
    status = scep_store_end(&s, sql, moved, "move a request", res);
    return status == SCEP_OK && !moved && !known ? SCEP_NOT_FOUND : status;
}
