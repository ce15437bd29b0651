/* Licensed under the Apache License, Version 2.0; see LICENSE. */
/*
 * scepctl_pairs.c: load RA pairs, and ask for passphrases. (scepctl)
 */
#include "scepctl_pairs.h"

#include <string.h>

#include <apr_strings.h>

#include <openssl/evp.h>
#include <openssl/pem.h>

static int ask_passphrase(void *baton, const char *source, char *buf, int size)
{
    scepctl_t *ctl = baton;
    const char *prompt = apr_psprintf(ctl->pool, "Passphrase for %s: ",
                                      scep_printable(ctl->pool, source, 200));

    return EVP_read_pw_string_min(buf, 0, size - 1, prompt, 0) == 0
               ? (int)strlen(buf)
               : -1;
}

scepctl_exit_e scepctl_cert_load(scepctl_t *ctl, const char *path,
                                 OSSL_LIB_CTX *libctx, X509 **cert)
{
    scep_certs_t *certs;

    if (scep_certs_load(path, libctx, ctl->pool, &certs, &ctl->res) !=
        SCEP_OK) {
        return scepctl_fail(ctl);
    }
    *cert = sk_X509_value(certs, 0);
    return SCEPCTL_OK;
}

scepctl_exit_e scepctl_pair_load(scepctl_t *ctl, const char *cert,
                                 const char *key, OSSL_LIB_CTX *libctx,
                                 scep_keypair_t *pair)
{
    scepctl_exit_e status = scepctl_cert_load(ctl, cert, libctx, &pair->cert);

    if (status != SCEPCTL_OK) {
        return status;
    }
    if (scep_key_load(key, libctx, ask_passphrase, ctl, ctl->pool, &pair->key,
                      &ctl->res) != SCEP_OK) {
        return scepctl_fail(ctl);
    }
    if (X509_check_private_key(pair->cert, pair->key) != 1) {
        scep_crypto_clear_errors();
        return scepctl_error(ctl, SCEPLOGNO(0520) "%s is not the key of %s",
                             key, cert);
    }
    return SCEPCTL_OK;
}

scepctl_exit_e scepctl_pairs_load(scepctl_t *ctl,
                                  const apr_array_header_t *certs,
                                  const apr_array_header_t *keys,
                                  OSSL_LIB_CTX *libctx,
                                  apr_array_header_t *pairs)
{
    scepctl_exit_e status = SCEPCTL_OK;
    int i;

    for (i = 0; i < certs->nelts && status == SCEPCTL_OK; i++) {
        scep_keypair_t *pair = apr_palloc(ctl->pool, sizeof(*pair));

        status = scepctl_pair_load(ctl, APR_ARRAY_IDX(certs, i, const char *),
                                   APR_ARRAY_IDX(keys, i, const char *), libctx,
                                   pair);
        APR_ARRAY_PUSH(pairs, const scep_keypair_t *) = pair;
    }
    return status;
}

/* The BIO's memory is wiped when it is freed with the pool. */
scep_status_e scepctl_key_pem(apr_pool_t *pool, EVP_PKEY *key,
                              scep_octets_t *pem, scep_result_t *res)
{
    BIO *bio = scep_bio_own(pool, BIO_new(BIO_s_mem()));
    char *data = NULL;
    long len;

    if (bio == NULL || PEM_write_bio_PKCS8PrivateKey(bio, key, NULL, NULL, 0,
                                                     NULL, NULL) != 1) {
        return scep_fail(res, SCEP_R_INTERNAL, "cannot encode a key");
    }
    len = BIO_get_mem_data(bio, &data);
    pem->data = (unsigned char *)data;
    pem->len = (size_t)len;
    return SCEP_OK;
}

scep_status_e scepctl_cert_pem(apr_pool_t *pool, X509 *cert, scep_octets_t *pem,
                               scep_result_t *res)
{
    BIO *bio = scep_bio_own(pool, BIO_new(BIO_s_mem()));

    if (bio == NULL || PEM_write_bio_X509(bio, cert) != 1) {
        return scep_fail(res, SCEP_R_INTERNAL, "cannot encode a certificate");
    }
    *pem = scep_bio_octets(pool, bio);
    return SCEP_OK;
}
