/* Licensed under the Apache License, Version 2.0; see LICENSE. */
/**
 * @file scep_store.h
 * The durable record: certificates, transactions, challenges, audit. One set of
 * SQL and migrations, run through a driver (scep_sql.h). (store layer)
 *
 * A scep_store_t is one process's access to one database: it keeps a set of
 * connections and may be used from all threads of that process at once. It must
 * be opened after fork(). All hashes are SCEP_HASH_SIZE octets. All times are
 * UTC microseconds. Results live in the pool of the call.
 *
 * Every call can give SCEP_UNAVAILABLE (SCEP_R_STORE_UNAVAILABLE): database
 * locked too long, disk full, file gone; and SCEP_BROKEN (SCEP_R_INTERNAL).
 */
#ifndef SCEP_STORE_H
#define SCEP_STORE_H

#include <stdbool.h>
#include <sys/types.h>

#include <apr_time.h>

#include "scep.h"
#include "scep_env.h"
#include "scep_store_identity.h"

typedef struct scep_store_t scep_store_t;

/** The settings of ScepDatabase. */
typedef struct scep_store_config_t {
    const char *driver; /* "sqlite3", "pgsql" */
    const char *params; /* sqlite3: the file's path; pgsql: libpq's */
    int connections;    /* the most in this process: one for each thread */
    bool must_exist;    /* scep_store_prepare() must not make a new one */
    /* scep_store_prepare() fills this. A store that is opened with it then
     * accepts no other database. NULL: any database. */
    scep_store_identity_t *identity;
} scep_store_config_t;

/** The names of the drivers, for messages. Constant. */
#ifdef HAVE_LIBPQ
#define SCEP_STORE_DRIVERS "sqlite3 or pgsql"
#else
#define SCEP_STORE_DRIVERS                                                     \
    "sqlite3 (this mod_scep was built without PostgreSQL's libpq)"
#endif

/** Is there a driver of that name? */
bool scep_store_driver_known(const char *driver);

/** Can several machines share the driver's databases? */
bool scep_store_driver_shared(const char *driver);

/** Do the params have a password? */
bool scep_store_config_secret(const scep_store_config_t *config,
                              apr_pool_t *pool);

/** The params without a password, for another program on this machine. */
const char *scep_store_config_open(const scep_store_config_t *config,
                                   apr_pool_t *pool);

/** Do both name the same database, as far as the params tell? */
bool scep_store_config_same(const scep_store_config_t *config,
                            const scep_store_config_t *other, apr_pool_t *pool);

/** The name of the database for messages; no secret. */
const char *scep_store_config_name(const scep_store_config_t *config,
                                   apr_pool_t *pool);

/** Check that the driver exists and understands the params, without connecting.
 * @return SCEP_OK; SCEP_BROKEN (SCEP_R_SETUP) with the cure */
scep_status_e scep_store_check(const scep_store_config_t *config,
                               apr_pool_t *pool, scep_result_t *res);

/** Check, without changing anything, that scep_store_prepare() would accept the
 * existing files for UID, if there are any. A user other than root can only
 * judge files of its own.
 * @return SCEP_OK; SCEP_BROKEN (SCEP_R_SETUP) naming file and cure */
scep_status_e scep_store_look(const scep_store_config_t *config, uid_t uid,
                              apr_pool_t *pool, scep_result_t *res);

/**
 * Parent, as root, before there are children. sqlite3: create the database if
 * it does not exist, give it and its journals (and nothing else) to UID and GID
 * with mode 0600, and refuse a symlink or another user's file. The directory
 * must exist. uid (uid_t)-1: leave the owner. pgsql: the database must exist.
 * Then migrate the schema, under a lock, and close again.
 * @return SCEP_OK; SCEP_BROKEN (SCEP_R_SETUP) naming file and cure, also for a
 *     schema newer than this program knows; SCEP_NOT_FOUND (SCEP_R_SETUP) if it
 *     must exist and is gone, or has no tables of ours
 */
scep_status_e scep_store_prepare(const scep_store_config_t *config,
                                 const scep_env_t *env, uid_t uid, gid_t gid,
                                 apr_pool_t *pool, scep_result_t *res);

