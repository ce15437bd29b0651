/* Licensed under the Apache License, Version 2.0; see LICENSE. */
/*
 * scep_store_issue.c: records issued certificates with their transactions, and
 * looks them up for devices that ask again. (store layer)
 */
#include "scep_name_search.h"
#include "scep_store_p.h"
#include "scep_store_request.h"
#include "scep_store_search.h"

#include <apr_strings.h>

/* --- recording ------------------------------------------------------------ */

/* The values in the database's form, made before its lock is taken. */
typedef struct texts_t {
    apr_int64_t id;           /* of the certificate, once it is recorded */
    const char *message_hash; /* NULL: not recorded */
    const char *key_hash;
    const char *csr_hash;
    const char *cert_key_hash;  /* NULL: not known */
    const char *challenge_hash; /* NULL: none */
    const char *subject_hash;   /* NULL: none */
    const char *subject_folded; /* NULL: it is ASCII */
    const char *der;
} texts_t;

static scep_status_e make_texts(const scep_issue_t *issue, apr_pool_t *pool,
                                texts_t *texts, scep_result_t *res)
{
    texts->message_hash =
        issue->message_hash != NULL
            ? scep_hex_lower(pool, issue->message_hash, SCEP_HASH_SIZE)
            : NULL;
    texts->key_hash = scep_hex_lower(pool, issue->key_hash, SCEP_HASH_SIZE);
    texts->csr_hash = scep_hex_lower(pool, issue->csr_hash, SCEP_HASH_SIZE);
    texts->cert_key_hash =
        issue->cert_key_hash != NULL
            ? scep_hex_lower(pool, issue->cert_key_hash, SCEP_HASH_SIZE)
            : NULL;
    texts->challenge_hash =
        issue->challenge_hash != NULL
            ? scep_hex_lower(pool, issue->challenge_hash, SCEP_HASH_SIZE)
            : NULL;
    texts->subject_hash =
        issue->subject_hash != NULL
            ? scep_hex_lower(pool, issue->subject_hash, SCEP_HASH_SIZE)
            : NULL;
    texts->subject_folded =
        issue->subject != NULL && !scep_name_is_ascii(issue->subject)
            ? scep_name_fold(pool, issue->subject)
            : NULL;
    texts->id = 0;
    if (issue->cert_der.data == NULL) {
        return scep_fail(res, SCEP_R_INTERNAL, "no certificate to record");
    }
    texts->der = scep_store_octets_hex(pool, issue->cert_der);
    return SCEP_OK;
}

/* Has the message been answered in between? */
static scep_sql_status_e find_message(scep_store_session_t *s,
                                      const scep_issue_t *issue,
                                      const texts_t *texts, bool *found)
{
    const scep_sql_value_t values[] = {{texts->message_hash, 0},
                                       {issue->ca_id, 0}};

    *found = false;
    return texts->message_hash != NULL
               ? scep_store_run(s, SCEP_Q_TRANSACTION_BY_MESSAGE, values,
                                scep_store_note_row, found, NULL)
               : SCEP_SQL_OK;
}

static scep_sql_status_e find_same(scep_store_session_t *s,
                                   const scep_issue_t *issue,
                                   const texts_t *texts, bool *found)
{
    const scep_sql_value_t values[] = {
        {issue->ca_id, 0},          {issue->transaction_id, 0},
        {NULL, issue->retry_since}, {texts->key_hash, 0},
        {texts->csr_hash, 0},       {issue->renewal_of, 0},
        {NULL, issue->now},
    };

    *found = false;
    return scep_store_run(s, SCEP_Q_TRANSACTION_SAME, values,
                          scep_store_note_row, found, NULL);
}

/* Look before now and, in case the clock was set back, after now. */
static scep_sql_status_e find_other_key(scep_store_session_t *s,
                                        const scep_issue_t *issue,
                                        const texts_t *texts, bool *found)
{
    const scep_transaction_id_t id = {
        .ca_id = issue->ca_id,
        .text = issue->transaction_id,
        .endpoint = issue->endpoint,
        .proved = issue->proved,
        .since = issue->retry_since,
        .now = issue->now,
    };

    return scep_store_id_find(s, &id, texts->key_hash, found);
}

