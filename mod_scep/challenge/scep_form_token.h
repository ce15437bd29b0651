/* Licensed under the Apache License, Version 2.0; see LICENSE. */
/**
 * @file scep_form_token.h
 * A token in a form proves that this server gave the form to the same user not
 * long ago. Pages of other sites have no such token. (challenge layer: APR,
 * OpenSSL)
 */
#ifndef SCEP_FORM_TOKEN_H
#define SCEP_FORM_TOKEN_H

#include <apr_time.h>

#include "scep_crypto.h"
#include "scep_str.h"

/** How long a token is good, in seconds. */
#define SCEP_FORM_TOKEN_SECONDS 3600

/**
 * Make a token: the seconds since 1970, and an HMAC-SHA-256 over them, CA_ID
 * and USER, with a key that is derived from KEY.
 * @param key the password key: all servers that share it accept the token
 * @return NULL on failure
 */
const char *scep_form_token(scep_octets_t key, const char *ca_id,
                            const char *user, apr_time_t now, apr_pool_t *pool);

/** Is TOKEN (may be NULL) good for this CA and user at NOW? Compares in
 * constant time. Also false on failure. */
bool scep_form_token_ok(scep_octets_t key, const char *ca_id, const char *user,
                        apr_time_t now, const char *token, apr_pool_t *pool);

#endif
