/* Licensed under the Apache License, Version 2.0; see LICENSE. */
/**
 * @file scep_store_claim.h
 * Claims on one-time passwords in the database itself, for a store that several
 * machines share (scep_store_shared()). (store layer)
 *
 * Each machine decides by its own clock, as with a password's expiry. The
 * machines should synchronize their clocks by NTP. One that is some seconds
 * ahead takes over a claim these seconds early, which does no harm:
 * scep_store_issue() decides who gets the certificate. A claim that would last
 * longer than two leases counts as expired.
 */
#ifndef SCEP_STORE_CLAIM_H
#define SCEP_STORE_CLAIM_H

#include "scep_store.h"

/** Octets that identify a transaction (SCEP_CLAIM_OWNER_SIZE). */
#define SCEP_STORE_OWNER_SIZE 16

/**
 * Claim the password with HASH for OWNER until NOW + LEASE, by one conditional
 * UPDATE. The password must be outstanding and not expired, and claimed by
 * nobody, by OWNER, or by somebody whose lease has expired.
 * @param claimed false: the password could not be claimed;
 *     scep_store_challenge_find() tells more
 */
scep_status_e
scep_store_challenge_claim(scep_store_t *store, const char *ca_id,
                           const unsigned char hash[SCEP_HASH_SIZE],
                           const unsigned char owner[SCEP_STORE_OWNER_SIZE],
                           apr_time_t now, apr_interval_time_t lease,
                           apr_pool_t *pool, bool *claimed, scep_result_t *res);

/** Give back a claim of OWNER. Does nothing if it is not OWNER's. */
scep_status_e
scep_store_challenge_release(scep_store_t *store,
                             const unsigned char hash[SCEP_HASH_SIZE],
                             const unsigned char owner[SCEP_STORE_OWNER_SIZE],
                             apr_pool_t *pool, scep_result_t *res);

/**
 * Are MOST or more passwords of all CAs outstanding at NOW, so that no further
 * one can be drawn? Few are counted exactly. For many (scep_store_tally.h) a
 * count of some seconds ago is used, plus this process's draws since.
 */
scep_status_e scep_store_challenges_full(scep_store_t *store, apr_time_t now,
                                         apr_uint32_t most, bool *full,
                                         scep_result_t *res);

#endif