/* Was it recorded in between, or has another key taken its id? */
static scep_sql_status_e find_rival(scep_store_session_t *s,
                                    const scep_issue_t *issue,
                                    const texts_t *texts,
                                    scep_issue_outcome_e *outcome)
{
    bool same, other = false;
    scep_sql_status_e sql = find_message(s, issue, texts, &same);

    if (sql == SCEP_SQL_OK && !same && issue->retry_since != 0) {
        sql = find_same(s, issue, texts, &same);
    }
    if (sql == SCEP_SQL_OK && !same && issue->retry_since != 0) {
        sql = find_other_key(s, issue, texts, &other);
    }
    if (same || other) {
        *outcome = same ? SCEP_ISSUE_DUPLICATE : SCEP_ISSUE_ID_TAKEN;
    }
    return sql;
}

/* The certificate to be renewed may have been revoked in between, by a user or
 * by another renewal with ScepRenewalRevokeOld. */
static scep_sql_status_e find_revoked(scep_store_session_t *s,
                                      const scep_issue_t *issue,
                                      scep_issue_outcome_e *outcome)
{
    const scep_sql_value_t values[] = {
        {issue->ca_id, 0}, {issue->renewal_of, 0}, {NULL, issue->now}};
    bool found = false;
    scep_sql_status_e sql = scep_store_run(s, SCEP_Q_REVOKED_NOW, values,
                                           scep_store_note_row, &found, NULL);

    if (found) {
        *outcome = SCEP_ISSUE_OLD_REVOKED;
    }
    return sql;
}

static const char *issuer_of(const scep_issue_t *issue)
{
    return issue->issuer_ca_id != NULL ? issue->issuer_ca_id : issue->ca_id;
}

/* Find the certificates of the subject. The new one is not recorded yet. */
static scep_sql_status_e find_duplicates(scep_store_session_t *s,
                                         const scep_issue_t *issue,
                                         apr_array_header_t *serials)
{
    const scep_subject_t subject = {
        .ca_id = issuer_of(issue),
        .hash = issue->subject_hash,
        .text = issue->subject,
        .key_hash = issue->duplicate == SCEP_DUPLICATE_REFUSE
                        ? issue->cert_key_hash
                        : NULL,
        .now = issue->now,
    };

    return issue->duplicate != SCEP_DUPLICATE_ALLOW &&
                   issue->subject_hash != NULL
               ? scep_store_subject_serials(s, &subject, serials)
               : SCEP_SQL_OK;
}

/* Changes the challenge only if it is outstanding. If several requests try, as
 * many succeed as it has uses left. */
static scep_sql_status_e spend(scep_store_session_t *s,
                               const scep_issue_t *issue, const texts_t *texts,
                               bool *spent)
{
    const scep_sql_value_t values[] = {
        {NULL, SCEP_CHALLENGE_SPENT},
        {NULL, issue->now},
        {issue->serial, 0},
        {texts->challenge_hash, 0},
        {issue->ca_id, 0},
        {NULL, SCEP_CHALLENGE_OUTSTANDING},
        {NULL, issue->now},
    };
    apr_int64_t changed = 0;
    scep_sql_status_e sql =
        scep_store_run(s, SCEP_Q_CHALLENGE_SPEND, values, NULL, NULL, &changed);

    *spent = changed == 1;
    return sql;
}

static scep_sql_status_e add_row(scep_store_session_t *s,
                                 const scep_issue_t *issue,
                                 const texts_t *texts)
{
    const scep_sql_value_t values[] = {
        {NULL, texts->id},         {issuer_of(issue), 0},
        {issue->serial, 0},        {issue->subject, 0},
        {NULL, issue->not_before}, {NULL, issue->not_after},
        {issue->profile, 0},       {texts->der, 0},
        {NULL, issue->now},        {texts->cert_key_hash, 0},
        {texts->subject_hash, 0},  {texts->subject_folded, 0},
        {issuer_of(issue), 0},     {issue->serial, 0},
    };
    apr_int64_t added = 0;
    scep_sql_status_e sql =
        scep_store_run(s, SCEP_Q_CERTIFICATE_ADD, values, NULL, NULL, &added);

    if (sql == SCEP_SQL_OK && added != 1) {
        s->why = "the CA gave the serial number of a deleted certificate again";
        return SCEP_SQL_CONSTRAINT;
    }
    return sql;
}

/* Writers take turns, so the number is still free. */
static scep_sql_status_e add_certificate(scep_store_session_t *s,
                                         const scep_issue_t *issue,
                                         texts_t *texts)
{
    scep_sql_status_e sql =
        scep_store_run(s, SCEP_Q_CERTIFICATE_NEXT, NULL, scep_store_take_number,
                       &texts->id, NULL);

    return sql == SCEP_SQL_OK ? add_row(s, issue, texts) : sql;
}

