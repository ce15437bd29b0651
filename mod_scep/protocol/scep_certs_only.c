/* Licensed under the Apache License, Version 2.0; see LICENSE. */
/*
 * scep_certs_only.c: degenerate SignedData (RFC 8894 3.4), declared in
 * scep_certrep.h. (protocol layer)
 */
#include "scep_certrep.h"

#include <string.h>

#include <openssl/asn1.h>
#include <openssl/objects.h>
#include <openssl/pkcs7.h>

/* PKCS7_content_new() leaves an empty OCTET STRING, which cryptlib takes for
 * content (Q83, M2); making the message detached removes it. */
static bool start_certs_only(PKCS7 *p7)
{
    if (PKCS7_set_type(p7, NID_pkcs7_signed) != 1 ||
        PKCS7_content_new(p7, NID_pkcs7_data) != 1) {
        return false;
    }
    PKCS7_set_detached(p7, 1);
    return true;
}

/* Octets: more than any CRL has, so that no length here overflows. */
enum { CRL_MAX = 1 << 30 };

static bool add_certs(PKCS7 *p7, scep_certs_t *certs)
{
    int i;

    if (!start_certs_only(p7)) {
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
    if (p7 != NULL && add_certs(p7, certs)) {
        *der = scep_der_of(pool, p7, ASN1_ITEM_rptr(PKCS7));
    }
    return der->len > 0
               ? SCEP_OK
               : scep_fail(res, SCEP_R_INTERNAL, "cannot build certs-only");
}

/* The elements around a CRL, from the outside in. Each encloses all that
 * follow it; SignedData also has signerInfos at its end. */
enum { CONTENT_INFO, CONTENT, SIGNED_DATA, CRLS, LEVELS };

static const struct {
    int tag, class;
    unsigned char text[24]; /* what comes before the next level */
    size_t len;
} around[LEVELS] = {
    {V_ASN1_SEQUENCE,
     V_ASN1_UNIVERSAL,
     {0x06, 0x09, 0x2a, 0x86, 0x48, 0x86, 0xf7, 0x0d, 0x01, 0x07, 0x02},
     11}, /* id-signedData */
    {0, V_ASN1_CONTEXT_SPECIFIC, {0}, 0},
    {V_ASN1_SEQUENCE,
     V_ASN1_UNIVERSAL,
     {0x02, 0x01, 0x01,                   /* version 1 */
      0x31, 0x00,                         /* no digestAlgorithms */
      0x30, 0x0b, 0x06, 0x09, 0x2a, 0x86, /* id-data, no eContent */
      0x48, 0x86, 0xf7, 0x0d, 0x01, 0x07, 0x01},
     18},
    {1, V_ASN1_CONTEXT_SPECIFIC, {0}, 0},
};
static const unsigned char no_signer_infos[] = {0x31, 0x00};

/* One SEQUENCE and nothing after it. Its contents matter only to the CA that
 * signed them and the client that verifies them. */
static bool is_sequence(scep_octets_t der)
{
    const unsigned char *in = der.data;
    int tag, class;
    long len;

    return der.len > 0 && der.len <= CRL_MAX &&
           ASN1_get_object(&in, &len, &tag, &class, (long)der.len) ==
               V_ASN1_CONSTRUCTED &&
           tag == V_ASN1_SEQUENCE && class == V_ASN1_UNIVERSAL &&
           in + len == der.data + der.len;
}

scep_status_e scep_crl_only_encode(scep_octets_t crl, apr_pool_t *pool,
                                   scep_octets_t *der, scep_result_t *res)
{
    int sizes[LEVELS]; /* of what is in a level */
    size_t size = crl.len;
    unsigned char *to;
    int i;

    *der = (scep_octets_t){NULL, 0};
    if (!is_sequence(crl)) {
        return scep_fail(res, SCEP_R_INTERNAL, "cannot enclose the CRL");
    }
    for (i = LEVELS - 1; i >= 0; i--) {
        size +=
            around[i].len + (i == SIGNED_DATA ? sizeof(no_signer_infos) : 0);
        sizes[i] = (int)size;
        size = (size_t)ASN1_object_size(1, sizes[i], around[i].tag);
    }
    to = apr_palloc(pool, size);
    *der = (scep_octets_t){to, size};
    for (i = 0; i < LEVELS; i++) {
        ASN1_put_object(&to, 1, sizes[i], around[i].tag, around[i].class);
        memcpy(to, around[i].text, around[i].len);
        to += around[i].len;
    }
    memcpy(to, crl.data, crl.len);
    memcpy(to + crl.len, no_signer_infos, sizeof(no_signer_infos));
    return SCEP_OK;
}
