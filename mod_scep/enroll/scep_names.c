/* Licensed under the Apache License, Version 2.0; see LICENSE. */
/*
 * scep_names.c: subjects and subject alternative names, compared.
 * (enroll layer)
 */
#include "scep_names.h"

#include <string.h>

#include <openssl/err.h>

#include <apr_lib.h>
#include <apr_strings.h>

#include "scep_alt_names.h"

static void name_free(void *object)
{
    X509_NAME_free(object);
}

/* ENTRY as a name of its own. NULL when memory fails. */
static X509_NAME *rdn_of(const X509_NAME_ENTRY *entry, apr_pool_t *pool)
{
    X509_NAME *name = scep_own(pool, X509_NAME_new(), name_free);

    if (name == NULL || X509_NAME_add_entry(name, entry, -1, 0) != 1) {
        return NULL;
    }
    return name;
}

static const char *rdn_text(const X509_NAME *rdn, apr_pool_t *pool)
{
    return scep_name_text(pool, rdn);
}

static bool is_flat(const X509_NAME *name)
{
    int i, count = X509_NAME_entry_count(name);

    for (i = 1; i < count; i++) {
        if (X509_NAME_ENTRY_set(X509_NAME_get_entry(name, i)) ==
            X509_NAME_ENTRY_set(X509_NAME_get_entry(name, i - 1))) {
            return false;
        }
    }
    return true;
}

static const ASN1_OBJECT *type_of(const X509_NAME *name, int index)
{
    return X509_NAME_ENTRY_get_object(X509_NAME_get_entry(name, index));
}

/* How many of the first INDEX entries have the type of the one at INDEX. */
static int rank_of(const X509_NAME *name, int index)
{
    const ASN1_OBJECT *type = type_of(name, index);
    int i, rank = 0;

    for (i = 0; i < index; i++) {
        rank += OBJ_cmp(type_of(name, i), type) == 0;
    }
    return rank;
}

/* The RANK-th entry of TYPE, or NULL. */
static const X509_NAME_ENTRY *entry_of(const X509_NAME *name,
                                       const ASN1_OBJECT *type, int rank)
{
    int i, count = X509_NAME_entry_count(name);

    for (i = 0; i < count; i++) {
        if (OBJ_cmp(type_of(name, i), type) == 0 && rank-- == 0) {
            return X509_NAME_get_entry(name, i);
        }
    }
    return NULL;
}

/* Does OTHER have each entry of ONE, at the same rank among those of its type?
 * FOUND is the word for an entry that OTHER lacks. */
static bool has_all_entries(const X509_NAME *one, const X509_NAME *other,
                            const char *found, apr_pool_t *pool,
                            const char **difference)
{
    int i, count = X509_NAME_entry_count(one);

    for (i = 0; i < count; i++) {
        const X509_NAME_ENTRY *theirs =
            entry_of(other, type_of(one, i), rank_of(one, i));
        const X509_NAME *a = rdn_of(X509_NAME_get_entry(one, i), pool);
        const X509_NAME *b = theirs != NULL ? rdn_of(theirs, pool) : NULL;

        if (a == NULL || (theirs != NULL && b == NULL)) {
            *difference = "the subjects cannot be compared";
            return false;
        }
        if (b == NULL) {
            *difference = apr_psprintf(pool, "\"%s\" is %s in the subject",
                                       rdn_text(a, pool), found);
            return false;
        }
        if (X509_NAME_cmp(a, b) != 0) {
            *difference =
                apr_psprintf(pool, "\"%s\" became \"%s\" in the subject",
                             rdn_text(a, pool), rdn_text(b, pool));
            return false;
        }
    }
    return true;
}

