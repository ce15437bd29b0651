/* Licensed under the Apache License, Version 2.0; see LICENSE. */
/**
 * @file scep_store_cancel.h
 * Cancels many outstanding passwords at once. (store layer)
 */
#ifndef SCEP_STORE_CANCEL_H
#define SCEP_STORE_CANCEL_H

#include "scep_store.h"

/** This row says how many were cancelled. Each password also has a row
 * SCEP_AUDIT_CHALLENGE_CANCELLED. */
#define SCEP_AUDIT_CHALLENGES_CANCELLED "challenges-cancelled"

/** The most that one transaction cancels. */
#define SCEP_CANCEL_BATCH 10000

/** Which passwords are cancelled, and by whom. */
typedef struct scep_cancel_many_t {
    const char *ca_id; /* NULL: of every CA */
    const char *user;  /* the user who drew them; NULL: any user */
    const char *label; /* NULL: any, or none */
    apr_time_t now;
    const char *actor;
    const char *peer; /* NULL: not known */
} scep_cancel_many_t;

/** Gets the keyed hash of a password, which lives only during the call. */
typedef void scep_cancelled_fn(void *baton,
                               const unsigned char hash[SCEP_HASH_SIZE]);

/** "all", or the user and the label, for people. From POOL. */
const char *scep_cancel_many_text(const scep_cancel_many_t *which,
                                  apr_pool_t *pool);

/**
 * Cancel every outstanding password that fits, with audit rows, in transactions
 * of at most SCEP_CANCEL_BATCH. As with a single one, a request that is using
 * one of them at that moment fails, unless its certificate is recorded already.
 * @param each called for each password after it was cancelled; must not use
 *     STORE; may be NULL
 * @param count how many were cancelled, also if a later transaction failed
 */
scep_status_e scep_store_challenges_cancel(scep_store_t *store,
                                           const scep_cancel_many_t *which,
                                           scep_cancelled_fn *each, void *baton,
                                           apr_pool_t *pool, apr_int64_t *count,
                                           scep_result_t *res);

/** All passwords that were cancelled, by any user, and have not expired. EACH
 * must not use STORE. */
scep_status_e scep_store_challenges_cancelled(scep_store_t *store,
                                              apr_time_t now,
                                              scep_cancelled_fn *each,
                                              void *baton, scep_result_t *res);

#endif
