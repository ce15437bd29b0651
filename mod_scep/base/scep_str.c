/* Licensed under the Apache License, Version 2.0; see LICENSE. */
/*
 * scep_str.c: hex, constant-time comparison, wiping. (base layer)
 */
#include "scep_str.h"

#include <string.h>

#include <apr_lib.h>
#include <apr_strings.h>

#include <openssl/crypto.h>

static char *hex(char *out, const unsigned char *data, size_t len,
                 const char *digits)
{
    size_t i;

    for (i = 0; i < len; i++) {
        out[2 * i] = digits[data[i] >> 4];
        out[2 * i + 1] = digits[data[i] & 15];
    }
    out[2 * len] = '\0';
    return out;
}

char *scep_hex_into(char *out, const unsigned char *data, size_t len)
{
    return hex(out, data, len, "0123456789ABCDEF");
}

char *scep_hex_lower_into(char *out, const unsigned char *data, size_t len)
{
    return hex(out, data, len, "0123456789abcdef");
}

char *scep_hex(apr_pool_t *pool, const unsigned char *data, size_t len)
{
    return scep_hex_into(apr_palloc(pool, 2 * len + 1), data, len);
}

char *scep_hex_lower(apr_pool_t *pool, const unsigned char *data, size_t len)
{
    return scep_hex_lower_into(apr_palloc(pool, 2 * len + 1), data, len);
}

static int hex_value(char c)
{
    if (c >= '0' && c <= '9') {
        return c - '0';
    }
    if (c >= 'a' && c <= 'f') {
        return c - 'a' + 10;
    }
    if (c >= 'A' && c <= 'F') {
        return c - 'A' + 10;
    }
    return -1;
}

bool scep_unhex(const char *text, unsigned char *out, size_t len)
{
    size_t i;

    if (strlen(text) != 2 * len) {
        return false;
    }
    for (i = 0; i < len; i++) {
        int high = hex_value(text[2 * i]);
        int low = hex_value(text[2 * i + 1]);

        if (high < 0 || low < 0) {
            return false;
        }
        out[i] = (unsigned char)(high << 4 | low);
    }
    return true;
}

bool scep_equal_ct(const unsigned char *a, const unsigned char *b, size_t len)
{
    return CRYPTO_memcmp(a, b, len) == 0;
}

bool scep_octets_equal(scep_octets_t a, scep_octets_t b)
{
    return a.len == b.len && (a.len == 0 || memcmp(a.data, b.data, a.len) == 0);
}

scep_octets_t scep_octets_copy(apr_pool_t *pool, scep_octets_t octets)
{
    scep_octets_t copy = {NULL, octets.len};

    if (octets.len > 0) {
        copy.data = apr_pmemdup(pool, octets.data, octets.len);
    }
    return copy;
}

void scep_wipe(void *data, size_t len)
{
    OPENSSL_cleanse(data, len);
}

typedef struct secret_t {
    void *data;
    size_t len;
} secret_t;

static apr_status_t secret_cleanup(void *baton)
{
    secret_t *secret = baton;

    scep_wipe(secret->data, secret->len);
    return APR_SUCCESS;
}

void *scep_secret_alloc(apr_pool_t *pool, size_t len)
{
    secret_t *secret = apr_palloc(pool, sizeof(*secret));

    secret->data = apr_pcalloc(pool, len > 0 ? len : 1);
    secret->len = len;
    apr_pool_cleanup_register(pool, secret, secret_cleanup,
                              apr_pool_cleanup_null);
    return secret->data;
}

const char *scep_printable(apr_pool_t *pool, const char *text, size_t max)
{
    static const char digits[] = "0123456789abcdef";
    size_t len, i;
    char *out, *to;

    if (text == NULL) {
        return "-";
    }
    len = strlen(text);
    if (len > max) {
        len = max;
    }
    out = to = apr_palloc(pool, 4 * len + 1);
    for (i = 0; i < len; i++) {
        unsigned char c = (unsigned char)text[i];

        if (c >= 0x20 && c < 0x7f && c != '"' && c != '\\') {
            *to++ = (char)c;
        }
        else {
            *to++ = '\\';
            *to++ = 'x';
            *to++ = digits[c >> 4];
            *to++ = digits[c & 15];
        }
    }
    *to = '\0';
    return out;
}
