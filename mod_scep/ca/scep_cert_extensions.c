/* Licensed under the Apache License, Version 2.0; see LICENSE. */
/*
 * scep_cert_extensions.c: the extensions that we write ourselves. (ca layer)
 */
#include "scep_cert_extensions.h"

#include <apr_strings.h>

/* Add the extension that VALUES would make in an openssl.cnf, if OK, and free
 * them. As text, a comma in a URL would begin another value. */
static bool add_values(X509 *cert, int nid, int critical,
                       STACK_OF(CONF_VALUE) * values, bool ok)
{
    const X509V3_EXT_METHOD *method = X509V3_EXT_get_nid(nid);
    X509V3_CTX context;
    void *extension = NULL;

    X509V3_set_ctx(&context, NULL, NULL, NULL, NULL, 0);
    if (ok && method != NULL) {
        extension = method->v2i(method, &context, values);
    }
    sk_CONF_VALUE_pop_free(values, X509V3_conf_free);
    ok = extension != NULL && X509_add1_ext_i2d(cert, nid, extension, critical,
                                                X509V3_ADD_DEFAULT) == 1;
    if (extension != NULL) {
        ASN1_item_free(extension, ASN1_ITEM_ptr(method->it));
    }
    return ok;
}

bool scep_cert_add_basic_constraints(X509 *cert, bool ca, int pathlen)
{
    STACK_OF(CONF_VALUE) *values = NULL;
    char text[16];
    bool ok = X509V3_add_value("CA", ca ? "TRUE" : "FALSE", &values) == 1;

    if (ok && ca && pathlen >= 0) {
        apr_snprintf(text, sizeof(text), "%d", pathlen);
        ok = X509V3_add_value("pathlen", text, &values) == 1;
    }
    return add_values(cert, NID_basic_constraints, 1, values, ok);
}

/* Bit N of the BIT STRING as its KU_* constant. */
static unsigned int usage_bit(int n)
{
    return n < 8 ? 0x80U >> n : (unsigned int)KU_DECIPHER_ONLY;
}

bool scep_cert_add_key_usage(X509 *cert, unsigned int bits)
{
    ASN1_BIT_STRING *usage = ASN1_BIT_STRING_new();
    bool ok = usage != NULL;
    int n;

    for (n = 0; ok && n <= 8; n++) {
        ok = (bits & usage_bit(n)) == 0 ||
             ASN1_BIT_STRING_set_bit(usage, n, 1) == 1;
    }
    ok = ok && X509_add1_ext_i2d(cert, NID_key_usage, usage, 1,
                                 X509V3_ADD_DEFAULT) == 1;
    ASN1_BIT_STRING_free(usage);
    return ok;
}

bool scep_cert_add_ext_key_usage(X509 *cert, const char *const *oids)
{
    STACK_OF(CONF_VALUE) *values = NULL;
    bool ok = true;

    if (oids == NULL || *oids == NULL) {
        return true;
    }
    for (; ok && *oids != NULL; oids++) {
        ok = X509V3_add_value(*oids, NULL, &values) == 1;
    }
    return add_values(cert, NID_ext_key_usage, 0, values, ok);
}

static ASN1_OCTET_STRING *key_id(X509 *cert)
{
    unsigned char digest[EVP_MAX_MD_SIZE];
    unsigned int len = 0;
    ASN1_OCTET_STRING *id;

    if (X509_pubkey_digest(cert, EVP_sha1(), digest, &len) != 1) {
        return NULL;
    }
    id = ASN1_OCTET_STRING_new();
    if (id != NULL && ASN1_OCTET_STRING_set(id, digest, (int)len) != 1) {
        ASN1_OCTET_STRING_free(id);
        id = NULL;
    }
    return id;
}

