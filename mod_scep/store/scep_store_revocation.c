/* Licensed under the Apache License, Version 2.0; see LICENSE. */
/*
 * scep_store_revocation.c: records and reads revocations. (store layer)
 *
 * All revocations of a CA are read in pages, because a driver may hold a whole
 * result in memory.
 */
#include "scep_store_revocation.h"

#include <apr_cstr.h>
#include <apr_strings.h>

#include "scep_store_p.h"

/* --- reasons -------------------------------------------------------------- */

static const struct {
    scep_revocation_reason_e reason;
    const char *name;
} reasons[] = {
    {SCEP_REVOKED_UNSPECIFIED, "unspecified"},
    {SCEP_REVOKED_KEY_COMPROMISE, "keyCompromise"},
    {SCEP_REVOKED_CA_COMPROMISE, "cACompromise"},
    {SCEP_REVOKED_AFFILIATION_CHANGED, "affiliationChanged"},
    {SCEP_REVOKED_SUPERSEDED, "superseded"},
    {SCEP_REVOKED_CESSATION_OF_OPERATION, "cessationOfOperation"},
    {SCEP_REVOKED_PRIVILEGE_WITHDRAWN, "privilegeWithdrawn"},
    {SCEP_REVOKED_AA_COMPROMISE, "aACompromise"},
};

enum { REASONS = sizeof(reasons) / sizeof(reasons[0]) };

const char *scep_revocation_reason_name(int reason)
{
    int i;

    for (i = 0; i < REASONS; i++) {
        if ((int)reasons[i].reason == reason) {
            return reasons[i].name;
        }
    }
    return NULL;
}

bool scep_revocation_reason_of(const char *name,
                               scep_revocation_reason_e *reason)
{
    int i;

    for (i = 0; i < REASONS; i++) {
        if (apr_cstr_casecmp(reasons[i].name, name) == 0) {
            *reason = reasons[i].reason;
            return true;
        }
    }
    return false;
}

/* --- reading -------------------------------------------------------------- */

enum { PAGE = 1000 };

/* The order of SCEP_REVOCATION_COLUMNS. */
enum {
    SCOPE,
    SERIAL,
    EFFECTIVE,
    REASON,
    NOT_AFTER,
    CREATED,
    ACTOR,
    SEQ,
    COLUMNS
};

/* The strings of ROW are those of COLUMNS. */
static bool read_row(const char *const *columns, int count,
                     scep_revocation_row_t *row)
{
    apr_int64_t reason;

    row->not_after = 0;
    if (count != COLUMNS || columns[SCOPE] == NULL || columns[SERIAL] == NULL ||
        !scep_sql_number(columns[EFFECTIVE], &row->effective) ||
        !scep_sql_number(columns[REASON], &reason) || reason < 0 ||
        reason > SCEP_REVOKED_AA_COMPROMISE ||
        scep_revocation_reason_name((int)reason) == NULL ||
        (columns[NOT_AFTER] != NULL &&
         !scep_sql_number(columns[NOT_AFTER], &row->not_after)) ||
        !scep_sql_number(columns[CREATED], &row->created) ||
        !scep_sql_number(columns[SEQ], &row->seq)) {
        return false;
    }
    row->ca_id = columns[SCOPE];
    row->serial = columns[SERIAL];
    row->reason = (scep_revocation_reason_e)reason;
    row->actor = columns[ACTOR];
    return true;
}

typedef struct find_t {
    scep_store_session_t *s;
    apr_pool_t *pool;
    scep_revocation_row_t *row; /* NULL: none */
} find_t;

static bool find_row(void *baton, const char *const *columns, int count)
{
    find_t *find = baton;
    scep_revocation_row_t *row = apr_pcalloc(find->pool, sizeof(*row));

    if (!read_row(columns, count, row)) {
        find->s->bad = "revocations";
        return false;
    }
    row->ca_id = apr_pstrdup(find->pool, row->ca_id);
    row->serial = apr_pstrdup(find->pool, row->serial);
    row->actor = apr_pstrdup(find->pool, row->actor);
    find->row = row;
    return true;
}

scep_sql_status_e scep_store_find_revocation(scep_store_session_t *s,
                                             const char *ca_id,
                                             const char *serial,
                                             apr_pool_t *pool,
                                             scep_revocation_row_t **row)
{
    const scep_sql_value_t values[] = {{ca_id, 0}, {serial, 0}};
    find_t find = {s, pool, NULL};
    scep_sql_status_e sql = scep_store_run(s, SCEP_Q_REVOCATION_FIND, values,
                                           find_row, &find, NULL);

    *row = find.row;
    return sql;
}

