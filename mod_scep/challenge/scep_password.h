/* Licensed under the Apache License, Version 2.0; see LICENSE. */
/**
 * @file scep_password.h
 * Makes passwords and their keyed hashes. (challenge layer)
 */
#ifndef SCEP_PASSWORD_H
#define SCEP_PASSWORD_H

#include "scep_crypto.h"
#include "scep_str.h"

#define SCEP_PASSWORD_MIN_LENGTH 8 /* octets of randomness */
#define SCEP_PASSWORD_MAX_LENGTH 64
#define SCEP_PASSWORD_KEY_SIZE 32

/**
 * A new one-time password: LENGTH random octets as upper-case hex, as NDES
 * prints it. Wiped with POOL.
 * @param length SCEP_PASSWORD_MIN_LENGTH..SCEP_PASSWORD_MAX_LENGTH
 * @return NULL if the random generator failed
 */
char *scep_password_new(apr_pool_t *pool, size_t length);

/**
 * The keyed hash under which a password is stored and looked up: HMAC-SHA-256
 * over CA_ID, a NUL octet and the password. Passwords that mod_scep makes are
 * hex. Their case and blanks around them do not count, so that a password
 * copied by hand still works.
 * @return false on failure
 */
bool scep_password_hash(scep_octets_t key, const char *ca_id,
                        const char *password,
                        unsigned char hash[SCEP_HASH_SIZE]);

#endif