bool scep_cert_add_subject_key_id(X509 *cert)
{
    ASN1_OCTET_STRING *id = key_id(cert);
    bool ok = id != NULL && X509_add1_ext_i2d(cert, NID_subject_key_identifier,
                                              id, 0, X509V3_ADD_DEFAULT) == 1;

    ASN1_OCTET_STRING_free(id);
    return ok;
}

AUTHORITY_KEYID *scep_cert_authority_key_id(X509 *issuer)
{
    const ASN1_OCTET_STRING *id = X509_get0_subject_key_id(issuer);
    AUTHORITY_KEYID *aki = AUTHORITY_KEYID_new();

    if (aki == NULL) {
        return NULL;
    }
    aki->keyid = id != NULL ? ASN1_OCTET_STRING_dup(id) : key_id(issuer);
    if (aki->keyid == NULL) {
        AUTHORITY_KEYID_free(aki);
        return NULL;
    }
    return aki;
}

bool scep_cert_add_authority_key_id(X509 *cert, X509 *issuer)
{
    AUTHORITY_KEYID *aki = scep_cert_authority_key_id(issuer);
    bool ok =
        aki != NULL && X509_add1_ext_i2d(cert, NID_authority_key_identifier,
                                         aki, 0, X509V3_ADD_DEFAULT) == 1;

    AUTHORITY_KEYID_free(aki);
    return ok;
}

bool scep_cert_add_crl_url(X509 *cert, const char *url)
{
    STACK_OF(CONF_VALUE) *values = NULL;
    bool ok = X509V3_add_value("URI", url, &values) == 1;

    return add_values(cert, NID_crl_distribution_points, 0, values, ok);
}

/* The KU_* bits that KEY's kind allows (RFC 3279 2.3.1, RFC 8813 3, RFC 4055
 * 1.2, RFC 8410 5). */
static unsigned int possible_usage(EVP_PKEY *key)
{
    const unsigned int signs = KU_DIGITAL_SIGNATURE | KU_NON_REPUDIATION;

    if (EVP_PKEY_is_a(key, "RSA")) {
        return signs | KU_KEY_ENCIPHERMENT | KU_DATA_ENCIPHERMENT;
    }
    if (EVP_PKEY_is_a(key, "EC")) {
        return signs | KU_KEY_AGREEMENT;
    }
    return EVP_PKEY_is_a(key, "RSA-PSS") || EVP_PKEY_is_a(key, "ED25519") ||
                   EVP_PKEY_is_a(key, "ED448")
               ? signs
               : 0;
}

scep_status_e scep_cert_asked_usage(const scep_extensions_t *extensions,
                                    unsigned int *bits, scep_result_t *res)
{
    int found = -1, n;
    ASN1_BIT_STRING *usage = NULL;

    *bits = 0;
    if (extensions != NULL) {
        usage = X509V3_get_d2i(extensions, NID_key_usage, &found, NULL);
    }
    if (usage == NULL && found != -1) {
        return scep_fail(res, SCEP_R_CONTENT,
                         "the request's keyUsage is malformed");
    }
    for (n = 0; usage != NULL && n <= 8; n++) {
        if (ASN1_BIT_STRING_get_bit(usage, n)) {
            *bits |= usage_bit(n);
        }
    }
    ASN1_BIT_STRING_free(usage);
    return SCEP_OK;
}

scep_status_e scep_cert_key_usage(unsigned int allowed, EVP_PKEY *key,
                                  const scep_extensions_t *extensions,
                                  unsigned int *bits, scep_result_t *res)
{
    unsigned int possible = allowed & possible_usage(key), asked;
    scep_status_e status = scep_cert_asked_usage(extensions, &asked, res);

    if (status != SCEP_OK) {
        return status;
    }
    if (possible == 0) {
        return scep_fail(res, SCEP_R_CSR_KEY,
                         "ScepCertKeyUsage of the profile allows nothing that "
                         "a key of this kind can do");
    }
    *bits = (possible & asked) != 0 ? possible & asked : possible;
    return SCEP_OK;
}
