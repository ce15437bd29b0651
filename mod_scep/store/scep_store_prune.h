/* Licensed under the Apache License, Version 2.0; see LICENSE. */
/**
 * @file scep_store_prune.h
 * Delete what the durable record need not keep. Conventions of scep_store.h.
 * (store layer)
 *
 * What may come again leaves a mark, which stays for ever. Of a message that is
 * half of its hash: the same message is refused, whatever was answered and
 * whatever would accept it now. Of a certificate it is its serial number, so
 * that no other one gets that, with its end and its profile, so that it can be
 * revoked and renewed as before. Revocations are never deleted.
 */
#ifndef SCEP_STORE_PRUNE_H
#define SCEP_STORE_PRUNE_H

#include "scep_store.h"

/** What can be deleted. */
typedef enum {
    /** One-time passwords that have been over for so long: expired, and every
     * certificate issued on them as well. None is good for anything again. */
    SCEP_PRUNE_PASSWORDS = 0,
    SCEP_PRUNE_REFUSALS, /* audit rows about what was refused */
    SCEP_PRUNE_AUDIT,    /* all audit rows */
    /** Messages that were answered with what has expired. */
    SCEP_PRUNE_MESSAGES,
    /** Requests that were issued, rejected or ran out, but not those whose
     * device still asks, and their messages. */
    SCEP_PRUNE_REQUESTS,
    /** Transactions of what has expired, and their messages; but not those that
     * tell which of two certificates on record renewed the other. */
    SCEP_PRUNE_TRANSACTIONS,
    /** Certificates that have expired, their transactions and messages. */
    SCEP_PRUNE_CERTIFICATES,
    SCEP_PRUNE_KINDS
} scep_prune_e;

/** Rows that one call deletes at most, so that its write transaction is short
 * (for each of them the rows that belong to it go, too). */
#define SCEP_PRUNE_STEP 200

/** The name in directives and on the command line; static. */
const char *scep_prune_name(scep_prune_e kind);

/** @return false: there is no such kind */
bool scep_prune_kind(const char *name, scep_prune_e *kind);

/** All names, for messages: "passwords, ... or certificates"; from POOL. */
const char *scep_prune_names(apr_pool_t *pool);

/** How many days such things are kept if nothing is said; 0: for ever. */
int scep_prune_days(scep_prune_e kind);

/** The fewest days that may be said: a transaction holds its transactionID for
 * as long as ScepRetryWindow can be. */
int scep_prune_least_days(scep_prune_e kind);

/** How many could go that have been over since BEFORE. Of certificates that
 * renewed each other the older ones may have to go first. */
scep_status_e scep_store_prune_count(scep_store_t *store, scep_prune_e kind,
                                     apr_time_t before, apr_time_t now,
                                     apr_int64_t *count, scep_result_t *res);

/**
 * Delete some of them, up to SCEP_PRUNE_STEP; an audit row tells.
 * @param actor who wants it; NULL: the server
 * @param removed how many went; fewer than SCEP_PRUNE_STEP: there are no more
 */
scep_status_e scep_store_prune(scep_store_t *store, scep_prune_e kind,
                               apr_time_t before, apr_time_t now,
                               const char *actor, apr_pool_t *pool,
                               apr_int64_t *removed, scep_result_t *res);

/** The profile of a certificate that was deleted; "" if it had none.
 * @return SCEP_NOT_FOUND without filling RES: none was */
scep_status_e scep_store_past_profile(scep_store_t *store, const char *ca_id,
                                      const char *serial, apr_pool_t *pool,
                                      const char **profile, scep_result_t *res);

#endif
