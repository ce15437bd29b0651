/* Licensed under the Apache License, Version 2.0; see LICENSE. */
/**
 * @file scep_store_prune.h
 * Delete what the durable record need not keep. Conventions of scep_store.h.
 * (store layer)
 *
 * No certificate, transaction, revocation or waiting request is ever deleted
 * here, so that whatever was refused for one of them still is.
 */
#ifndef SCEP_STORE_PRUNE_H
#define SCEP_STORE_PRUNE_H

#include "scep_store.h"

/** What can be deleted. */
typedef enum {
    /** One-time passwords that have been over for so long: expired, and every
     * certificate issued on them as well; and the record of the messages that
     * these were the answers to. The transaction tells ever after that such a
     * password was spent, and for which CSR. The messages of other certificates stay: nothing
     * else would refuse them if they came again. */
    SCEP_PRUNE_PASSWORDS = 0,
    SCEP_PRUNE_REFUSALS, /* audit rows about what was refused */
    SCEP_PRUNE_AUDIT,    /* all audit rows */
    SCEP_PRUNE_KINDS
} scep_prune_e;

/** The shortest time that anything is kept, and how long passwords are if
 * nothing is said; the rest is kept for ever then. */
#define SCEP_PRUNE_LEAST_DAYS 1
#define SCEP_PRUNE_PASSWORD_DAYS 90

/** Rows (passwords, or rows of the audit trail) that one call deletes at most,
 * so that its write transaction is short. */
#define SCEP_PRUNE_STEP 200

/** The name in directives and on the command line; static. */
const char *scep_prune_name(scep_prune_e kind);

/** @return false: there is no such kind */
bool scep_prune_kind(const char *name, scep_prune_e *kind);

/** How many could go that have been over since BEFORE. */
scep_status_e scep_store_prune_count(scep_store_t *store, scep_prune_e kind,
                                     apr_time_t before, apr_int64_t *count,
                                     scep_result_t *res);

/**
 * Delete some of them, up to SCEP_PRUNE_STEP; an audit row tells.
 * @param actor who wants it; NULL: the server
 * @param removed how many went; fewer than SCEP_PRUNE_STEP: there are no more
 */
scep_status_e scep_store_prune(scep_store_t *store, scep_prune_e kind,
                               apr_time_t before, apr_time_t now,
                               const char *actor, apr_pool_t *pool,
                               apr_int64_t *removed, scep_result_t *res);

#endif
