/* Licensed under the Apache License, Version 2.0; see LICENSE. */
/**
 * @file scep_store_request.h
 * Requests that wait: for an operator, for the device to poll, or for the CA.
 * Conventions of scep_store.h. (store layer)
 *
 * A one-time password is spent when its request is queued, so that it stays
 * bound to the request, and given back if the request is rejected or expires.
 */
#ifndef SCEP_STORE_REQUEST_H
#define SCEP_STORE_REQUEST_H

#include "scep_store.h"

typedef enum {
    SCEP_REQUEST_WAITING = 0,  /* for an operator */
    SCEP_REQUEST_APPROVED = 1, /* for the device to ask again */
    SCEP_REQUEST_AT_CA = 2,    /* for the CA backend, see ticket */
    SCEP_REQUEST_ISSUED = 3,
    SCEP_REQUEST_REJECTED = 4,
    SCEP_REQUEST_EXPIRED = 5 /* nobody decided, or nobody asked again */
} scep_request_state_e;

/** "waiting", ... Constant. */
const char *scep_request_state_name(scep_request_state_e state);

/** A request. */
typedef struct scep_request_row_t {
    const char *id; /* the store gives it */
    const char *ca_id;
    const char *transaction_id;
    const char *endpoint; /* where its id is held; see scep_store_recall.h. Not
                           * read back, like the next two */
    const char *network;  /* its origin, for counting by address; NULL: not
                           * counted */
    bool proved;          /* authorized by more than ScepChallenge none */
    const unsigned char *message_hash; /* of its message; not read back */
    const unsigned char *key_hash;     /* of the signer's key */
    const unsigned char *csr_hash;
    scep_request_state_e state;
    scep_octets_t sealed;   /* scep_seal() of the CSR; len 0 once decided */
    const char *subject;    /* as scep_name_text() */
    const char *alt_names;  /* all of them, for a person; NULL: none */
    const char *extensions; /* further extensions, for a person; NULL: none */
    const char *profile;
    const char *source;                  /* what authorized it */
    const unsigned char *challenge_hash; /* NULL: no one-time password */
    const char *renewal_of;              /* serial, or NULL */
    const char *ticket;                  /* the CA backend's, or NULL */
    const char *peer;
    apr_time_t created;
    apr_time_t expires;    /* when it ends, unless it was issued */
    apr_time_t decided_at; /* 0: not yet */
    const char *decided_by;
    const char *note;             /* by the operator */
    const char *serial;           /* of the certificate; NULL: none */
    apr_interval_time_t patience; /* how long it waits: from CREATED to EXPIRES
                                   * when it is added. After its end, repeats
                                   * are refused for as long */
    apr_time_t heard_at; /* when its device was last told of its end; 0: not
                          * yet, or not recorded */
} scep_request_row_t;

typedef enum {
    SCEP_QUEUE_ADDED = 0,     /* committed and synced */
    SCEP_QUEUE_THERE,         /* the same request waits already */
    SCEP_QUEUE_ID_TAKEN,      /* another request waits under its id */
    SCEP_QUEUE_FULL,          /* the queue is full */
    SCEP_QUEUE_NETWORK_FULL,  /* its network's share of the queue is full */
    SCEP_QUEUE_CHALLENGE_LOST /* the challenge is not outstanding (any more) */
} scep_queue_outcome_e;

/** How many may wait in a CA. Requests that proved something and those that did
 * not are counted separately, so that the latter cannot take the places of the
 * former. */
typedef struct scep_queue_limits_t {
    apr_int64_t all;
    apr_int64_t network; /* from one network. Requests with a one-time password
                          * or a certificate do not count: there are only as
                          * many as were given out */
    apr_int64_t key;     /* signed by one key; of renewals, one for each
                          * certificate. A further one replaces the oldest that
                          * is not approved yet */
} scep_queue_limits_t;

/**
 * ONE write transaction: what scep_store_requests_expire() does, the request, a
 * use of its challenge, the audit row, and the rejection (as by
 * scep_store_request_decide()) of each request that it replaces. With any other
 * outcome than SCEP_QUEUE_ADDED nothing was written.
 * @param row its id, and members that a decision sets, do not count
 * @param replaced set to how many requests were replaced
 */
