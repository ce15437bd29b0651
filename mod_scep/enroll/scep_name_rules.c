/* Licensed under the Apache License, Version 2.0; see LICENSE. */
/*
 * scep_name_rules.c: see scep_name_rules.h. (enroll layer)
 */
#include "scep_name_rules.h"

#include <string.h>

#include <apr_lib.h>
#include <apr_strings.h>

#include "scep_alt_names.h"
#include "scep_der.h"
#include "scep_name_string.h"
#include "scep_name_syntax.h"
#include "scep_names.h"

enum { IPV4_OCTETS = 4, IPV6_OCTETS = 16, COUNTRY = 2 };

/* Upper bounds, in characters: from RFC 5280 appendix A, the rest from X.520,
 * PKCS #9 and RFC 4519. */
static const struct {
    int type;
    size_t most;
} bounds[] = {
    {NID_commonName, 64},
    {NID_organizationName, 64},
    {NID_organizationalUnitName, 64},
    {NID_localityName, 128},
    {NID_stateOrProvinceName, 128},
    {NID_title, 64},
    {NID_serialNumber, 64},
    {NID_pseudonym, 128},
    {NID_name, 32768},
    {NID_surname, 32768},
    {NID_givenName, 32768},
    {NID_initials, 32768},
    {NID_generationQualifier, 32768},
    {NID_pkcs9_emailAddress, 255},
    {NID_pkcs9_unstructuredName, 255},
    {NID_pkcs9_unstructuredAddress, 255},
    {NID_domainComponent, 63},
    {NID_userId, 256},
    {NID_streetAddress, 128},
    {NID_postalCode, 40},
    {NID_businessCategory, 128},
    {NID_description, 1024},
};

/* 0: no bound is known, and the value may be of any type */
static size_t bound_of(int type)
{
    size_t i;

    for (i = 0; i < sizeof(bounds) / sizeof(bounds[0]); i++) {
        if (bounds[i].type == type) {
            return bounds[i].most;
        }
    }
    return 0;
}

static scep_octets_t octets_of(const ASN1_STRING *value)
{
    const scep_octets_t octets = {ASN1_STRING_get0_data(value),
                                  (size_t)ASN1_STRING_length(value)};

    return octets;
}

/* ---- attributes ---- */

static const char *attribute_name(const ASN1_OBJECT *type, apr_pool_t *pool)
{
    int nid = OBJ_obj2nid(type);
    char oid[128] = "";

    if (nid != NID_undef) {
        return OBJ_nid2sn(nid);
    }
    OBJ_obj2txt(oid, sizeof(oid), type, 1);
    return apr_pstrdup(pool, oid);
}

static const char *country_fault(scep_octets_t text)
{
    return text.len == COUNTRY && apr_isalpha(text.data[0]) &&
                   apr_isalpha(text.data[1])
               ? NULL
               : "is not a country: it must be two letters of ISO 3166";
}

/* What is wrong with VALUE of an attribute of type NID; NULL: nothing. */
static const char *value_fault(int nid, const ASN1_STRING *value,
                               const scep_name_rules_t *rules, apr_pool_t *pool)
{
    int type = ASN1_STRING_type(value);
    scep_octets_t text = octets_of(value);
    size_t most = bound_of(nid), count;
    const char *fault = scep_string_fault(type, text, pool, &count);

    if (fault != NULL) {
        return fault;
    }
    if ((most > 0 || nid == NID_countryName) && !scep_string_is_text(type)) {
        return "is not a string";
    }
    if (!scep_string_is_text(type)) { /* it may contain strings */
        return type == V_ASN1_SEQUENCE || type == V_ASN1_SET ||
                       type == V_ASN1_OTHER
                   ? scep_string_walk(text, false, pool)
                   : NULL;
    }
    if (scep_string_is_blank(type, text)) {
        return "is empty";
    }
    if (nid == NID_countryName && !rules->any_syntax) {
        return country_fault(text);
    }
    return most > 0 && count > most && !rules->any_length
               ? apr_psprintf(pool,
                              "has %" APR_SIZE_T_FMT " characters, more than "
                              "the %" APR_SIZE_T_FMT " of RFC 5280 "
                              "(ScepNameRelax lengths)",
                              count, most)
               : NULL;
}

static const char *entry_fault(const X509_NAME_ENTRY *entry,
                               const scep_name_rules_t *rules, apr_pool_t *pool)
{
    const ASN1_OBJECT *type = X509_NAME_ENTRY_get_object(entry);
    const ASN1_STRING *value = X509_NAME_ENTRY_get_data(entry);
    const char *fault = value_fault(OBJ_obj2nid(type), value, rules, pool);

    return fault != NULL
               ? apr_psprintf(pool, "%s \"%s\" %s", attribute_name(type, pool),
                              scep_string_shown(ASN1_STRING_type(value),
                                                octets_of(value), pool),
                              fault)
               : NULL;
}

