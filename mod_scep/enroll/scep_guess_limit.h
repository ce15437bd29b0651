/* Licensed under the Apache License, Version 2.0; see LICENSE. */
/**
 * @file scep_guess_limit.h
 * The limit on guesses (ScepFailureLimit). Refused challenges are counted by
 * the address that they came from (IPv6: by its /64), and by the one-time
 * challenge that they were about, if there is one. A right challenge is served
 * at once, whatever else failed. Once the allowance is used up, a wrong one is
 *
 *  - with `refuse`: told to come again (429), like one that was not checked.
 *  - with `delay`: refused after a while. Only a few requests can wait at a
 *    time; the others are told to come again (429).
 *
 * A one-time challenge has 64 random bits or more, and is always checked.
 * Beyond the allowance, a challenge that can be guessed is checked only while a
 * reserve lasts: SCEP_RESERVE for each address, which refills as slowly as the
 * allowance, or as two waiting requests make room. Only wrong challenges use it
 * up, and one key or one challenge uses only a few: a device that tries for
 * ever, with one key or one challenge, leaves the rest to its neighbours.
 * docs/internals.md has the arithmetic.
 *
 * (enroll layer)
 */
#ifndef SCEP_GUESS_LIMIT_H
#define SCEP_GUESS_LIMIT_H

#include <openssl/evp.h>

#include "scep_service.h"

/** Checks beyond the allowance, for one address. */
#define SCEP_RESERVE 32

/** The state of one request; all zeros at its beginning. */
typedef struct scep_guess_limit_t {
    bool waited;
    bool master;   /* the master password was guessed at */
    bool reserved; /* one of the reserve is taken */
    unsigned char key_hash[SCEP_HASH_SIZE];       /* of the signer's key */
    unsigned char challenge_hash[SCEP_HASH_SIZE]; /* keyed */
} scep_guess_limit_t;

/** Note the signer's KEY and its CHALLENGE (may be NULL) in GUESSES.
 * @return SCEP_OK; SCEP_BROKEN */
scep_status_e scep_guess_limit_begin(const scep_request_t *req, EVP_PKEY *key,
                                     const char *challenge,
                                     scep_guess_limit_t *guesses,
                                     scep_result_t *res);

/**
 * Call this before a challenge that can be guessed is checked. Never sleeps.
 * @return SCEP_OK; SCEP_REFUSED (SCEP_R_TOO_MANY_FAILURES or
 *     SCEP_R_TOO_MANY_WAITING); SCEP_BROKEN
 */
scep_status_e scep_guess_limit_guess(scep_request_t *req,
                                     scep_guess_limit_t *guesses,
                                     scep_result_t *res);

/** The challenge was right, or could not be judged, so it was no guess. */
void scep_guess_limit_passed(scep_request_t *req, scep_guess_limit_t *guesses);

/**
 * Call this before the one-time challenge with HASH is checked. May sleep, so
 * that nothing must be claimed or locked.
 * @return SCEP_OK; SCEP_REFUSED (SCEP_R_PASSWORD_LOCKED or
 *     SCEP_R_TOO_MANY_WAITING); SCEP_BROKEN
 */
scep_status_e scep_guess_limit_password(scep_request_t *req,
                                        const unsigned char *hash,
                                        scep_guess_limit_t *guesses,
                                        scep_result_t *res);

/**
 * The challenge was refused, as RES says: count it, and sleep if need be.
 * Reasons that are no sign of a guess are not counted.
 * @return RES's status; RES may have become SCEP_R_TOO_MANY_WAITING or
 *     SCEP_R_TOO_MANY_FAILURES
 */
scep_status_e scep_guess_limit_failed(scep_request_t *req,
                                      scep_guess_limit_t *guesses,
                                      scep_result_t *res);

/**
 * Take a slot of KIND. One key may have half of them. One in eight workers may
 * wait for a turn at a time, half of all workers may ask a provider; without
 * shared slots, any number may.
 * @param key NULL: REQ's address
 * @return false: no slot is free
 */
bool scep_guess_limit_enter(const scep_request_t *req, scep_slot_kind_e kind,
                            const unsigned char *key, int *slot);

/** Give SLOT back; -1: there is none. */
void scep_guess_limit_leave(const scep_request_t *req, int slot);

/** The network for which a request is counted: an IPv4 address, or the first 64
 * bits of an IPv6 one. From REQ's pool. */
const char *scep_guess_limit_network(const scep_request_t *req);

/** The key under which a request's address is counted for ALLOWANCE.
 * @return false: HMAC failed */
bool scep_guess_limit_network_key(const scep_request_t *req,
                                  const scep_allowance_t *allowance,
                                  unsigned char key[SCEP_HASH_SIZE]);

#endif