scep_status_e scep_store_request_add(scep_store_t *store,
                                     const scep_request_row_t *row,
                                     const scep_queue_limits_t *limits,
                                     apr_pool_t *pool,
                                     scep_queue_outcome_e *outcome,
                                     int *replaced, scep_result_t *res);

/** How many replaced requests of a key are kept. A further one takes the place
 * of the oldest, and is not in the audit trail. */
#define SCEP_REQUESTS_REPLACED_KEPT 16

/** The note of a request that a newer one has replaced. */
#define SCEP_REQUEST_REPLACED_NOTE "replaced by a newer request of the same key"

/** A request that still holds the challenge with HASH, and has expired at NOW;
 * it becomes EXPIRED. SCEP_NOT_FOUND without filling RES. */
scep_status_e scep_store_request_by_challenge(scep_store_t *store,
                                              const unsigned char *hash,
                                              apr_time_t now, apr_pool_t *pool,
                                              scep_request_row_t **row,
                                              scep_result_t *res);

/** Move ROW, which is undecided and holds its challenge, to the transactionID
 * of another message, at ENDPOINT. If that very message has brought it before
 * and comes again (S16), the result is SCEP_OK, too, and nothing is written.
 * SCEP_NOT_FOUND without filling RES: ROW was decided in between, or another
 * request waits under that id. */
scep_status_e
scep_store_request_move(scep_store_t *store, const scep_request_row_t *row,
                        const char *transaction_id, const char *endpoint,
                        const unsigned char *message_hash, apr_time_t now,
                        apr_pool_t *pool, scep_result_t *res);

/** The request with that id. SCEP_NOT_FOUND without filling RES. */
scep_status_e scep_store_request_get(scep_store_t *store, const char *id,
                                     apr_time_t now, apr_pool_t *pool,
                                     scep_request_row_t **row,
                                     scep_result_t *res);

/** A decision. */
typedef struct scep_decision_t {
    const char *id;
    scep_request_state_e state; /* APPROVED, REJECTED, AT_CA */
    apr_time_t now;
    apr_time_t expires; /* the new end, unless REJECTED */
    const char *actor;  /* NULL: the server itself */
    const char *peer;
    const char *note;
    const char *ticket; /* AT_CA */
} scep_decision_t;

/**
 * ONE write transaction: the new state, the challenge given back if REJECTED,
 * the audit row.
 * @return SCEP_OK; SCEP_NOT_FOUND (RES not filled): there is no request with
 *     that id in a state that allows the decision: WAITING for APPROVED;
 *     WAITING, APPROVED or AT_CA for REJECTED; APPROVED or AT_CA for AT_CA
 */
scep_status_e scep_store_request_decide(scep_store_t *store,
                                        const scep_decision_t *decision,
                                        apr_pool_t *pool, scep_result_t *res);

/** Requests whose time has ended at NOW become EXPIRED, and their challenges
 * are given back. */
scep_status_e scep_store_requests_expire(scep_store_t *store, apr_time_t now,
                                         scep_result_t *res);

/** Which requests to read. */
typedef struct scep_request_filter_t {
    const char *ca_id; /* NULL: all */
    bool decided;      /* also those that are issued, rejected or expired */
    apr_time_t now;
    int limit; /* the most rows */
    /* the last row of the page before; NULL: this is the first */
    apr_time_t created;
    const char *id;
} scep_request_filter_t;

/** Called per row; a result other than SCEP_OK ends the walk and becomes its
 * result. ROW lives only during the call. */
typedef scep_status_e scep_request_each_fn(void *baton,
                                           const scep_request_row_t *row);

/** The requests that fit FILTER, the newest first. They are all read before
 * EACH runs, and no connection is held then. */
scep_status_e scep_store_requests_each(scep_store_t *store,
                                       const scep_request_filter_t *filter,
                                       scep_request_each_fn *each, void *baton,
                                       apr_pool_t *pool, scep_result_t *res);

#endif
