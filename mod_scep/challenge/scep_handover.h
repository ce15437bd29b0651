/* Licensed under the Apache License, Version 2.0; see LICENSE. */
/**
 * @file scep_handover.h
 * What a page hands over to the next one, to which it redirects. It is sealed
 * by AES-256-GCM for one user and one minute, so that the browser can keep it
 * in between, and the server need not. (challenge layer: APR, OpenSSL)
 */
#ifndef SCEP_HANDOVER_H
#define SCEP_HANDOVER_H

#include <apr_time.h>

#include "scep_crypto.h"
#include "scep_str.h"

/** How long a handover can be opened, in seconds. */
#define SCEP_HANDOVER_SECONDS 60

/** Room for a ticket, with its NUL. */
#define SCEP_HANDOVER_TICKET_SIZE 17

/** What is handed over; NULL: not there. */
typedef struct scep_handover_t {
    const char *notice;   /* one line for the user; UTF-8 */
    const char *id;       /* of the password: its keyed hash in hex */
    apr_time_t expires;   /* when the password expires; 0: never */
    const char *password; /* wiped with the pool from which it was opened */
} scep_handover_t;

/** Between whom it is handed over. */
typedef struct scep_handover_key_t {
    scep_octets_t key; /* the password key: all servers that share it can open
                        * what one has sealed */
    const char *ca_id;
    const char *user;
    apr_time_t now;
} scep_handover_key_t;

/**
 * Seal HANDOVER.
 * @param ticket hex that distinguishes handovers of the same user; it reveals
 *     nothing of the content
 * @return hex, from POOL; NULL on failure
 */
const char *scep_handover_seal(const scep_handover_key_t *key,
                               const scep_handover_t *handover,
                               apr_pool_t *pool,
                               char ticket[SCEP_HANDOVER_TICKET_SIZE]);

/**
 * Open what scep_handover_seal() made. It can be opened again.
 * @param sealed may be NULL
 * @return false: SEALED is none, too old, of another key, CA, user or ticket,
 *     or a failure. HANDOVER is empty then.
 */
bool scep_handover_open(const scep_handover_key_t *key, const char *ticket,
                        const char *sealed, apr_pool_t *pool,
                        scep_handover_t *handover);

#endif
