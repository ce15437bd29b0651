/* Licensed under the Apache License, Version 2.0; see LICENSE. */
/**
 * @file scep_challenge_claim.h
 * The one-time passwords that are outstanding, and claims on them: in the
 * memory that the processes of this machine share, or, for a store that
 * several machines share, in its database. (enroll layer)
 *
 * The owner of a claim is a digest of a transaction. A claim whose owner died
 * comes back after SCEP_CLAIM_LEASE.
 */
#ifndef SCEP_CHALLENGE_CLAIM_H
#define SCEP_CHALLENGE_CLAIM_H

#include "scep_service.h"

#define SCEP_CLAIM_LEASE (60 * APR_USEC_PER_SEC)

/**
 * A password is about to be drawn: is there room for it (ScepPasswordMax)?
 * @param added SCEP_ADD_OK: there is, and it is kept; SCEP_ADD_EXISTS: it is
 *     there already; SCEP_ADD_FULL
 * @return SCEP_OK, or SCEP_UNAVAILABLE (SCEP_R_LOCK or
 *     SCEP_R_STORE_UNAVAILABLE)
 */
scep_status_e scep_challenge_add(scep_request_t *req,
                                 const unsigned char hash[SCEP_HASH_SIZE],
                                 apr_time_t expires, scep_add_e *added,
                                 scep_result_t *res);

/** The same for one that the store says is outstanding: it may be missing in
 * memory, and never is in a database. */
scep_status_e scep_challenge_restore(scep_request_t *req,
                                     const unsigned char hash[SCEP_HASH_SIZE],
                                     apr_time_t expires, scep_add_e *added,
                                     scep_result_t *res);

/**
 * Claim for OWNER.
 * @param claim SCEP_CLAIM_OK; _EXPIRED; _BUSY: another transaction has it;
 *     _UNKNOWN: the store has to be asked
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

/** The store says that it is spent or cancelled, or does not have it. */
void scep_challenge_remove(scep_request_t *req,
                           const unsigned char hash[SCEP_HASH_SIZE]);

#endif
