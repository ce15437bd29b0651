/* Licensed under the Apache License, Version 2.0; see LICENSE. */
/*
 * scep_subject_read.c: read a rule for subjects from its text. (enroll layer)
 */
#include "scep_subject_rule_p.h"

#include <string.h>

#include <openssl/err.h>

#include <apr_lib.h>
#include <apr_strings.h>

#include "scep_crypto.h"
#include "scep_str.h"

typedef struct reader_t {
    apr_pool_t *pool;
    const char *at;
    char separator; /* between RDNs; '/' in OpenSSL's old form */
    bool strict;    /* RFC 4514's escapes only */
    int rdn;
    int spaced; /* attributes with a blank on both sides of "=" */
    apr_array_header_t *attributes;
} reader_t;

/* ---- types ---- */

static void free_object(void *object)
{
    ASN1_OBJECT_free(object);
}

/* Names of types that other programs write. */
static int alias_of(const char *name)
{
    static const struct {
        const char *name;
        int nid;
    } aliases[] = {
        {"E", NID_pkcs9_emailAddress},
        {"EMAIL", NID_pkcs9_emailAddress},
        {"S", NID_stateOrProvinceName},
        {"SP", NID_stateOrProvinceName},
        {"STREET", NID_streetAddress},
        {"T", NID_title},
        {"UID", NID_userId},
        {"G", NID_givenName},
        {"I", NID_initials},
    };
    size_t i;

    for (i = 0; i < sizeof(aliases) / sizeof(aliases[0]); i++) {
        if (strcasecmp(aliases[i].name, name) == 0) {
            return aliases[i].nid;
        }
    }
    return NID_undef;
}

/* The case of letters does not count; short names come first. */
static int nid_of(const char *name)
{
    const int end = OBJ_new_nid(0);
    int nid;

    for (nid = 1; nid < end; nid++) {
        const char *known = OBJ_nid2sn(nid);

        if (known != NULL && strcasecmp(known, name) == 0) {
            return nid;
        }
    }
    for (nid = 1; nid < end; nid++) {
        const char *known = OBJ_nid2ln(nid);

        if (known != NULL && strcasecmp(known, name) == 0) {
            return nid;
        }
    }
    return NID_undef;
}

/* "CN", "cn", "serialNumber", "2.5.4.5", "OID.2.5.4.5", "E" */
static ASN1_OBJECT *type_of(apr_pool_t *pool, const char *name)
{
    int nid = alias_of(name);
    ASN1_OBJECT *type;

    if (nid != NID_undef) {
        return OBJ_nid2obj(nid);
    }
    if (strncasecmp(name, "OID.", 4) == 0) {
        name += 4;
    }
    ERR_set_mark();
    type = OBJ_txt2obj(name, 0);
    if (type == NULL && (nid = nid_of(name)) != NID_undef) {
        type = OBJ_nid2obj(nid);
    }
    ERR_pop_to_mark();
    return type != NULL ? scep_own(pool, type, free_object) : NULL;
}

/* ---- values ---- */

static bool is_end(const reader_t *r)
{
    return *r->at == '\0' || *r->at == r->separator || *r->at == '+';
}

static void skip_blanks(reader_t *r)
{
    r->at += strspn(r->at, " ");
}

/* White space counts once, and not at the start. */
static void put_token(scep_pattern_t *value, unsigned short *tokens,
                      unsigned short token)
{
    if (token != ' ' || (value->len > 0 && tokens[value->len - 1] != ' ')) {
        tokens[value->len++] = token;
    }
}

/* Read what follows a backslash (RFC 4514 2.4); the log writes "\xNN". */
static bool take_escape(reader_t *r, unsigned char *octet)
{
    if (scep_hex_pair(r->at, octet)) {
        r->at += 2;
        return true;
    }
    if (*r->at == 'x' && scep_hex_pair(r->at + 1, octet)) {
        r->at += 3;
        return !r->strict;
    }
    *octet = (unsigned char)*r->at;
    if (*r->at == '\0' ||
        (r->strict && strchr(" \"#+,;<=>\\*/", *r->at) == NULL)) {
        return false;
    }
    r->at++;
    return true;
}

/* Read up to a separator or, if QUOTED, the closing quote. */
static bool take_text(reader_t *r, bool quoted, scep_pattern_t *value)
{
    unsigned short *tokens =
        apr_palloc(r->pool, (strlen(r->at) + 1) * sizeof(*tokens));
    unsigned char octet;

    value->tokens = tokens;
    while (quoted ? *r->at != '"' : !is_end(r)) {
        if (*r->at == '\\') {
            r->at++;
            if (!take_escape(r, &octet)) {
                return false;
            }
            put_token(value, tokens, octet);
            continue;
        }
        if (*r->at == '\0') {
            return false;
        }
        put_token(value, tokens,
                  *r->at == '*' ? SCEP_PATTERN_STAR : (unsigned char)*r->at);
        r->at++;
    }
    r->at += quoted;
    value->len -= value->len > 0 && tokens[value->len - 1] == ' ';
    return true;
}