bool scep_names_subject_kept(const X509_NAME *before, const X509_NAME *after,
                             apr_pool_t *pool, const char **difference)
{
    *difference = "";
    if (X509_NAME_cmp(before, after) == 0) {
        return true;
    }
    if (!is_flat(before) || !is_flat(after)) {
        *difference =
            apr_psprintf(pool, "subject \"%s\" became \"%s\"",
                         rdn_text(before, pool), rdn_text(after, pool));
        return false;
    }
    return has_all_entries(before, after, "missing", pool, difference) &&
           has_all_entries(after, before, "new", pool, difference);
}

bool scep_names_has_entry(const X509_NAME *name, const X509_NAME_ENTRY *entry,
                          apr_pool_t *pool)
{
    const X509_NAME *wanted = rdn_of(entry, pool);
    int i, count = X509_NAME_entry_count(name);

    for (i = 0; i < count && wanted != NULL; i++) {
        const X509_NAME_ENTRY *other = X509_NAME_get_entry(name, i);
        const X509_NAME *rdn = NULL;

        if (OBJ_cmp(X509_NAME_ENTRY_get_object(other),
                    X509_NAME_ENTRY_get_object(entry)) == 0) {
            rdn = rdn_of(other, pool);
        }
        if (rdn != NULL && X509_NAME_cmp(rdn, wanted) == 0) {
            return true;
        }
    }
    return false;
}

/* Change TEXT to lower case, with one blank between words and none around it.
 * @return its new length */
static int fold_text(unsigned char *text, int len)
{
    int from, to = 0;
    bool blank = false;

    for (from = 0; from < len; from++) {
        if (text[from] < 0x80 && apr_isspace(text[from])) {
            blank = to > 0;
            continue;
        }
        if (blank) {
            text[to++] = ' ';
            blank = false;
        }
        text[to++] = text[from] >= 'A' && text[from] <= 'Z'
                         ? (unsigned char)(text[from] | 0x20)
                         : text[from];
    }
    return to;
}

/* The types that X509_NAME_cmp() compares as text, others octet by octet. */
static bool is_directory_string(const ASN1_STRING *value)
{
    switch (ASN1_STRING_type(value)) {
    case V_ASN1_UTF8STRING:
    case V_ASN1_BMPSTRING:
    case V_ASN1_UNIVERSALSTRING:
    case V_ASN1_PRINTABLESTRING:
    case V_ASN1_T61STRING:
    case V_ASN1_IA5STRING:
    case V_ASN1_VISIBLESTRING:
        return true;
    default:
        return false;
    }
}

/* Add ENTRY, in the form in which names are compared, to NAME, and to its last
 * RDN if JOIN. */
static bool add_plain(X509_NAME *name, const X509_NAME_ENTRY *entry, bool join)
{
    const ASN1_STRING *value = X509_NAME_ENTRY_get_data(entry);
    const int set = join ? -1 : 0;
    unsigned char *text = NULL;
    bool added;
    int len;

    if (!is_directory_string(value)) {
        return X509_NAME_add_entry(name, entry, -1, set) == 1;
    }
    len = ASN1_STRING_to_UTF8(&text, value);
    if (len < 0) {
        return false;
    }
    added = X509_NAME_add_entry_by_OBJ(name, X509_NAME_ENTRY_get_object(entry),
                                       V_ASN1_UTF8STRING, text,
                                       fold_text(text, len), -1, set) == 1;
    OPENSSL_free(text);
    return added;
}

/* The index of the first entry whose type sorts after that of ENTRY. */
static int index_after(const X509_NAME_ENTRY *entry,
                       X509_NAME_ENTRY *const *sorted, int count)
{
    const ASN1_OBJECT *type = X509_NAME_ENTRY_get_object(entry);

    while (count > 0 &&
           OBJ_cmp(X509_NAME_ENTRY_get_object(sorted[count - 1]), type) > 0) {
        count--;
    }
    return count;
}