const char *scep_name_fault(const X509_NAME *name, const X509_NAME *had,
                            const scep_name_rules_t *rules, apr_pool_t *pool)
{
    scep_octets_t der = {NULL, 0};
    const char *fault = NULL;
    int i, count = X509_NAME_entry_count(name);

    if (had != NULL && scep_names_subject_kept(had, name, pool, &fault)) {
        return NULL;
    }
    fault = NULL;
    for (i = 0; i < count && fault == NULL; i++) {
        const X509_NAME_ENTRY *entry = X509_NAME_get_entry(name, i);

        if (had == NULL || !scep_names_has_entry(had, entry, pool)) {
            fault = entry_fault(entry, rules, pool);
        }
    }
    if (fault != NULL) {
        return fault;
    }
    if (X509_NAME_get0_der(name, &der.data, &der.len) != 1 ||
        !scep_der_strict(der)) {
        fault = "is not DER";
    }
    else if (count > 0) {
        fault = scep_string_walk(der, true, pool);
    }
    return fault != NULL ? apr_psprintf(pool, "name \"%s\" %s",
                                        scep_name_text(pool, name), fault)
                         : NULL;
}

/* ---- alternative names ---- */

typedef const char *syntax_fn(scep_octets_t text);

static const char *host_or_wildcard(scep_octets_t text)
{
    return scep_syntax_host(text, true);
}

static const char *ia5_fault(const ASN1_STRING *value, syntax_fn *syntax,
                             const scep_name_rules_t *rules, apr_pool_t *pool)
{
    scep_octets_t text = octets_of(value);
    size_t count;
    const char *fault = scep_string_fault(V_ASN1_IA5STRING, text, pool, &count);

    if (fault == NULL && scep_string_is_blank(V_ASN1_IA5STRING, text)) {
        fault = "is empty";
    }
    return fault == NULL && !rules->any_syntax ? syntax(text) : fault;
}

static const char *address_fault(const ASN1_STRING *value, apr_pool_t *pool)
{
    int len = ASN1_STRING_length(value);

    return len == IPV4_OCTETS || len == IPV6_OCTETS
               ? NULL
               : apr_psprintf(pool,
                              "has %d octets; an address has 4 or 16 (no text "
                              "and no mask)",
                              len);
}

static const char *other_fault(const OTHERNAME *other, apr_pool_t *pool)
{
    int type = ASN1_TYPE_get(other->value);
    const ASN1_STRING *value = other->value->value.asn1_string;
    bool principal = OBJ_obj2nid(other->type_id) == NID_ms_upn;
    const char *fault;
    size_t count;

    if (scep_string_is_text(type)) {
        fault = scep_string_fault(type, octets_of(value), pool, &count);
        return fault == NULL && scep_string_is_blank(type, octets_of(value))
                   ? "is empty"
                   : fault;
    }
    if (principal) {
        return "is not a string";
    }
    return type == V_ASN1_SEQUENCE || type == V_ASN1_SET || type == V_ASN1_OTHER
               ? scep_string_walk(octets_of(value), false, pool)
               : NULL;
}

static const char *general_fault(const GENERAL_NAME *name,
                                 const scep_name_rules_t *rules,
                                 apr_pool_t *pool)
{
    switch (name->type) {
    case GEN_DNS:
        return ia5_fault(name->d.dNSName, host_or_wildcard, rules, pool);
    case GEN_EMAIL:
        return ia5_fault(name->d.rfc822Name, scep_syntax_mail, rules, pool);
    case GEN_URI:
        return ia5_fault(name->d.uniformResourceIdentifier, scep_syntax_uri,
                         rules, pool);
    case GEN_IPADD:
        return address_fault(name->d.iPAddress, pool);
    case GEN_DIRNAME:
        return X509_NAME_entry_count(name->d.directoryName) == 0
                   ? "is empty"
                   : scep_name_fault(name->d.directoryName, NULL, rules, pool);
    case GEN_OTHERNAME:
        return other_fault(name->d.otherName, pool);
    case GEN_RID:
        return NULL;
    default:
        return "is of a form that is not certified";
    }
}

const char *scep_san_fault(const GENERAL_NAMES *names, const GENERAL_NAMES *had,
                           const scep_name_rules_t *rules, apr_pool_t *pool)
{
    int i, count = sk_GENERAL_NAME_num(names);

    for (i = 0; i < count; i++) {
        GENERAL_NAME *name = sk_GENERAL_NAME_value(names, i);
        const char *fault = general_fault(name, rules, pool);
        scep_alt_name_t told;

        if (fault == NULL || scep_names_has_san(had, name)) {
            continue;
        }
        scep_alt_name_describe(name, pool, &told);
        return name->type == GEN_DIRNAME && strchr(fault, '"') != NULL
                   ? apr_psprintf(pool, "directoryName: %s", fault)
                   : apr_psprintf(pool, "%s \"%s\" %s", told.label, told.shown,
                                  fault);
    }
    return NULL;
}
