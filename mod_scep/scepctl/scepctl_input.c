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

enum { MAX_SIZE = 1048576 };

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

static scepctl_exit_e add_request_line(scepctl_t *ctl, const char *text,
                                       const char *at,
                                       apr_array_header_t *inputs)
{
    scep_query_t *query = apr_pcalloc(ctl->pool, sizeof(*query));
    scep_octets_t der = {NULL, 0};

    if (scep_query_parse(query_around(text, at, ctl->pool), ctl->pool, query,
                         &ctl->res) != SCEP_OK) {
        return scepctl_fail(ctl);
    }
    if (query->operation == SCEP_OP_PKIOPERATION && query->has_message &&
        scep_query_message(query->message, MAX_SIZE, ctl->pool, &der,
                           &ctl->res) != SCEP_OK) {
        return scepctl_fail(ctl);
    }
    add(inputs, "request line", query, der);
    return SCEPCTL_OK;
}

static scepctl_exit_e add_pem(scepctl_t *ctl, scep_octets_t text,
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
    if (inputs->nelts == 0) {
        return scepctl_error(ctl,
                             SCEPLOGNO(0512) "there is no complete PEM block "
                                             "but for private keys, which "
                                             "are not explained");
    }
    return SCEPCTL_OK;
}

static scepctl_exit_e add_base64(scepctl_t *ctl, const char *text,
                                 apr_array_header_t *inputs)
{
    scep_octets_t der;

    if (scep_query_message(text, MAX_SIZE, ctl->pool, &der, &ctl->res) !=
        SCEP_OK) {
        return scepctl_error(ctl,
                             SCEPLOGNO(0513) "this is no DER, PEM, base64 or "
                                             "SCEP request line");
    }
    add(inputs, "base64", NULL, der);
    return SCEPCTL_OK;
}

/* A SEQUENCE: text may begin with `0' too, but hardly goes on so. */
static bool is_der(scep_octets_t data)
{
    return data.len > 2 && data.data[0] == 0x30 &&
           (data.data[1] >= 0x80 || data.len == (size_t)data.data[1] + 2);
}

static scepctl_exit_e unwrap(scepctl_t *ctl, scep_octets_t data,
                             apr_array_header_t *inputs)
{
    const char *text = (const char *)data.data;
    const char *at;

    if (is_der(data)) {
        add(inputs, "DER", NULL, data);
        return SCEPCTL_OK;
    }
    if (data.len == 0 || strlen(text) != data.len) {
        return scepctl_error(ctl,
                             SCEPLOGNO(0514) "this is neither DER nor text");
    }
    if (strstr(text, "-----BEGIN ") != NULL) {
        return add_pem(ctl, data, inputs);
    }
    at = find_operation(text);
    return at != NULL ? add_request_line(ctl, text, at, inputs)
                      : add_base64(ctl, text, inputs);
}

scepctl_exit_e scepctl_input_read(scepctl_t *ctl, const char *argument,
                                  apr_array_header_t **inputs)
{
    scep_octets_t data = {(const unsigned char *)argument, strlen(argument)};
    scepctl_exit_e status = SCEPCTL_OK;

    *inputs = apr_array_make(ctl->pool, 1, sizeof(scepctl_input_t));
    if (find_operation(argument) == NULL) {
        if (strcmp(argument, "-") == 0) {
            status = read_stdin(ctl, &data);
        }
        else if (scep_file_read(argument, SCEP_FILE_PUBLIC, MAX_SIZE, ctl->pool,
                                &data, &ctl->res) != SCEP_OK) {
            status = scepctl_fail(ctl);
        }
    }
    return status == SCEPCTL_OK ? unwrap(ctl, data, *inputs) : status;
}
