/* Licensed under the Apache License, Version 2.0; see LICENSE. */
/**
 * @file scep_store_request.h
 * Requests that wait: for an operator, for the device to poll, or for the CA.
 * Conventions of scep_store.h. (store layer)
 *
 * A one-time password is spent when its request is queued, so that it stays
 * bound to it, and given back when that is rejected or expires.
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
    const char
        *endpoint;       /* where its id is held; see scep_store_recall.h. These
                           * three are NULL and false when it is read */
    const char *network; /* whence it came, as peers are counted; NULL: it is
                           * not counted by that */
    bool proved;         /* something but ScepChallenge none let it in */
    const unsigned char *message_hash; /* of the message that brought it; NULL
                                        * when it is read */
    const unsigned char *key_hash;     /* of the signer's key */
    const unsigned char *csr_hash;
    scep_request_state_e state;
    scep_octets_t sealed;   /* the CSR, as scep_seal() made it; len 0 once it is
                            * decided for good */
    const char *subject;    /* as scep_name_text() */
    const char *alt_names;  /* all of them, for a person; NULL: none */
    const char *extensions; /* what else is asked for; likewise */
    const char *profile;
    const char *source;                  /* what authorized it */
    const unsigned char *challenge_hash; /* NULL: no one-time password */
    const char *renewal_of;              /* serial, or NULL */
    const char *ticket;                  /* the CA backend's, or NULL */
    const char *peer;
    apr_time_t created;
    apr_time_t expires;    /* it is over then unless it was issued */
    apr_time_t decided_at; /* 0: not yet */
    const char *decided_by;
    const char *note;             /* of who decided */
    const char *serial;           /* of the certificate; NULL: none */
    apr_interval_time_t patience; /* how long it waits: from CREATED to EXPIRES
                                   * when it is added. For as long a repeat is
                                   * refused, once it is over */
    apr_time_t heard_at; /* when its device heard last that it is over; 0: not
                          * yet, or not recorded */
} scep_request_row_t;

typedef enum {
    SCEP_QUEUE_ADDED = 0,     /* committed and synced */
    SCEP_QUEUE_THERE,         /* the same request waits already */
    SCEP_QUEUE_ID_TAKEN,      /* another one waits under its id */
    SCEP_QUEUE_FULL,          /* as many wait as may */
    SCEP_QUEUE_NETWORK_FULL,  /* as many of its network wait as may */
    SCEP_QUEUE_CHALLENGE_LOST /* the challenge is not outstanding (any more) */
} scep_queue_outcome_e;

/** How many may wait in a CA. Requests that proved something and those that
 * did not are counted apart, so that these cannot take the places of those. */
typedef struct scep_queue_limits_t {
    apr_int64_t all;
    apr_int64_t network; /* from one network, of those that neither a one-time
                          * password nor a certificate lets in: there are no
                          * more of these than an operator wanted */
    apr_int64_t key;     /* signed by one key; of renewals, one for each
                          * certificate. Beyond it the newest takes the place
                          * of the oldest that is not approved yet */
} scep_queue_limits_t;

/**
 * ONE write transaction: what scep_store_requests_expire() does, the request, a
 * use of its challenge, the audit row; and for each request whose place it
 * takes what scep_store_request_decide() does to reject it. Anything but
 * SCEP_QUEUE_ADDED wrote nothing.
 * @param row its id, and what a decision brings, do not count
 * @param replaced set to how many have lost their places
 */
scep_status_e scep_store_request_add(scep_store_t *store,
                                     const scep_request_row_t *row,
                                     const scep_queue_limits_t *limits,
                                     apr_pool_t *pool,
                                     scep_queue_outcome_e *outcome,
                                     int *replaced, scep_result_t *res);

/** How many of a key's requests that were replaced are kept; beyond that each
 * further one takes the place of the oldest, and is not in the audit trail. */
#define SCEP_REQUESTS_REPLACED_KEPT 16

/** What is noted of a request that a newer one has replaced. */
#define SCEP_REQUEST_REPLACED_NOTE "replaced by a newer request of the same key"

/** A request that holds the challenge with HASH yet, and has run out at NOW,
 * which makes it EXPIRED. SCEP_NOT_FOUND without filling RES. */
scep_status_e scep_store_request_by_challenge(scep_store_t *store,
                                              const unsigned char *hash,
                                              apr_time_t now, apr_pool_t *pool,
                                              scep_request_row_t **row,
                                              scep_result_t *res);

/** ROW, which is not decided on and is held by its challenge, goes on under
 * another transactionID, at ENDPOINT, that of the message of that hash; unless it was brought by that message before, which
 * comes again then (S16): SCEP_OK, too, and nothing was written.
 * SCEP_NOT_FOUND without filling RES: it was decided on meanwhile, or another
 * one waits under that id. */
scep_status_e
scep_store_request_move(scep_store_t *store, const scep_request_row_t *row,
                        const char *transaction_id, const char *endpoint,
                        const unsigned char *message_hash, apr_time_t now,
                        apr_pool_t *pool, scep_result_t *res);

/** The request with that id; likewise. */
scep_status_e scep_store_request_get(scep_store_t *store, const char *id,
                                     apr_time_t now, apr_pool_t *pool,
                                     scep_request_row_t **row,
                                     scep_result_t *res);

/** A decision. */
typedef struct scep_decision_t {
    const char *id;
    scep_request_state_e state; /* APPROVED, REJECTED, AT_CA */
    apr_time_t now;
    apr_time_t expires; /* from now on, unless REJECTED */
    const char *actor;  /* NULL: the server itself */
    const char *peer;
    const char *note;
    const char *ticket; /* AT_CA */
} scep_decision_t;

/**
 * ONE write transaction: the new state, the challenge given back if REJECTED,
 * the audit row.
 * @return SCEP_OK; SCEP_NOT_FOUND (RES not filled): there is no such request
 *     that a decision is wanted of: WAITING for APPROVED; WAITING, APPROVED or
 *     AT_CA for REJECTED; APPROVED or AT_CA for AT_CA
 */
scep_status_e scep_store_request_decide(scep_store_t *store,
                                        const scep_decision_t *decision,
                                        apr_pool_t *pool, scep_result_t *res);

/** What has run out at NOW is over, and its challenges are given back. */
scep_status_e scep_store_requests_expire(scep_store_t *store, apr_time_t now,
                                         scep_result_t *res);

/** Which requests. */
typedef struct scep_request_filter_t {
    const char *ca_id; /* NULL: all */
    bool decided;      /* also those that are issued, rejected or expired */
    apr_time_t now;
    int limit; /* most that are given */
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
