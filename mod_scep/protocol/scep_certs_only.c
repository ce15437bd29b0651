/* Licensed under the Apache License, Version 2.0; see LICENSE. */
/*
 * scep_certs_only.c: degenerate SignedData (RFC 8894 3.4), declared in
 * scep_certrep.h. (protocol layer)
 */
#include "scep_certrep.h"

#include <openssl/objects.h>
#include <openssl/pkcs7.h>

/* PKCS7_content_new() leaves an empty OCTET STRING, which cryptlib takes for
 * content (Q83, M2); making the message detached removes it. */
static bool begin(PKCS7 *p7)
{
    if (PKCS7_set_type(p7, NID_pkcs7_signed) != 1 ||
        PKCS7_content_new(p7, NID_pkcs7_data) != 1) {
        return false;
    }
    PKCS7_set_detached(p7, 1);
    return true;
}

static bool fill(PKCS7 *p7, scep_certs_t *certs)
{
    int i;

    if (!begin(p7)) {
        return false;
    }
    for (i = 0; i < sk_X509_num(certs); i++) {
        if (PKCS7_add_certificate(p7, sk_X509_value(certs, i)) != 1) {
            return false;
        }
    }
    return true;
}

scep_status_e scep_certs_only_encode(scep_certs_t *certs, apr_pool_t *pool,
                                     scep_octets_t *der, scep_result_t *res)
{
    PKCS7 *p7 = scep_pkcs7_own(pool, PKCS7_new());

    *der = (scep_octets_t){NULL, 0};
    if (sk_X509_num(certs) < 1) {
        return scep_fail(res, SCEP_R_INTERNAL,
                         "certs-only without certificates");
    }
    if (p7 != NULL && fill(p7, certs)) {
        *der = scep_der_of(pool, p7, ASN1_ITEM_rptr(PKCS7));
    }
    return der->len > 0
               ? SCEP_OK
               : scep_fail(res, SCEP_R_INTERNAL, "cannot build certs-only");
}

scep_status_e scep_crl_only_encode(X509_CRL *crl, apr_pool_t *pool,
                                   scep_octets_t *der, scep_result_t *res)
{
    PKCS7 *p7 = scep_pkcs7_own(pool, PKCS7_new());

    *der = (scep_octets_t){NULL, 0};
    if (p7 != NULL && begin(p7) && PKCS7_add_crl(p7, crl) == 1) {
        *der = scep_der_of(pool, p7, ASN1_ITEM_rptr(PKCS7));
    }
    return der->len > 0
               ? SCEP_OK
               : scep_fail(res, SCEP_R_INTERNAL, "cannot enclose the CRL");
}