static scep_sql_status_e add_transaction(scep_store_session_t *s,
                                         const scep_issue_t *issue,
                                         const texts_t *texts)
{
    const scep_sql_value_t values[] = {
        {NULL, texts->id},          {issue->ca_id, 0},
        {issue->transaction_id, 0}, {texts->key_hash, 0},
        {texts->csr_hash, 0},       {texts->challenge_hash, 0},
        {NULL, issue->now},         {issue->peer, 0},
        {issue->renewal_of, 0},     {issue->renewal_ca_id, 0},
        {issue->endpoint, 0},       {NULL, issue->proved},
    };

    return scep_store_run(s, SCEP_Q_TRANSACTION_ADD, values, NULL, NULL, NULL);
}

/* If the request waited, the message that came first is answered with the
 * certificate, too. */
static scep_sql_status_e add_messages(scep_store_session_t *s,
                                      const scep_issue_t *issue,
                                      const texts_t *texts)
{
    const scep_sql_value_t first[] = {
        {NULL, texts->id}, {NULL, issue->not_after}, {issue->request_id, 0}};
    const scep_sql_value_t this[] = {{texts->message_hash, 0},
                                     {issue->ca_id, 0},
                                     {NULL, texts->id},
                                     {NULL, issue->not_after},
                                     {NULL, issue->now}};
    scep_sql_status_e sql = SCEP_SQL_OK;

    if (issue->request_id != NULL) {
        sql = scep_store_run(s, SCEP_Q_MESSAGE_ISSUED, first, NULL, NULL, NULL);
    }
    return sql == SCEP_SQL_OK && texts->message_hash != NULL
               ? scep_store_run(s, SCEP_Q_MESSAGE_ADD, this, NULL, NULL, NULL)
               : sql;
}

/* A certificate that is revoked already is not changed. */
static scep_sql_status_e revoke_old(scep_store_session_t *s,
                                    const scep_issue_t *issue, apr_pool_t *pool)
{
    scep_revoke_outcome_e outcome;

    return scep_store_revoke_in(s, issue->revoke, pool, &outcome);
}

static scep_sql_status_e supersede(scep_store_session_t *s,
                                   const scep_issue_t *issue,
                                   const apr_array_header_t *serials,
                                   apr_pool_t *pool)
{
    scep_sql_status_e sql = SCEP_SQL_OK;
    scep_revoke_outcome_e outcome;
    int i;

    for (i = 0; i < serials->nelts && sql == SCEP_SQL_OK; i++) {
        const scep_revoke_t revoke = {
            .row = {.ca_id = issuer_of(issue),
                    .serial = APR_ARRAY_IDX(serials, i, const char *),
                    .effective = issue->now,
                    .reason = SCEP_REVOKED_SUPERSEDED,
                    .created = issue->now},
            .peer = issue->peer,
            .detail = "enrolled anew",
        };

        sql = scep_store_revoke_in(s, &revoke, pool, &outcome);
    }
    if (issue->superseded != NULL) {
        *issue->superseded = serials->nelts;
    }
    return sql;
}

static scep_sql_status_e add_rows(scep_store_session_t *s,
                                  const scep_issue_t *issue, texts_t *texts,
                                  apr_pool_t *pool)
{
    const scep_audit_t audit = {.event = issue->renewal_of != NULL
                                             ? SCEP_AUDIT_RENEWED
                                             : SCEP_AUDIT_ISSUED,
                                .at = issue->now,
                                .ca_id = issue->ca_id,
                                .peer = issue->peer,
                                .challenge_hash = texts->challenge_hash,
                                .transaction_id = issue->transaction_id,
                                .serial = issue->serial,
                                .subject = issue->subject};
    scep_sql_status_e sql = add_certificate(s, issue, texts);

    if (sql == SCEP_SQL_OK) {
        sql = add_transaction(s, issue, texts);
    }
    if (sql == SCEP_SQL_OK) {
        sql = add_messages(s, issue, texts);
    }
    if (sql == SCEP_SQL_OK) {
        sql = scep_store_audit(s, &audit);
    }
    return sql == SCEP_SQL_OK && issue->revoke != NULL
               ? revoke_old(s, issue, pool)
               : sql;
}

/* Record everything, unless a certificate of the subject prevents it, which
 * changes OUTCOME. */
