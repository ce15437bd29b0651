/* Licensed under the Apache License, Version 2.0; see LICENSE. */
/**
 * @file scep_store_p.h
 * What the store's own files share: a session on one of the connections, with
 * or without a write transaction, and what is in rows. (store layer, private)
 *
 *     status = scep_store_begin(store, &s, res);
 *     if (status == SCEP_OK) {
 *         sql = scep_store_run(&s, SCEP_Q_..., values, NULL, NULL, NULL);
 *         status = scep_store_end(&s, sql, true, "what", res);
 *     }
 */
#ifndef SCEP_STORE_P_H
#define SCEP_STORE_P_H

#include <apr_tables.h>

#include "scep_store.h"
#include "scep_store_request.h"
#include "scep_store_revocation.h"
#include "scep_store_sql.h"
#include "scep_store_tally.h"
#include "scep_str.h"

/** An id of our own making: 32 hex digits. */
#define SCEP_STORE_ID_SIZE 33

typedef struct scep_store_slot_t {
    scep_sql_conn_t *conn; /* NULL: not connected */
    int next;              /* in the list of free ones; -1: last */
} scep_store_slot_t;

/** One thread's use of a connection. */
typedef struct scep_store_session_t {
    scep_store_t *store;
    int slot; /* whose connection: its own, or that of its group's first */
    int own_slot;
    bool writes;
    bool joined;           /* the transaction is another one's */
    scep_identity_e found; /* not the same: nothing may come of it */
    const char *bad;       /* a table with a row that nothing can be made of;
                            * nothing may come of it either; NULL: none */
    const char *why;       /* of a failure that the driver knows nothing of;
                            * NULL: ask the driver */
    uint64_t position;     /* of the database before this transaction */
    /* while it waits for the end of its group: */
    struct scep_store_session_t *next;
    bool ended;
    scep_sql_status_e outcome;
} scep_store_session_t;

/** The driver of that name; NULL: there is none. */
const scep_sql_driver_t *scep_store_driver_of(const char *name);

/** There is no driver of the name in CONFIG. @return SCEP_BROKEN */
scep_status_e scep_store_no_driver(const scep_store_config_t *config,
                                   scep_result_t *res);

/** The last count of outstanding passwords. */
scep_store_tally_t *scep_store_tally(scep_store_t *store);

/** Get a connection, for reading. @return SCEP_OK: scep_store_end() must
 * follow */
scep_status_e scep_store_use(scep_store_t *store, scep_store_session_t *s,
                             scep_result_t *res);

/** Get a connection and begin the write transaction. */
scep_status_e scep_store_begin(scep_store_t *store, scep_store_session_t *s,
                               scep_result_t *res);

/** What runs the statements of S, for those that also know no store. */
const scep_sql_driver_t *scep_store_driver(const scep_store_session_t *s);
scep_sql_conn_t *scep_store_connection(const scep_store_session_t *s);

/** Run a statement of the list. */
scep_sql_status_e scep_store_run(scep_store_session_t *s,
                                 scep_store_query_e query,
                                 const scep_sql_value_t *values,
                                 scep_sql_row_fn *row, void *baton,
                                 apr_int64_t *changed);

/**
 * Commit if all went well (SQL is SCEP_SQL_OK) and it is wanted, else roll
 * back; give the connection back.
 * @param what was being done, for the log
 * @return SCEP_OK if SQL was, no row was bad, and what was to be committed is
 *     durable
 */
scep_status_e scep_store_end(scep_store_session_t *s, scep_sql_status_e sql,
                             bool commit, const char *what, scep_result_t *res);

/**
 * One statement that reads, on a connection of its own.
 * @param bad set by ROW if it can make nothing of one; NULL: it always can
 * @param table for messages
 * @return SCEP_OK; SCEP_BROKEN (SCEP_R_INTERNAL) if BAD is set
 */
scep_status_e scep_store_read(scep_store_t *store, scep_store_query_e query,
                              const scep_sql_value_t *values,
                              scep_sql_row_fn *row, void *baton,
                              const bool *bad, const char *table,
                              scep_result_t *res);

/** There is a row in TABLE that nothing can be made of. @return SCEP_BROKEN */
scep_status_e scep_store_bad_row(const char *table, scep_result_t *res);

/** For a statement that finds a number: *(apr_int64_t *)BATON, -1 if it is
 * none. */
bool scep_store_take_number(void *baton, const char *const *columns, int count);

/** The number, not below 0, that such a statement finds in TABLE; -1 but for
 * SCEP_OK. As scep_store_read(). */
scep_status_e scep_store_read_number(scep_store_t *store,
                                     scep_store_query_e query,
                                     const scep_sql_value_t *values,
                                     const char *table, apr_int64_t *number,
                                     scep_result_t *res);

/** For a statement of which only counts whether it finds a row: *(bool *)BATON
 * is set. */
