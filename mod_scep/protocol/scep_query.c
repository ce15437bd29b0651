/* Licensed under the Apache License, Version 2.0; see LICENSE. */
/*
 * scep_query.c: query strings and base64 as clients really send them.
 * (protocol layer)
 */
#include "scep_query.h"

#include <string.h>

#include <apr_cstr.h>
#include <apr_encode.h>
#include <apr_escape.h>
#include <apr_strings.h>

enum { NAME_IN_LOG = 64 };

typedef struct operation_row_t {
    scep_operation_e operation;
    const char *name;
} operation_row_t;

static const operation_row_t operations[] = {
    {SCEP_OP_GETCACAPS, "GetCACaps"},
    {SCEP_OP_GETCACERT, "GetCACert"},
    {SCEP_OP_GETCACERTCHAIN, "GetCACertChain"},
    {SCEP_OP_GETNEXTCACERT, "GetNextCACert"},
    {SCEP_OP_PKIOPERATION, "PKIOperation"},
    {SCEP_OP_NDES_CHALLENGE, "NDESGenerateChallenge"},
    {SCEP_OP_NDES_THUMBPRINT, "NDESGetCACertThumbprint"},
};

enum { OPERATIONS = sizeof(operations) / sizeof(operations[0]) };

const char *scep_operation_name(scep_operation_e operation)
{
    size_t i;

    for (i = 0; i < OPERATIONS; i++) {
        if (operations[i].operation == operation) {
            return operations[i].name;
        }
    }
    return "none";
}

/* '+' is left alone: in base64 it is a digit (Q3). NULL for a bad escape or
 * %00, which would cut the text short. */
static char *unescape(apr_pool_t *pool, const char *from, size_t len)
{
    char *text = apr_pstrmemdup(pool, from, len);
    apr_status_t rv =
        apr_unescape_url(text, text, APR_ESCAPE_STRING, NULL, NULL, 0, NULL);

    /* APR_NOTFOUND: there was nothing to unescape. */
    return rv == APR_SUCCESS || rv == APR_NOTFOUND ? text : NULL;
}

/* Take one "name=value" of LEN octets. The two values that matter stay NULL
 * until their parameter has been met. */
static scep_status_e take_pair(const char *pair, size_t len, apr_pool_t *pool,
                               char **operation, char **message,
                               scep_result_t *res)
{
    const char *equals = memchr(pair, '=', len);
    size_t name_len = equals != NULL ? (size_t)(equals - pair) : len;
    size_t skip = equals != NULL ? name_len + 1 : len;
    char *name = unescape(pool, pair, name_len);
    char *value = unescape(pool, pair + skip, len - skip);
    char **slot = NULL;

    if (name == NULL || value == NULL) {
        return scep_fail(res, SCEP_R_QUERY, "bad %%-escape in the query");
    }
    if (apr_cstr_casecmp(name, "operation") == 0) {
        slot = operation;
    }
    else if (apr_cstr_casecmp(name, "message") == 0) {
        slot = message;
    }
    if (slot == NULL) {
        return SCEP_OK; /* sscep -M and proxies add their own (Q56) */
    }
    if (*slot != NULL) {
        return scep_fail(res, SCEP_R_QUERY, "two %s parameters in the query",
                         slot == operation ? "operation" : "message");
    }
    *slot = value;
    return SCEP_OK;
}

static scep_status_e find_operation(const char *value, apr_pool_t *pool,
                                    scep_query_t *query, scep_result_t *res)
{
    size_t i;

    query->name = scep_printable(pool, value, NAME_IN_LOG);
    for (i = 0; i < OPERATIONS; i++) {
        if (apr_cstr_casecmp(value, operations[i].name) == 0) {
            query->operation = operations[i].operation;
            return SCEP_OK;
        }
    }
    return scep_fail(res, SCEP_R_OPERATION, "unknown operation \"%s\"",
                     query->name);
}

scep_status_e scep_query_parse(const char *args, apr_pool_t *pool,
                               scep_query_t *query, scep_result_t *res)
{
    char *operation = NULL;
    char *message = NULL;

    query->operation = SCEP_OP_NONE;
    query->has_message = false;
    query->message = "";
    query->name = "-";
    while (args != NULL && *args != '\0') {
        size_t len = strcspn(args, "&");
        scep_status_e status =
            take_pair(args, len, pool, &operation, &message, res);

        if (status != SCEP_OK) {
            return status;
        }
        args += len;
        args += *args == '&';
    }
    if (message != NULL) {
        query->has_message = true;
        query->message = message;
    }
    return operation != NULL ? find_operation(operation, pool, query, res)
                             : SCEP_OK;
}

/* What a character of the message means: a base64 digit (in the standard
 * alphabet), '=', 0 for one to be skipped, or -1. */
static int meaning(char c)
{
    switch (c) {
    case '\r':
    case '\n':
    case '\t':
        return 0;
    case ' ': /* somebody took '+' for a blank (Q3) */
    case '-': /* base64url (Q4, Q74) */
        return '+';
    case '_':
        return '/';
    case '+':
    case '/':
    case '=':
        return c;
    default:
        return (c >= 'A' && c <= 'Z') || (c >= 'a' && c <= 'z') ||
                       (c >= '0' && c <= '9')
                   ? c
                   : -1;
    }
}

/* Count the digits of TEXT; -1 if it is not base64. Padding may be missing,
 * but if it is there it must be right, and nothing may follow it. */
static apr_ssize_t count_digits(const char *text)
{
    apr_ssize_t digits = 0;
    apr_ssize_t padding = 0;

    for (; *text != '\0'; text++) {
        int c = meaning(*text);

        if (c < 0 || (padding > 0 && c != 0 && c != '=')) {
            return -1;
        }
        digits += c != 0 && c != '=';
        padding += c == '=';
    }
    if (digits % 4 == 1 || padding > 2 ||
        (padding > 0 && (digits + padding) % 4 != 0)) {
        return -1;
    }
    return digits;
}

scep_status_e scep_query_message(const char *text, size_t max, apr_pool_t *pool,
                                 scep_octets_t *der, scep_result_t *res)
{
    apr_ssize_t digits = text != NULL ? count_digits(text) : 0;
    apr_size_t len;
    char *clean, *to;

    if (digits < 0) {
        return scep_fail(res, SCEP_R_BASE64, "not base64");
    }
    if (digits == 0) {
        return scep_fail(res, SCEP_R_NO_MESSAGE, "no message in the query");
    }
    len = (apr_size_t)(digits / 4 * 3 + digits % 4 * 3 / 4);
    if (len > max) {
        return scep_fail(res, SCEP_R_TOO_LARGE,
                         "message of %" APR_SIZE_T_FMT
                         " octets, %" APR_SIZE_T_FMT " are allowed",
                         len, (apr_size_t)max);
    }
    clean = to = apr_palloc(pool, (apr_size_t)digits);
    for (; *text != '\0'; text++) {
        int c = meaning(*text);

        if (c != 0 && c != '=') {
            *to++ = (char)c;
        }
    }
    der->data =
        apr_pdecode_base64_binary(pool, clean, digits, APR_ENCODE_NONE, &len);
    der->len = len;
    if (der->data == NULL) {
        return scep_fail(res, SCEP_R_BASE64, "not base64");
    }
    return SCEP_OK;
}
