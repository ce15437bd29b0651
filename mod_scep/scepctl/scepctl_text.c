/* Licensed under the Apache License, Version 2.0; see LICENSE. */
/*
 * scepctl_text.c: octets out of what people paste. (scepctl)
 */
#include "scepctl_text.h"

#include <ctype.h>
#include <stdlib.h>
#include <string.h>

#include <apr_encode.h>
#include <apr_strings.h>

#include <openssl/asn1.h>
#include <openssl/crypto.h>
#include <openssl/err.h>

enum {
    MIN_OCTETS = 16,
    MIN_DIGITS = 64,   /* of base64, or of hex within a line */
    MIN_LINE = 4,      /* digits of base64 in a line that goes on */
    MAX_ROW = 16,      /* octets in a line of a dump with offsets */
    MAX_HEAD = 131072, /* of a HTTP message */
    MAX_TRIES = 4096   /* places where a SEQUENCE may begin */
};

static int hex_value(char c)
{
    return OPENSSL_hexchar2int((unsigned char)c);
}

/* --- escapes -------------------------------------------------------------- */

char *scepctl_text_plain(apr_pool_t *pool, const char *text)
{
    static const struct {
        const char *from;
        char to;
    } rows[] = {{"\\u0026", '&'}, {"\\u003d", '='}, {"\\u003D", '='},
                {"\\u002b", '+'}, {"\\u002B", '+'}, {"\\u002f", '/'},
                {"\\u002F", '/'}, {"\\x26", '&'},   {"\\x3d", '='},
                {"\\x3D", '='},   {"&amp;", '&'},   {"\\/", '/'},
                {"\\r", '\r'},    {"\\n", '\n'}};
    char *made = apr_palloc(pool, strlen(text) + 1), *to = made;

    while (*text != '\0') {
        size_t i = 0, len = 0;

        for (; i < sizeof(rows) / sizeof(rows[0]) && len == 0; i++) {
            if (strncmp(text, rows[i].from, strlen(rows[i].from)) == 0) {
                len = strlen(rows[i].from);
                *to++ = rows[i].to;
            }
        }
        if (len == 0) {
            *to++ = *text;
            len = 1;
        }
        text += len;
    }
    *to = '\0';
    return made;
}

/* --- hex ------------------------------------------------------------------ */

/* A run that is being read. */
typedef struct run_t {
    apr_array_header_t *runs;
    unsigned char *octets; /* room for the whole text */
    size_t digits;
} run_t;

static void put_digit(run_t *run, int value)
{
    unsigned char *at = &run->octets[run->digits / 2];

    *at = (unsigned char)(run->digits % 2 == 0 ? value << 4 : *at | value);
    run->digits++;
}

static void end_run(run_t *run)
{
    size_t len = run->digits / 2;

    if (len >= MIN_OCTETS && run->runs->nelts < SCEPCTL_MAX_RUNS) {
        scep_octets_t *made = apr_array_push(run->runs);

        made->data = apr_pmemdup(run->runs->pool, run->octets, len);
        made->len = len;
    }
    run->digits = 0;
}

/* The offset with which a line of a dump begins: as many as were read. */
static const char *skip_offset(const char *line, size_t read)
{
    const char *at = line;
    char *end;
    unsigned long value;

    if (!isxdigit((unsigned char)*at)) {
        return NULL;
    }
    value = strtoul(at, &end, 16);
    return end - at >= 4 && end - at <= 10 && value == read &&
                   (*end == ':' || *end == ' ' || *end == '\t')
               ? end + (*end == ':')
               : NULL;
}

/* What may stand between digits. */
static size_t separator(const char *at, const char *end)
{
    if (end - at >= 2 &&
        (strncmp(at, "0x", 2) == 0 || strncmp(at, "0X", 2) == 0 ||
         strncmp(at, "\\x", 2) == 0)) {
        return 2;
    }
    return strchr(" \t\r,:;\"'{}[]", *at) != NULL;
}

