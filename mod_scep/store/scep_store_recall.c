/* Licensed under the Apache License, Version 2.0; see LICENSE. */
/*
 * scep_store_recall.c: finds out what is known of an incoming message. (store
 * layer)
 */
#include "scep_store_recall.h"

#include <string.h>

#include "scep_store_p.h"

/* A session, what it looks for, with hashes in the form of the columns, and
 * what it found. */
typedef struct look_t {
    scep_store_session_t s;
    const scep_repeat_t *repeat;
    const char *message, *key, *csr, *challenge; /* NULL: none */
    apr_pool_t *pool;
    scep_recall_t *found;
    bool heard; /* its device is refused once more */
} look_t;

/* Find the revocation of the issued certificate, if it is in effect. */
static scep_sql_status_e find_revocation(look_t *l)
{
    scep_recall_t *found = l->found;
    scep_sql_status_e sql = scep_store_find_revocation(
        &l->s, found->issued->ca_id, found->issued->serial, l->pool,
        &found->revocation);

    if (found->revocation != NULL &&
        found->revocation->effective > l->repeat->now) {
        found->revocation = NULL;
    }
    return sql;
}

static scep_sql_status_e find_answered(look_t *l)
{
    const scep_repeat_t *r = l->repeat;
    const scep_sql_value_t message[] = {{l->message, 0}, {r->ca_id, 0}};
    bool marked = false;
    scep_sql_status_e sql =
        scep_store_find_transaction(&l->s, SCEP_Q_TRANSACTION_BY_MESSAGE,
                                    message, l->pool, &l->found->issued);

    if (sql == SCEP_SQL_OK && l->found->issued == NULL) {
        sql = scep_store_run(&l->s, SCEP_Q_MESSAGE_MARKED, message,
                             scep_store_note_row, &marked, NULL);
    }
    if (sql == SCEP_SQL_OK && l->found->issued != NULL) {
        l->found->what = SCEP_RECALL_MESSAGE;
        sql = find_revocation(l);
    }
    if (marked) {
        l->found->what = SCEP_RECALL_MARKED;
    }
    return sql;
}

/* A request that is too old for a retry is judged anew. But a revoked
 * certificate cannot be replaced by asking again. */
static bool is_retry(const look_t *l)
{
    const scep_revocation_row_t *revocation = l->found->revocation;

    return l->found->issued->created >= l->repeat->since ||
           (revocation != NULL &&
            revocation->reason != SCEP_REVOKED_SUPERSEDED);
}

static scep_sql_status_e find_same(look_t *l)
{
    const scep_repeat_t *r = l->repeat;
    const scep_sql_value_t values[] = {
        {r->ca_id, 0}, {r->transaction_id, 0}, {NULL, 0},     {l->key, 0},
        {l->csr, 0},   {r->renewal_of, 0},     {NULL, r->now}};
    scep_recall_t *found = l->found;
    scep_sql_status_e sql = scep_store_find_transaction(
        &l->s, SCEP_Q_TRANSACTION_SAME, values, l->pool, &found->issued);

    if (sql != SCEP_SQL_OK || found->issued == NULL) {
        return sql;
    }
    sql = find_revocation(l);
    if (is_retry(l)) {
        found->what = SCEP_RECALL_ISSUED;
    }
    else {
        found->issued = NULL;
        found->revocation = NULL;
    }
    return sql;
}

static scep_sql_status_e find_refused(look_t *l)
{
    const scep_repeat_t *r = l->repeat;
    const scep_sql_value_t values[] = {
        {l->message, 0}, {r->ca_id, 0}, {r->ca_id, 0},  {r->transaction_id, 0},
        {l->key, 0},     {l->csr, 0},   {NULL, r->now}, {NULL, r->now}};
    scep_request_row_t *row;
    scep_sql_status_e sql = scep_store_find_request(
        &l->s, SCEP_Q_REQUEST_REFUSED, values, r->now, l->pool, &row);

    if (row != NULL) {
        l->found->what = SCEP_RECALL_REFUSED;
        l->found->request = row;
        l->heard = true;
    }
    return sql;
}

/* Find the undecided request, or the newest one if all are decided. */
static scep_sql_status_e find_request(look_t *l, scep_request_row_t **row)
{
    const scep_repeat_t *r = l->repeat;
    const scep_sql_value_t values[] = {
        {r->ca_id, 0}, {r->transaction_id, 0}, {l->key, 0},
        {r->ca_id, 0}, {r->transaction_id, 0}, {l->key, 0}};

    return scep_store_find_request(&l->s, SCEP_Q_REQUEST_FIND, values, r->now,
                                   l->pool, row);
}

static scep_sql_status_e find_waiting(look_t *l)
{
    scep_request_row_t *row;
    scep_sql_status_e sql = find_request(l, &row);

    if (row != NULL && row->state <= SCEP_REQUEST_AT_CA) {
        l->found->request = row;
        l->found->what =
            memcmp(row->csr_hash, l->repeat->csr_hash, SCEP_HASH_SIZE) == 0
                ? SCEP_RECALL_WAITS
                : SCEP_RECALL_OTHER;
    }
    return sql;
}

