/* Licensed under the Apache License, Version 2.0; see LICENSE. */
/*
 * scep_subject_rule.c: check subjects against a rule, which scep_subject_read.c
 * reads. (enroll layer)
 */
#include "scep_subject_rule_p.h"

#include <string.h>

#include <openssl/err.h>

#include "scep_crypto.h"
#include "scep_str.h"

static size_t takes_visible(scep_pattern_t text)
{
    return text.tokens[0] >= 0x20 && text.tokens[0] != 0x7f &&
           text.tokens[0] != '*';
}

/* ---- values ---- */

static bool der_fits(scep_octets_t der, const ASN1_STRING *value,
                     apr_pool_t *pool)
{
    ASN1_TYPE any;

    any.type = ASN1_STRING_type(value);
    any.value.asn1_string = (ASN1_STRING *)(uintptr_t)value;
    return scep_octets_equal(der,
                             scep_der_of(pool, &any, ASN1_ITEM_rptr(ASN1_ANY)));
}

/* Does VALUE, with white space folded, fit? False if it is no text. */
static bool value_fits(const scep_rule_attribute_t *wanted,
                       const ASN1_STRING *value, apr_pool_t *pool)
{
    unsigned char *text = NULL;
    bool fits = false;
    int len, i, n = 0;

    if (wanted->der.data != NULL) {
        return der_fits(wanted->der, value, pool);
    }
    ERR_set_mark();
    len = ASN1_STRING_to_UTF8(&text, value);
    if (len >= 0) {
        for (i = 0; i < len; i++) {
            if (text[i] != ' ' || (n > 0 && text[n - 1] != ' ')) {
                text[n++] = text[i];
            }
        }
        n -= n > 0 && text[n - 1] == ' ';
        fits = scep_pattern_fits(
            wanted->value,
            scep_pattern_text(pool, (scep_octets_t){text, (size_t)n}),
            takes_visible);
    }
    OPENSSL_free(text);
    ERR_pop_to_mark();
    return fits;
}

/* ---- RDNs ---- */

/* A rule or a name as a list of attributes in the order of its text: the last
 * attribute of a name is the first of its text. */
typedef struct list_t {
    const scep_rule_attribute_t *rule; /* or */
    const X509_NAME *name;
    int count;
} list_t;

static const X509_NAME_ENTRY *entry_at(const list_t *list, int i)
{
    return X509_NAME_get_entry(list->name, list->count - 1 - i);
}

/* OpenSSL prints uniqueIdentifier as "uid", which is userId to other programs:
 * here they are the same. */
static const ASN1_OBJECT *type_at(const list_t *list, int i)
{
    const ASN1_OBJECT *type =
        list->rule != NULL ? list->rule[i].type
                           : X509_NAME_ENTRY_get_object(entry_at(list, i));

    return OBJ_obj2nid(type) == NID_uniqueIdentifier ? OBJ_nid2obj(NID_userId)
                                                     : type;
}

/* The index after the RDN that begins at I. */
static int end_of(const list_t *list, int i)
{
    int begin = i;

#define RDN_OF(j)                                                              \
    (list->rule != NULL ? list->rule[j].rdn                                    \
                        : X509_NAME_ENTRY_set(entry_at(list, j)))
    while (i < list->count && RDN_OF(i) == RDN_OF(begin)) {
        i++;
    }
#undef RDN_OF
    return i;
}

/* The index of the RANK-th attribute of TYPE from I up to END; -1: none. */
static int find_type(const list_t *list, int i, int end,
                     const ASN1_OBJECT *type, int rank)
{
    for (; i < end; i++) {
        if (OBJ_cmp(type_at(list, i), type) == 0 && rank-- == 0) {
            return i;
        }
    }
    return -1;
}

static int count_type(const list_t *list, int i, int end,
                      const ASN1_OBJECT *type)
{
    int count = 0;

    while ((i = find_type(list, i, end, type, 0)) >= 0) {
        count++;
        i++;
    }
    return count;
}

static bool same_types(const list_t *one, int i, const list_t *other, int j)
{
    int end = end_of(one, i), other_end = end_of(other, j), k;

    for (k = i; k < end; k++) {
        if (count_type(one, i, end, type_at(one, k)) !=
            count_type(other, j, other_end, type_at(one, k))) {
            return false;
        }
    }
    return end - i == other_end - j;
}

/* The RANK-th RDN of LIST with the types of OTHER's RDN at I; -1: none. */
static int find_rdn(const list_t *list, const list_t *other, int i, int rank)
{
    int j;

    for (j = 0; j < list->count; j = end_of(list, j)) {
        if (same_types(other, i, list, j) && rank-- == 0) {
            return j;
        }
    }
    return -1;
}

/* Attributes of one type in an RDN have only the order of their encoding, which
 * the text reverses (TURNED). */
static bool rdn_fits(const list_t *rule, int i, const list_t *subject, int j,
                     bool turned, apr_pool_t *pool)
{
    int begin = i, end = end_of(rule, i), subject_end = end_of(subject, j);

    for (; i < end; i++) {
        const ASN1_OBJECT *type = type_at(rule, i);
        int rank = count_type(rule, begin, i, type);
        int at = find_type(subject, j, subject_end, type,
                           turned ? count_type(rule, i + 1, end, type) : rank);

        if (at < 0 ||
            !value_fits(&rule->rule[i],
                        X509_NAME_ENTRY_get_data(entry_at(subject, at)),
                        pool)) {
            return false;
        }
    }
    return true;
}

static bool reading_fits(const scep_rule_reading_t *reading,
                         const X509_NAME *name, apr_pool_t *pool)
{
    const list_t rule = {
        (const scep_rule_attribute_t *)reading->attributes->elts, NULL,
        reading->attributes->nelts};
    const list_t subject = {NULL, name, X509_NAME_entry_count(name)};
    int i, j, k;

    if (rule.count != subject.count) {
        return false;
    }
    for (i = 0; i < rule.count; i = end_of(&rule, i)) {
        int rank = 0;

        for (k = 0; k < i; k = end_of(&rule, k)) {
            rank += same_types(&rule, i, &rule, k);
        }
        j = find_rdn(&subject, &rule, i, rank);
        if (j < 0 || (!rdn_fits(&rule, i, &subject, j, false, pool) &&
                      !rdn_fits(&rule, i, &subject, j, true, pool))) {
            return false;
        }
    }
    return true;
}

bool scep_subject_fits(const scep_subject_rule_t *rule,
                       const X509_NAME *subject, apr_pool_t *pool)
{
    int i;

    for (i = 0; i < rule->count; i++) {
        if (reading_fits(&rule->readings[i], subject, pool)) {
            return true;
        }
    }
    return rule->any;
}