/** Without a connection: has the database been replaced since it was prepared?
 * Always SCEP_OK without an identity.
 * @return SCEP_UNAVAILABLE (SCEP_R_STORE_UNAVAILABLE) */
scep_status_e scep_store_in_place(scep_store_t *store, scep_result_t *res);

/** Child: open the store. Connections are made on demand and closed with POOL,
 * except those that are in use then: their users were interrupted, and the
 * process ends. */
scep_status_e scep_store_open(const scep_store_config_t *config,
                              const scep_env_t *env, apr_pool_t *pool,
                              scep_store_t **store, scep_result_t *res);

/** May other machines work on the same database? Then nothing may be decided by
 * what only this machine's memory knows. */
bool scep_store_shared(const scep_store_t *store);

/** The name of the database for messages; no secret. Lives as long as STORE. */
const char *scep_store_name(const scep_store_t *store);

/** How many reads and write transactions this process has begun on STORE, which
 * shows the cost of an operation. Thread-safe. */
apr_uint64_t scep_store_sessions(scep_store_t *store);

typedef enum {
    SCEP_CHALLENGE_OUTSTANDING = 0,
    SCEP_CHALLENGE_SPENT = 1,
    SCEP_CHALLENGE_CANCELLED = 2
} scep_challenge_row_state_e;

/** The row of a one-time password. */
typedef struct scep_challenge_row_t {
    const char *ca_id;
    const unsigned char *hash;
    scep_challenge_row_state_e state;
    apr_time_t created;
    apr_time_t expires;
    const char *drawn_by; /* r->user */
    const char *peer;     /* the address of the user */
    apr_int64_t uses;     /* certificates that are left; at least 1 when added,
                           * 0 once spent */
    const char *limits;   /* JSON, see scep_limits.h; NULL: none */
    const char *label;    /* for people; NULL: none */
    const char *serial;   /* of the newest certificate; NULL: none yet */
} scep_challenge_row_t;

/** Record a drawn password and its audit row. Committed and synced when it
 * returns SCEP_OK. */
scep_status_e scep_store_challenge_add(scep_store_t *store,
                                       const scep_challenge_row_t *row,
                                       apr_pool_t *pool, scep_result_t *res);

/**
 * The same, unless the user has enough passwords. Exact, however many draw at
 * once, on however many machines.
 * @param most how many the user may have outstanding in the CA, this one
 *     included
 * @param full set if the user has that many already; nothing is recorded then
 */
scep_status_e scep_store_challenge_add_within(scep_store_t *store,
                                              const scep_challenge_row_t *row,
                                              apr_int64_t most, bool *full,
                                              apr_pool_t *pool,
                                              scep_result_t *res);

/** How many passwords that USER has drawn are outstanding. */
scep_status_e scep_store_challenges_of_user(scep_store_t *store,
                                            const char *ca_id, const char *user,
                                            apr_time_t now, apr_int64_t *count,
                                            scep_result_t *res);

/** Find a password by its hash. SCEP_NOT_FOUND without filling RES. */
scep_status_e scep_store_challenge_find(scep_store_t *store,
                                        const unsigned char *hash,
                                        apr_pool_t *pool,
                                        scep_challenge_row_t **row,
                                        scep_result_t *res);

/** Called per row; a result other than SCEP_OK ends the walk and becomes its
 * result. ROW lives only during the call. */
typedef scep_status_e scep_challenge_each_fn(void *baton,
                                             const scep_challenge_row_t *row);

/** All outstanding challenges that expire after NOW, the first to expire first,
 * to rebuild the shared table at start. Memory does not grow with their number,
 * except with a shared database, which has no such table. EACH must not use
 * STORE: this call holds a connection. */
scep_status_e scep_store_challenges_each(scep_store_t *store, apr_time_t now,
                                         scep_challenge_each_fn *each,
                                         void *baton, scep_result_t *res);

