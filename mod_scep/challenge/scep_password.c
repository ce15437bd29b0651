/* Licensed under the Apache License, Version 2.0; see LICENSE. */
/*
 * scep_password.c: makes one-time passwords and their keyed hashes. (challenge
 * layer)
 */
#include "scep_password.h"

#include <string.h>

#include <openssl/crypto.h>

char *scep_password_new(apr_pool_t *pool, size_t length)
{
    unsigned char random[SCEP_PASSWORD_MAX_LENGTH];
    char *password;

    if (length < SCEP_PASSWORD_MIN_LENGTH ||
        length > SCEP_PASSWORD_MAX_LENGTH ||
        !scep_random(random, length, true)) {
        return NULL;
    }
    password = scep_secret_alloc(pool, 2 * length + 1);
    scep_hex_into(password, random, length);
    scep_wipe(random, sizeof(random));
    return password;
}

static bool is_blank(char c)
{
    return c == ' ' || c == '\t' || c == '\r' || c == '\n';
}

static bool is_hex(char c)
{
    return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'f') ||
           (c >= 'A' && c <= 'F');
}

/* The part of PASSWORD that counts. Only a password in hex loses the blanks
 * around it: they may be part of one that a person chose. */
static scep_octets_t significant(const char *password, bool *hex)
{
    size_t start = 0, end = strlen(password), i;
    scep_octets_t all = {(const unsigned char *)password, end};

    while (start < end && is_blank(password[start])) {
        start++;
    }
    while (end > start && is_blank(password[end - 1])) {
        end--;
    }
    *hex = end > start;
    for (i = start; i < end; i++) {
        if (!is_hex(password[i])) {
            *hex = false;
        }
    }
    return *hex ? (scep_octets_t){all.data + start, end - start} : all;
}

bool scep_password_hash(scep_octets_t key, const char *ca_id,
                        const char *password,
                        unsigned char hash[SCEP_HASH_SIZE])
{
    bool hex, ok;
    scep_octets_t text = significant(password, &hex);
    size_t prefix = strlen(ca_id) + 1;
    size_t size = prefix + text.len;
    unsigned char *message;
    size_t i;

    if (key.len != SCEP_PASSWORD_KEY_SIZE) {
        return false;
    }
    message = OPENSSL_malloc(size);
    if (message == NULL) {
        return false;
    }
    memcpy(message, ca_id, prefix);
    for (i = 0; i < text.len; i++) {
        unsigned char c = text.data[i];

        message[prefix + i] =
            hex && c >= 'a' ? (unsigned char)(c - 'a' + 'A') : c;
    }
    ok = scep_hmac(key, (scep_octets_t){message, size}, hash);
    OPENSSL_clear_free(message, size);
    return ok;
}
