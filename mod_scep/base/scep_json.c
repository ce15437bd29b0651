/* Licensed under the Apache License, Version 2.0; see LICENSE. */
/*
 * scep_json.c: strings of JSON. (base layer)
 */
#include "scep_json.h"

#include <string.h>

enum {
    REPLACEMENT = 0xfffd,
    LONGEST = 6 /* an octet's \uNNNN; four octets make two of them */
};

/* The code point at *AT, which moves behind it; overlong forms, surrogates
 * and what is above U+10FFFF are malformed (RFC 3629). */
static unsigned long take_point(const unsigned char **at)
{
    static const unsigned long smallest[] = {0, 0x80, 0x800, 0x10000};
    const unsigned char *text = *at;
    unsigned long point = *text;
    int more = 0, i;

    (*at)++;
    if (point < 0x80) {
        return point;
    }
    if (point >= 0xc2 && point <= 0xf4) {
        more = point < 0xe0 ? 1 : point < 0xf0 ? 2 : 3;
        point &= 0x3fU >> more;
    }
    for (i = 1; i <= more; i++) {
        if ((text[i] & 0xc0) != 0x80) { /* the end, too */
            return REPLACEMENT;
        }
        point = point << 6 | (text[i] & 0x3fU);
    }
    if (more == 0 || point < smallest[more] || point > 0x10ffff ||
        (point >= 0xd800 && point <= 0xdfff)) {
        return REPLACEMENT;
    }
    *at += more;
    return point;
}

static char *put_unit(char *to, unsigned long unit)
{
    static const char digits[] = "0123456789abcdef";
    int shift;

    *to++ = '\\';
    *to++ = 'u';
    for (shift = 12; shift >= 0; shift -= 4) {
        *to++ = digits[unit >> shift & 15];
    }
    return to;
}

static char *put_point(char *to, unsigned long point)
{
    if (point == '"' || point == '\\') {
        *to++ = '\\';
    }
    if (point >= 0x20 && point < 0x7f) {
        *to++ = (char)point;
        return to;
    }
    if (point > 0xffff) {
        to = put_unit(to, 0xd800 + ((point - 0x10000) >> 10));
        point = 0xdc00 + ((point - 0x10000) & 0x3ff);
    }
    return put_unit(to, point);
}

const char *scep_json_string(apr_pool_t *pool, const char *text)
{
    const unsigned char *at = (const unsigned char *)text;
    char *out, *to;

    if (text == NULL) {
        return "null";
    }
    out = to = apr_palloc(pool, LONGEST * strlen(text) + 3);
    *to++ = '"';
    while (*at != '\0') {
        to = put_point(to, take_point(&at));
    }
    *to++ = '"';
    *to = '\0';
    return out;
}
