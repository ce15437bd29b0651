/* Licensed under the Apache License, Version 2.0; see LICENSE. */
/*
 * scep_ra_setup.c: loads and checks the RA pairs, chooses by keyUsage, and
 * copies them into another library context. (httpd layer)
 */
#include "scep_ra_setup.h"

#include <apr_strings.h>

#include <openssl/x509v3.h>

#include "scep_place.h"
#include "scep_ra_check.h"
#include "scep_ra_directory.h"

static bool may(const scep_keypair_t *pair, unsigned int usage)
{
    /* without the extension X509_get_key_usage() has all bits set */
    return (X509_get_key_usage(pair->cert) & usage) != 0;
}

static scep_status_e name_directive(scep_status_e status, scep_result_t *res,
                                    const char *directive)
{
    if (status != SCEP_OK) {
        res->detail =
            apr_pstrcat(res->pool, directive, ": ", res->detail, NULL);
        return SCEP_BROKEN;
    }
    return SCEP_OK;
}

static scep_status_e load_key(const scep_ra_source_t *source, const char *name,
                              apr_pool_t *pool, EVP_PKEY **key,
                              scep_result_t *res)
{
    scep_dialog_t *dialog = source->dialog;
    scep_status_e status;

    dialog->asked = false;
    dialog->problem = NULL;
    status = scep_key_load(
        name, NULL, source->probe ? scep_dialog_probe : scep_dialog_passphrase,
        dialog, pool, key, res);
    if (status != SCEP_OK && source->probe && dialog->asked) {
        *key = NULL;
        return SCEP_OK;
    }
    if (status != SCEP_OK && dialog->problem != NULL) {
        res->detail =
            apr_pstrcat(res->pool, res->detail, "; ", dialog->problem, NULL);
    }
    return name_directive(status, res, "ScepRAKey");
}

static scep_status_e check_pair(const scep_keypair_t *pair,
                                const char *cert_file, const char *key_name,
                                scep_result_t *res)
{
    EVP_PKEY *public_key = X509_get0_pubkey(pair->cert);

    if (public_key == NULL || !EVP_PKEY_is_a(public_key, "RSA")) {
        return scep_fail(res, SCEP_R_SETUP,
                         "ScepRACertificateFile %s: the key is not RSA; SCEP "
                         "needs an RSA key to decrypt and to sign replies",
                         cert_file);
    }
    if (!may(pair, KU_DIGITAL_SIGNATURE | KU_KEY_ENCIPHERMENT)) {
        return scep_fail(res, SCEP_R_SETUP,
                         "ScepRACertificateFile %s: keyUsage has neither "
                         "digitalSignature nor keyEncipherment; use an RA "
                         "certificate (scepctl init makes one)",
                         cert_file);
    }
    if (pair->key != NULL &&
        X509_check_private_key(pair->cert, pair->key) != 1) {
        return scep_fail(res, SCEP_R_SETUP,
                         "ScepRAKey %s does not belong to "
                         "ScepRACertificateFile %s; list both in the same "
                         "order",
                         scep_source_text(res->pool, key_name), cert_file);
    }
    return SCEP_OK;
}

static scep_status_e load_pair(const scep_ra_source_t *source, int index,
                               apr_pool_t *pool, scep_keypair_t **pair,
                               scep_result_t *res)
{
    const char *cert_file = APR_ARRAY_IDX(source->certs, index, const char *);
    const char *key_name = APR_ARRAY_IDX(source->keys, index, const char *);
    scep_certs_t *certs;
    scep_status_e status;

    *pair = apr_pcalloc(pool, sizeof(**pair));
    status = name_directive(scep_certs_load(cert_file, NULL, pool, &certs, res),
                            res, "ScepRACertificateFile");
    if (status != SCEP_OK) {
        return status;
    }
    (*pair)->cert = sk_X509_value(certs, 0);
    status = load_key(source, key_name, pool, &(*pair)->key, res);
    if (status != SCEP_OK) {
        return status;
    }
    return check_pair(*pair, cert_file, key_name, res);
}

