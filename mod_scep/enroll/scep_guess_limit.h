/* Licensed under the Apache License, Version 2.0; see LICENSE. */
/**
 * @file scep_guess_limit.h
 * Guessing (ScepFailureLimit): challenges that were refused are counted, by
 * the address they came from (IPv6: by its /64) and by the password they were
 * about, where that is known. What is right is served at once, whatever failed
 * beside it; what is wrong, once an allowance is used up, is
 *
 *  - refuse: told to come again (429), as what was not looked at.
 *  - else: refused after a while. So few can wait at a time; to the others it
 *    is said to come again (429).
 *
 * A one-time password has 64 random bits or more and is looked at in any case.
 * What can be guessed is looked at, beyond the allowance, only as long as a
 * reserve lasts: SCEP_RESERVE at once for each address, which comes back as
 * slowly as the allowance, or as two who wait make room. It is used up by what
 * is wrong alone, and one key or one challenge uses up a few of it: a device
 * that tries for ever, with one key or with one password, leaves the rest to
 * its neighbours. docs/internals.md has the arithmetic.
 *
 * (enroll layer)
 */
#ifndef SCEP_GUESS_LIMIT_H
#define SCEP_GUESS_LIMIT_H

#include <openssl/evp.h>

#include "scep_service.h"

/** Looks beyond the allowance, for one address. */
#define SCEP_RESERVE 32

/** What one request has been through; all zeros at its beginning. */
typedef struct scep_guess_limit_t {
    bool waited;
    bool master;   /* the master password was guessed at */
    bool reserved; /* something of the reserve is taken */
    unsigned char key_hash[SCEP_HASH_SIZE];       /* of the signer's key */
    unsigned char challenge_hash[SCEP_HASH_SIZE]; /* keyed */
} scep_guess_limit_t;

/** Note whose challenge it is. @param challenge may be NULL
 * @return SCEP_OK; SCEP_BROKEN */
scep_status_e scep_guess_limit_begin(const scep_request_t *req, EVP_PKEY *key,
                                     const char *challenge,
                                     scep_guess_limit_t *guesses,
                                     scep_result_t *res);

/**
 * Before a challenge is looked at that can be guessed: may it be? Never sleeps.
 * @return SCEP_OK; SCEP_REFUSED (SCEP_R_TOO_MANY_FAILURES or
 *     SCEP_R_TOO_MANY_WAITING); SCEP_BROKEN
 */
scep_status_e scep_guess_limit_guess(scep_request_t *req,
                                     scep_guess_limit_t *guesses,
                                     scep_result_t *res);

/** It was right, or could not be judged: it was no guess. */
void scep_guess_limit_passed(scep_request_t *req, scep_guess_limit_t *guesses);

/**
 * Before the password with HASH is looked at. May sleep: nothing must be claimed
 * or locked.
 * @return SCEP_OK; SCEP_REFUSED (SCEP_R_PASSWORD_LOCKED or
 *     SCEP_R_TOO_MANY_WAITING); SCEP_BROKEN
 */
scep_status_e scep_guess_limit_password(scep_request_t *req,
                                        const unsigned char *hash,
                                        scep_guess_limit_t *guesses,
                                        scep_result_t *res);

/**
 * The challenge was refused, as RES says: count, and sleep if need be.
 * Reasons that have nothing of a guess are not counted.
 * @return RES's status; RES may have become SCEP_R_TOO_MANY_WAITING or
 *     SCEP_R_TOO_MANY_FAILURES
 */
scep_status_e scep_guess_limit_failed(scep_request_t *req,
                                      scep_guess_limit_t *guesses,
                                      scep_result_t *res);

/**
 * Take one of the slots of KIND, of which one key may have half: one in eight
 * workers may wait for a turn at a time, half of them ask a provider. Where
 * nothing is counted there are as many as are wanted.
 * @param key NULL: REQ's address
 * @return false: there is none
 */
bool scep_guess_limit_enter(const scep_request_t *req, scep_slot_kind_e kind,
                            const unsigned char *key, int *slot);

/** Give it back. */
void scep_guess_limit_leave(const scep_request_t *req, int slot);

/** Where a request comes from, as it is counted: an IPv4 address, the first 64
 * bits of an IPv6 one. From REQ's pool. */
const char *scep_guess_limit_network(const scep_request_t *req);

/** The key under which a request's address is counted for ALLOWANCE.
 * @return false: HMAC failed */
bool scep_guess_limit_source_key(const scep_request_t *req,
                                 const scep_allowance_t *allowance,
                                 unsigned char key[SCEP_HASH_SIZE]);

#endif
