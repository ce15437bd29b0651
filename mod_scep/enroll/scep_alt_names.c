/* Licensed under the Apache License, Version 2.0; see LICENSE. */
/*
 * scep_alt_names.c: see scep_alt_names.h. (enroll layer)
 */
#include "scep_alt_names.h"

#include <arpa/inet.h>
#include <string.h>

#include <apr_strings.h>

#include "scep_cert_san.h"
#include "scep_name_string.h"

enum { IPV4_OCTETS = 4, IPV6_OCTETS = 16 };

/* OCTETS as text, with invisible characters escaped, and a comma before a
 * blank, which would look like the end of the name in a list. */
static const char *visible(apr_pool_t *pool, scep_octets_t octets)
{
    const char *text = scep_visible(pool, octets, "\"\\");
    char *out, *to;

    if (strstr(text, ", ") == NULL) {
        return text;
    }
    out = to = apr_palloc(pool, 4 * strlen(text) + 1);
    for (; *text != '\0'; text++) {
        if (text[0] == ',' && text[1] == ' ') {
            memcpy(to, "\\x2c", 4);
            to += 4;
        }
        else {
            *to++ = *text;
        }
    }
    *to = '\0';
    return out;
}

static scep_octets_t octets_of(const ASN1_STRING *string)
{
    const scep_octets_t octets = {ASN1_STRING_get0_data(string),
                                  (size_t)ASN1_STRING_length(string)};

    return octets;
}

/* The value is STRING as it is, or escaped if it is malformed, so that it fits
 * no pattern. */
static void set_text(scep_alt_name_t *out, const char *kind, int type,
                     const ASN1_STRING *string, apr_pool_t *pool)
{
    scep_octets_t octets = octets_of(string);
    size_t count;
    const char *shown = visible(pool, octets);
    bool plain = scep_string_fault(type, octets, pool, &count) == NULL;

    out->kind = out->label = kind;
    out->value =
        plain ? apr_pstrmemdup(pool, (const char *)octets.data, octets.len)
              : shown;
    out->shown = scep_string_shown(type, octets, pool);
    out->text = apr_pstrcat(pool, kind, ":", shown, NULL);
}

static void set_address(scep_alt_name_t *out, const ASN1_STRING *string,
                        apr_pool_t *pool)
{
    scep_octets_t octets = octets_of(string);
    char text[INET6_ADDRSTRLEN] = "";

    out->kind = out->label = "IP";
    if (octets.len == IPV4_OCTETS || octets.len == IPV6_OCTETS) {
        inet_ntop(octets.len == IPV4_OCTETS ? AF_INET : AF_INET6, octets.data,
                  text, sizeof(text));
        out->value = apr_pstrdup(pool, text);
    }
    else {
        out->value = scep_string_shown(V_ASN1_OCTET_STRING, octets, pool);
    }
    out->shown = out->value;
    out->text = apr_pstrcat(pool, "IP:", out->value, NULL);
}

static const char *der_hex(apr_pool_t *pool, const void *object,
                           const ASN1_ITEM *item)
{
    scep_octets_t der = scep_der_of(pool, object, item);

    return apr_pstrcat(pool, "#", scep_hex(pool, der.data, der.len), NULL);
}

/* LABEL names the form of VALUE: "directoryName". */
static void set_other(scep_alt_name_t *out, const char *label,
                      const char *value, apr_pool_t *pool)
{
    out->kind = "other";
    out->label = label;
    out->shown = value;
    out->value = apr_pstrcat(pool, label, " ", value, NULL);
    out->text = apr_pstrcat(pool, "other:", out->value, NULL);
}

/* The value is a string in quotes, or DER in hex for any other type. */
static void set_other_name(scep_alt_name_t *out, const OTHERNAME *other,
                           apr_pool_t *pool)
{
    int type = ASN1_TYPE_get(other->value);
    char oid[128] = "";
    const char *label;

    OBJ_obj2txt(oid, sizeof(oid), other->type_id, 1);
    label = apr_pstrcat(pool, "otherName ", oid, NULL);
    if (scep_string_is_text(type) && type != V_ASN1_BMPSTRING &&
        type != V_ASN1_UNIVERSALSTRING) {
        const ASN1_STRING *value = other->value->value.asn1_string;

        set_other(out, label,
                  apr_pstrcat(pool, "\"", visible(pool, octets_of(value)), "\"",
                              NULL),
                  pool);
        out->shown = scep_string_shown(type, octets_of(value), pool);
        return;
    }
    set_other(out, label, der_hex(pool, other->value, ASN1_ITEM_rptr(ASN1_ANY)),
              pool);
}

