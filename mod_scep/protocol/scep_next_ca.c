/* Licensed under the Apache License, Version 2.0; see LICENSE. */
/*
 * scep_next_ca.c: the next CA's certificates, signed. The PKCS7 structure
 * keeps the order of certificates, CMS does not (M9). (protocol layer)
 */
#include "scep_next_ca.h"

#include "scep_certrep.h"

static bool enclose(PKCS7 *p7, scep_certs_t *certs, X509 *signer)
{
    int i;

    for (i = 0; i < sk_X509_num(certs); i++) {
        X509 *cert = sk_X509_value(certs, i);

        if (X509_cmp(cert, signer) != 0 &&
            PKCS7_add_certificate(p7, cert) != 1) {
            return false;
        }
    }
    return PKCS7_add_certificate(p7, signer) == 1;
}

scep_status_e scep_next_ca_encode(scep_certs_t *certs,
                                  const scep_keypair_t *signer,
                                  apr_pool_t *pool, scep_octets_t *der,
                                  scep_result_t *res)
{
    scep_octets_t inner;
    scep_status_e status = scep_certs_only_encode(certs, pool, &inner, res);
    PKCS7 *p7;
    BIO *in;

    *der = (scep_octets_t){NULL, 0};
    if (status != SCEP_OK) {
        return status;
    }
    in = scep_bio_own(pool, BIO_new_mem_buf(inner.data, (int)inner.len));
    p7 = scep_pkcs7_own(
        pool, PKCS7_sign(NULL, NULL, NULL, NULL, PKCS7_PARTIAL | PKCS7_BINARY));
    if (in == NULL || p7 == NULL ||
        PKCS7_sign_add_signer(p7, signer->cert, signer->key, EVP_sha256(),
                              PKCS7_NOCERTS | PKCS7_NOSMIMECAP) == NULL ||
        !enclose(p7, certs, signer->cert) ||
        PKCS7_final(p7, in, PKCS7_BINARY) != 1) {
        return scep_fail(res, SCEP_R_INTERNAL,
                         "cannot sign the next CA's certificates");
    }
    *der = scep_der_of(pool, p7, ASN1_ITEM_rptr(PKCS7));
    return der->len > 0 ? SCEP_OK
                        : scep_fail(res, SCEP_R_INTERNAL, "cannot encode it");
}