static bool take_der(reader_t *r, scep_octets_t *der)
{
    size_t len = strspn(r->at, "0123456789ABCDEFabcdef");
    unsigned char *octets = apr_palloc(r->pool, len / 2 + 1);
    const unsigned char *end = octets;
    ASN1_TYPE *any;

    if (!scep_unhex(apr_pstrmemdup(r->pool, r->at, len), octets, len / 2)) {
        return false;
    }
    ERR_set_mark();
    any = d2i_ASN1_TYPE(NULL, &end, (long)(len / 2));
    ASN1_TYPE_free(any);
    ERR_pop_to_mark();
    r->at += len;
    der->data = octets;
    der->len = len / 2;
    return any != NULL && end == octets + len / 2;
}

/* OpenSSL does not escape a "#" that is all of a value. */
static bool take_value(reader_t *r, scep_rule_attribute_t *attribute)
{
    bool plain = r->separator == '/', good;

    skip_blanks(r);
    if (*r->at == '#' && !plain && apr_isxdigit(r->at[1])) {
        r->at++;
        good = take_der(r, &attribute->der);
    }
    else if (*r->at == '"' && !plain) {
        r->at++;
        good = take_text(r, true, &attribute->value);
    }
    else {
        good = take_text(r, false, &attribute->value);
    }
    skip_blanks(r);
    return good && is_end(r);
}

/* ---- the whole ---- */

static const char *take_attribute(reader_t *r)
{
    scep_rule_attribute_t attribute;
    const char *equals = strchr(r->at, '=');
    const char *name;
    char *end;

    if (equals == NULL) {
        return "an attribute has no \"=\"; write it as in "
               "CN=router-17,O=Example";
    }
    r->spaced += equals > r->at && equals[-1] == ' ' && equals[1] == ' ';
    skip_blanks(r);
    name = end = apr_pstrmemdup(r->pool, r->at, (apr_size_t)(equals - r->at));
    end += strlen(end);
    while (end > name && end[-1] == ' ') {
        *--end = '\0';
    }
    memset(&attribute, 0, sizeof(attribute));
    attribute.rdn = r->rdn;
    attribute.type = type_of(r->pool, name);
    if (attribute.type == NULL) {
        return apr_psprintf(r->pool,
                            "\"%s\" is no type of attribute; write its OID",
                            scep_printable(r->pool, name, 64));
    }
    r->at = equals + 1;
    if (!take_value(r, &attribute)) {
        return apr_psprintf(r->pool, "the value of %s is malformed", name);
    }
    APR_ARRAY_PUSH(r->attributes, scep_rule_attribute_t) = attribute;
    return NULL;
}

static void reverse_order(apr_array_header_t *attributes)
{
    scep_rule_attribute_t *list = (scep_rule_attribute_t *)attributes->elts;
    int i, count = attributes->nelts;

    for (i = 0; i < count / 2; i++) {
        scep_rule_attribute_t other = list[i];

        list[i] = list[count - 1 - i];
        list[count - 1 - i] = other;
    }
}

static const char *read_rule(apr_pool_t *pool, const char *text, bool strict,
                             scep_rule_reading_t *reading)
{
    reader_t r = {pool, text, ',', strict, 0, 0, NULL};

    r.attributes = apr_array_make(pool, 4, sizeof(scep_rule_attribute_t));
    if (*text == '/') {
        r.separator = '/';
        r.at++;
        if (*r.at == '\0') {
            return "there is nothing after the last separator";
        }
    }
    while (*r.at != '\0') {
        const char *error = take_attribute(&r);

        if (error != NULL) {
            return error;
        }
        r.rdn += *r.at == r.separator;
        if (*r.at != '\0' && *++r.at == '\0') {
            return "there is nothing after the last separator";
        }
    }
    if (r.separator == '/' || r.spaced == r.attributes->nelts) {
        reverse_order(r.attributes); /* OpenSSL's forms are reversed */
    }
    reading->attributes = r.attributes;
    return NULL;
}

/* TEXT as it was before httpd escaped it in the error log; NULL if httpd does
 * not write TEXT. */
static const char *undo_log_escapes(apr_pool_t *pool, const char *text)
{
    char *out, *to;

    out = to = apr_palloc(pool, strlen(text) + 1);
    while (*text != '\0') {
        unsigned char octet;

        if (*text != '\\') {
            *to++ = *text++;
        }
        else if (text[1] == '\\') {
            *to++ = '\\';
            text += 2;
        }
        else if (text[1] == 'x' && scep_hex_pair(text + 2, &octet)) {
            *to++ = (char)octet;
            text += 4;
        }
        else {
            return NULL;
        }
    }
    *to = '\0';
    return out;
}

const scep_subject_rule_t *scep_subject_rule(apr_pool_t *pool, const char *text,
                                             const char **error)
{
    scep_subject_rule_t *rule = apr_pcalloc(pool, sizeof(*rule));
    const char *before;

    *error = NULL;
    if (strcmp(text, "*") == 0) {
        rule->any = true;
        return rule;
    }
    *error = read_rule(pool, text, false, &rule->readings[0]);
    rule->count = *error == NULL;
    before = strstr(text, "\\\\") != NULL ? undo_log_escapes(pool, text) : NULL;
    if (before != NULL &&
        read_rule(pool, before, true, &rule->readings[rule->count]) == NULL) {
        rule->count++;
    }
    return rule->count > 0 ? rule : NULL;
}
