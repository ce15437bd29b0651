/* Licensed under the Apache License, Version 2.0; see LICENSE. */
/**
 * @file scep_attempts.h
 * Guessing (ScepFailureLimit): challenges that were refused are counted, by
 * the address they came from (IPv6: by its /64) and by the password they were
 * about, where that is known. What happens once an allowance is used up is
 * the policy's:
 *
 *  - refuse: nothing of that address, or about that password, is looked at
 *    until the allowance has room again (429).
 *  - else: a challenge that can be guessed is looked at only after a while,
 *    and a refusal leaves only after it. So few can wait at a time that no
 *    more than they are looked at; to the others it is said to come again
 *    (429). A one-time password has 64 random bits or more and is looked at
 *    at once: who has a right one is not kept waiting by a neighbour behind
 *    the same address who has not.
 *
 * (enroll layer)
 */
#ifndef SCEP_ATTEMPTS_H
#define SCEP_ATTEMPTS_H

#include "scep_service.h"

/** What one request has been through; all zeros at its beginning. */
typedef struct scep_attempts_t {
    bool waited;
    bool master; /* the master password was guessed at */
} scep_attempts_t;

/**
 * Before any challenge is looked at.
 * @return SCEP_OK; SCEP_REFUSED (SCEP_R_TOO_MANY_FAILURES); SCEP_BROKEN
 */
scep_status_e scep_attempts_begin(scep_request_t *req, scep_result_t *res);

/**
 * Before a challenge is looked at that can be guessed. May sleep: nothing must
 * be claimed or locked.
 * @return SCEP_OK; SCEP_REFUSED (SCEP_R_TOO_MANY_WAITING); SCEP_BROKEN
 */
scep_status_e scep_attempts_guess(scep_request_t *req,
                                  scep_attempts_t *attempts,
                                  scep_result_t *res);

/**
 * Before the password with HASH is looked at; the same.
 * @return besides, SCEP_REFUSED (SCEP_R_PASSWORD_LOCKED)
 */
scep_status_e scep_attempts_password(scep_request_t *req,
                                     const unsigned char *hash,
                                     scep_attempts_t *attempts,
                                     scep_result_t *res);

/**
 * The challenge was refused, as RES says: count, and sleep if need be.
 * Reasons that have nothing of a guess are not counted.
 * @return RES's status; RES may have become SCEP_R_TOO_MANY_WAITING
 */
scep_status_e scep_attempts_failed(scep_request_t *req,
                                   scep_attempts_t *attempts,
                                   scep_result_t *res);

/** Where a request comes from, as it is counted: an IPv4 address, the first 64
 * bits of an IPv6 one. From REQ's pool. */
const char *scep_attempts_network(const scep_request_t *req);

/** The key under which a request's address is counted for ALLOWANCE.
 * @return false: HMAC failed */
bool scep_attempts_source_key(const scep_request_t *req,
                              const scep_allowance_t *allowance,
                              unsigned char key[SCEP_HASH_SIZE]);

#endif