bool scep_names_subject_hash(const X509_NAME *subject, apr_pool_t *pool,
                             unsigned char hash[SCEP_HASH_SIZE])
{
    X509_NAME *plain = scep_own(pool, X509_NAME_new(), name_free);
    int i, count = X509_NAME_entry_count(subject);
    X509_NAME_ENTRY **sorted =
        apr_palloc(pool, (apr_size_t)(count + 1) * sizeof(*sorted));
    bool flat = is_flat(subject), good = plain != NULL;
    scep_octets_t der = {NULL, 0};

    for (i = 0; i < count; i++) {
        X509_NAME_ENTRY *entry = X509_NAME_get_entry(subject, i);
        int index = flat ? index_after(entry, sorted, i) : i;

        memmove(&sorted[index + 1], &sorted[index],
                (apr_size_t)(i - index) * sizeof(*sorted));
        sorted[index] = entry;
    }
    ERR_set_mark();
    for (i = 0; i < count && good; i++) {
        good = add_plain(plain, sorted[i],
                         i > 0 && X509_NAME_ENTRY_set(sorted[i]) ==
                                      X509_NAME_ENTRY_set(sorted[i - 1]));
    }
    if (good) {
        der = scep_der_of(pool, plain, ASN1_ITEM_rptr(X509_NAME));
    }
    ERR_pop_to_mark(); /* a value that is no string is no error */
    return der.len > 0 && scep_sha256(der, hash);
}

/* --- subject alternative names -------------------------------------------- */

static bool same_octets(const ASN1_STRING *a, const ASN1_STRING *b)
{
    return ASN1_STRING_cmp(a, b) == 0;
}

/* Ignores the case of ASCII letters, in any locale; a NUL ends nothing. */
static bool same_letters(const unsigned char *a, const unsigned char *b,
                         int len)
{
    int i;

    for (i = 0; i < len; i++) {
        bool letter = (a[i] | 0x20) >= 'a' && (a[i] | 0x20) <= 'z';

        if (a[i] != b[i] && !(letter && (a[i] ^ b[i]) == 0x20)) {
            return false;
        }
    }
    return true;
}

static bool same_nocase(const ASN1_STRING *a, const ASN1_STRING *b, int from)
{
    int len = ASN1_STRING_length(a);

    return len == ASN1_STRING_length(b) &&
           same_letters(ASN1_STRING_get0_data(a) + from,
                        ASN1_STRING_get0_data(b) + from, len - from);
}

/* RFC 5280 7.5: case may matter before the at sign. */
static bool same_mail(const ASN1_STRING *a, const ASN1_STRING *b)
{
    const unsigned char *text = ASN1_STRING_get0_data(a);
    int len = ASN1_STRING_length(a), at = len;

    while (at > 0 && text[at - 1] != '@') {
        at--;
    }
    return ASN1_STRING_length(b) == len &&
           memcmp(text, ASN1_STRING_get0_data(b), (size_t)at) == 0 &&
           same_nocase(a, b, at);
}

static bool is_text(const ASN1_TYPE *value)
{
    switch (ASN1_TYPE_get(value)) {
    case V_ASN1_UTF8STRING:
    case V_ASN1_PRINTABLESTRING:
    case V_ASN1_IA5STRING:
    case V_ASN1_T61STRING:
    case V_ASN1_BMPSTRING:
    case V_ASN1_UNIVERSALSTRING:
        return true;
    default:
        return false;
    }
}

/* A user principal name may be a string of any type, in any case. */
static bool same_other(const OTHERNAME *a, const OTHERNAME *b)
{
    unsigned char *one = NULL, *two = NULL;
    bool same;
    int len;

    if (OBJ_cmp(a->type_id, b->type_id) != 0) {
        return false;
    }
    if (ASN1_TYPE_cmp(a->value, b->value) == 0) {
        return true;
    }
    if (OBJ_obj2nid(a->type_id) != NID_ms_upn || !is_text(a->value) ||
        !is_text(b->value)) {
        return false;
    }
    ERR_set_mark();
    len = ASN1_STRING_to_UTF8(&one, a->value->value.asn1_string);
    same = len >= 0 &&
           ASN1_STRING_to_UTF8(&two, b->value->value.asn1_string) == len &&
           same_letters(one, two, len);
    OPENSSL_free(one);
    OPENSSL_free(two);
    ERR_pop_to_mark(); /* a value that is no string is another name */
    return same;
}

