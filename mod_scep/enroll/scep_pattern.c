/* Licensed under the Apache License, Version 2.0; see LICENSE. */
/*
 * scep_pattern.c: see scep_pattern.h. (enroll layer)
 */
#include "scep_pattern.h"

#include <arpa/inet.h>
#include <string.h>

#include <apr_lib.h>
#include <apr_strings.h>

#include "scep_crypto.h"
#include "scep_str.h"

static char lower(char c)
{
    return c >= 'A' && c <= 'Z' ? (char)(c - 'A' + 'a') : c;
}

/* A step of PATTERN that is not a star: how long it is, if it fits C. */
static size_t step(const char *pattern, char c)
{
    size_t len = *pattern == '\\' && pattern[1] != '\0' ? 2 : 1;

    return lower(pattern[len - 1]) == lower(c) ? len : 0;
}

/* On a mismatch the last star takes one character more; what the stars before
 * it took need never be looked at again. */
bool scep_pattern_fits(const char *pattern, const char *text, char stop)
{
    const char *star = NULL, *from = NULL;
    size_t len;

    while (*text != '\0' || *pattern != '\0') {
        if (*pattern == '*') {
            star = ++pattern;
            from = text;
        }
        else if (*text != '\0' && *pattern != '\0' &&
                 (len = step(pattern, *text)) > 0) {
            pattern += len;
            text++;
        }
        else if (star != NULL && *from != '\0' && *from != '*' &&
                 (stop == '\0' || *from != stop)) {
            text = ++from;
            pattern = star;
        }
        else {
            return false;
        }
    }
    return true;
}

/* ---- subjects ---- */

typedef struct attribute_t {
    ASN1_OBJECT *type;
    const char *pattern;
} attribute_t;

struct scep_subject_rule_t {
    bool any;
    apr_array_header_t *attributes; /* attribute_t */
};

static void free_object(void *object)
{
    ASN1_OBJECT_free(object);
}

/* "CN", "cn", "serialNumber", "2.5.4.5" */
static ASN1_OBJECT *type_of(apr_pool_t *pool, const char *name)
{
    char *other = apr_pstrdup(pool, name);
    ASN1_OBJECT *type = OBJ_txt2obj(name, 0);
    char *c;

    if (type == NULL) {
        for (c = other; *c != '\0'; c++) {
            *c = (char)apr_toupper(*c);
        }
        type = OBJ_txt2obj(other, 0);
    }
    scep_crypto_clear_errors();
    return type != NULL ? scep_own(pool, type, free_object) : NULL;
}

/* One character of a value at *IN, which moves behind it, to *OUT as a pattern
 * has it. */
static bool take_char(const char **in, char **out)
{
    unsigned char octet;
    char hex[3] = {0};

    if (**in != '\\') {
        *(*out)++ = *(*in)++;
        return true;
    }
    ++*in;
    if (**in == '\0') {
        return false;
    }
    hex[0] = (*in)[0];
    hex[1] = (*in)[1];
    if (scep_unhex(hex, &octet, 1)) { /* RFC 4514 2.4 */
        *in += 2;
    }
    else {
        octet = (unsigned char)*(*in)++;
    }
    if (octet == '\0') {
        return false;
    }
    *(*out)++ = '\\';
    *(*out)++ = (char)octet;
    return true;
}

/* The value at *IN, up to a separator; NULL if it is malformed. */
static const char *take_value(apr_pool_t *pool, const char **in)
{
    char *pattern = apr_palloc(pool, 2 * strlen(*in) + 1);
    char *out = pattern;

    while (**in == ' ') {
        ++*in;
    }
    if (**in == '#' || **in == '"') { /* forms that nobody writes */
        return NULL;
    }
    while (**in != '\0' && **in != ',' && **in != '+') {
        if (**in == ' ' && (out == pattern || out[-1] == ' ')) {
            ++*in;
        }
        else if (!take_char(in, &out)) {
            return NULL;
        }
    }
    while (out > pattern && out[-1] == ' ' &&
           (out - 1 == pattern || out[-2] != '\\')) {
        out--;
    }
    *out = '\0';
    return pattern;
}

static const char *take_attribute(apr_pool_t *pool, const char **in,
                                  scep_subject_rule_t *rule)
{
    const char *equals = strchr(*in, '=');
    attribute_t attribute;
    const char *name;
    char *end;

    if (equals == NULL) {
        return "an attribute has no \"=\"; wanted is for instance "
               "CN=router-17,O=Example";
    }
    while (**in == ' ') {
        ++*in;
    }
    name = end = apr_pstrmemdup(pool, *in, (apr_size_t)(equals - *in));
    end += strlen(end);
    while (end > name && end[-1] == ' ') {
        *--end = '\0';
    }
    attribute.type = type_of(pool, name);
    if (attribute.type == NULL) {
        return apr_psprintf(pool,
                            "\"%s\" is no type of attribute; write its "
                            "OID",
                            scep_printable(pool, name, 64));
    }
    *in = equals + 1;
    attribute.pattern = take_value(pool, in);
    if (attribute.pattern == NULL) {
        return apr_psprintf(pool, "the value of %s is malformed", name);
    }
    APR_ARRAY_PUSH(rule->attributes, attribute_t) = attribute;
    return NULL;
}

