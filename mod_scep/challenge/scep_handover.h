/* Licensed under the Apache License, Version 2.0; see LICENSE. */
/**
 * @file scep_handover.h
 * What one page has for the next, to which it redirects: sealed by AES-256-GCM
 * for one user and a minute, so that the browser can keep it meanwhile and the
 * server keeps nothing. (challenge layer: APR, OpenSSL)
 */
#ifndef SCEP_HANDOVER_H
#define SCEP_HANDOVER_H

#include <apr_time.h>

#include "scep_crypto.h"
#include "scep_str.h"

/** How long it can be opened, in seconds. */
#define SCEP_HANDOVER_SECONDS 60

/** Room for a ticket, with its NUL. */
#define SCEP_HANDOVER_TICKET_SIZE 17

/** What is handed over; NULL: not there. */
typedef struct scep_handover_t {
    const char *notice;   /* one line for the user; UTF-8 */
    const char *id;       /* of the password: its keyed hash in hex */
    apr_time_t expires;   /* the password does, then; 0: never */
    const char *password; /* wiped with the pool from which it was opened */
} scep_handover_t;

/** Who hands over to whom. */
typedef struct scep_handover_key_t {
    scep_octets_t key; /* the password key: all servers that share it can open
                        * what one has sealed */
    const char *ca_id;
    const char *user;
    apr_time_t now;
} scep_handover_key_t;

/**
 * Seal HANDOVER.
 * @param ticket hex that tells this one from others of the same user; it says
 *     nothing of what is in it
 * @return hex, from POOL; NULL on failure
 */
const char *scep_handover_seal(const scep_handover_key_t *key,
                               const scep_handover_t *handover,
                               apr_pool_t *pool,
                               char ticket[SCEP_HANDOVER_TICKET_SIZE]);

/**
 * Open what scep_handover_seal() made. Opening it does not use it up.
 * @param sealed may be NULL
 * @return false: it is none, or too old, or of another key, CA, user, or
 *     ticket; or on failure. HANDOVER is empty then.
 */
bool scep_handover_open(const scep_handover_key_t *key, const char *ticket,
                        const char *sealed, apr_pool_t *pool,
                        scep_handover_t *handover);

#endif