static bool same_name(GENERAL_NAME *a, GENERAL_NAME *b)
{
    if (a->type != b->type) {
        return false;
    }
    switch (a->type) {
    case GEN_DNS:
        return same_nocase(a->d.dNSName, b->d.dNSName, 0);
    case GEN_EMAIL:
        return same_mail(a->d.rfc822Name, b->d.rfc822Name);
    case GEN_URI:
        return same_octets(a->d.uniformResourceIdentifier,
                           b->d.uniformResourceIdentifier);
    case GEN_IPADD:
        return same_octets(a->d.iPAddress, b->d.iPAddress);
    case GEN_DIRNAME:
        return X509_NAME_cmp(a->d.directoryName, b->d.directoryName) == 0;
    case GEN_OTHERNAME:
        return same_other(a->d.otherName, b->d.otherName);
    case GEN_RID:
        return OBJ_cmp(a->d.registeredID, b->d.registeredID) == 0;
    default:
        return GENERAL_NAME_cmp(a, b) == 0;
    }
}

static const char *san_text(const GENERAL_NAME *name, apr_pool_t *pool)
{
    scep_alt_name_t told;

    scep_alt_name_describe(name, pool, &told);
    return told.text;
}

bool scep_names_has_san(const GENERAL_NAMES *names, GENERAL_NAME *name)
{
    int i;

    for (i = 0; i < sk_GENERAL_NAME_num(names); i++) {
        if (same_name(name, sk_GENERAL_NAME_value(names, i))) {
            return true;
        }
    }
    return false;
}

static GENERAL_NAME *find_not_in(const GENERAL_NAMES *one,
                                 const GENERAL_NAMES *other)
{
    int i;

    for (i = 0; i < sk_GENERAL_NAME_num(one); i++) {
        GENERAL_NAME *name = sk_GENERAL_NAME_value(one, i);

        if (!scep_names_has_san(other, name)) {
            return name;
        }
    }
    return NULL;
}

/* Compare any number of names one by one: a renewal that copies its certificate
 * has them in the same order. */
static bool same_in_order(const GENERAL_NAMES *one, const GENERAL_NAMES *other)
{
    int i, count = sk_GENERAL_NAME_num(one);

    for (i = 0; i < count && i < sk_GENERAL_NAME_num(other); i++) {
        if (!same_name(sk_GENERAL_NAME_value(one, i),
                       sk_GENERAL_NAME_value(other, i))) {
            return false;
        }
    }
    return count == sk_GENERAL_NAME_num(other);
}

bool scep_names_san_kept(const GENERAL_NAMES *before,
                         const GENERAL_NAMES *after, apr_pool_t *pool,
                         const char **difference)
{
    GENERAL_NAME *name;

    *difference = "";
    if (same_in_order(before, after)) {
        return true;
    }
    if (sk_GENERAL_NAME_num(before) > SCEP_NAMES_MAX ||
        sk_GENERAL_NAME_num(after) > SCEP_NAMES_MAX) {
        *difference = apr_psprintf(
            pool,
            "there are more than %d alternative names, and they are not the "
            "same in the same order",
            SCEP_NAMES_MAX);
        return false;
    }
    name = find_not_in(before, after);
    if (name != NULL) {
        *difference =
            apr_psprintf(pool, "\"%s\" is missing in the subjectAltName",
                         san_text(name, pool));
        return false;
    }
    name = find_not_in(after, before);
    if (name != NULL) {
        *difference = apr_psprintf(pool, "\"%s\" is new in the subjectAltName",
                                   san_text(name, pool));
        return false;
    }
    return true;
}