static scep_sql_status_e add_all(scep_store_session_t *s,
                                 const scep_issue_t *issue, texts_t *texts,
                                 apr_pool_t *pool,
                                 scep_issue_outcome_e *outcome)
{
    apr_array_header_t *serials = apr_array_make(pool, 1, sizeof(char *));
    scep_sql_status_e sql = find_duplicates(s, issue, serials);

    if (sql == SCEP_SQL_OK && serials->nelts > 0 &&
        issue->duplicate == SCEP_DUPLICATE_REFUSE) {
        *outcome = SCEP_ISSUE_SUBJECT_TAKEN;
        return sql;
    }
    if (sql == SCEP_SQL_OK) {
        sql = add_rows(s, issue, texts, pool);
    }
    return sql == SCEP_SQL_OK ? supersede(s, issue, serials, pool) : sql;
}

/* If several issue for one request, only one succeeds. The challenge was spent
 * when the request was queued. */
static scep_sql_status_e close_request(scep_store_session_t *s,
                                       const scep_issue_t *issue,
                                       texts_t *texts, apr_pool_t *pool,
                                       scep_issue_outcome_e *outcome)
{
    const scep_sql_value_t serial[] = {{issue->serial, 0},
                                       {texts->challenge_hash, 0}};
    apr_int64_t changed = 0;
    scep_sql_status_e sql = add_all(s, issue, texts, pool, outcome);

    if (*outcome != SCEP_ISSUE_RECORDED) {
        return sql;
    }
    if (sql == SCEP_SQL_OK) {
        const scep_sql_value_t close[] = {{NULL, SCEP_REQUEST_ISSUED},
                                          {NULL, texts->id},
                                          {issue->request_id, 0}};

        sql = scep_store_run(s, SCEP_Q_REQUEST_ISSUED, close, NULL, NULL,
                             &changed);
    }
    if (sql == SCEP_SQL_OK && changed != 1) {
        *outcome = SCEP_ISSUE_DUPLICATE;
    }
    return sql == SCEP_SQL_OK && texts->challenge_hash != NULL
               ? scep_store_run(s, SCEP_Q_CHALLENGE_SERIAL, serial, NULL, NULL,
                                NULL)
               : sql;
}

/* Runs inside the write transaction, which is committed only for RECORDED. */
static scep_sql_status_e record(scep_store_session_t *s,
                                const scep_issue_t *issue, texts_t *texts,
                                apr_pool_t *pool, scep_issue_outcome_e *outcome)
{
    scep_sql_status_e sql;
    bool spent = true;

    *outcome = SCEP_ISSUE_RECORDED;
    sql = find_rival(s, issue, texts, outcome);
    if (sql == SCEP_SQL_OK && *outcome == SCEP_ISSUE_RECORDED &&
        issue->renews_ours) {
        sql = find_revoked(s, issue, outcome);
    }
    if (sql != SCEP_SQL_OK || *outcome != SCEP_ISSUE_RECORDED) {
        return sql;
    }
    if (issue->request_id != NULL) {
        return close_request(s, issue, texts, pool, outcome);
    }
    if (texts->challenge_hash != NULL) {
        sql = spend(s, issue, texts, &spent);
    }
    if (sql == SCEP_SQL_OK && !spent) {
        *outcome = SCEP_ISSUE_CHALLENGE_LOST;
        return sql;
    }
    return sql == SCEP_SQL_OK ? add_all(s, issue, texts, pool, outcome) : sql;
}

scep_status_e scep_store_issue(scep_store_t *store, const scep_issue_t *issue,
                               apr_pool_t *pool, scep_issue_outcome_e *outcome,
                               scep_result_t *res)
{
    texts_t texts;
    scep_store_session_t s;
    scep_issue_outcome_e reached;
    scep_sql_status_e sql;
    scep_status_e status = make_texts(issue, pool, &texts, res);

    /* Without checking the status, nobody must believe that it is recorded. */
    *outcome = SCEP_ISSUE_CHALLENGE_LOST;
    if (status == SCEP_OK) {
        status = scep_store_begin(store, &s, res);
    }
    if (status != SCEP_OK) {
        return status;
    }
    sql = record(&s, issue, &texts, pool, &reached);
    status = scep_store_end(&s, sql, reached == SCEP_ISSUE_RECORDED,
                            "record a certificate", res);
    if (status == SCEP_OK) {
        *outcome = reached;
    }
    if (status == SCEP_OK && reached == SCEP_ISSUE_RECORDED) {
        scep_search_recorded(store, texts.id, pool);
    }
    return status;
}

