/* Licensed under the Apache License, Version 2.0; see LICENSE. */
/**
 * @file scep_store_recall.h
 * What is known of a message that comes in: all of it in one session.
 * Conventions of scep_store.h. (store layer)
 *
 * An id belongs to a key at an endpoint: to the key that signed a request
 * which waits there, or which got a certificate there in the retry window.
 * Other keys cannot use it meanwhile (invariant 4). A request that proved
 * nothing (ScepChallenge none) holds its id only against others of its kind,
 * so that a stranger cannot take the id of a device that has a password or a
 * certificate. The same id with another key, or at another endpoint, is
 * another transaction: whatever is looked up by id is looked up by key, too.
 */
#ifndef SCEP_STORE_RECALL_H
#define SCEP_STORE_RECALL_H

#include <apr_tables.h>

#include "scep_store_request.h"
#include "scep_store_revocation.h"

/** What came, as far as it tells whether it came before. */
typedef struct scep_repeat_t {
    const char *ca_id;
    const char *transaction_id;
    const char *endpoint; /* where its id is held; NULL is a place of its own */
    const unsigned char
        *message_hash;             /* NULL: a CertPoll's, which counts not */
    const unsigned char *key_hash; /* of the signer's key */
    const unsigned char *csr_hash; /* NULL: a CertPoll, which has none */
    const unsigned char *challenge_hash; /* NULL: none that counts */
    const char *renewal_of; /* serial of the certificate that is renewed; NULL:
                             * a first enrolment */
    const scep_subject_t *subject; /* what has it already? NULL: not asked */
    apr_time_t since; /* the same request from before is no retry */
    apr_time_t now;
} scep_repeat_t;

typedef enum {
    SCEP_RECALL_NONE = 0,  /* nothing that decides */
    SCEP_RECALL_MESSAGE,   /* this very message was answered, however long ago,
                            * with ISSUED, which may have expired (S16) */
    SCEP_RECALL_MARKED,    /* this very message was answered, and of that no
                            * more is known (scep_store_prune.h) */
    SCEP_RECALL_ISSUED,    /* the same request got ISSUED, which is valid: since
                            * SINCE, or ISSUED is revoked, for more than having
                            * been superseded. For a CertPoll: its id's newest */
    SCEP_RECALL_REFUSED,   /* REQUEST was rejected or has run out (invariant
                            * 12): it came by the same message, or is the same
                            * request, whose device asked less than its patience
                            * ago. That it asks again is recorded */
    SCEP_RECALL_WAITS,     /* REQUEST waits for an operator, is approved, or is
                            * at the CA */
    SCEP_RECALL_OTHER,     /* another REQUEST of its key waits under its id */
    SCEP_RECALL_ELSEWHERE, /* REQUEST, the same, waits under another id, held
                            * by its challenge */
} scep_recall_e;

/** Who holds the id against a key. */
typedef enum {
    SCEP_ID_FREE = 0,
    SCEP_ID_HELD_UNPROVED, /* by another one's, which proved nothing */
    SCEP_ID_HELD           /* by one that did */
} scep_id_holder_e;

/** What the store knows. All of it lives in the pool. */
typedef struct scep_recall_t {
    scep_recall_e what;
    scep_transaction_row_t *issued;    /* NULL: none */
    scep_revocation_row_t *revocation; /* of ISSUED, in effect; NULL: none */
    scep_request_row_t *request;       /* NULL: none */
    scep_id_holder_e holder;           /* with NONE and ELSEWHERE */
    scep_challenge_row_t *challenge;   /* likewise; NULL: not known */
    const apr_array_header_t *serials; /* likewise: const char *, of what the
                                        * subject has, as
                                        * scep_store_subject_find() means it;
                                        * NULL: not asked */
} scep_recall_t;

/**
 * Look for what REPEAT repeats, in the order of scep_recall_e, until something
 * is found. What others write meanwhile may be missed or seen: whatever follows
 * from it is looked at again by the transaction that writes.
 * @return SCEP_OK; SCEP_UNAVAILABLE; SCEP_BROKEN
 */
scep_status_e scep_store_recall(scep_store_t *store,
                                const scep_repeat_t *repeat, apr_pool_t *pool,
                                scep_recall_t *found, scep_result_t *res);

#endif