/** An outstanding one-time password, as it is listed. */
typedef struct scep_challenge_item_t {
    const char *id; /* its keyed hash, lower-case hex */
    apr_time_t created;
    apr_time_t expires;
    const char *drawn_by;
    const char *peer;
    const char *label;  /* NULL: none */
    const char *limits; /* JSON; NULL: none */
    apr_int64_t uses;   /* left */
} scep_challenge_item_t;

/** Called per row; ITEM lives only during the call. */
typedef void scep_challenge_item_fn(void *baton,
                                    const scep_challenge_item_t *item);

/** A page of a list. */
typedef struct scep_challenge_page_t {
    const char *ca_id;
    apr_time_t now;
    const scep_challenge_item_t *after; /* the last item of the page before (id
                                         * and expires); NULL: first page */
    int limit;                          /* most rows */
} scep_challenge_page_t;

/** The outstanding one-time passwords of a CA, the first to expire first.
 * EACH must not use STORE. */
scep_status_e scep_store_challenges_page(scep_store_t *store,
                                         const scep_challenge_page_t *page,
                                         scep_challenge_item_fn *each,
                                         void *baton, scep_result_t *res);

/** How many are outstanding. */
scep_status_e scep_store_challenges_count(scep_store_t *store,
                                          const char *ca_id, apr_time_t now,
                                          apr_int64_t *count,
                                          scep_result_t *res);

/**
 * Record that a password is about to be shown to its user.
 * @param first set if this is the first time; also false if there is no such
 *     password
 */
scep_status_e scep_store_challenge_show(scep_store_t *store, const char *ca_id,
                                        const unsigned char *hash,
                                        apr_time_t now, apr_pool_t *pool,
                                        bool *first, scep_result_t *res);

/** Which password is cancelled, and by whom. */
typedef struct scep_challenge_cancel_t {
    const char *ca_id;
    const unsigned char *hash;
    apr_time_t now;
    const char *actor;
    const char *peer;
} scep_challenge_cancel_t;

typedef enum {
    SCEP_CANCEL_DONE = 0, /* committed: nothing is issued for it any more */
    SCEP_CANCEL_LATE,     /* spent, cancelled or expired before */
    SCEP_CANCEL_UNKNOWN   /* the CA has no such password */
} scep_cancel_outcome_e;

/** Cancel an outstanding password, with its audit row. A request that is using
 * it at that moment fails, unless its certificate is recorded already
 * (invariant 2). */
scep_status_e scep_store_challenge_cancel(scep_store_t *store,
                                          const scep_challenge_cancel_t *cancel,
                                          apr_pool_t *pool,
                                          scep_cancel_outcome_e *outcome,
                                          scep_result_t *res);

/** A transaction with its certificate. */
typedef struct scep_transaction_row_t {
    const char *ca_id; /* of the CA that signed it */
    const char *transaction_id;
    const unsigned char *key_hash; /* of the signer's key */
    const unsigned char *csr_hash;
    apr_time_t created;
    const char *serial; /* upper-case hex */
    scep_octets_t cert_der;
    apr_time_t not_after;
    const char *certificate_id; /* the store's */
} scep_transaction_row_t;

/** Record that a further message is answered with the certificate of ROW; call
 * this before the answer. See scep_store_recall.h. */
scep_status_e scep_store_message_answered(scep_store_t *store,
                                          const char *ca_id,
                                          const unsigned char *hash,
                                          const scep_transaction_row_t *row,
                                          apr_time_t now, apr_pool_t *pool,
                                          scep_result_t *res);

/** The serial of a certificate that was issued on the challenge with HASH, even
 * if the challenge's own row is gone. @return SCEP_NOT_FOUND: none */
scep_status_e scep_store_challenge_used(scep_store_t *store,
                                        const unsigned char *hash,
                                        apr_pool_t *pool, const char **serial,
                                        scep_result_t *res);

/** The newest transaction of that signer's key and CSR on the challenge with
 * HASH. @param renewal_of only a renewal of the certificate with that serial;
 * NULL: any transaction. @return SCEP_NOT_FOUND without filling RES */
scep_status_e scep_store_transaction_by_challenge(
    scep_store_t *store, const unsigned char *hash,
    const unsigned char *key_hash, const unsigned char *csr_hash,
    const char *renewal_of, apr_pool_t *pool, scep_transaction_row_t **row,
    scep_result_t *res);

