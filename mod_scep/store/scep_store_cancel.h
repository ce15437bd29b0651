/* Licensed under the Apache License, Version 2.0; see LICENSE. */
/**
 * @file scep_store_cancel.h
 * Many outstanding passwords cancelled at once. (store layer)
 */
#ifndef SCEP_STORE_CANCEL_H
#define SCEP_STORE_CANCEL_H

#include "scep_store.h"

/** Tells how many were cancelled; each of them has a row
 * SCEP_AUDIT_CHALLENGE_CANCELLED of its own besides. */
#define SCEP_AUDIT_CHALLENGES_CANCELLED "challenges-cancelled"

/** The most that one transaction cancels. */
#define SCEP_CANCEL_BATCH 10000

/** Which passwords, and who cancels them. */
typedef struct scep_cancel_many_t {
    const char *ca_id; /* NULL: of every CA */
    const char *user;  /* who drew them; NULL: anybody */
    const char *label; /* NULL: any, or none */
    apr_time_t now;
    const char *actor;
    const char *peer; /* NULL: not known */
} scep_cancel_many_t;

/** Called with the keyed hash of a password; HASH lives only during the call. */
typedef void scep_cancelled_fn(void *baton,
                               const unsigned char hash[SCEP_HASH_SIZE]);

/** "all", or the user and the label, for people. From POOL. */
const char *scep_cancel_many_text(const scep_cancel_many_t *which,
                                  apr_pool_t *pool);

/**
 * Cancel every outstanding password that fits, with audit rows, in transactions
 * of at most SCEP_CANCEL_BATCH. As for a single one, whoever is just using one
 * of them has lost unless the certificate is recorded already.
 * @param each is told of each one once it is cancelled, and must not use STORE;
 *     may be NULL
 * @param count how many are cancelled, also where a later transaction failed
 */
scep_status_e scep_store_challenges_cancel(scep_store_t *store,
                                           const scep_cancel_many_t *which,
                                           scep_cancelled_fn *each, void *baton,
                                           apr_pool_t *pool, apr_int64_t *count,
                                           scep_result_t *res);

/** All that were cancelled, by whomever, and have not expired. EACH must not
 * use STORE. */
scep_status_e scep_store_challenges_cancelled(scep_store_t *store,
                                              apr_time_t now,
                                              scep_cancelled_fn *each,
                                              void *baton, scep_result_t *res);

#endif
