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

#include "scep_ber.h"

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

/* The two values that matter; NULL until their parameter has been met. */
typedef struct values_t {
    char *operation;
    char *message;
} values_t;

/* Names that begin a pair after a '?', too: some clients add "?name=" to a URL
 * that was configured with a query, or with a '?' at its end. */
static bool begins_pair(const char *text)
{
    return apr_cstr_casecmpn(text, "operation=", 10) == 0 ||
           apr_cstr_casecmpn(text, "message=", 8) == 0;
}

static size_t pair_len(const char *args)
{
    size_t len = 0;

    while (args[len] != '\0' && args[len] != '&' &&
           !(args[len] == '?' && begins_pair(args + len + 1))) {
        len++;
    }
    return len;
}

/* Strip blanks, further '?', and the rest of an "&amp;" that was copied from a
 * page. */
static char *trim(char *text, const char *trailing)
{
    size_t len;

    text += strspn(text, "? \t\r\n");
    if (apr_cstr_casecmpn(text, "amp;", 4) == 0) {
        text += 4;
    }
    len = strlen(text);
    while (len > 0 && strchr(trailing, text[len - 1]) != NULL) {
        len--;
    }
    text[len] = '\0';
    return text;
}

static scep_status_e bad_escape(const char *value, size_t len,
                                scep_result_t *res)
{
    const char *percent =
        memchr(value + (len < 2 ? 0 : len - 2), '%', len < 2 ? len : 2);

    return scep_fail(res, SCEP_R_QUERY,
                     percent != NULL
                         ? "incomplete: the query ends within a %%-escape; a "
                           "proxy or a limit on the length of URLs has cut it "
                           "off"
                         : "a %%-escape in the query is malformed or a NUL");
}

/* The same value may occur again; an empty one is replaced. */
static scep_status_e set_value(char **slot, char *value, bool same,
                               const char *name, scep_result_t *res)
{
    if (*slot == NULL || **slot == '\0') {
        *slot = value;
        return SCEP_OK;
    }
    return *value == '\0' || same
               ? SCEP_OK
               : scep_fail(res, SCEP_R_QUERY,
                           "two different %s parameters in the query", name);
}

/* Take one "name=value" of LEN octets. */
static scep_status_e take_pair(const char *pair, size_t len, apr_pool_t *pool,
                               values_t *values, scep_result_t *res)
{
    const char *equals = memchr(pair, '=', len);
    size_t name_len = equals != NULL ? (size_t)(equals - pair) : len;
    size_t skip = equals != NULL ? name_len + 1 : len;
    char *name = unescape(pool, pair, name_len);
    char *value;
    bool is_operation;

    if (name == NULL) {
        return SCEP_OK; /* neither "operation" nor "message" */
    }
    name = trim(name, " \t\r\n");
    is_operation = apr_cstr_casecmp(name, "operation") == 0;
    if (!is_operation && apr_cstr_casecmp(name, "message") != 0) {
        return SCEP_OK; /* sscep -M and proxies add their own (Q56) */
    }
    value = unescape(pool, pair + skip, len - skip);
    if (value == NULL) {
        return bad_escape(pair + skip, len - skip, res);
    }
    if (is_operation) {
        value = trim(value, "?/ \t\r\n");
        return set_value(&values->operation, value,
                         values->operation != NULL &&
                             apr_cstr_casecmp(values->operation, value) == 0,
                         name, res);
    }
    return set_value(&values->message, value,
                     values->message != NULL &&
                         strcmp(values->message, value) == 0,
                     name, res);
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
    values_t values = {NULL, NULL};

    query->operation = SCEP_OP_NONE;
    query->has_message = false;
    query->message = "";
    query->name = "-";
    while (args != NULL && *args != '\0') {
        size_t len = pair_len(args);
        scep_status_e status = take_pair(args, len, pool, &values, res);

        if (status != SCEP_OK) {
            return status;
        }
        args += len;
        args += *args != '\0';
    }
    if (values.message != NULL) {
        query->has_message = true;
        query->message = values.message;
    }
    return values.operation != NULL
               ? find_operation(values.operation, pool, query, res)
               : SCEP_OK;
}

/* The meaning of a character of the message: a base64 digit (in the standard
 * alphabet), '=', 0 (skip it), or -1 (no base64). */
static int meaning(char c)
{
    switch (c) {
    case '\r':
    case '\n':
    case '\t':
        return 0;
    case ' ': /* '+' was decoded to a blank on the way (Q3) */
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
 * but padding that is present must be right, and only blanks may follow it. One
 * digit too many is counted: it shows that something is missing. */
static apr_ssize_t count_digits(const char *text)
{
    apr_ssize_t digits = 0;
    apr_ssize_t padding = 0;

    for (; *text != '\0'; text++) {
        int c = meaning(*text);

        if (padding > 0 && *text == ' ') {
            continue;
        }
        if (c < 0 || (padding > 0 && c != 0 && c != '=')) {
            return -1;
        }
        digits += c != 0 && c != '=';
        padding += c == '=';
    }
    return padding > 2 || (padding > 0 && (digits + padding) % 4 != 0) ? -1
                                                                       : digits;
}

/* A single last digit of base64 is no octet: either the message was cut off, or
 * it is no base64. */
static scep_status_e cut_off(scep_octets_t *part, scep_result_t *res)
{
    scep_octets_t der = *part;
    size_t size;

    *part = (scep_octets_t){NULL, 0};
    if (!scep_ber_incomplete(der, &size)) {
        return scep_fail(res, SCEP_R_BASE64,
                         "not base64: one digit too many, or some missing");
    }
    return scep_fail(res, SCEP_R_BASE64, SCEP_BER_CUT_OFF,
                     (unsigned long)der.len, (unsigned long)size);
}

/* A proxy that encodes once more makes "%252B" of "%2B". */
static const char *decoded_again(const char *text, apr_pool_t *pool)
{
    const char *decoded = text != NULL && strchr(text, '%') != NULL
                              ? unescape(pool, text, strlen(text))
                              : NULL;

    return decoded != NULL ? decoded : text;
}

scep_status_e scep_query_message(const char *text, size_t max, apr_pool_t *pool,
                                 scep_octets_t *der, scep_result_t *res)
{
    apr_ssize_t digits;
    apr_size_t len;
    char *clean, *to;

    text = decoded_again(text, pool);
    digits = text != NULL ? count_digits(text) : 0;
    if (digits < 0) {
        return scep_fail(res, SCEP_R_BASE64, "not base64");
    }
    if (digits == 0) {
        return scep_fail(res, SCEP_R_NO_MESSAGE,
                         "there is neither a body nor a message in the query");
    }
    len = (apr_size_t)(digits / 4 * 3 + digits % 4 * 3 / 4);
    if (len > max) {
        return scep_fail(res, SCEP_R_TOO_LARGE,
                         "the message has %" APR_SIZE_T_FMT
                         " octets, ScepMaxRequestSize allows %" APR_SIZE_T_FMT,
                         len, (apr_size_t)max);
    }
    clean = to = apr_palloc(pool, (apr_size_t)digits);
    for (; *text != '\0' && *text != '='; text++) {
        int c = meaning(*text);

        if (c != 0) {
            *to++ = (char)c;
        }
    }
    der->data = apr_pdecode_base64_binary(
        pool, clean, digits - (digits % 4 == 1), APR_ENCODE_NONE, &len);
    der->len = len;
    if (digits == 1 || der->data == NULL) {
        der->data = NULL;
        return scep_fail(res, SCEP_R_BASE64, "not base64");
    }
    return digits % 4 == 1 ? cut_off(der, res) : SCEP_OK;
}
