/* Licensed under the Apache License, Version 2.0; see LICENSE. */
/*
 * scep_signed.c: see scep_signed.h. OpenSSL 3.0 decodes the public key of each
 * certificate in a SignedData while it parses it, which takes as long as half
 * an RSA signature. (protocol layer)
 */
#include "scep_signed.h"

#include <limits.h>
#include <string.h>

#include <openssl/asn1.h>
#include <openssl/err.h>

#include "scep_ber.h"
#include "scep_pkimessage.h"
#include "scep_pubkey.h"

/* The parts of a SignedData; they point into it. */
typedef struct parts_t {
    scep_ber_t type;      /* contentType of the ContentInfo */
    scep_octets_t before; /* what comes before the certificates */
    scep_octets_t certs;  /* the certificates, side by side */
    scep_octets_t after;  /* what follows them */
} parts_t;

static bool take_apart(scep_octets_t der, parts_t *parts)
{
    scep_ber_reader_t in = scep_ber_read(der), info, content, data;
    scep_ber_t e;

    if (!scep_ber_enter(&in, SCEP_BER_SEQUENCE, &info) ||
        !scep_ber_take(&info, SCEP_BER_OID, &parts->type) ||
        !scep_ber_enter(&info, SCEP_BER_CONTEXT_CONS, &content) ||
        !scep_ber_enter(&content, SCEP_BER_SEQUENCE, &data)) {
        return false;
    }
    parts->before.data = data.at;
    if (!scep_ber_take(&data, SCEP_BER_INTEGER, &e) ||
        !scep_ber_take(&data, SCEP_BER_SET, &e) ||
        !scep_ber_take(&data, SCEP_BER_SEQUENCE, &e)) {
        return false;
    }
    parts->before.len = (size_t)(data.at - parts->before.data);
    parts->certs = (scep_octets_t){NULL, 0};
    if (scep_ber_is(&data, SCEP_BER_CONTEXT_CONS)) {
        if (!scep_ber_next(&data, &e)) {
            return false;
        }
        parts->certs = e.body;
    }
    parts->after = (scep_octets_t){data.at, (size_t)(data.end - data.at)};
    return true;
}

/* The SignedData with no certificates. */
static scep_octets_t encode_bare(const parts_t *parts, apr_pool_t *pool)
{
    int data = (int)(parts->before.len + parts->after.len);
    int content = ASN1_object_size(1, data, V_ASN1_SEQUENCE);
    int info = (int)parts->type.whole.len + ASN1_object_size(1, content, 0);
    size_t size = (size_t)ASN1_object_size(1, info, V_ASN1_SEQUENCE);
    unsigned char *der = apr_palloc(pool, size), *to = der;

    ASN1_put_object(&to, 1, info, V_ASN1_SEQUENCE, V_ASN1_UNIVERSAL);
    memcpy(to, parts->type.whole.data, parts->type.whole.len);
    to += parts->type.whole.len;
    ASN1_put_object(&to, 1, content, 0, V_ASN1_CONTEXT_SPECIFIC);
    ASN1_put_object(&to, 1, data, V_ASN1_SEQUENCE, V_ASN1_UNIVERSAL);
    memcpy(to, parts->before.data, parts->before.len);
    memcpy(to + parts->before.len, parts->after.data, parts->after.len);
    return (scep_octets_t){der, size};
}

static X509 *parse_cert(scep_octets_t der, OSSL_LIB_CTX *libctx)
{
    const unsigned char *in = der.data;
    X509 *cert = X509_new_ex(libctx, NULL);

    /* d2i_X509() frees CERT when it fails. */
    return cert != NULL && d2i_X509(&cert, &in, (long)der.len) != NULL ? cert
                                                                       : NULL;
}

static scep_certs_t *parse_certs(scep_octets_t list, OSSL_LIB_CTX *libctx,
                                 apr_pool_t *pool)
{
    scep_certs_t *certs = scep_x509s_own(pool, sk_X509_new_null());
    scep_ber_reader_t in = scep_ber_read(list);
    scep_ber_t e;

    while (certs != NULL && !scep_ber_end(&in)) {
        X509 *cert = scep_ber_take(&in, SCEP_BER_SEQUENCE, &e)
                         ? parse_cert(e.whole, libctx)
                         : NULL;

        if (cert == NULL || sk_X509_push(certs, cert) <= 0) {
            X509_free(cert);
            return NULL;
        }
    }
    return certs;
}

CMS_ContentInfo *scep_pkimessage_parse_cms(scep_octets_t der,
                                           OSSL_LIB_CTX *libctx,
                                           apr_pool_t *pool)
{
    const unsigned char *in = der.data;
    CMS_ContentInfo *cms;

    if (der.len == 0 || der.len > LONG_MAX) {
        return NULL;
    }
    /* Parsing into an object that is bound to LIBCTX binds all that is in it
     * (M12). When d2i fails it frees that object. */
    cms = CMS_ContentInfo_new_ex(libctx, NULL);
    if (cms == NULL || d2i_CMS_ContentInfo(&cms, &in, (long)der.len) == NULL) {
        return NULL;
    }
    scep_cms_own(pool, cms);
    return in == der.data + der.len ? cms : NULL;
}

CMS_ContentInfo *scep_signed_parse(scep_octets_t der, const scep_algs_t *algs,
                                   apr_pool_t *pool, scep_certs_t **certs)
{
    parts_t parts;

    *certs = NULL;
    if (!take_apart(der, &parts)) {
        return NULL;
    }
    *certs = parse_certs(parts.certs, scep_algs_keyless(algs), pool);
    return *certs != NULL
               ? scep_pkimessage_parse_cms(encode_bare(&parts, pool),
                                           scep_algs_libctx(algs), pool)
               : NULL;
}

/* NULL: the key is not RSA. */
static X509 *identify_quickly(X509 *cert, const scep_algs_t *algs,
                              apr_pool_t *pool)
{
    EVP_PKEY *key = scep_pubkey_of(cert, pool);
    X509 *made;

    if (key == NULL) {
        return NULL;
    }
    made = scep_x509_own(pool, X509_new_ex(scep_algs_libctx(algs), NULL));
    return made != NULL &&
                   X509_set_serialNumber(made, X509_get_serialNumber(cert)) ==
                       1 &&
                   X509_set_issuer_name(made, X509_get_issuer_name(cert)) ==
                       1 &&
                   X509_set_pubkey(made, key) == 1
               ? made
               : NULL;
}

X509 *scep_signed_signer(X509 **cert, const scep_algs_t *algs, apr_pool_t *pool)
{
    X509 *made = NULL;

    ERR_set_mark();
    if (X509_NAME_cmp(X509_get_subject_name(*cert),
                      X509_get_issuer_name(*cert)) == 0) {
        made = identify_quickly(*cert, algs, pool);
    }
    ERR_pop_to_mark(); /* decoding finds any fault again */
    if (made == NULL) {
        made = scep_x509_own(pool, parse_cert(scep_x509_der(pool, *cert),
                                              scep_algs_libctx(algs)));
        *cert = made;
    }
    return made;
}