/** The subject of a request. */
typedef struct scep_subject_t {
    const char *ca_id;             /* of the CA that will sign */
    const unsigned char *hash;     /* of the name in its canonical form */
    const char *text;              /* RFC 2253, in any case: for certificates
                                    * from before hashes were recorded */
    const unsigned char *key_hash; /* certificates for that key do not count;
                                    * NULL: all do */
    apr_time_t now;
} scep_subject_t;

/** Does SUBJECT have a certificate that is neither expired nor revoked (RFC
 * 8894, figure 12)?
 * @param serial set to that of one of them, from POOL
 * @return SCEP_NOT_FOUND without filling RES */
scep_status_e scep_store_subject_find(scep_store_t *store,
                                      const scep_subject_t *subject,
                                      apr_pool_t *pool, const char **serial,
                                      scep_result_t *res);

/** What happens to older certificates of the subject of a new one. */
typedef enum {
    SCEP_DUPLICATE_ALLOW = 0, /* they stay */
    SCEP_DUPLICATE_REVOKE,    /* they are revoked as superseded */
    SCEP_DUPLICATE_REFUSE     /* there must be none for another key */
} scep_duplicate_e;

/** What is recorded for one issued certificate. */
typedef struct scep_issue_t {
    const char *ca_id;
    const char *issuer_ca_id; /* of the CA that signed it, if that is the next
                               * CA; else NULL */
    const char *transaction_id;
    const char *endpoint; /* where the id is held; see scep_store_recall.h */
    bool proved;
    const unsigned char *message_hash; /* of its message; NULL: not recorded */
    const unsigned char *key_hash;
    const unsigned char *csr_hash;
    const unsigned char *challenge_hash; /* NULL: no one-time password */
    apr_time_t now;
    apr_time_t retry_since; /* if a transaction with the same CA, id, key and
                             * CSR was issued at or after this time, nothing is
                             * recorded; 0: do not look for one */
    const char *serial;     /* upper-case hex */
    const char *subject;
    const unsigned char *subject_hash; /* as in scep_subject_t; NULL: the
                                        * subject is empty */
    scep_duplicate_e duplicate; /* REVOKE and REFUSE: with subject_hash only */
    apr_time_t not_before;
    apr_time_t not_after;
    scep_octets_t cert_der;
    const unsigned char *cert_key_hash; /* of its key; NULL: not known */
    const char *profile;
    const char *peer;       /* the device's address */
    const char *renewal_of; /* serial of the certificate that this one renews;
                             * NULL: a first enrolment */
    const char *renewal_ca_id; /* of the CA that issued that one; NULL: CA_ID */
    bool renews_ours; /* CA_ID issued that one, which must not be revoked */
    const char *request_id; /* of the request that waited, whose challenge is
                             * spent already; NULL: none */
    const struct scep_revoke_t *revoke; /* what is revoked with it
                                         * (scep_store_revocation.h); NULL:
                                         * nothing */
    int *superseded; /* set to how many DUPLICATE_REVOKE revoked; or NULL */
} scep_issue_t;

typedef enum {
    SCEP_ISSUE_RECORDED = 0,   /* committed and synced: it may be sent */
    SCEP_ISSUE_DUPLICATE,      /* the same transaction or message was recorded
                                * in between, or the waiting request was
                                * decided */
    SCEP_ISSUE_ID_TAKEN,       /* another key holds the id at the endpoint
                                * (invariant 4) */
    SCEP_ISSUE_CHALLENGE_LOST, /* the challenge is not outstanding (any more) */
    SCEP_ISSUE_OLD_REVOKED,    /* the certificate to be renewed was revoked */
    SCEP_ISSUE_SUBJECT_TAKEN   /* DUPLICATE_REFUSE, and there is a
                                * certificate */
} scep_issue_outcome_e;

/**
 * ONE write transaction: the certificate, its transaction, a use of the
 * challenge (the last one spends it), what is revoked with it or because of it,
 * and the audit row (invariants 2 and 5). With any other outcome than
 * SCEP_ISSUE_RECORDED nothing was written, and the certificate must not be
 * sent.
 */
