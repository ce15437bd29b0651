/* Licensed under the Apache License, Version 2.0; see LICENSE. */
/*
 * scep_json.c: strings of JSON. (base layer)
 */
#include "scep_json.h"

#include <string.h>

#include "scep_str.h"

enum {
    REPLACEMENT = 0xfffd,
    LONGEST = 6 /* an octet's \uNNNN; four octets make two of them */
};

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
    const unsigned char *at = (const unsigned char *)text, *end;
    char *out, *to;

    if (text == NULL) {
        return "null";
    }
    out = to = apr_palloc(pool, LONGEST * strlen(text) + 3);
    *to++ = '"';
    end = at + strlen(text);
    while (at < end) {
        long point = scep_utf8_point(&at, end);

        to = put_point(to, point < 0 ? REPLACEMENT : (unsigned long)point);
    }
    *to++ = '"';
    *to = '\0';
    return out;
}
