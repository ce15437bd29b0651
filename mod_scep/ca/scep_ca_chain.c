/* Licensed under the Apache License, Version 2.0; see LICENSE. */
/*
 * scep_ca_chain.c: order a CA's chain by names, key identifiers and
 * signatures. (ca layer)
 */
#include "scep_ca_chain.h"

#include <openssl/err.h>
#include <openssl/x509v3.h>

bool scep_ca_issued(X509 *issuer, X509 *cert)
{
    bool issued;

    ERR_set_mark();
    issued = X509_check_ca(issuer) != 0 &&
             X509_check_issued(issuer, cert) == X509_V_OK &&
             X509_verify(cert, X509_get0_pubkey(issuer)) == 1;
    ERR_pop_to_mark(); /* a bad signature is an answer here, not an error */
    return issued;
}

static bool contains(const scep_certs_t *certs, X509 *cert)
{
    int i;

    for (i = 0; i < sk_X509_num(certs); i++) {
        if (X509_cmp(sk_X509_value(certs, i), cert) == 0) {
            return true;
        }
    }
    return false;
}

static X509 *issuer_of(X509 *cert, const scep_certs_t *heap,
                       const scep_certs_t *chain)
{
    int i;

    for (i = 0; i < sk_X509_num(heap); i++) {
        X509 *candidate = sk_X509_value(heap, i);

        if (!contains(chain, candidate) && scep_ca_issued(candidate, cert)) {
            return candidate;
        }
    }
    return NULL;
}

static bool issued_any(X509 *issuer, const scep_certs_t *chain)
{
    int i;

    for (i = 0; i < sk_X509_num(chain); i++) {
        if (scep_ca_issued(issuer, sk_X509_value(chain, i))) {
            return true;
        }
    }
    return false;
}

bool scep_ca_chain_build(scep_certs_t *chain, const scep_certs_t *heap,
                         X509 **stranger)
{
    X509 *top = sk_X509_value(chain, 0);
    int i;

    *stranger = NULL;
    while (top != NULL && !scep_ca_issued(top, top)) {
        top = issuer_of(top, heap, chain);
        if (top != NULL &&
            X509_add_cert(chain, top, X509_ADD_FLAG_UP_REF) != 1) {
            return false;
        }
    }
    for (i = 0; i < sk_X509_num(heap) && *stranger == NULL; i++) {
        X509 *cert = sk_X509_value(heap, i);

        if (!contains(chain, cert) && !issued_any(cert, chain)) {
            *stranger = cert;
        }
    }
    return true;
}
