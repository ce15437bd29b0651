/* Licensed under the Apache License, Version 2.0; see LICENSE. */
/*
 * scepctl_input.c: unwrap what is to be explained. (scepctl)
 */
#include "scepctl_input.h"

#include <errno.h>
#include <string.h>

#include <apr_lib.h>
#include <apr_strings.h>

#include <openssl/err.h>
#include <openssl/pem.h>

#include "scep_file.h"
#include "scep_file_kind.h"
#include "scepctl_text.h"

enum {
    MAX_SIZE = 1048576,
    MIN_PASTED = 64, /* characters of an argument that may be hex or base64 */
    MAX_NAME = 255   /* of a file */
};

static void add(apr_array_header_t *inputs, const char *origin,
                const scep_query_t *query, scep_octets_t der)
{
    scepctl_input_t *input = apr_array_push(inputs);

    input->origin = origin;
    input->query = query;
    input->der = der;
}

static scepctl_exit_e read_stdin(scepctl_t *ctl, scep_octets_t *out)
{
    unsigned char *buf = apr_palloc(ctl->pool, MAX_SIZE + 1);
    size_t len = fread(buf, 1, MAX_SIZE + 1, stdin);

    if (ferror(stdin)) {
        return scepctl_error(ctl,
                             SCEPLOGNO(0510) "cannot read standard input: %s",
                             strerror(errno));
    }
    if (len > MAX_SIZE) {
        return scepctl_error(ctl,
                             SCEPLOGNO(0511) "standard input is larger than "
                                             "%d octets",
                             MAX_SIZE);
    }
    buf[len] = '\0';
    out->data = buf;
    out->len = len;
    return SCEPCTL_OK;
}

/* "operation=" anywhere, whatever its case. */
static const char *find_operation(const char *text)
{
    for (; *text != '\0'; text++) {
        if (strncasecmp(text, "operation=", 10) == 0) {
            return text;
        }
    }
    return NULL;
}

static bool ends_query(char c)
{
    return c == '\0' || apr_isspace(c) || c == '"' || c == '\'' || c == '#';
}

/* The query string around AT, out of a URL or a line of an access log. */
static char *query_around(const char *text, const char *at, apr_pool_t *pool)
{
    const char *start = at, *end = at;

    while (start > text && start[-1] != '?' && !ends_query(start[-1])) {
        start--;
    }
    while (!ends_query(*end)) {
        end++;
    }
    return apr_pstrmemdup(pool, start, (size_t)(end - start));
}

static scep_status_e add_request_line(scepctl_t *ctl, const char *text,
                                      const char *at,
                                      apr_array_header_t *inputs)
{
    scep_query_t *query = apr_pcalloc(ctl->pool, sizeof(*query));
    scep_octets_t der = {NULL, 0};
    scep_status_e status = scep_query_parse(query_around(text, at, ctl->pool),
                                            ctl->pool, query, &ctl->res);

    if (status == SCEP_OK && query->operation == SCEP_OP_PKIOPERATION &&
        query->has_message) {
        status = scep_query_message(query->message, MAX_SIZE, ctl->pool, &der,
                                    &ctl->res);
    }
    if (status == SCEP_OK) {
        add(inputs, "request line", query, der);
    }
    return status;
}

static void add_pem(scepctl_t *ctl, scep_octets_t text,
                    apr_array_header_t *inputs)
{
    BIO *bio =
        scep_bio_own(ctl->pool, BIO_new_mem_buf(text.data, (int)text.len));
    char *name, *header;
    unsigned char *data;
    long len;

    while (bio != NULL && PEM_read_bio(bio, &name, &header, &data, &len) == 1) {
        if (strstr(name, "PRIVATE KEY") == NULL) {
            scep_octets_t der = {data, (size_t)len};

            add(inputs,
                apr_pstrcat(ctl->pool, "PEM ",
                            scep_printable(ctl->pool, name, 64), NULL),
                NULL, scep_octets_copy(ctl->pool, der));
        }
        OPENSSL_free(name);
        OPENSSL_free(header);
        OPENSSL_clear_free(data, (size_t)len);
    }
    ERR_clear_error();
}