/* Clients verify the RA's certificate by the CA's, and check its validity. */
static void warn_of(const scep_ra_source_t *source, const scep_keypair_t *pair,
                    int index)
{
    const char *cert_file = APR_ARRAY_IDX(source->certs, index, const char *);
    X509 *ca = sk_X509_value(source->backend->certificates(source->ca), 0);
    const char *name = apr_pstrcat(source->dialog->pool,
                                   "ScepRACertificateFile ", cert_file, NULL);

    scep_ra_check_validity(source->env, pair->cert, name);
    if (X509_verify(pair->cert, X509_get0_pubkey(ca)) != 1) {
        scep_crypto_clear_errors();
        scep_log(
            source->env, SCEP_LOG_WARNING,
            SCEPLOGNO(0011) "%s is not issued by the CA \"%s\"; most "
                            "clients refuse that",
            name,
            scep_name_text(source->dialog->pool, X509_get_subject_name(ca)));
    }
}

/* A pair signs its own replies if it may sign. */
static void add_pair(scep_ra_t *ra, const scep_keypair_t *pair)
{
    APR_ARRAY_PUSH(ra->pairs, const scep_keypair_t *) = pair;
    APR_ARRAY_PUSH(ra->signers, const scep_keypair_t *) =
        may(pair, KU_DIGITAL_SIGNATURE) ? pair : NULL;
}

/* The CA's own pair decrypts after all others. Without an RA it also signs. */
static void add_own(const scep_ra_source_t *source, void *ca, apr_pool_t *pool,
                    scep_ra_t *ra)
{
    scep_keypair_t own = {NULL, NULL};

    if (source->backend->ra_pair == NULL ||
        !source->backend->ra_pair(ca, &own.cert, &own.key)) {
        return;
    }
    add_pair(ra, apr_pmemdup(pool, &own, sizeof(own)));
    if (ra->signer == NULL) {
        ra->signer =
            APR_ARRAY_IDX(ra->pairs, ra->pairs->nelts - 1, scep_keypair_t *);
    }
}

static bool may_have_own(const scep_ra_source_t *source, void *ca)
{
    scep_certs_t *certs = source->backend->certificates(ca);
    const EVP_PKEY *key =
        certs != NULL ? X509_get0_pubkey(sk_X509_value(certs, 0)) : NULL;

    return source->backend->ra_pair != NULL && key != NULL &&
           EVP_PKEY_is_a(key, "RSA");
}

/* A test has no pair of a CA whose key has a passphrase, but a start may have
 * one, if the CA's certificate is for an RSA key. */
static bool may_come(const scep_ra_source_t *source)
{
    return source->probe &&
           (may_have_own(source, source->ca) ||
            (source->next != NULL && source->next->ca != NULL &&
             may_have_own(source, source->next->ca)));
}

/* If the CA's own pair serves in place of an RA, its certificate must have the
 * keyUsage for that. Pairs of the RA were chosen by their keyUsage. */
static void check_usage(const scep_ra_source_t *source, const scep_ra_t *ra,
                        int loaded, bool ra_decrypts)
{
    unsigned int needed = loaded == 0
                              ? KU_DIGITAL_SIGNATURE | KU_KEY_ENCIPHERMENT
                          : !ra_decrypts ? KU_KEY_ENCIPHERMENT
                                         : 0;

    if (needed != 0 && ra->pairs->nelts > 0) {
        scep_ra_check_usage(
            source->env,
            APR_ARRAY_IDX(ra->pairs, 0, const scep_keypair_t *)->cert, needed,
            "the CA's certificate in place of an RA's");
    }
}

static bool show_certificate(scep_certs_t *certs, X509 *cert)
{
    return X509_add_cert(certs, cert, X509_ADD_FLAG_UP_REF) == 1;
}

static scep_ra_t *ra_make(apr_pool_t *pool)
{
    scep_ra_t *ra = apr_pcalloc(pool, sizeof(*ra));

    ra->pairs = apr_array_make(pool, 2, sizeof(const scep_keypair_t *));
    ra->signers = apr_array_make(pool, 2, sizeof(const scep_keypair_t *));
    ra->certs = scep_x509s_own(pool, sk_X509_new_null());
    return ra;
}

/* Pairs that can only decrypt and pairs that can only sign are partners in the
 * order of their age. The newest has the newest signer, which GetCACert shows
 * beside it. */
static void find_partners(scep_ra_t *ra, const apr_array_header_t *signing)
{
    int i, n = 0;

    for (i = 0; i < ra->signers->nelts; i++) {
        const scep_keypair_t **signer =
            &APR_ARRAY_IDX(ra->signers, i, const scep_keypair_t *);

        if (*signer != NULL) {
            continue;
        }
        if (i > 0 && n < signing->nelts) {
            *signer = APR_ARRAY_IDX(signing, n, const scep_keypair_t *);
        }
        n++;
    }
}

