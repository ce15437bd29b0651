/* Licensed under the Apache License, Version 2.0; see LICENSE. */
/*
 * scep_cert_extensions.c: the extensions that we write ourselves. (ca layer)
 */
#include "scep_cert_extensions.h"

bool scep_cert_add_basic_constraints(X509 *cert, bool ca, int pathlen)
{
    BASIC_CONSTRAINTS *bc = BASIC_CONSTRAINTS_new();
    bool ok = bc != NULL;

    if (ok && ca) {
        bc->ca = 0xff;
    }
    if (ok && ca && pathlen >= 0) {
        bc->pathlen = ASN1_INTEGER_new();
        ok = bc->pathlen != NULL && ASN1_INTEGER_set(bc->pathlen, pathlen) == 1;
    }
    ok = ok && X509_add1_ext_i2d(cert, NID_basic_constraints, bc, 1,
                                 X509V3_ADD_DEFAULT) == 1;
    BASIC_CONSTRAINTS_free(bc);
    return ok;
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
    EXTENDED_KEY_USAGE *usage;
    bool ok;

    if (oids == NULL || *oids == NULL) {
        return true;
    }
    usage = EXTENDED_KEY_USAGE_new();
    ok = usage != NULL;
    for (; ok && *oids != NULL; oids++) {
        ASN1_OBJECT *oid = OBJ_txt2obj(*oids, 1);

        ok = oid != NULL && sk_ASN1_OBJECT_push(usage, oid) > 0;
        if (!ok) {
            ASN1_OBJECT_free(oid);
        }
    }
    ok = ok && X509_add1_ext_i2d(cert, NID_ext_key_usage, usage, 0,
                                 X509V3_ADD_DEFAULT) == 1;
    EXTENDED_KEY_USAGE_free(usage);
    return ok;
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

static GENERAL_NAME *uri_name(const char *url)
{
    GENERAL_NAME *name = GENERAL_NAME_new();
    ASN1_IA5STRING *uri = ASN1_IA5STRING_new();

    if (name == NULL || uri == NULL || ASN1_STRING_set(uri, url, -1) != 1) {
        GENERAL_NAME_free(name);
        ASN1_IA5STRING_free(uri);
        return NULL;
    }
    GENERAL_NAME_set0_value(name, GEN_URI, uri);
    return name;
}

bool scep_cert_add_crl_url(X509 *cert, const char *url)
{
    CRL_DIST_POINTS *points = CRL_DIST_POINTS_new();
    DIST_POINT *point = DIST_POINT_new();
    GENERAL_NAME *name = uri_name(url);
    bool ok = points != NULL && point != NULL && name != NULL &&
              (point->distpoint = DIST_POINT_NAME_new()) != NULL &&
              (point->distpoint->name.fullname = GENERAL_NAMES_new()) != NULL;

    if (ok) {
        point->distpoint->type = 0; /* fullName */
        ok = sk_GENERAL_NAME_push(point->distpoint->name.fullname, name) > 0;
    }
    if (!ok) {
        GENERAL_NAME_free(name);
    }
    if (ok && sk_DIST_POINT_push(points, point) > 0) {
        ok = X509_add1_ext_i2d(cert, NID_crl_distribution_points, points, 0,
                               X509V3_ADD_DEFAULT) == 1;
    }
    else {
        DIST_POINT_free(point);
        ok = false;
    }
    CRL_DIST_POINTS_free(points);
    return ok;
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