/* Is there something to explain, besides a request line? */
static bool has_message(const apr_array_header_t *inputs)
{
    int i;

    for (i = 0; i < inputs->nelts; i++) {
        if (APR_ARRAY_IDX(inputs, i, scepctl_input_t).der.len > 0) {
            return true;
        }
    }
    return false;
}

/* OCTETS out of text: a message, or HTTP or a packet with one in it. */
static void add_octets(scepctl_t *ctl, const char *origin, scep_octets_t octets,
                       apr_array_header_t *inputs)
{
    const char *head, *at;
    scep_octets_t body;

    if (scepctl_text_http(ctl->pool, octets, &head, &body)) {
        at = find_operation(head);
        if (at != NULL) {
            add_request_line(ctl, head, at, inputs);
        }
        octets = body;
    }
    octets = scepctl_text_der(octets);
    if (octets.len > 0) {
        add(inputs, origin, NULL, octets);
    }
}

/* What could not be read: what it looks like, and what to do. */
static scepctl_exit_e not_read(scepctl_t *ctl, scep_octets_t data)
{
    const char *kind =
        scep_file_kind(data, "FILE", SCEP_WANTED_CERTIFICATE, ctl->pool);

    if (kind != NULL && data.len > 0) {
        return scepctl_error(ctl, SCEPLOGNO(0524) "no SCEP message: %s", kind);
    }
    return data.len == 0 || strlen((const char *)data.data) != data.len
               ? scepctl_error(ctl, SCEPLOGNO(0514) "this is neither DER nor "
                                                    "text")
               : scepctl_error(
                     ctl,
                     SCEPLOGNO(0513) "this is no DER, PEM, base64 or SCEP "
                                     "request line, nor a log with hex or "
                                     "base64 in it; from hex `xxd -r -p' and "
                                     "from base64 `openssl base64 -d' make "
                                     "DER");
}

/* Hex in RAW, base64 in PLAIN. */
static void add_runs(scepctl_t *ctl, const char *raw, const char *plain,
                     apr_array_header_t *inputs)
{
    apr_array_header_t *runs = scepctl_text_hex(ctl->pool, raw);
    int i;

    for (i = 0; i < runs->nelts; i++) {
        add_octets(ctl, "hex", APR_ARRAY_IDX(runs, i, scep_octets_t), inputs);
    }
    runs = scepctl_text_base64(ctl->pool, plain);
    for (i = 0; i < runs->nelts; i++) {
        scep_octets_t der;

        if (scep_query_message(APR_ARRAY_IDX(runs, i, const char *), MAX_SIZE,
                               ctl->pool, &der, &ctl->res) == SCEP_OK) {
            add_octets(ctl, "base64", der, inputs);
        }
    }
    scep_result_init(&ctl->res, ctl->pool);
}

/* A SEQUENCE: text may begin with `0' too, but hardly goes on so. */
static bool is_der(scep_octets_t data)
{
    return data.len > 2 && data.data[0] == 0x30 &&
           (data.data[1] >= 0x80 || data.len == (size_t)data.data[1] + 2);
}

