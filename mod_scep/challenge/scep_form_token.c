/* Licensed under the Apache License, Version 2.0; see LICENSE. */
/*
 * scep_form_token.c: makes and checks tokens: decimal seconds, a hyphen, and
 * the HMAC in hex. (challenge layer)
 */
#include "scep_form_token.h"

#include <string.h>

#include <apr_strings.h>

/* Passwords are hashed with the same key, but behind a CA id, which is hex. So
 * no text that is hashed for them begins like this one. */
static const char purpose[] = "form token";

enum { SLACK = 60 /* seconds by which servers' clocks may differ */ };

static bool make_mac(scep_octets_t key, const char *ca_id, const char *user,
                     apr_int64_t seconds, apr_pool_t *pool,
                     unsigned char mac[SCEP_HASH_SIZE])
{
    /* Free text comes last, because it may hold anything. */
    const char *text = apr_psprintf(pool, "%" APR_INT64_T_FMT "\n%s\n%s",
                                    seconds, ca_id, user);
    scep_octets_t message = {(const unsigned char *)text, strlen(text)};
    scep_octets_t label = {(const unsigned char *)purpose, sizeof(purpose)};
    unsigned char derived[SCEP_HASH_SIZE];
    bool ok =
        scep_hmac(key, label, derived) &&
        scep_hmac((scep_octets_t){derived, sizeof(derived)}, message, mac);

    scep_wipe(derived, sizeof(derived));
    return ok;
}

static const char *token_at(scep_octets_t key, const char *ca_id,
                            const char *user, apr_int64_t seconds,
                            apr_pool_t *pool)
{
    unsigned char mac[SCEP_HASH_SIZE];

    if (!make_mac(key, ca_id, user, seconds, pool, mac)) {
        return NULL;
    }
    return apr_psprintf(pool, "%" APR_INT64_T_FMT "-%s", seconds,
                        scep_hex_lower(pool, mac, sizeof(mac)));
}

const char *scep_form_token(scep_octets_t key, const char *ca_id,
                            const char *user, apr_time_t now, apr_pool_t *pool)
{
    return token_at(key, ca_id, user, apr_time_sec(now), pool);
}

bool scep_form_token_ok(scep_octets_t key, const char *ca_id, const char *user,
                        apr_time_t now, const char *token, apr_pool_t *pool)
{
    apr_int64_t seconds = 0, age;
    const char *wanted;
    char *end;

    if (token == NULL || *token < '0' || *token > '9') {
        return false;
    }
    seconds = apr_strtoi64(token, &end, 10);
    age = apr_time_sec(now) - seconds;
    if (*end != '-' || age < -SLACK || age > SCEP_FORM_TOKEN_SECONDS) {
        return false;
    }
    wanted = token_at(key, ca_id, user, seconds, pool);
    return wanted != NULL && strlen(token) == strlen(wanted) &&
           scep_equal_ct((const unsigned char *)token,
                         (const unsigned char *)wanted, strlen(wanted));
}