/* Digits from AT on, until END or, in a dump with characters behind, a gap.
 * @return where they end */
static const char *take_digits(run_t *run, const char *at, const char *end,
                               size_t most)
{
    size_t gap = 0;

    while (at < end && run->digits < most) {
        size_t skip = separator(at, end);

        if (skip > 0) {
            gap += isspace((unsigned char)*at) ? 1 : 0;
            if (most != SIZE_MAX && gap > 2 && run->digits % 2 == 0 &&
                run->digits > 0) {
                break;
            }
            at += skip;
            continue;
        }
        if (hex_value(*at) < 0) {
            break;
        }
        gap = 0;
        put_digit(run, hex_value(*at++));
    }
    return at;
}

/* 64 digits in a row, within other text, are a run of their own. */
static void take_long(run_t *run, const char *line, const char *end)
{
    const char *at = line;

    while (at < end) {
        const char *start = at;

        while (at < end && hex_value(*at) >= 0) {
            at++;
        }
        if (at - start >= MIN_DIGITS) {
            take_digits(run, start, at, SIZE_MAX);
            end_run(run);
        }
        at += at < end ? 1 : 0;
    }
}

static void take_line(run_t *run, const char *line, const char *end)
{
    size_t before = run->digits;
    const char *data;

    while (line < end && isspace((unsigned char)*line)) {
        line++;
    }
    if (line == end) {
        return; /* an empty line ends nothing */
    }
    data = skip_offset(line, before / 2);
    if (data == NULL && (data = skip_offset(line, 0)) != NULL) {
        end_run(run); /* a new dump */
        before = 0;
    }
    if (data != NULL && data < end) {
        take_digits(run, data, end, before + (size_t)(2 * MAX_ROW));
        if (run->digits > before) {
            return;
        }
    }
    if (take_digits(run, line, end, SIZE_MAX) != end) {
        run->digits = before;
        end_run(run);
        take_long(run, line, end);
    }
}

apr_array_header_t *scepctl_text_hex(apr_pool_t *pool, const char *text)
{
    run_t run = {apr_array_make(pool, 4, sizeof(scep_octets_t)),
                 apr_palloc(pool, strlen(text) / 2 + 1), 0};

    while (*text != '\0') {
        size_t len = strcspn(text, "\n");

        take_line(&run, text, text + len);
        text += len + (text[len] == '\n');
    }
    end_run(&run);
    return run.runs;
}

/* --- base64 --------------------------------------------------------------- */

static bool is_digit64(char c)
{
    return isalnum((unsigned char)c) || c == '+' || c == '/' || c == '-' ||
           c == '_';
}

static size_t digits64(const char *text)
{
    size_t len = 0;

    while (is_digit64(text[len])) {
        len++;
    }
    return len;
}

/* The last word of the line at TEXT, if it is base64 and nothing else; NULL if
 * not. */
static const char *last_word(const char *text, size_t *len)
{
    size_t line = strcspn(text, "\r\n\"'"), start = line;

    while (start > 0 && !isspace((unsigned char)text[start - 1]) &&
           text[start - 1] != '>') {
        start--;
    }
    *len = digits64(text + start);
    return *len >= MIN_LINE &&
                   start + *len + strspn(text + start + *len, "=") == line
               ? text + start
               : NULL;
}

/* A run that begins at TEXT. @return what follows it */
static const char *take_base64(apr_array_header_t *runs, const char *text,
                               char *room)
{
    size_t len = digits64(text), count = 0;
    const char *next;

    for (;;) {
        memcpy(room + count, text, len);
        count += len;
        text += len;
        if (*text != '\r' && *text != '\n') {
            break;
        }
        next = last_word(text + strspn(text, "\r\n"), &len);
        if (next == NULL) {
            break;
        }
        text = next;
    }
    if (count >= MIN_DIGITS && runs->nelts < SCEPCTL_MAX_RUNS) {
        APR_ARRAY_PUSH(runs, const char *) =
            apr_pstrmemdup(runs->pool, room, count - (count % 4 == 1));
    }
    return text;
}

