/* Licensed under the Apache License, Version 2.0; see LICENSE. */
/*
 * scep_crl.c: from revoked serial numbers to a signed CRL. (ca layer)
 */
#include "scep_crl.h"

#include <string.h>

#include <openssl/bn.h>
#include <openssl/x509v3.h>

#include "scep_cert_build.h"
#include "scep_cert_extensions.h"

static void crl_free(void *crl)
{
    X509_CRL_free(crl);
}

static bool set_time(X509_CRL *crl,
                     int (*set)(X509_CRL *crl, const ASN1_TIME *time),
                     apr_time_t when)
{
    ASN1_TIME *time = ASN1_TIME_set(NULL, (time_t)apr_time_sec(when));
    bool ok = time != NULL && set(crl, time) == 1;

    ASN1_TIME_free(time);
    return ok;
}

static bool set_serial(X509_REVOKED *entry, const char *hex)
{
    BIGNUM *number = NULL;
    ASN1_INTEGER *serial = NULL;
    bool ok = *hex != '\0' && BN_hex2bn(&number, hex) == (int)strlen(hex) &&
              (serial = BN_to_ASN1_INTEGER(number, NULL)) != NULL &&
              X509_REVOKED_set_serialNumber(entry, serial) == 1;

    ASN1_INTEGER_free(serial);
    BN_free(number);
    return ok;
}

static bool set_date(X509_REVOKED *entry, apr_time_t when)
{
    ASN1_TIME *time = ASN1_TIME_set(NULL, (time_t)apr_time_sec(when));
    bool ok = time != NULL && X509_REVOKED_set_revocationDate(entry, time) == 1;

    ASN1_TIME_free(time);
    return ok;
}

/* RFC 5280 5.3.1: leave the reason out instead of writing "unspecified". */
static bool set_reason(X509_REVOKED *entry, int reason)
{
    ASN1_ENUMERATED *value;
    bool ok;

    if (reason == CRL_REASON_UNSPECIFIED) {
        return true;
    }
    value = ASN1_ENUMERATED_new();
    ok = value != NULL && ASN1_ENUMERATED_set(value, reason) == 1 &&
         X509_REVOKED_add1_ext_i2d(entry, NID_crl_reason, value, 0,
                                   X509V3_ADD_DEFAULT) == 1;
    ASN1_ENUMERATED_free(value);
    return ok;
}

static bool add_entry(X509_CRL *crl, const scep_ca_revoked_t *revoked)
{
    X509_REVOKED *entry = X509_REVOKED_new();

    if (entry != NULL && set_serial(entry, revoked->serial) &&
        set_date(entry, revoked->at) && set_reason(entry, revoked->reason) &&
        X509_CRL_add0_revoked(crl, entry) == 1) {
        return true;
    }
    X509_REVOKED_free(entry);
    return false;
}

static bool add_number(X509_CRL *crl, apr_int64_t number)
{
    ASN1_INTEGER *value = ASN1_INTEGER_new();
    bool ok = value != NULL && ASN1_INTEGER_set_int64(value, number) == 1 &&
              X509_CRL_add1_ext_i2d(crl, NID_crl_number, value, 0,
                                    X509V3_ADD_DEFAULT) == 1;

    ASN1_INTEGER_free(value);
    return ok;
}

static bool add_authority_key_id(X509_CRL *crl, X509 *ca)
{
    AUTHORITY_KEYID *id = scep_cert_authority_key_id(ca);
    bool ok =
        id != NULL && X509_CRL_add1_ext_i2d(crl, NID_authority_key_identifier,
                                            id, 0, X509V3_ADD_DEFAULT) == 1;

    AUTHORITY_KEYID_free(id);
    return ok;
}

static bool fill_crl(X509_CRL *crl, X509 *ca,
                     const scep_ca_crl_request_t *request)
{
    int i;

    if (X509_CRL_set_version(crl, X509_CRL_VERSION_2) != 1 ||
        X509_CRL_set_issuer_name(crl, X509_get_subject_name(ca)) != 1 ||
        !set_time(crl, X509_CRL_set1_lastUpdate, request->this_update) ||
        !set_time(crl, X509_CRL_set1_nextUpdate, request->next_update)) {
        return false;
    }
    for (i = 0; i < request->revoked->nelts; i++) {
        if (!add_entry(crl, &APR_ARRAY_IDX(request->revoked, i,
                                           const scep_ca_revoked_t))) {
            return false;
        }
    }
    return add_authority_key_id(crl, ca) && add_number(crl, request->number) &&
           X509_CRL_sort(crl) == 1;
}

scep_status_e scep_crl_build(const scep_keypair_t *ca,
                             const scep_ca_crl_request_t *request,
                             apr_pool_t *pool, X509_CRL **crl,
                             scep_result_t *res)
{
    EVP_MD *md;
    int rc;

    *crl = NULL;
    if ((X509_get_key_usage(ca->cert) & KU_CRL_SIGN) == 0) {
        return scep_fail(res, SCEP_R_NO_CRL,
                         "the keyUsage of the CA certificate lacks cRLSign: "
                         "this CA cannot sign CRLs");
    }
    *crl = scep_own(pool, X509_CRL_new(), crl_free);
    if (*crl == NULL || !fill_crl(*crl, ca->cert, request)) {
        return scep_fail(res, SCEP_R_INTERNAL, "cannot fill in the CRL");
    }
    md = EVP_MD_fetch(NULL, scep_cert_digest(ca->key), NULL);
    rc = md != NULL ? X509_CRL_sign(*crl, ca->key, md) : 0;
    EVP_MD_free(md);
    if (rc <= 0) {
        return scep_fail(res, SCEP_R_INTERNAL, "cannot sign the CRL");
    }
    if (X509_CRL_verify(*crl, X509_get0_pubkey(ca->cert)) != 1) {
        return scep_fail(res, SCEP_R_INTERNAL,
                         "cannot verify the CRL just signed");
    }
    return SCEP_OK;
}

scep_octets_t scep_crl_der(apr_pool_t *pool, X509_CRL *crl)
{
    return scep_der_of(pool, crl, ASN1_ITEM_rptr(X509_CRL));
}