scep_status_e scep_store_revocation_find(scep_store_t *store, const char *ca_id,
                                         const char *serial, apr_pool_t *pool,
                                         scep_revocation_row_t **row,
                                         scep_result_t *res)
{
    scep_store_session_t s;
    scep_sql_status_e sql;
    scep_status_e status = scep_store_use(store, &s, res);

    *row = NULL;
    if (status == SCEP_OK) {
        sql = scep_store_find_revocation(&s, ca_id, serial, pool, row);
        status = scep_store_end(&s, sql, false, "read", res);
    }
    return status == SCEP_OK && *row == NULL ? SCEP_NOT_FOUND : status;
}

typedef struct walk_t {
    scep_revocation_each_fn *each;
    void *baton;
    apr_pool_t *pool; /* of LAST, which is allocated once for each page */
    int count;        /* of this page's rows */
    const char *last; /* serial of its last row */
    scep_status_e status;
    bool bad;
} walk_t;

static bool walk_row(void *baton, const char *const *columns, int count)
{
    walk_t *walk = baton;
    scep_revocation_row_t row;

    if (!read_row(columns, count, &row)) {
        walk->bad = true;
        return false;
    }
    if (++walk->count == PAGE) {
        walk->last = apr_pstrdup(walk->pool, row.serial);
    }
    walk->status = walk->each(walk->baton, &row);
    return walk->status == SCEP_OK;
}

scep_status_e scep_store_revocations_each(scep_store_t *store,
                                          const char *ca_id, apr_time_t now,
                                          apr_time_t alive,
                                          scep_revocation_each_fn *each,
                                          void *baton, scep_result_t *res)
{
    walk_t walk = {each, baton, res->pool, 0, "", SCEP_OK, false};
    scep_status_e status;

    do {
        const scep_sql_value_t values[] = {
            {ca_id, 0},    {walk.last, 0}, {NULL, now},
            {NULL, alive}, {NULL, PAGE},
        };

        walk.count = 0;
        status =
            scep_store_read(store, SCEP_Q_REVOCATIONS_EACH, values, walk_row,
                            &walk, &walk.bad, "revocations", res);
        if (status == SCEP_OK) {
            status = walk.status;
        }
    } while (status == SCEP_OK && walk.count == PAGE);
    return status;
}

/* --- revoking ------------------------------------------------------------- */

static scep_sql_status_e find_last(scep_store_session_t *s, const char *ca_id,
                                   apr_int64_t *seq)
{
    const scep_sql_value_t value = {ca_id, 0};

    *seq = -1;
    return scep_store_run(s, SCEP_Q_REVOCATION_LAST, &value,
                          scep_store_take_number, seq, NULL);
}

/* What the record knows of the certificate. */
typedef struct certificate_t {
    scep_store_session_t *s;
    apr_pool_t *pool;
    bool found;
    const char *subject;
    apr_time_t not_after;
} certificate_t;

static bool take_certificate(void *baton, const char *const *columns, int count)
{
    certificate_t *cert = baton;

    cert->found = true;
    if (count != 2 || !scep_sql_number(columns[1], &cert->not_after)) {
        cert->s->bad = "certificates";
        return false;
    }
    cert->subject = apr_pstrdup(cert->pool, columns[0]);
    return true;
}

static scep_sql_status_e find_certificate(scep_store_session_t *s,
                                          const scep_revocation_row_t *row,
                                          certificate_t *cert)
{
    const scep_sql_value_t values[] = {
        {row->ca_id, 0}, {row->serial, 0}, {row->ca_id, 0}, {row->serial, 0}};

    return scep_store_run(s, SCEP_Q_REVOCATION_SUBJECT, values,
                          take_certificate, cert, NULL);
}

static int weight(scep_revocation_reason_e reason)
{
    switch (reason) {
    case SCEP_REVOKED_KEY_COMPROMISE:
    case SCEP_REVOKED_CA_COMPROMISE:
    case SCEP_REVOKED_AA_COMPROMISE:
        return 2;
    case SCEP_REVOKED_SUPERSEDED:
        return 0;
    default:
        return 1;
    }
}