bool scep_store_note_row(void *baton, const char *const *columns, int count);

/** A column's hash; NULL if it is none. */
const unsigned char *scep_store_hash(apr_pool_t *pool, const char *column);

/** HASH as a statement takes it, from POOL; NULL for NULL. */
const char *scep_store_hex(apr_pool_t *pool, const unsigned char *hash);

/** OCTETS as a statement takes them, from POOL. */
const char *scep_store_octets_hex(apr_pool_t *pool, scep_octets_t octets);

/** A column's octets. @return false: they are none */
bool scep_store_octets(apr_pool_t *pool, const char *column,
                       scep_octets_t *octets);

/** A new random id for a row that the outside sees, made before the write
 * transaction.
 * @return SCEP_OK, or SCEP_BROKEN if the generator failed */
scep_status_e scep_store_new_id(char id[SCEP_STORE_ID_SIZE],
                                scep_result_t *res);

/** Serials of the certificates that SUBJECT has, as scep_store_subject_find()
 * means it. @param serials array of const char * */
scep_sql_status_e scep_store_subject_serials(scep_store_session_t *s,
                                             const scep_subject_t *subject,
                                             apr_array_header_t *serials);

/** What a statement finds, from POOL; NULL: nothing. A bad row is noted in S. */
scep_sql_status_e scep_store_find_challenge(scep_store_session_t *s,
                                            const char *hash, apr_pool_t *pool,
                                            scep_challenge_row_t **row);
scep_sql_status_e scep_store_find_transaction(scep_store_session_t *s,
                                              scep_store_query_e query,
                                              const scep_sql_value_t *values,
                                              apr_pool_t *pool,
                                              scep_transaction_row_t **row);
scep_sql_status_e scep_store_find_request(scep_store_session_t *s,
                                          scep_store_query_e query,
                                          const scep_sql_value_t *values,
                                          apr_time_t now, apr_pool_t *pool,
                                          scep_request_row_t **row);
scep_sql_status_e scep_store_find_revocation(scep_store_session_t *s,
                                             const char *ca_id,
                                             const char *serial,
                                             apr_pool_t *pool,
                                             scep_revocation_row_t **row);

/** The device of ROW, which is over, heard that. Fails silently. */
void scep_store_request_heard(scep_store_t *store,
                              const scep_request_row_t *row, apr_time_t now,
                              apr_pool_t *pool);

/** Who wants to use a transactionID (scep_store_recall.h). */
typedef struct scep_transaction_id_t {
    const char *ca_id;
    const char *text;     /* the id */
    const char *endpoint; /* where; NULL is one of its own */
    bool proved;          /* by a password, a provider, or a certificate */
    apr_time_t since;     /* a certificate counts if it was issued in this time
                       * before NOW (or as much after: the clock may have been
                       * set back); APR_INT64_MAX: none does */
    apr_time_t now;       /* requests that have run out then do not count */
} scep_transaction_id_t;

/** Does another key hold ID against the one with KEY_HASH, in hex? */
scep_sql_status_e scep_store_id_find(scep_store_session_t *s,
                                     const scep_transaction_id_t *id,
                                     const char *key_hash, bool *taken);

/** scep_store_requests_expire() inside a write transaction. */
scep_sql_status_e scep_store_requests_expire_in(scep_store_session_t *s,
                                                apr_time_t now);

/** scep_store_request_decide() inside a write transaction, to be committed only
 * if *CHANGED is 1. @param quietly without an audit row */
scep_sql_status_e scep_store_request_decide_in(scep_store_session_t *s,
                                               const scep_decision_t *d,
                                               const scep_request_row_t *row,
                                               bool quietly, apr_pool_t *pool,
                                               apr_int64_t *changed);

/** A row of the audit table; NULL where a thing does not apply. */
typedef struct scep_audit_t {
    const char *event;
    apr_time_t at;
    const char *ca_id;
    const char *actor;
    const char *peer;
    const char *challenge_hash; /* hex */
    const char *transaction_id;
    const char *serial;
    unsigned int reason; /* 0: none */
    const char *subject;
    const char *detail;
} scep_audit_t;

scep_sql_status_e scep_store_audit(scep_store_session_t *s,
                                   const scep_audit_t *audit);

/** Read a row of SCEP_CERTIFICATE_COLUMNS, and more behind them, into ROW, with
 * strings from POOL. @return false: it is malformed */
struct scep_certificate_row_t;
bool scep_store_certificate_row(const char *const *columns, int count,
                                apr_pool_t *pool,
                                struct scep_certificate_row_t *row);

/** scep_store_revoke() inside a write transaction, to be committed only for
 * SCEP_REVOKE_RECORDED. */
scep_sql_status_e scep_store_revoke_in(scep_store_session_t *s,
                                       const scep_revoke_t *revoke,
                                       apr_pool_t *pool,
                                       scep_revoke_outcome_e *outcome);

#endif
