/* Licensed under the Apache License, Version 2.0; see LICENSE. */
/**
 * @file scep_form_token.h
 * Tokens that prove that a form which comes back was given out to the same
 * user, by this server, not long ago: no page of another site has them.
 * (challenge layer: APR, OpenSSL)
 */
#ifndef SCEP_FORM_TOKEN_H
#define SCEP_FORM_TOKEN_H

#include <apr_time.h>

#include "scep_crypto.h"
#include "scep_str.h"

/** How long a token is good, in seconds. */
#define SCEP_FORM_TOKEN_SECONDS 3600

/**
 * A new token: the seconds since 1970 and, keyed with what is derived from
 * KEY, an HMAC-SHA-256 over them, CA_ID and USER.
 * @param key the password key: all servers that share it accept the token
 * @return NULL on failure
 */
const char *scep_form_token(scep_octets_t key, const char *ca_id,
                            const char *user, apr_time_t now, apr_pool_t *pool);

/** Is TOKEN (may be NULL) good for this CA and user at NOW? Compared in
 * constant time. False also on failure. */
bool scep_form_token_ok(scep_octets_t key, const char *ca_id, const char *user,
                        apr_time_t now, const char *token, apr_pool_t *pool);

#endif
