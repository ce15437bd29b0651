/* Licensed under the Apache License, Version 2.0; see LICENSE. */
/**
 * @file scep_store_prune.h
 * Deletes old rows of the durable record. Conventions of scep_store.h. (store
 * layer)
 *
 * Messages and certificates leave a mark, which stays for ever. The mark of a
 * message is half of its hash: the same message is refused, whatever the answer
 * was and whatever would accept it now. The mark of a certificate is its serial
 * number, which no other certificate gets, with its end and its profile, so
 * that it can be revoked and renewed as before. Revocations are never deleted.
 */
#ifndef SCEP_STORE_PRUNE_H
#define SCEP_STORE_PRUNE_H

#include "scep_store.h"

/** What can be deleted. */
typedef enum {
    /** One-time passwords that have expired, and all certificates that were
     * issued on them have, too. They cannot become good again. */
    SCEP_PRUNE_PASSWORDS = 0,
    SCEP_PRUNE_REFUSALS, /* audit rows about refusals */
    SCEP_PRUNE_AUDIT,    /* all audit rows */
    /** Messages that were answered with certificates that have expired. */
    SCEP_PRUNE_MESSAGES,
    /** Requests that were issued, rejected or have expired, and their messages;
     * but not while the device still asks. */
    SCEP_PRUNE_REQUESTS,
    /** Transactions of expired certificates, and their messages; but not those
     * that say which of two recorded certificates renewed the other. */
    SCEP_PRUNE_TRANSACTIONS,
    /** Certificates that have expired, their transactions and messages. */
    SCEP_PRUNE_CERTIFICATES,
    SCEP_PRUNE_KINDS
} scep_prune_e;

/** The most rows that one call deletes, so that its write transaction is short.
 * (Rows that belong to them are deleted, too.) */
#define SCEP_PRUNE_STEP 200

/** The name in directives and on the command line; static. */
const char *scep_prune_name(scep_prune_e kind);

/** @return false: there is no such kind */
bool scep_prune_kind(const char *name, scep_prune_e *kind);

/** All names, for messages: "passwords, ... or certificates"; from POOL. */
const char *scep_prune_names(apr_pool_t *pool);

/** How many days such rows are kept by default; 0: for ever. */
int scep_prune_days(scep_prune_e kind);

/** The fewest days that may be set. A transaction holds its transactionID for
 * as long as ScepRetryWindow can be. */
int scep_prune_least_days(scep_prune_e kind);

/** How many rows that ended before BEFORE could be deleted. Of certificates
 * that renewed each other, the older ones may have to be deleted first. */
scep_status_e scep_store_prune_count(scep_store_t *store, scep_prune_e kind,
                                     apr_time_t before, apr_time_t now,
                                     apr_int64_t *count, scep_result_t *res);

/**
 * Delete some of them, up to SCEP_PRUNE_STEP, with an audit row.
 * @param actor who deletes; NULL: the server
 * @param removed how many were deleted; fewer than SCEP_PRUNE_STEP: there are
 *     no more
 */
scep_status_e scep_store_prune(scep_store_t *store, scep_prune_e kind,
                               apr_time_t before, apr_time_t now,
                               const char *actor, apr_pool_t *pool,
                               apr_int64_t *removed, scep_result_t *res);

/** The profile of a certificate that was deleted; "" if it had none.
 * @return SCEP_NOT_FOUND without filling RES: no such certificate was
 * deleted */
scep_status_e scep_store_past_profile(scep_store_t *store, const char *ca_id,
                                      const char *serial, apr_pool_t *pool,
                                      const char **profile, scep_result_t *res);

#endif