/* --- looking up ----------------------------------------------------------- */

/* The order of SCEP_TRANSACTION_COLUMNS. */
enum {
    SCOPE,
    TRANSACTION_ID,
    KEY_HASH,
    CSR_HASH,
    CREATED,
    SERIAL,
    DER,
    NOT_AFTER,
    CERTIFICATE_ID,
    COLUMNS
};

typedef struct find_t {
    scep_store_session_t *s;
    apr_pool_t *pool;
    scep_transaction_row_t *row; /* NULL: none */
} find_t;

static bool find_row(void *baton, const char *const *columns, int count)
{
    find_t *find = baton;
    scep_transaction_row_t *row = apr_pcalloc(find->pool, sizeof(*row));
    int i;

    find->s->bad = "transactions";
    for (i = 0; i < COLUMNS; i++) {
        if (i >= count || columns[i] == NULL) {
            return false;
        }
    }
    row->ca_id = apr_pstrdup(find->pool, columns[SCOPE]);
    row->transaction_id = apr_pstrdup(find->pool, columns[TRANSACTION_ID]);
    row->key_hash = scep_store_hash(find->pool, columns[KEY_HASH]);
    row->csr_hash = scep_store_hash(find->pool, columns[CSR_HASH]);
    row->serial = apr_pstrdup(find->pool, columns[SERIAL]);
    row->certificate_id = apr_pstrdup(find->pool, columns[CERTIFICATE_ID]);
    if (row->key_hash == NULL || row->csr_hash == NULL ||
        !scep_store_octets(find->pool, columns[DER], &row->cert_der) ||
        !scep_sql_number(columns[CREATED], &row->created) ||
        !scep_sql_number(columns[NOT_AFTER], &row->not_after)) {
        return false;
    }
    find->s->bad = NULL;
    find->row = row;
    return true;
}

scep_sql_status_e scep_store_find_transaction(scep_store_session_t *s,
                                              scep_store_query_e query,
                                              const scep_sql_value_t *values,
                                              apr_pool_t *pool,
                                              scep_transaction_row_t **row)
{
    find_t found = {s, pool, NULL};
    scep_sql_status_e sql =
        scep_store_run(s, query, values, find_row, &found, NULL);

    *row = found.row;
    return sql;
}

scep_status_e scep_store_message_answered(scep_store_t *store,
                                          const char *ca_id,
                                          const unsigned char *hash,
                                          const scep_transaction_row_t *row,
                                          apr_time_t now, apr_pool_t *pool,
                                          scep_result_t *res)
{
    const scep_sql_value_t values[] = {
        {scep_hex_lower(pool, hash, SCEP_HASH_SIZE), 0},
        {ca_id, 0},
        {NULL, apr_atoi64(row->certificate_id)},
        {NULL, row->not_after},
        {NULL, now},
    };
    scep_store_session_t s;
    scep_sql_status_e sql;
    scep_status_e status = scep_store_begin(store, &s, res);

    if (status != SCEP_OK) {
        return status;
    }
    sql = scep_store_run(&s, SCEP_Q_MESSAGE_ADD, values, NULL, NULL, NULL);
    return scep_store_end(&s, sql, true, "note a message", res);
}

scep_status_e scep_store_transaction_by_challenge(
    scep_store_t *store, const unsigned char *hash,
    const unsigned char *key_hash, const unsigned char *csr_hash,
    const char *renewal_of, apr_pool_t *pool, scep_transaction_row_t **row,
    scep_result_t *res)
{
    const scep_sql_value_t values[] = {
        {scep_hex_lower(pool, hash, SCEP_HASH_SIZE), 0},
        {scep_hex_lower(pool, key_hash, SCEP_HASH_SIZE), 0},
        {scep_hex_lower(pool, csr_hash, SCEP_HASH_SIZE), 0},
        {renewal_of, 0},
    };
    scep_store_session_t s;
    scep_sql_status_e sql;
    scep_status_e status = scep_store_use(store, &s, res);

    *row = NULL;
    if (status == SCEP_OK) {
        sql = scep_store_find_transaction(&s, SCEP_Q_TRANSACTION_BY_CHALLENGE,
                                          values, pool, row);
        status = scep_store_end(&s, sql, false, "read", res);
    }
    return status == SCEP_OK && *row == NULL ? SCEP_NOT_FOUND : status;
}