const scep_subject_rule_t *scep_subject_rule(apr_pool_t *pool, const char *text,
                                             const char **error)
{
    scep_subject_rule_t *rule = apr_pcalloc(pool, sizeof(*rule));

    rule->attributes = apr_array_make(pool, 4, sizeof(attribute_t));
    *error = NULL;
    if (strcmp(text, "*") == 0) {
        rule->any = true;
        return rule;
    }
    while (*text != '\0') {
        *error = take_attribute(pool, &text, rule);
        if (*error != NULL) {
            return NULL;
        }
        if (*text != '\0' && *++text == '\0') {
            *error = "there is nothing after the last separator";
            return NULL;
        }
    }
    return rule;
}

/* White space folded; false if it is no text, or has a NUL inside. */
static bool value_fits(const char *pattern, const ASN1_STRING *value)
{
    unsigned char *text = NULL;
    int len = ASN1_STRING_to_UTF8(&text, value);
    bool fits = false;
    int i, n = 0;

    if (len >= 0 && memchr(text, '\0', (size_t)len) == NULL) {
        for (i = 0; i < len; i++) {
            if (text[i] != ' ' || (n > 0 && text[n - 1] != ' ')) {
                text[n++] = text[i];
            }
        }
        while (n > 0 && text[n - 1] == ' ') {
            n--;
        }
        text[n] = '\0'; /* it has one after its end */
        fits = scep_pattern_fits(pattern, (const char *)text, '\0');
    }
    OPENSSL_free(text);
    scep_crypto_clear_errors();
    return fits;
}

/* The RANK-th of TYPE; the last of a name is the first of its text. */
static const ASN1_STRING *find_value(const X509_NAME *subject,
                                     const ASN1_OBJECT *type, int rank)
{
    int i;

    for (i = X509_NAME_entry_count(subject) - 1; i >= 0; i--) {
        const X509_NAME_ENTRY *entry = X509_NAME_get_entry(subject, i);

        if (OBJ_cmp(X509_NAME_ENTRY_get_object(entry), type) == 0 &&
            rank-- == 0) {
            return X509_NAME_ENTRY_get_data(entry);
        }
    }
    return NULL;
}

bool scep_subject_fits(const scep_subject_rule_t *rule,
                       const X509_NAME *subject)
{
    const attribute_t *wanted = (const attribute_t *)rule->attributes->elts;
    int count = rule->attributes->nelts;
    int i, j, rank;

    if (rule->any) {
        return true;
    }
    if (X509_NAME_entry_count(subject) != count) {
        return false;
    }
    for (i = 0; i < count; i++) {
        const ASN1_STRING *value;

        for (j = rank = 0; j < i; j++) {
            rank += OBJ_cmp(wanted[j].type, wanted[i].type) == 0;
        }
        value = find_value(subject, wanted[i].type, rank);
        if (value == NULL || !value_fits(wanted[i].pattern, value)) {
            return false;
        }
    }
    return true;
}

/* ---- networks ---- */

/* APR would look up what is no address, and takes "10." for a network. */
static bool is_address(const char *text)
{
    unsigned char octets[sizeof(struct in6_addr)];

    return inet_pton(AF_INET, text, octets) == 1 ||
           inet_pton(AF_INET6, text, octets) == 1;
}

apr_ipsubnet_t *scep_network(apr_pool_t *pool, const char *text)
{
    char *address = apr_pstrdup(pool, text);
    char *bits = strchr(address, '/');
    apr_ipsubnet_t *network = NULL;

    if (bits != NULL) {
        *bits++ = '\0';
        if (*bits == '\0' || strlen(bits) > 3 ||
            strspn(bits, "0123456789") != strlen(bits)) {
            return NULL;
        }
    }
    if (!is_address(address) ||
        apr_ipsubnet_create(&network, address, bits, pool) != APR_SUCCESS) {
        return NULL;
    }
    return network;
}

bool scep_network_has(apr_ipsubnet_t *network, const char *address,
                      apr_pool_t *pool)
{
    apr_sockaddr_t *sa;

    return is_address(address) &&
           apr_sockaddr_info_get(&sa, address, APR_UNSPEC, 0, 0, pool) ==
               APR_SUCCESS &&
           apr_ipsubnet_test(network, sa) != 0;
}
