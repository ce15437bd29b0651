/* Licensed under the Apache License, Version 2.0; see LICENSE. */
/*
 * scep_name_string.c: see scep_name_string.h. (enroll layer)
 */
#include "scep_name_string.h"

#include <string.h>

#include <openssl/crypto.h>
#include <openssl/err.h>

#include <apr_strings.h>

#include "scep_crypto.h"

enum { LONGEST_SHOWN = 256 };

bool scep_string_is_text(int type)
{
    switch (type) {
    case V_ASN1_UTF8STRING:
    case V_ASN1_NUMERICSTRING:
    case V_ASN1_PRINTABLESTRING:
    case V_ASN1_T61STRING:
    case V_ASN1_IA5STRING:
    case V_ASN1_VISIBLESTRING:
    case V_ASN1_GENERALSTRING:
    case V_ASN1_UNIVERSALSTRING:
    case V_ASN1_BMPSTRING:
        return true;
    default:
        return false;
    }
}

/* Octets of a character; 0: it varies. */
static size_t width_of(int type)
{
    switch (type) {
    case V_ASN1_UTF8STRING:
        return 0;
    case V_ASN1_BMPSTRING:
        return 2;
    case V_ASN1_UNIVERSALSTRING:
        return 4;
    default:
        return 1;
    }
}

/* The character at *AT, which moves past it. -1: there is no valid one. */
static long take_character(int type, const unsigned char **at,
                           const unsigned char *end)
{
    size_t width = width_of(type), i;
    unsigned long point = 0;

    if (width == 0) {
        return scep_utf8_point(at, end);
    }
    if ((size_t)(end - *at) < width) {
        *at = end;
        return -1;
    }
    for (i = 0; i < width; i++) {
        point = point << 8 | *(*at)++;
    }
    return point > 0x10ffff || (point >= 0xd800 && point <= 0xdfff)
               ? -1
               : (long)point;
}

/* Characters that end a line, change the direction of writing, or control
 * something else. In a T61String octets from 0x80 on may be UTF-8. */
static bool is_control(int type, long point)
{
    return point < 0x20 || point == 0x7f ||
           (point >= 0x80 && point <= 0x9f && type != V_ASN1_T61STRING &&
            type != V_ASN1_GENERALSTRING) ||
           (point >= 0x2028 && point <= 0x202e) ||
           (point >= 0x2066 && point <= 0x2069);
}

static bool is_allowed_in(int type, long point)
{
    switch (type) {
    case V_ASN1_PRINTABLESTRING:
    case V_ASN1_IA5STRING:
    case V_ASN1_VISIBLESTRING:
        return point < 0x80;
    case V_ASN1_NUMERICSTRING:
        return point == ' ' || (point >= '0' && point <= '9');
    default:
        return true;
    }
}

static const char *type_fault(int type)
{
    switch (type) {
    case V_ASN1_UTF8STRING:
        return "is not valid UTF-8";
    case V_ASN1_BMPSTRING:
        return "is not a valid BMPString (UCS-2)";
    case V_ASN1_UNIVERSALSTRING:
        return "is not a valid UniversalString (UCS-4)";
    case V_ASN1_PRINTABLESTRING:
        return "is not a PrintableString: it is not ASCII";
    case V_ASN1_NUMERICSTRING:
        return "is not a NumericString: only digits and blanks are allowed";
    default:
        return "is not ASCII (IA5String)";
    }
}

const char *scep_string_fault(int type, scep_octets_t text, apr_pool_t *pool,
                              size_t *count)
{
    const unsigned char *at = text.data, *end = at + text.len;

    *count = 0;
    if (!scep_string_is_text(type)) {
        return NULL;
    }
    while (at < end) {
        long point = take_character(type, &at, end);

        if (point < 0 || !is_allowed_in(type, point)) {
            return type_fault(type);
        }
        if (is_control(type, point)) {
            return apr_psprintf(pool, "has a control character (U+%04lX)",
                                (unsigned long)point);
        }
        ++*count;
    }
    return NULL;
}

bool scep_string_is_blank(int type, scep_octets_t text)
{
    const unsigned char *at = text.data, *end = at + text.len;

    if (!scep_string_is_text(type)) {
        return text.len == 0;
    }
    while (at < end) {
        long point = take_character(type, &at, end);

        if (point != ' ' && point != 0xa0) {
            return false;
        }
    }
    return true;
}

