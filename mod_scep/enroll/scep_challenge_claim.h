/* Licensed under the Apache License, Version 2.0; see LICENSE. */
/**
 * @file scep_challenge_claim.h
 * The outstanding one-time challenges, and claims on them. They are in memory
 * that the processes of this machine share, or, if several machines share the
 * store, in its database. (enroll layer)
 *
 * The owner of a claim is a digest of a transaction. If the owner dies, its
 * claim expires after SCEP_CLAIM_LEASE.
 */
#ifndef SCEP_CHALLENGE_CLAIM_H
#define SCEP_CHALLENGE_CLAIM_H

#include "scep_service.h"

#define SCEP_CLAIM_LEASE (60 * APR_USEC_PER_SEC)

/**
 * Add a challenge that is about to be drawn, if there is room
 * (ScepPasswordMax).
 * @param added SCEP_ADD_OK: added; SCEP_ADD_EXISTS: it was there already;
 *     SCEP_ADD_FULL: no room
 * @return SCEP_OK, or SCEP_UNAVAILABLE (SCEP_R_LOCK or
 *     SCEP_R_STORE_UNAVAILABLE)
 */
scep_status_e scep_challenge_add(scep_request_t *req,
                                 const unsigned char hash[SCEP_HASH_SIZE],
                                 apr_time_t expires, scep_add_e *added,
                                 scep_result_t *res);

/** The same for a challenge that is outstanding in the store: it may be missing
 * in memory, but never in a shared database. */
scep_status_e scep_challenge_restore(scep_request_t *req,
                                     const unsigned char hash[SCEP_HASH_SIZE],
                                     apr_time_t expires, scep_add_e *added,
                                     scep_result_t *res);

/**
 * Claim for OWNER.
 * @param claim SCEP_CLAIM_OK; _EXPIRED; _BUSY: another transaction has it;
 *     _UNKNOWN: ask the store
 * @return SCEP_OK, or as scep_challenge_add()
 */
scep_status_e
scep_challenge_claim(scep_request_t *req,
                     const unsigned char hash[SCEP_HASH_SIZE],
                     const unsigned char owner[SCEP_CLAIM_OWNER_SIZE],
                     scep_claim_e *claim, scep_result_t *res);

/** Give a claim of OWNER back. */
void scep_challenge_release(scep_request_t *req,
                            const unsigned char hash[SCEP_HASH_SIZE],
                            const unsigned char owner[SCEP_CLAIM_OWNER_SIZE]);

/** Remove a challenge that is spent or cancelled, or not in the store. */
void scep_challenge_remove(scep_request_t *req,
                           const unsigned char hash[SCEP_HASH_SIZE]);

#endif
