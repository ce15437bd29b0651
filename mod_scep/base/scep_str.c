/* Licensed under the Apache License, Version 2.0; see LICENSE. */
/*
 * scep_str.c: hex, constant-time comparison, wiping, and text for people. (base
 * layer)
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

bool scep_hex_pair(const char *text, unsigned char *octet)
{
    int high = OPENSSL_hexchar2int((unsigned char)text[0]);
    int low = high >= 0 ? OPENSSL_hexchar2int((unsigned char)text[1]) : -1;

    if (low < 0) {
        return false;
    }
    *octet = (unsigned char)(high << 4 | low);
    return true;
}

bool scep_unhex(const char *text, unsigned char *out, size_t len)
{
    size_t i;

    if (strlen(text) != 2 * len) {
        return false;
    }
    for (i = 0; i < len; i++) {
        if (!scep_hex_pair(text + 2 * i, &out[i])) {
            return false;
        }
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

const char *scep_cut(char *out, const char *text, size_t max)
{
    static const char mark[] = "...";
    size_t len;

    if (text == NULL || strnlen(text, max + 1) <= max) {
        return text;
    }
    len = max > sizeof(mark) - 1 ? max - (sizeof(mark) - 1) : 0;
    while (len > 0 && ((unsigned char)text[len] & 0xc0) == 0x80) {
        len--;
    }
    memcpy(out, text, len);
    apr_cpystrn(out + len, mark, max + 1 - len);
    return out;
}

static char *put_escaped(char *to, unsigned char c)
{
    *to++ = '\\';
    *to++ = 'x';
    return scep_hex_lower_into(to, &c, 1) + 2;
}

const char *scep_printable(apr_pool_t *pool, const char *text, size_t max)
{
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
            to = put_escaped(to, c);
        }
    }
    *to = '\0';
    return out;
}

long scep_utf8_point(const unsigned char **at, const unsigned char *end)
{
    static const unsigned long smallest[] = {0, 0x80, 0x800, 0x10000};
    const unsigned char *text = *at;
    unsigned long point = *text;
    int more = 0, i;

    (*at)++;
    if (point < 0x80) {
        return (long)point;
    }
    if (point >= 0xc2 && point <= 0xf4) {
        more = point < 0xe0 ? 1 : point < 0xf0 ? 2 : 3;
        point &= 0x3fU >> more;
    }
    if (more == 0 || end - text <= more) {
        return -1;
    }
    for (i = 1; i <= more; i++) {
        if ((text[i] & 0xc0) != 0x80) {
            return -1;
        }
        point = point << 6 | (text[i] & 0x3fU);
    }
    if (point < smallest[more] || point > 0x10ffff ||
        (point >= 0xd800 && point <= 0xdfff)) {
        return -1;
    }
    *at += more;
    return (long)point;
}

bool scep_point_visible(long point)
{
    static const struct {
        long first, last;
    } hidden[] = {
        {-1, 0x1f},         {0x7f, 0x9f},     {0xad, 0xad},
        {0x61c, 0x61c},     {0x180e, 0x180e}, {0x200b, 0x200f},
        {0x2028, 0x202e},   {0x2060, 0x206f}, {0xd800, 0xdfff},
        {0xfeff, 0xfeff},   {0xfff9, 0xfffb}, {0xfffe, 0xffff},
        {0xe0000, 0xe007f},
    };
    size_t i;

    for (i = 0; i < sizeof(hidden) / sizeof(hidden[0]); i++) {
        if (point >= hidden[i].first && point <= hidden[i].last) {
            return false;
        }
    }
    return true;
}

const char *scep_visible(apr_pool_t *pool, scep_octets_t text,
                         const char *specials)
{
    const unsigned char *at = text.data, *end = at + text.len;
    char *out, *to;

    out = to = apr_palloc(pool, 4 * text.len + 1);
    while (at < end) {
        const unsigned char *from = at;
        long point = scep_utf8_point(&at, end);
        bool plain = scep_point_visible(point) &&
                     (point > 0x7f || strchr(specials, (int)point) == NULL);

        for (; from < at; from++) {
            if (plain) {
                *to++ = (char)*from;
            }
            else {
                to = put_escaped(to, *from);
            }
        }
    }
    *to = '\0';
    return out;
}

const char *scep_shown(apr_pool_t *pool, const char *text)
{
    return text != NULL
               ? scep_visible(
                     pool,
                     (scep_octets_t){(const unsigned char *)text, strlen(text)},
                     "")
               : "-";
}
