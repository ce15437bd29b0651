/* Licensed under the Apache License, Version 2.0; see LICENSE. */
/**
 * @file scep_store_claim.h
 * Claims on one-time passwords in the database itself, for a store that
 * several machines share (scep_store_shared()). (store layer)
 *
 * Whose clock decides: that of the machine that asks, as with a password's
 * own end. Machines keep their clocks together by NTP; one that is ahead by
 * some seconds takes a claim over these seconds early, which costs nothing:
 * who gets the certificate is decided by scep_store_issue(). A claim that would
 * last for longer than two leases counts as run out.
 */
#ifndef SCEP_STORE_CLAIM_H
#define SCEP_STORE_CLAIM_H

#include "scep_store.h"

/** Octets that tell one transaction from another (SCEP_CLAIM_OWNER_SIZE). */
#define SCEP_STORE_OWNER_SIZE 16

/**
 * Claim the password with HASH for OWNER until NOW + LEASE, by one conditional
 * UPDATE: it is outstanding, has not expired, and is claimed by nobody, by
 * OWNER, or by somebody whose lease has run out.
 * @param claimed false: it could not be had; scep_store_challenge_find() tells
 *     more
 */
scep_status_e
scep_store_challenge_claim(scep_store_t *store, const char *ca_id,
                           const unsigned char hash[SCEP_HASH_SIZE],
                           const unsigned char owner[SCEP_STORE_OWNER_SIZE],
                           apr_time_t now, apr_interval_time_t lease,
                           apr_pool_t *pool, bool *claimed, scep_result_t *res);

/** Give a claim of OWNER back; nothing happens if it is not OWNER's. */
scep_status_e
scep_store_challenge_release(scep_store_t *store,
                             const unsigned char hash[SCEP_HASH_SIZE],
                             const unsigned char owner[SCEP_STORE_OWNER_SIZE],
                             apr_pool_t *pool, scep_result_t *res);

/**
 * Is there no room for the password that is about to be drawn: are MOST or
 * more, of all CAs, outstanding at NOW? Of few it is told exactly; of many
 * (scep_store_tally.h) by a count of some seconds ago and this process's draws
 * since.
 */
scep_status_e scep_store_challenges_full(scep_store_t *store, apr_time_t now,
                                         apr_uint32_t most, bool *full,
                                         scep_result_t *res);

#endif