static scep_status_e load_pairs(scep_ra_source_t *source, apr_pool_t *pool,
                                scep_ra_t *ra, scep_result_t *res)
{
    apr_array_header_t *signing =
        apr_array_make(pool, 1, sizeof(const scep_keypair_t *));
    int i, n = source->certs->nelts;

    source->loaded = apr_array_make(pool, 4, sizeof(const scep_keypair_t *));
    for (i = 0; i < n; i++) {
        scep_keypair_t *pair;
        scep_status_e status = load_pair(source, i, pool, &pair, res);

        if (status != SCEP_OK) {
            return status;
        }
        APR_ARRAY_PUSH(source->loaded, const scep_keypair_t *) = pair;
        if (may(pair, KU_KEY_ENCIPHERMENT)) {
            add_pair(ra, pair);
        }
        else {
            APR_ARRAY_PUSH(signing, const scep_keypair_t *) = pair;
        }
        if (ra->signer == NULL && may(pair, KU_DIGITAL_SIGNATURE)) {
            ra->signer = pair;
        }
        if (pair == ra->signer ||
            (ra->pairs->nelts == 1 &&
             pair == APR_ARRAY_IDX(ra->pairs, 0, scep_keypair_t *))) {
            warn_of(source, pair, i);
        }
    }
    find_partners(ra, signing);
    return SCEP_OK;
}

static scep_status_e find_files(scep_ra_source_t *source, apr_pool_t *pool,
                                scep_result_t *res)
{
    scep_status_e status =
        scep_ra_files(source->conf, pool, &source->certs, &source->keys, res);

    if (status == SCEP_OK && source->certs->nelts != source->keys->nelts) {
        res->place = scep_places_find(source->conf->places,
                                      source->certs->nelts > source->keys->nelts
                                          ? "ScepRACertificateFile"
                                          : "ScepRAKey");
        return scep_fail(res, SCEP_R_SETUP,
                         "there are %d ScepRACertificateFile but %d ScepRAKey; "
                         "give each certificate its key, in the same order",
                         source->certs->nelts, source->keys->nelts);
    }
    return status;
}

scep_status_e scep_ra_setup(scep_ra_source_t *source, apr_pool_t *pool,
                            const scep_ra_t **result, scep_result_t *res)
{
    scep_ra_t *ra = ra_make(pool);
    const scep_keypair_t *newest;
    scep_status_e status = find_files(source, pool, res);
    int n = source->certs->nelts;

    if (status != SCEP_OK) {
        return status;
    }
    status = load_pairs(source, pool, ra, res);
    if (status != SCEP_OK) {
        return status;
    }
    if (n > 0 && ra->signer == NULL) {
        return scep_fail(res, SCEP_R_SETUP,
                         "no ScepRACertificateFile may sign (keyUsage "
                         "digitalSignature); add a pair that may");
    }
    newest = ra->pairs->nelts > 0
                 ? APR_ARRAY_IDX(ra->pairs, 0, const scep_keypair_t *)
                 : NULL;
    if (n > 0 && (!show_certificate(ra->certs, ra->signer->cert) ||
                  (newest != NULL && newest != ra->signer &&
                   !show_certificate(ra->certs, newest->cert)))) {
        return scep_fail(res, SCEP_R_INTERNAL, "no memory");
    }
    add_own(source, source->ca, pool, ra);
    if (source->next != NULL && source->next->ca != NULL) {
        add_own(source, source->next->ca, pool, ra);
    }
    check_usage(source, ra, n, newest != NULL);
    if ((ra->signer == NULL || ra->pairs->nelts == 0) && !may_come(source)) {
        res->place =
            scep_places_find(source->conf->places, "ScepRACertificateFile or "
                                                   "ScepRADirectory or "
                                                   "ScepCACertificateFile");
        return scep_fail(res, SCEP_R_SETUP,
                         "the CA has no RSA key here that could decrypt "
                         "requests; set ScepRACertificateFile and ScepRAKey "
                         "to a pair that may (keyUsage keyEncipherment; "
                         "scepctl init makes one)");
    }
    *result = ra;
    return SCEP_OK;
}

/* ---- into another library context ---- */