/* Merge OLD into NEW. False: OLD already says all that. */
static bool merge(const scep_revocation_row_t *old, scep_revocation_row_t *new)
{
    bool sooner = new->effective < old->effective;
    bool weightier = weight(new->reason) > weight(old->reason);

    if (!sooner) {
        new->effective = old->effective;
    }
    if (weight(new->reason) < weight(old->reason)) {
        new->reason = old->reason;
    }
    return sooner || weightier;
}

/* Add a row, or change the existing one. */
static scep_sql_status_e write_row(scep_store_session_t *s,
                                   const scep_revocation_row_t *row,
                                   apr_time_t not_after, apr_int64_t seq,
                                   bool exists)
{
    const scep_sql_value_t add[] = {
        {row->ca_id, 0},     {row->serial, 0},  {NULL, row->effective},
        {NULL, row->reason}, {NULL, not_after}, {NULL, row->created},
        {row->actor, 0},     {NULL, seq},
    };
    const scep_sql_value_t advance[] = {
        {NULL, row->effective}, {NULL, row->reason}, {NULL, row->created},
        {row->actor, 0},        {NULL, seq},         {row->ca_id, 0},
        {row->serial, 0},
    };

    return scep_store_run(
        s, exists ? SCEP_Q_REVOCATION_ADVANCE : SCEP_Q_REVOCATION_ADD,
        exists ? advance : add, NULL, NULL, NULL);
}

static scep_sql_status_e record(scep_store_session_t *s,
                                const scep_revoke_t *revoke,
                                const scep_revocation_row_t *row,
                                const certificate_t *cert, bool exists,
                                apr_pool_t *pool)
{
    const char *why = scep_revocation_reason_name((int)revoke->row.reason);
    const scep_audit_t audit = {
        .event = SCEP_AUDIT_REVOKED,
        .at = row->created,
        .ca_id = row->ca_id,
        .actor = row->actor,
        .peer = revoke->peer,
        .serial = row->serial,
        .subject = cert->subject,
        .detail = revoke->detail == NULL
                      ? why
                      : apr_pstrcat(pool, why, ": ", revoke->detail, NULL),
    };
    apr_int64_t last;
    scep_sql_status_e sql = find_last(s, row->ca_id, &last);

    if (sql == SCEP_SQL_OK) {
        sql = write_row(s, row, cert->found ? cert->not_after : row->not_after,
                        last + 1, exists);
    }
    return sql == SCEP_SQL_OK ? scep_store_audit(s, &audit) : sql;
}

scep_sql_status_e scep_store_revoke_in(scep_store_session_t *s,
                                       const scep_revoke_t *revoke,
                                       apr_pool_t *pool,
                                       scep_revoke_outcome_e *outcome)
{
    scep_revocation_row_t row = revoke->row, *old;
    certificate_t cert = {.s = s, .pool = pool};
    scep_sql_status_e sql =
        scep_store_find_revocation(s, row.ca_id, row.serial, pool, &old);

    if (sql == SCEP_SQL_OK) {
        sql = find_certificate(s, &row, &cert);
    }
    *outcome = SCEP_REVOKE_RECORDED;
    if (old != NULL && !merge(old, &row)) {
        *outcome = SCEP_REVOKE_ALREADY;
    }
    else if (old == NULL && !cert.found && !revoke->unknown) {
        *outcome = SCEP_REVOKE_UNKNOWN;
    }
    return sql == SCEP_SQL_OK && s->bad == NULL &&
                   *outcome == SCEP_REVOKE_RECORDED
               ? record(s, revoke, &row, &cert, old != NULL, pool)
               : sql;
}

scep_status_e scep_store_revoke(scep_store_t *store,
                                const scep_revoke_t *revoke, apr_pool_t *pool,
                                scep_revoke_outcome_e *outcome,
                                scep_result_t *res)
{
    scep_store_session_t s;
    scep_revoke_outcome_e reached;
    scep_sql_status_e sql;
    scep_status_e status = scep_store_begin(store, &s, res);

    /* Without checking the status, nobody must believe that it is revoked. */
    *outcome = SCEP_REVOKE_UNKNOWN;
    if (status != SCEP_OK) {
        return status;
    }
    sql = scep_store_revoke_in(&s, revoke, pool, &reached);
    status = scep_store_end(&s, sql, reached == SCEP_REVOKE_RECORDED,
                            "revoke a certificate", res);
    if (status == SCEP_OK) {
        *outcome = reached;
    }
    return status;
}
