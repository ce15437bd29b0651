/* Licensed under the Apache License, Version 2.0; see LICENSE. */
/*
 * scep_cert_san.c: the subject alternative names of a request. (ca layer)
 */
#include "scep_cert_san.h"

#include <string.h>

#include "scep_der.h"

static void san_free(void *object)
{
    GENERAL_NAMES_free(object);
}

/* There are two ways to name a Windows account by its SID: this URI, and
 * szOID_NTDS_CA_SECURITY_EXT with its szOID_NTDS_OBJECTSID (S18). */
static bool is_sid_uri(const ASN1_IA5STRING *uri)
{
    static const char tag[] = "tag:microsoft.com,2022-09-14:sid:";
    const char *text = (const char *)ASN1_STRING_get0_data(uri);
    size_t len = (size_t)ASN1_STRING_length(uri);

    return len >= sizeof(tag) - 1 &&
           strncasecmp(text, tag, sizeof(tag) - 1) == 0;
}

static bool is_sid_other(const OTHERNAME *other)
{
    static const char arc[] = "1.3.6.1.4.1.311.25.2";
    char text[64];
    int len = OBJ_obj2txt(text, sizeof(text), other->type_id, 1);

    return len >= (int)sizeof(arc) - 1 &&
           strncmp(text, arc, sizeof(arc) - 1) == 0 &&
           (text[sizeof(arc) - 1] == '\0' || text[sizeof(arc) - 1] == '.');
}

static bool is_sid(const GENERAL_NAME *name)
{
    return (name->type == GEN_URI &&
            is_sid_uri(name->d.uniformResourceIdentifier)) ||
           (name->type == GEN_OTHERNAME && is_sid_other(name->d.otherName));
}

static scep_status_e refuse_san(scep_result_t *res, const char *why)
{
    return scep_fail(res, SCEP_R_NAME, "the request's subjectAltName %s", why);
}

/* OpenSSL encodes the names again, but copies the octets of a directoryName or
 * otherName, which may be BER. */
static scep_status_e check_der(const GENERAL_NAMES *names, apr_pool_t *pool,
                               scep_result_t *res)
{
    scep_octets_t der = scep_der_of(pool, names, ASN1_ITEM_rptr(GENERAL_NAMES));

    if (der.len == 0) {
        return scep_fail(res, SCEP_R_INTERNAL, "cannot encode subjectAltName");
    }
    return scep_der_strict(der) ? SCEP_OK : refuse_san(res, "is not DER");
}

scep_status_e scep_cert_san(const scep_extensions_t *extensions,
                            apr_pool_t *pool, GENERAL_NAMES **san,
                            int *left_out, scep_result_t *res)
{
    GENERAL_NAMES *names = NULL;
    int found = -1, i;

    *san = NULL;
    *left_out = 0;
    if (extensions != NULL) {
        names = X509V3_get_d2i(extensions, NID_subject_alt_name, &found, NULL);
    }
    if (names == NULL) {
        return found == -1 ? SCEP_OK
                           : refuse_san(res, "is malformed or occurs twice");
    }
    scep_own(pool, names, san_free);
    for (i = sk_GENERAL_NAME_num(names) - 1; i >= 0; i--) {
        GENERAL_NAME *name = sk_GENERAL_NAME_value(names, i);

        if (is_sid(name)) {
            GENERAL_NAME_free(sk_GENERAL_NAME_delete(names, i));
            ++*left_out;
        }
    }
    if (sk_GENERAL_NAME_num(names) > 0) {
        *san = names;
        return check_der(names, pool, res);
    }
    return SCEP_OK;
}