/* What is no text and no DER, by how it begins, and what to do about it. */
static const char *binary_kind(scep_octets_t data)
{
    static const struct {
        const char *mark;
        size_t len;
        const char *text;
    } rows[] = {
#define CAPTURE                                                                \
    "a packet capture; write what was sent by HTTP into files, by `tshark -r " \
    "FILE --export-objects http,DIR', and give one of these"
        {"\xd4\xc3\xb2\xa1", 4, CAPTURE},
        {"\xa1\xb2\xc3\xd4", 4, CAPTURE},
        {"\x4d\x3c\xb2\xa1", 4, CAPTURE},
        {"\xa1\xb2\x3c\x4d", 4, CAPTURE},
        {"\x0a\x0d\x0d\x0a", 4, CAPTURE},
        {"\x1f\x8b", 2, "compressed; gunzip it first"},
        {"BZh", 3, "compressed; bunzip2 it first"},
        {"\xfd"
         "7zXZ",
         5, "compressed; unxz it first"},
        {"PK\x03\x04", 4, "a ZIP archive; unzip it first"},
        {"\x16\x03", 2, "TLS, which nobody can read from outside"},
    };
    size_t i;

    for (i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        if (data.len >= rows[i].len &&
            memcmp(data.data, rows[i].mark, rows[i].len) == 0) {
            return rows[i].text;
        }
    }
    return NULL;
}

/* Private keys are not explained, also not as the base64 that they are. */
static void blank_private_keys(char *text)
{
    char *at = text, *end;

    while ((at = strstr(at, "-----BEGIN ")) != NULL) {
        end = strstr(at, "PRIVATE KEY-----");
        if (end == NULL) {
            return;
        }
        if (strcspn(at, "\r\n") < (size_t)(end - at)) {
            at += 11; /* of another block */
            continue;
        }
        end = strstr(end, "-----END ");
        memset(at, '.', end != NULL ? (size_t)(end - at) : strlen(at));
    }
}

/* Whatever is in TEXT, plain or, for hex, as it came in DATA. */
static void unwrap_blocks(scepctl_t *ctl, scep_octets_t data, char *text,
                          apr_array_header_t *inputs)
{
    char *raw = apr_pstrmemdup(ctl->pool, (const char *)data.data, data.len);
    scep_octets_t der;

    if (strstr(text, "-----BEGIN ") != NULL) {
        add_pem(ctl, (scep_octets_t){(const unsigned char *)text, strlen(text)},
                inputs);
    }
    if (!has_message(inputs) &&
        scep_query_message(text, MAX_SIZE, ctl->pool, &der, &ctl->res) ==
            SCEP_OK &&
        is_der(der)) {
        add(inputs, "base64", NULL, der);
    }
    if (!has_message(inputs)) {
        blank_private_keys(raw);
        blank_private_keys(text);
        add_runs(ctl, raw, text, inputs);
    }
}

static scepctl_exit_e unwrap_text(scepctl_t *ctl, scep_octets_t data,
                                  apr_array_header_t *inputs)
{
    char *text = scepctl_text_plain(ctl->pool, (const char *)data.data);
    const char *at = find_operation(text);
    bool blocks = strstr(text, "-----BEGIN ") != NULL;
    scep_result_t line;

    scep_result_init(&line, ctl->pool);
    if (at != NULL) {
        add_request_line(ctl, text, at, inputs);
        line = ctl->res;
    }
    if (!has_message(inputs)) {
        unwrap_blocks(ctl, data, text, inputs);
    }
    if (inputs->nelts > 0) {
        scep_result_init(&ctl->res, ctl->pool);
        return SCEPCTL_OK;
    }
    if (at != NULL) {
        ctl->res = line;
        return scepctl_fail(ctl);
    }
    if (blocks) {
        return scepctl_error(ctl,
                             SCEPLOGNO(0512) "there is no complete PEM block "
                                             "but for private keys, which "
                                             "are not explained");
    }
    return not_read(ctl, data);
}

static scepctl_exit_e unwrap_http(scepctl_t *ctl, const char *head,
                                  scep_octets_t body,
                                  apr_array_header_t *inputs)
{
    const char *at = find_operation(head);

    if (at != NULL && add_request_line(ctl, head, at, inputs) != SCEP_OK) {
        return scepctl_fail(ctl);
    }
    if (body.len > 0 && !has_message(inputs)) {
        scep_octets_t der = is_der(body) ? body : scepctl_text_der(body);

        if (der.len > 0) {
            add(inputs, "body of HTTP", NULL, der);
        }
        else {
            const char *text =
                apr_pstrmemdup(ctl->pool, (const char *)body.data, body.len);

            add_runs(ctl, text, text, inputs);
        }
    }
    return inputs->nelts > 0
               ? SCEPCTL_OK
               : scepctl_error(ctl,
                               SCEPLOGNO(0522) "this looks like HTTP, but no "
                                               "SCEP message is in it");
}