scep_status_e scep_store_issue(scep_store_t *store, const scep_issue_t *issue,
                               apr_pool_t *pool, scep_issue_outcome_e *outcome,
                               scep_result_t *res);

/** Names of events. */
#define SCEP_AUDIT_CHALLENGE_DRAWN "challenge-drawn"
#define SCEP_AUDIT_MASTER_SHOWN "master-shown"
#define SCEP_AUDIT_CHALLENGE_CANCELLED "challenge-cancelled"
#define SCEP_AUDIT_MASTER_ROTATED "master-rotated"
#define SCEP_AUDIT_ADMIN_DENIED "admin-denied"
#define SCEP_AUDIT_ISSUED "issued"
#define SCEP_AUDIT_RENEWED "renewed"
#define SCEP_AUDIT_REQUEST_QUEUED "request-queued"
#define SCEP_AUDIT_REQUEST_APPROVED "request-approved"
#define SCEP_AUDIT_REQUEST_REJECTED "request-rejected"
#define SCEP_AUDIT_REQUEST_AT_CA "request-at-ca"
#define SCEP_AUDIT_REFUSED "refused"
#define SCEP_AUDIT_REVOKED "revoked"
#define SCEP_AUDIT_PRUNED "pruned"

/** A row of the audit trail. NULL: does not apply. */
typedef struct scep_audit_event_t {
    apr_int64_t seq;   /* order of recording; set by the store, which ignores it
                        * when a row is added */
    const char *event; /* SCEP_AUDIT_... */
    apr_time_t at;
    const char *ca_id;
    const char *actor;                   /* r->user */
    const char *peer;                    /* address */
    const unsigned char *challenge_hash; /* keyed; never the password */
    const char *transaction_id;
    const char *serial;  /* upper-case hex */
    unsigned int reason; /* nnnn of SCEPnnnn; 0: none */
    const char *subject; /* of the CSR or certificate */
    const char *detail;  /* more text; never a secret */
} scep_audit_event_t;

/** Record EVENT. Committed and synced when it returns SCEP_OK. */
scep_status_e scep_store_audit_add(scep_store_t *store,
                                   const scep_audit_event_t *event,
                                   apr_pool_t *pool, scep_result_t *res);

/**
 * Record a refusal, EVENT. Only the newest KEEP of such rows are kept, because
 * anybody can cause them.
 * @param left_out how many refusals before it were not recorded: a further row,
 *     which also counts, says so
 */
scep_status_e scep_store_audit_refusal(scep_store_t *store,
                                       const scep_audit_event_t *event,
                                       apr_int64_t left_out, int keep,
                                       apr_pool_t *pool, scep_result_t *res);

/** Which rows to read. 0 or NULL: no condition. */
typedef struct scep_audit_filter_t {
    apr_int64_t after; /* seq is greater */
    apr_time_t since;  /* at or after */
    apr_time_t until;  /* before */
    const char *event;
    const char *actor;
    const char *peer;
    const char *transaction_id;
    const char *serial;
    unsigned int reason;
    bool newest_first; /* else the oldest first, by seq */
} scep_audit_filter_t;

/** Called per row; a result other than SCEP_OK ends the walk and becomes its
 * result. EVENT lives only during the call. */
typedef scep_status_e scep_audit_each_fn(void *baton,
                                         const scep_audit_event_t *event);

/** All audit rows that fit FILTER. Memory does not grow with their number, and
 * no connection is held while EACH runs, however long that takes. If the oldest
 * come first, rows that are recorded in between are found, too. */
scep_status_e scep_store_audit_each(scep_store_t *store,
                                    const scep_audit_filter_t *filter,
                                    scep_audit_each_fn *each, void *baton,
                                    apr_pool_t *pool, scep_result_t *res);

/** The seq of the row that was recorded last; 0: there is none. Later reads see
 * all rows up to it. */
scep_status_e scep_store_audit_last(scep_store_t *store, apr_int64_t *seq,
                                    scep_result_t *res);

#endif
