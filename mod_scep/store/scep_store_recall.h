/* Licensed under the Apache License, Version 2.0; see LICENSE. */
/**
 * @file scep_store_recall.h
 * Finds out in one session all that is known of an incoming message.
 * Conventions of scep_store.h. (store layer)
 *
 * An id belongs to a key at an endpoint: to the key that signed a request that
 * waits there, or that got a certificate there in the retry window. Other keys
 * cannot use the id in that time (invariant 4). A request that proved nothing
 * (ScepChallenge none) holds its id only against others of its kind, so that a
 * stranger cannot take the id of a device that has a password or a certificate.
 * The same id with another key, or at another endpoint, is another transaction.
 * So every look-up by id is also one by key.
 */
#ifndef SCEP_STORE_RECALL_H
#define SCEP_STORE_RECALL_H

#include <apr_tables.h>

#include "scep_store_request.h"
#include "scep_store_revocation.h"

/** The parts of a message that tell whether it came before. */
typedef struct scep_repeat_t {
    const char *ca_id;
    const char *transaction_id;
    const char *endpoint; /* where its id is held; NULL counts as an endpoint */
    const unsigned char *message_hash;   /* NULL: a CertPoll */
    const unsigned char *key_hash;       /* of the signer's key */
    const unsigned char *csr_hash;       /* NULL: a CertPoll, which has none */
    const unsigned char *challenge_hash; /* NULL: none that counts */
    const char *renewal_of; /* serial of the certificate that is renewed; NULL:
                             * a first enrolment */
    const scep_subject_t *subject; /* look for its certificates; NULL: do not */
    apr_time_t since; /* the same request from before this is no retry */
    apr_time_t now;
} scep_repeat_t;

typedef enum {
    SCEP_RECALL_NONE = 0,  /* nothing that decides */
    SCEP_RECALL_MESSAGE,   /* this very message was answered with ISSUED,
                            * however long ago; ISSUED may have expired (S16) */
    SCEP_RECALL_MARKED,    /* this very message was answered; no more is known
                            * (scep_store_prune.h) */
    SCEP_RECALL_ISSUED,    /* the same request got ISSUED, which has not
                            * expired: at or after SINCE, or ISSUED is revoked
                            * for another reason than superseded. For a
                            * CertPoll: the newest of its id */
    SCEP_RECALL_REFUSED,   /* REQUEST was rejected or has expired (invariant
                            * 12): it came by the same message, or it is the
                            * same request and its device asked less than its
                            * patience ago. That the device asks again is
                            * recorded */
    SCEP_RECALL_WAITS,     /* REQUEST waits for an operator, is approved, or is
                            * at the CA */
    SCEP_RECALL_OTHER,     /* another REQUEST of its key waits under its id */
    SCEP_RECALL_ELSEWHERE, /* REQUEST, the same one, waits under another id, and
                            * holds the challenge */
} scep_recall_e;

/** Who holds the id against a key. */
typedef enum {
    SCEP_ID_FREE = 0,
    SCEP_ID_HELD_UNPROVED, /* by another key's request, which proved nothing */
    SCEP_ID_HELD           /* by another key's request, which proved
                            * something */
} scep_id_holder_e;

/** What the store knows of the message. It lives in the pool. */
typedef struct scep_recall_t {
    scep_recall_e what;
    scep_transaction_row_t *issued;    /* NULL: none */
    scep_revocation_row_t *revocation; /* of ISSUED, in effect; NULL: none */
    scep_request_row_t *request;       /* NULL: none */
    scep_id_holder_e holder;           /* with NONE and ELSEWHERE */
    scep_challenge_row_t *challenge;   /* likewise; NULL: not known */
    const apr_array_header_t *serials; /* likewise: const char *, of the
                                        * subject's certificates as in
                                        * scep_store_subject_find(); NULL: not
                                        * asked */
} scep_recall_t;

/**
 * Look for what REPEAT repeats, in the order of scep_recall_e, until something
 * is found. What others write at the same time may be missed or seen: the
 * transaction that writes checks it again.
 * @return SCEP_OK; SCEP_UNAVAILABLE; SCEP_BROKEN
 */
scep_status_e scep_store_recall(scep_store_t *store,
                                const scep_repeat_t *repeat, apr_pool_t *pool,
                                scep_recall_t *found, scep_result_t *res);

#endif