/* Text in UTF-16, as Windows writes it, in ASCII; what is none becomes `?'. */
static scep_octets_t from_utf16(scepctl_t *ctl, scep_octets_t data)
{
    size_t high = data.data[0] == 0xfe ? 0 : 1;
    char *text = apr_palloc(ctl->pool, data.len / 2 + 1);
    size_t i, len = 0;

    for (i = 2; i + 1 < data.len; i += 2) {
        unsigned char c = data.data[i + 1 - high];

        text[len++] =
            (char)(data.data[i + high] == 0 && c > 0 && c < 0x80 ? c : '?');
    }
    text[len] = '\0';
    return (scep_octets_t){(unsigned char *)text, len};
}

static scepctl_exit_e unwrap(scepctl_t *ctl, scep_octets_t data,
                             apr_array_header_t *inputs)
{
    const char *kind, *head;
    scep_octets_t body;

    if (is_der(data)) {
        add(inputs, "DER", NULL, data);
        return SCEPCTL_OK;
    }
    kind = binary_kind(data);
    if (kind != NULL) {
        return scepctl_error(ctl, SCEPLOGNO(0523) "this looks like %s", kind);
    }
    if (data.len > 2 && (memcmp(data.data, "\xff\xfe", 2) == 0 ||
                         memcmp(data.data, "\xfe\xff", 2) == 0)) {
        data = from_utf16(ctl, data);
    }
    if (scepctl_text_http(ctl->pool, data, &head, &body) &&
        (body.len > 0 || find_operation(head) != NULL)) {
        return unwrap_http(ctl, head, body, inputs);
    }
    if (data.len == 0 || strlen((const char *)data.data) != data.len) {
        body = scepctl_text_der(data);
        if (body.len == 0) {
            return not_read(ctl, data);
        }
        add(inputs, "DER in other octets", NULL, body);
        return SCEPCTL_OK;
    }
    return unwrap_text(ctl, data, inputs);
}

/* ARGUMENT itself where it is too long for the name of a file, or there is none
 * of that name and it is as long as hex or base64. */
static scepctl_exit_e read_file(scepctl_t *ctl, const char *argument,
                                scep_octets_t *data)
{
    scep_status_e status = SCEP_NOT_FOUND;

    *data = (scep_octets_t){(const unsigned char *)argument, strlen(argument)};
    if (data->len <= MAX_NAME) {
        scep_octets_t file = {NULL, 0};

        status = scep_file_read(argument, SCEP_FILE_PUBLIC, MAX_SIZE, ctl->pool,
                                &file, &ctl->res);
        if (status == SCEP_OK) {
            *data = file;
            return SCEPCTL_OK;
        }
    }
    return status == SCEP_NOT_FOUND && data->len >= MIN_PASTED
               ? SCEPCTL_OK
               : scepctl_fail(ctl);
}

scepctl_exit_e scepctl_input_read(scepctl_t *ctl, const char *argument,
                                  apr_array_header_t **inputs)
{
    scep_octets_t data = {(const unsigned char *)argument, strlen(argument)};
    scepctl_exit_e status = SCEPCTL_OK;

    *inputs = apr_array_make(ctl->pool, 1, sizeof(scepctl_input_t));
    if (strcmp(argument, "-") == 0) {
        status = read_stdin(ctl, &data);
    }
    else if (find_operation(argument) == NULL) {
        status = read_file(ctl, argument, &data);
    }
    return status == SCEPCTL_OK ? unwrap(ctl, data, *inputs) : status;
}