static scep_sql_status_e find_elsewhere(look_t *l)
{
    const scep_sql_value_t values[] = {
        {l->challenge, 0}, {l->key, 0}, {l->csr, 0}};
    scep_request_row_t *row = NULL;
    scep_sql_status_e sql =
        l->challenge != NULL
            ? scep_store_find_request(&l->s, SCEP_Q_REQUEST_HELD, values,
                                      l->repeat->now, l->pool, &row)
            : SCEP_SQL_OK;

    if (row != NULL && row->state <= SCEP_REQUEST_AT_CA) {
        l->found->request = row;
        l->found->what = SCEP_RECALL_ELSEWHERE;
    }
    return sql;
}

static scep_sql_status_e find_holder(look_t *l)
{
    const scep_repeat_t *r = l->repeat;
    scep_transaction_id_t id = {
        .ca_id = r->ca_id,
        .text = r->transaction_id,
        .endpoint = r->endpoint,
        .proved = false,
        .since = r->since,
        .now = r->now,
    };
    bool by_any, by_proved = false;
    scep_sql_status_e sql = scep_store_id_find(&l->s, &id, l->key, &by_any);

    if (sql == SCEP_SQL_OK && by_any) {
        id.proved = true;
        sql = scep_store_id_find(&l->s, &id, l->key, &by_proved);
        l->found->holder = by_proved ? SCEP_ID_HELD : SCEP_ID_HELD_UNPROVED;
    }
    return sql;
}

static scep_sql_status_e find_serials(look_t *l)
{
    apr_array_header_t *serials = apr_array_make(l->pool, 1, sizeof(char *));

    if (l->repeat->subject == NULL) {
        return SCEP_SQL_OK;
    }
    l->found->serials = serials;
    return scep_store_subject_serials(&l->s, l->repeat->subject, serials);
}

static scep_sql_status_e find_challenge(look_t *l)
{
    return l->challenge != NULL
               ? scep_store_find_challenge(&l->s, l->challenge, l->pool,
                                           &l->found->challenge)
               : SCEP_SQL_OK;
}

/* Look in this order until something decides. The last three looks run in any
 * case, unless the message is answered. */
static scep_sql_status_e look(look_t *l)
{
    static scep_sql_status_e (*const each[])(look_t *) = {
        find_answered,  find_same,   find_refused, find_waiting,
        find_elsewhere, find_holder, find_serials, find_challenge};
    const scep_recall_e *what = &l->found->what;
    scep_sql_status_e sql = SCEP_SQL_OK;
    size_t i;

    for (i = 0; i < sizeof(each) / sizeof(each[0]) && sql == SCEP_SQL_OK &&
                (*what == SCEP_RECALL_NONE || *what == SCEP_RECALL_ELSEWHERE);
         i++) {
        sql = each[i](l);
    }
    return sql;
}

static scep_sql_status_e find_issued(look_t *l)
{
    const scep_repeat_t *r = l->repeat;
    const scep_sql_value_t values[] = {
        {r->ca_id, 0}, {r->transaction_id, 0}, {NULL, 0}, {l->key, 0}};
    scep_transaction_row_t *row;
    scep_sql_status_e sql = scep_store_find_transaction(
        &l->s, SCEP_Q_TRANSACTION_FIND, values, l->pool, &row);

    l->found->issued = row != NULL && row->not_after > r->now ? row : NULL;
    return sql;
}

/* For a CertPoll. Ids repeat, so the newer one of the waiting request and the
 * issued certificate counts. */
static scep_sql_status_e look_by_id(look_t *l)
{
    scep_recall_t *found = l->found;
    scep_request_row_t *row = NULL;
    scep_sql_status_e sql = find_issued(l);

    if (sql == SCEP_SQL_OK) {
        sql = find_request(l, &row);
    }
    if (sql == SCEP_SQL_OK && found->issued != NULL &&
        (row == NULL || found->issued->created >= row->created)) {
        found->what = SCEP_RECALL_ISSUED;
        return find_revocation(l);
    }
    found->issued = NULL;
    if (row != NULL && row->state <= SCEP_REQUEST_AT_CA) {
        found->what = SCEP_RECALL_WAITS;
        found->request = row;
        return sql;
    }
    if (row != NULL && row->state == SCEP_REQUEST_ISSUED) {
        return sql; /* its certificate has expired */
    }
    /* A refused request may be hidden behind another one. */
    if (sql == SCEP_SQL_OK) {
        sql = find_refused(l);
    }
    if (found->what == SCEP_RECALL_NONE && row != NULL) {
        found->what = SCEP_RECALL_REFUSED;
        found->request = row;
    }
    return sql;
}

scep_status_e scep_store_recall(scep_store_t *store,
                                const scep_repeat_t *repeat, apr_pool_t *pool,
                                scep_recall_t *found, scep_result_t *res)
{
    look_t l = {
        .repeat = repeat,
        .message = scep_store_hex(pool, repeat->message_hash),
        .key = scep_store_hex(pool, repeat->key_hash),
        .csr = scep_store_hex(pool, repeat->csr_hash),
        .challenge = scep_store_hex(pool, repeat->challenge_hash),
        .pool = pool,
        .found = found,
    };
    scep_status_e status = scep_store_use(store, &l.s, res);
    scep_sql_status_e sql;

    memset(found, 0, sizeof(*found));
    if (status != SCEP_OK) {
        return status;
    }
    sql = repeat->csr_hash != NULL ? look(&l) : look_by_id(&l);
    status = scep_store_end(&l.s, sql, false, "recall a message", res);
    if (status == SCEP_OK && l.heard) {
        scep_store_request_heard(store, found->request, repeat->now, pool);
    }
    return status;
}