/* "0A:FF" */
static const char *in_hex(scep_octets_t text, apr_pool_t *pool)
{
    const size_t size = 3 * text.len + 1;
    char *out = apr_pcalloc(pool, size);

    if (text.len > 0 &&
        OPENSSL_buf2hexstr_ex(out, size, NULL, text.data, text.len, ':') != 1) {
        *out = '\0';
    }
    return out;
}

/* Convert TEXT of two or four octets a character, or in Latin-1, to UTF-8. */
static scep_octets_t to_utf8(int type, scep_octets_t text, apr_pool_t *pool)
{
    ASN1_STRING *string = ASN1_STRING_type_new(type);
    scep_octets_t utf8 = {NULL, 0};
    unsigned char *out = NULL;
    int len = -1;

    ERR_set_mark();
    if (string != NULL &&
        ASN1_STRING_set(string, text.data, (int)text.len) == 1) {
        len = ASN1_STRING_to_UTF8(&out, string);
    }
    if (len >= 0) {
        utf8.data = apr_pmemdup(pool, out, (apr_size_t)len + 1);
        utf8.len = (size_t)len;
    }
    OPENSSL_free(out);
    ASN1_STRING_free(string);
    ERR_pop_to_mark();
    return utf8;
}

static bool is_converted(int type)
{
    return type == V_ASN1_BMPSTRING || type == V_ASN1_UNIVERSALSTRING ||
           type == V_ASN1_T61STRING;
}

const char *scep_string_shown(int type, scep_octets_t text, apr_pool_t *pool)
{
    const char *more = "";

    if (text.len > LONGEST_SHOWN) {
        text.len = LONGEST_SHOWN;
        more = "...";
    }
    if (is_converted(type) && text.len > 0) {
        scep_octets_t utf8 = to_utf8(type, text, pool);

        if (utf8.data == NULL) {
            return apr_pstrcat(pool, in_hex(text, pool), more, NULL);
        }
        text = utf8;
    }
    if (!scep_string_is_text(type)) {
        return apr_pstrcat(pool, in_hex(text, pool), more, NULL);
    }
    return apr_pstrcat(pool, scep_visible(pool, text, "\"\\"), more, NULL);
}

/* ---- everything in an element ---- */

/* DER's order of SET OF: as if the shorter one were followed by zeros. */
static bool in_order(scep_octets_t a, scep_octets_t b)
{
    size_t len = a.len < b.len ? a.len : b.len;
    int order = len > 0 ? memcmp(a.data, b.data, len) : 0;

    return order != 0 ? order < 0 : a.len <= b.len;
}

static const char *walk(const unsigned char *p, long len, bool sorted,
                        bool name, int depth, apr_pool_t *pool)
{
    scep_octets_t last = {NULL, 0};

    while (len > 0) {
        const unsigned char *start = p;
        const char *fault = NULL;
        long inner;
        int tag, class;
        int flags = ASN1_get_object(&p, &inner, &tag, &class, len);
        scep_octets_t whole;
        size_t count;

        if ((flags & 0x81) != 0 || depth <= 0) {
            return "is not DER";
        }
        whole.data = start;
        whole.len = (size_t)(p - start) + (size_t)inner;
        if (sorted && last.data != NULL && !in_order(last, whole)) {
            return "has a SET OF that is not sorted as DER requires";
        }
        last = whole;
        if ((flags & V_ASN1_CONSTRUCTED) != 0) {
            fault = walk(p, inner,
                         name && class == V_ASN1_UNIVERSAL && tag == V_ASN1_SET,
                         name, depth - 1, pool);
        }
        else if (class == V_ASN1_UNIVERSAL) {
            fault = scep_string_fault(tag, (scep_octets_t){p, (size_t)inner},
                                      pool, &count);
        }
        if (fault != NULL) {
            return fault;
        }
        p += inner;
        len -= (long)whole.len;
    }
    return NULL;
}

const char *scep_string_walk(scep_octets_t der, bool name, apr_pool_t *pool)
{
    const char *fault;

    ERR_set_mark();
    fault = walk(der.data, (long)der.len, false, name, SCEP_MAX_DEPTH, pool);
    ERR_pop_to_mark();
    return fault;
}