apr_array_header_t *scepctl_text_base64(apr_pool_t *pool, const char *text)
{
    apr_array_header_t *runs = apr_array_make(pool, 4, sizeof(const char *));
    char *room = apr_palloc(pool, strlen(text) + 1);

    while (*text != '\0') {
        size_t len = digits64(text);

        if (*text == 'M' && len >= MIN_LINE) {
            text = take_base64(runs, text, room);
        }
        else {
            text += len > 0 ? len : 1;
        }
    }
    return runs;
}

/* --- DER within something ------------------------------------------------- */

scep_octets_t scepctl_text_der(scep_octets_t data)
{
    scep_octets_t found = {NULL, 0};
    size_t at;
    int tries = 0;

    for (at = 0; at + MIN_OCTETS <= data.len && tries < MAX_TRIES; at++) {
        const unsigned char *in = data.data + at;
        int tag, class, result;
        long len;

        if (*in != 0x30) {
            continue;
        }
        tries++;
        result =
            ASN1_get_object(&in, &len, &tag, &class, (long)(data.len - at));
        if (result == V_ASN1_CONSTRUCTED &&
            in + len - (data.data + at) >= MIN_OCTETS) {
            found.data = data.data + at;
            found.len = (size_t)(in + len - found.data);
            break;
        }
    }
    ERR_clear_error();
    return found;
}

/* --- HTTP ----------------------------------------------------------------- */

/* Put the chunks together; as far as they can be read. */
static scep_octets_t join_chunks(apr_pool_t *pool, scep_octets_t body)
{
    unsigned char *made = apr_palloc(pool, body.len + 1);
    size_t at = 0, len = 0;

    while (at < body.len) {
        size_t size = 0, digits = 0;

        while (at < body.len && digits < 6 &&
               hex_value((char)body.data[at]) >= 0) {
            size = size * 16 + (size_t)hex_value((char)body.data[at++]);
            digits++;
        }
        while (at < body.len && body.data[at] != '\n') {
            at++; /* extensions */
        }
        at++;
        if (digits == 0 || size == 0 || at >= body.len) {
            break;
        }
        if (size > body.len - at) {
            size = body.len - at;
        }
        memcpy(made + len, body.data + at, size);
        len += size;
        at += size + 2;
    }
    return (scep_octets_t){made, len};
}

static bool find_octets(scep_octets_t data, const char *what, size_t *at)
{
    size_t len = strlen(what);

    for (*at = 0; *at + len <= data.len; (*at)++) {
        if (memcmp(data.data + *at, what, len) == 0) {
            return true;
        }
    }
    return false;
}

bool scepctl_text_http(apr_pool_t *pool, scep_octets_t data, const char **head,
                       scep_octets_t *body)
{
    size_t version, start, end, gap = 4;
    char *text;

    if (!find_octets(data, "HTTP/1.", &version) || version > MAX_HEAD) {
        return false;
    }
    for (start = version; start > 0 && data.data[start - 1] >= ' ' &&
                          data.data[start - 1] < 0x7f;
         start--) {
    }
    data.data += start;
    data.len -= start;
    if (!find_octets(data, "\r\n\r\n", &end)) {
        gap = 2;
        if (!find_octets(data, "\n\n", &end)) {
            return false;
        }
    }
    if (end > MAX_HEAD) {
        return false;
    }
    text = apr_pstrmemdup(pool, (const char *)data.data, end);
    body->data = data.data + end + gap;
    body->len = data.len - end - gap;
    if (strcasestr(text, "\ntransfer-encoding: chunked") != NULL) {
        *body = join_chunks(pool, *body);
    }
    *head = text;
    return true;
}