static bool is_principal(const OTHERNAME *other)
{
    return OBJ_obj2nid(other->type_id) == NID_ms_upn &&
           ASN1_TYPE_get(other->value) == V_ASN1_UTF8STRING;
}

static void describe_rare(const GENERAL_NAME *name, apr_pool_t *pool,
                          scep_alt_name_t *out)
{
    char oid[128] = "";

    switch (name->type) {
    case GEN_DIRNAME:
        set_other(out, "directoryName",
                  scep_name_text(pool, name->d.directoryName), pool);
        break;
    case GEN_RID:
        OBJ_obj2txt(oid, sizeof(oid), name->d.registeredID, 1);
        set_other(out, "registeredID", apr_pstrdup(pool, oid), pool);
        break;
    case GEN_X400:
        set_other(out, "x400Address",
                  der_hex(pool, name, ASN1_ITEM_rptr(GENERAL_NAME)), pool);
        break;
    default:
        set_other(out, "ediPartyName",
                  der_hex(pool, name, ASN1_ITEM_rptr(GENERAL_NAME)), pool);
        break;
    }
}

void scep_alt_name_describe(const GENERAL_NAME *name, apr_pool_t *pool,
                            scep_alt_name_t *out)
{
    switch (name->type) {
    case GEN_DNS:
        set_text(out, "DNS", V_ASN1_IA5STRING, name->d.dNSName, pool);
        break;
    case GEN_EMAIL:
        set_text(out, "email", V_ASN1_IA5STRING, name->d.rfc822Name, pool);
        break;
    case GEN_URI:
        set_text(out, "URI", V_ASN1_IA5STRING,
                 name->d.uniformResourceIdentifier, pool);
        break;
    case GEN_IPADD:
        set_address(out, name->d.iPAddress, pool);
        break;
    case GEN_OTHERNAME:
        if (is_principal(name->d.otherName)) {
            set_text(out, "UPN", V_ASN1_UTF8STRING,
                     name->d.otherName->value->value.utf8string, pool);
        }
        else {
            set_other_name(out, name->d.otherName, pool);
        }
        break;
    default:
        describe_rare(name, pool, out);
        break;
    }
}

scep_status_e scep_alt_names(const scep_extensions_t *extensions,
                             apr_pool_t *pool, apr_array_header_t **names,
                             scep_result_t *res)
{
    GENERAL_NAMES *san = NULL;
    int left_out, i;
    scep_status_e status =
        scep_cert_san(extensions, pool, &san, &left_out, res);

    *names = apr_array_make(pool, 2, sizeof(scep_alt_name_t));
    for (i = 0;
         status == SCEP_OK && san != NULL && i < sk_GENERAL_NAME_num(san);
         i++) {
        scep_alt_name_describe(sk_GENERAL_NAME_value(san, i), pool,
                               apr_array_push(*names));
    }
    return status;
}

const char *const *scep_alt_name_texts(const apr_array_header_t *names,
                                       apr_pool_t *pool)
{
    const char **texts =
        apr_pcalloc(pool, (apr_size_t)(names->nelts + 1) * sizeof(*texts));
    int i;

    for (i = 0; i < names->nelts; i++) {
        texts[i] = APR_ARRAY_IDX(names, i, scep_alt_name_t).text;
    }
    return texts;
}

const char *scep_alt_names_list(const apr_array_header_t *names,
                                apr_pool_t *pool)
{
    apr_array_header_t *parts =
        apr_array_make(pool, 2 * names->nelts + 1, sizeof(const char *));
    int i;

    for (i = 0; i < names->nelts; i++) {
        if (i > 0) {
            APR_ARRAY_PUSH(parts, const char *) = ", ";
        }
        APR_ARRAY_PUSH(parts, const char *) =
            APR_ARRAY_IDX(names, i, scep_alt_name_t).text;
    }
    return apr_array_pstrcat(pool, parts, 0);
}
