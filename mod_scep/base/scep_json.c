/* Licensed under the Apache License, Version 2.0; see LICENSE. */
/* scep_json.c: strings and objects of JSON. (base layer) */
#include "scep_json.h"

#include <stdarg.h>
#include <string.h>

#include <apr_encode.h>
#include <apr_strings.h>

#include "scep_span.h"
#include "scep_str.h"

enum {
    REPLACEMENT = 0xfffd,
    LONGEST = 6 /* an octet's \uNNNN; four octets make two of them */
};

static char *put_unit(char *to, unsigned long unit)
{
    const unsigned char octets[] = {(unsigned char)(unit >> 8),
                                    (unsigned char)unit};

    *to++ = '\\';
    *to++ = 'u';
    return scep_hex_lower_into(to, octets, 2) + 4;
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

/* Octets that TEXT can take, with its quotes and a NUL. */
static size_t room_for(const char *text)
{
    return LONGEST * strlen(text) + 3;
}

static const char *write_string(char *out, const char *text)
{
    const unsigned char *at = (const unsigned char *)text;
    const unsigned char *end = at + strlen(text);
    char *to = out;

    *to++ = '"';
    while (at < end) {
        long point = scep_utf8_point(&at, end);

        to = put_point(to, point < 0 ? REPLACEMENT : (unsigned long)point);
    }
    *to++ = '"';
    *to = '\0';
    return out;
}

const char *scep_json_string(apr_pool_t *pool, const char *text)
{
    return text == NULL ? "null"
                        : write_string(apr_palloc(pool, room_for(text)), text);
}

const char *scep_json_secret(apr_pool_t *pool, const char *text)
{
    return text == NULL
               ? "null"
               : write_string(scep_secret_alloc(pool, room_for(text)), text);
}

const char *scep_json_base64(apr_pool_t *pool, scep_octets_t octets)
{
    apr_size_t len = 0;
    char *out;

    apr_encode_base64_binary(NULL, octets.data, (apr_ssize_t)octets.len,
                             APR_ENCODE_NONE, &len); /* with its NUL */
    out = scep_secret_alloc(pool, len + 2);
    *out = '"';
    if (octets.len > 0) {
        apr_encode_base64_binary(out + 1, octets.data, (apr_ssize_t)octets.len,
                                 APR_ENCODE_NONE, NULL);
    }
    memcpy(out + len, "\"", 2); /* over the NUL */
    return out;
}

const char *scep_json_time(apr_pool_t *pool, apr_time_t when)
{
    return scep_json_string(pool, when != 0 ? scep_time_iso(pool, when) : NULL);
}

const char *scep_json_members(apr_pool_t *pool, ...)
{
    apr_array_header_t *parts = apr_array_make(pool, 64, sizeof(const char *));
    const char *name, *before = "\"";
    va_list args;

    APR_ARRAY_PUSH(parts, const char *) = "{";
    va_start(args, pool);
    while ((name = va_arg(args, const char *)) != NULL) {
        APR_ARRAY_PUSH(parts, const char *) = before;
        APR_ARRAY_PUSH(parts, const char *) = name;
        APR_ARRAY_PUSH(parts, const char *) = "\":";
        APR_ARRAY_PUSH(parts, const char *) = va_arg(args, const char *);
        before = ",\"";
    }
    va_end(args);
    APR_ARRAY_PUSH(parts, const char *) = "}";
    return apr_array_pstrcat(pool, parts, 0);
}

const char *scep_json_array(apr_pool_t *pool, const apr_array_header_t *values)
{
    return apr_pstrcat(pool, "[", apr_array_pstrcat(pool, values, ','), "]",
                       NULL);
}

static char *put_text(char *to, const char *text)
{
    size_t len = strlen(text);

    memcpy(to, text, len);
    return to + len;
}

scep_octets_t scep_json_object(apr_pool_t *pool,
                               const scep_json_member_t *members, size_t count)
{
    size_t len = sizeof("{}\n"), i;
    scep_octets_t object;
    char *out, *to;

    for (i = 0; i < count; i++) {
        len += strlen(members[i].name) + strlen(members[i].value) +
               sizeof(",\"\":");
    }
    out = to = scep_secret_alloc(pool, len);
    *to++ = '{';
    for (i = 0; i < count; i++) {
        to = put_text(to, i == 0 ? "\"" : ",\"");
        to = put_text(to, members[i].name);
        to = put_text(to, "\":");
        to = put_text(to, members[i].value);
    }
    to = put_text(to, "}\n");
    object.data = (const unsigned char *)out;
    object.len = (size_t)(to - out);
    return object;
}