static X509 *copy_cert(X509 *cert, OSSL_LIB_CTX *libctx, apr_pool_t *pool)
{
    scep_octets_t der = scep_x509_der(pool, cert);
    const unsigned char *in = der.data;
    X509 *copy = X509_new_ex(libctx, NULL);

    if (copy != NULL && d2i_X509(&copy, &in, (long)der.len) == NULL) {
        return NULL; /* d2i has freed it */
    }
    return scep_x509_own(pool, copy);
}

static EVP_PKEY *copy_key(const EVP_PKEY *key, OSSL_LIB_CTX *libctx,
                          apr_pool_t *pool)
{
    unsigned char *der = NULL;
    const unsigned char *in;
    int len = i2d_PrivateKey(key, &der);
    EVP_PKEY *copy = NULL;

    if (len > 0) {
        in = der;
        copy = d2i_AutoPrivateKey_ex(NULL, &in, len, libctx, NULL);
        OPENSSL_clear_free(der, (size_t)len);
    }
    return scep_pkey_own(pool, copy);
}

static scep_status_e copy_pair(const scep_keypair_t *pair, OSSL_LIB_CTX *libctx,
                               apr_pool_t *pool, scep_keypair_t **copy,
                               scep_result_t *res)
{
    *copy = apr_pcalloc(pool, sizeof(**copy));
    (*copy)->cert = copy_cert(pair->cert, libctx, pool);
    if (pair->key == NULL) {
        return SCEP_OK; /* in a test: the key has a passphrase */
    }
    (*copy)->key = copy_key(pair->key, libctx, pool);
    if ((*copy)->cert == NULL || (*copy)->key == NULL) {
        return scep_fail(
            res, SCEP_R_SETUP,
            "ScepAlgorithms legacy: the key of \"%s\" cannot be used with "
            "OpenSSL's legacy provider; keys for that level must be in files: "
            "give it a virtual host or <ScepCA> with an RA pair of its own, or "
            "choose another level",
            scep_name_text(pool, X509_get_subject_name(pair->cert)));
    }
    return SCEP_OK;
}

/* The copy of FROM: one of PAIRS, or made now. */
static scep_status_e copy_signer(const scep_ra_t *ra, const scep_ra_t *copy,
                                 const scep_keypair_t *from,
                                 OSSL_LIB_CTX *libctx, apr_pool_t *pool,
                                 const scep_keypair_t **signer,
                                 scep_result_t *res)
{
    scep_keypair_t *pair = NULL;
    scep_status_e status = SCEP_OK;
    int i;

    *signer = NULL;
    for (i = 0; i < ra->pairs->nelts && *signer == NULL; i++) {
        if (APR_ARRAY_IDX(ra->pairs, i, const scep_keypair_t *) == from) {
            *signer = APR_ARRAY_IDX(copy->pairs, i, const scep_keypair_t *);
        }
    }
    if (*signer == NULL && from != NULL) { /* a pair that only signs */
        status = copy_pair(from, libctx, pool, &pair, res);
        *signer = pair;
    }
    return status;
}

scep_status_e scep_ra_copy(const scep_ra_t *ra, OSSL_LIB_CTX *libctx,
                           apr_pool_t *pool, const scep_ra_t **result,
                           scep_result_t *res)
{
    scep_ra_t *copy = ra_make(pool);
    const scep_keypair_t *signer;
    scep_keypair_t *pair;
    scep_status_e status;
    int i;

    for (i = 0; i < ra->pairs->nelts; i++) {
        status = copy_pair(APR_ARRAY_IDX(ra->pairs, i, const scep_keypair_t *),
                           libctx, pool, &pair, res);
        if (status != SCEP_OK) {
            return status;
        }
        APR_ARRAY_PUSH(copy->pairs, const scep_keypair_t *) = pair;
    }
    status =
        copy_signer(ra, copy, ra->signer, libctx, pool, &copy->signer, res);
    for (i = 0; i < ra->signers->nelts && status == SCEP_OK; i++) {
        status = copy_signer(
            ra, copy, APR_ARRAY_IDX(ra->signers, i, const scep_keypair_t *),
            libctx, pool, &signer, res);
        APR_ARRAY_PUSH(copy->signers, const scep_keypair_t *) = signer;
    }
    if (status != SCEP_OK) {
        return status;
    }
    for (i = 0; i < sk_X509_num(ra->certs); i++) {
        if (!show_certificate(copy->certs, sk_X509_value(ra->certs, i))) {
            return scep_fail(res, SCEP_R_INTERNAL, "no memory");
        }
    }
    *result = copy;
    return SCEP_OK;
}
