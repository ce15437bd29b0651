/* Licensed under the Apache License, Version 2.0; see LICENSE. */
/*
 * scep_alt_names.c: see scep_alt_names.h. (enroll layer)
 */
#include "scep_alt_names.h"

#include <arpa/inet.h>
#include <string.h>

#include <apr_strings.h>

#include "scep_cert_san.h"

enum { MAX_SHOWN = 1024, IPV4_OCTETS = 4 };

/* scep_cert_san() has seen to it that it is printable ASCII. */
static const char *plain(apr_pool_t *pool, const ASN1_STRING *text)
{
    return apr_pstrmemdup(pool, (const char *)ASN1_STRING_get0_data(text),
                          (apr_size_t)ASN1_STRING_length(text));
}

static const char *address(apr_pool_t *pool, const ASN1_OCTET_STRING *octets)
{
    int family = ASN1_STRING_length(octets) == IPV4_OCTETS ? AF_INET : AF_INET6;
    char text[INET6_ADDRSTRLEN] = "";

    inet_ntop(family, ASN1_STRING_get0_data(octets), text, sizeof(text));
    return apr_pstrdup(pool, text);
}

/* An account's name in Windows; NULL if it is anything else, or no text. */
static const char *principal(apr_pool_t *pool, const OTHERNAME *other)
{
    const ASN1_STRING *value;

    if (OBJ_obj2nid(other->type_id) != NID_ms_upn ||
        ASN1_TYPE_get(other->value) != V_ASN1_UTF8STRING) {
        return NULL;
    }
    value = other->value->value.utf8string;
    if (ASN1_STRING_length(value) == 0 ||
        memchr(ASN1_STRING_get0_data(value), '\0',
               (size_t)ASN1_STRING_length(value)) != NULL) {
        return NULL;
    }
    return plain(pool, value);
}

static void describe_other(apr_pool_t *pool, const GENERAL_NAME *name,
                           scep_alt_name_t *out)
{
    char oid[64] = "";

    out->kind = "UPN";
    out->value =
        name->type == GEN_OTHERNAME ? principal(pool, name->d.otherName) : NULL;
    if (out->value != NULL) {
        return;
    }
    out->kind = "other";
    switch (name->type) {
    case GEN_DIRNAME:
        out->value =
            apr_pstrcat(pool, "directoryName ",
                        scep_name_text(pool, name->d.directoryName), NULL);
        break;
    case GEN_RID:
        OBJ_obj2txt(oid, sizeof(oid), name->d.registeredID, 1);
        out->value = apr_pstrcat(pool, "registeredID ", oid, NULL);
        break;
    case GEN_OTHERNAME:
        OBJ_obj2txt(oid, sizeof(oid), name->d.otherName->type_id, 1);
        out->value = apr_pstrcat(pool, "otherName ", oid, NULL);
        break;
    default:
        out->value = "unknown";
        break;
    }
}

static void describe(apr_pool_t *pool, const GENERAL_NAME *name,
                     scep_alt_name_t *out)
{
    switch (name->type) {
    case GEN_DNS:
        out->kind = "DNS";
        out->value = plain(pool, name->d.dNSName);
        break;
    case GEN_EMAIL:
        out->kind = "email";
        out->value = plain(pool, name->d.rfc822Name);
        break;
    case GEN_URI:
        out->kind = "URI";
        out->value = plain(pool, name->d.uniformResourceIdentifier);
        break;
    case GEN_IPADD:
        out->kind = "IP";
        out->value = address(pool, name->d.iPAddress);
        break;
    default:
        describe_other(pool, name, out);
        break;
    }
    out->text = apr_pstrcat(pool, out->kind, ":",
                            scep_printable(pool, out->value, MAX_SHOWN), NULL);
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
        scep_alt_name_t *name = apr_array_push(*names);

        describe(pool, sk_GENERAL_NAME_value(san, i), name);
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
