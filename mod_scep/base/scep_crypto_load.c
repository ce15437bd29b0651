/* Licensed under the Apache License, Version 2.0; see LICENSE. */
/*
 * scep_crypto_load.c: loads private keys and certificates from files and
 * OSSL_STORE URIs (declared in scep_crypto.h). (base layer)
 */
#include "scep_crypto.h"

#include <ctype.h>
#include <string.h>

#include <apr_cstr.h>
#include <apr_strings.h>

#include <openssl/decoder.h>
#include <openssl/err.h>
#include <openssl/pem.h>
#include <openssl/store.h>
#include <openssl/ui.h>

#include "scep_file.h"
#include "scep_file_kind.h"

enum { MAX_KEY_FILE = 65536, MAX_CERT_FILE = 1048576 };

typedef struct ask_t {
    scep_passphrase_fn *pass;
    void *baton;
    const char *source;
    bool asked;
    bool failed; /* asked for, but not given */
    bool opened; /* a store for the URI's scheme exists */
} ask_t;

static int ask(char *buf, int size, int rwflag, void *baton)
{
    ask_t *a = baton;
    int len = -1;

    (void)rwflag;
    a->asked = true;
    if (a->pass != NULL) {
        len = a->pass(a->baton, a->source, buf, size);
    }
    if (len < 0) {
        a->failed = true;
    }
    return len;
}

bool scep_source_is_uri(const char *source)
{
    const char *p = source;

    while (isalnum((unsigned char)*p) || *p == '+' || *p == '-' || *p == '.') {
        p++;
    }
    return *p == ':' && p - source >= 2;
}

const char *scep_source_text(apr_pool_t *pool, const char *source)
{
    return scep_source_is_uri(source)
               ? apr_pstrmemdup(pool, source, strcspn(source, "?"))
               : source;
}

/* OSSL_STORE could open "file:" itself, but does not check owner and mode. */
const char *scep_source_path(const char *source)
{
    if (!scep_source_is_uri(source)) {
        return source;
    }
    if (apr_cstr_casecmpn(source, "file:", 5) != 0) {
        return NULL;
    }
    source += 5;
    if (strncmp(source, "//", 2) != 0) {
        return source;
    }
    source += 2;
    if (apr_cstr_casecmpn(source, "localhost/", 10) == 0) {
        source += 9;
    }
    return *source == '/' ? source : NULL;
}

static bool is_pem(scep_octets_t data)
{
    /* scep_file_read() has put a NUL behind it. */
    return strstr((const char *)data.data, "-----BEGIN") != NULL;
}

/* The first private key. Curve parameters and certificates may come before. */
static EVP_PKEY *key_from_pem(scep_octets_t data, OSSL_LIB_CTX *libctx,
                              ask_t *a)
{
    BIO *bio = BIO_new_mem_buf(data.data, (int)data.len);
    EVP_PKEY *key = NULL;

    if (bio != NULL) {
        key = PEM_read_bio_PrivateKey_ex(bio, NULL, ask, a, libctx, NULL);
    }
    BIO_free(bio);
    return key;
}

static EVP_PKEY *key_from_der(scep_octets_t data, OSSL_LIB_CTX *libctx,
                              ask_t *a)
{
    EVP_PKEY *key = NULL;
    const unsigned char *in = data.data;
    size_t len = data.len;
    OSSL_DECODER_CTX *ctx = OSSL_DECODER_CTX_new_for_pkey(
        &key, "DER", NULL, NULL, EVP_PKEY_KEYPAIR, libctx, NULL);

    if (ctx == NULL) {
        return NULL;
    }
    if (OSSL_DECODER_CTX_set_pem_password_cb(ctx, ask, a) != 1 ||
        OSSL_DECODER_from_data(ctx, &in, &len) != 1) {
        EVP_PKEY_free(key);
        key = NULL;
    }
    OSSL_DECODER_CTX_free(ctx);
    return key;
}

static EVP_PKEY *key_from_uri(const char *uri, OSSL_LIB_CTX *libctx, ask_t *a)
{
    EVP_PKEY *key = NULL;
    UI_METHOD *ui = UI_UTIL_wrap_read_pem_callback(ask, 0);
    OSSL_STORE_CTX *store =
        ui == NULL
            ? NULL
            : OSSL_STORE_open_ex(uri, libctx, NULL, ui, a, NULL, NULL, NULL);

    a->opened = store != NULL;
    while (store != NULL && key == NULL && !OSSL_STORE_eof(store)) {
        OSSL_STORE_INFO *info = OSSL_STORE_load(store);

        if (info != NULL &&
            OSSL_STORE_INFO_get_type(info) == OSSL_STORE_INFO_PKEY) {
            key = OSSL_STORE_INFO_get1_PKEY(info);
        }
        OSSL_STORE_INFO_free(info);
        if (OSSL_STORE_error(store)) {
            break;
        }
    }
    if (store != NULL) {
        OSSL_STORE_close(store);
    }
    UI_destroy_method(ui);
    return key;
}

/* Say why SOURCE, a file with DATA, has no readable key. */
static scep_status_e no_key(const char *source, scep_octets_t data,
                            const ask_t *a, scep_result_t *res)
{
    const char *kind = a->asked ? NULL
                                : scep_file_kind(data, scep_source_path(source),
                                                 SCEP_WANTED_KEY, res->pool);

    if (a->failed) {
        return scep_fail(res, SCEP_R_SETUP,
                         "%s is encrypted, and there is no passphrase for it",
                         source);
    }
    return kind != NULL
               ? scep_fail(res, SCEP_R_SETUP,
                           "%s holds no private key that can be read; %s",
                           source, kind)
               : scep_fail(res, SCEP_R_SETUP,
                           "%s holds no private key that can be read (wrong "
                           "%s)",
                           source,
                           a->asked ? "passphrase"
                                    : "format, or wrong passphrase");
}

/* Say why SOURCE, a URI, has no readable key. */
static scep_status_e no_stored_key(const char *source, const ask_t *a,
                                   scep_result_t *res)
{
    const char *text = scep_source_text(res->pool, source);
    const char *scheme =
        apr_pstrmemdup(res->pool, source, strcspn(source, ":"));

    if (!a->opened) {
        return scep_fail(res, SCEP_R_SETUP,
                         "%s holds no private key that can be read: no "
                         "provider of OpenSSL for the scheme \"%s:\" is "
                         "loaded; install one and activate it in openssl.cnf "
                         "(`openssl list -store-loaders' shows what there is)",
                         text, scheme);
    }
    return scep_fail(res, SCEP_R_SETUP,
                     a->failed
                         ? "%s is encrypted, and there is no passphrase for "
                           "it"
                     : a->asked ? "%s holds no private key that can be read "
                                  "(wrong passphrase)"
                                : "%s holds no private key that can be read: "
                                  "there is none of that name, or its PIN is "
                                  "wrong",
                     text);
}

static scep_status_e key_from_file(const char *path, OSSL_LIB_CTX *libctx,
                                   ask_t *a, apr_pool_t *pool, EVP_PKEY **key,
                                   scep_result_t *res)
{
    apr_pool_t *scratch;
    scep_octets_t data;
    scep_status_e status;

    apr_pool_create(&scratch, pool);
    status =
        scep_file_read(path, SCEP_FILE_KEY, MAX_KEY_FILE, scratch, &data, res);
    if (status == SCEP_OK) {
        *key = is_pem(data) ? key_from_pem(data, libctx, a)
                            : key_from_der(data, libctx, a);
        if (*key == NULL) {
            status = no_key(a->source, data, a, res);
        }
    }
    apr_pool_destroy(scratch); /* wipes the file's octets */
    return status;
}

scep_status_e scep_key_load(const char *source, OSSL_LIB_CTX *libctx,
                            scep_passphrase_fn *pass, void *pass_baton,
                            apr_pool_t *pool, EVP_PKEY **key,
                            scep_result_t *res)
{
    ask_t a = {pass, pass_baton, source, false, false, false};
    const char *path = scep_source_path(source);
    scep_status_e status = SCEP_OK;

    *key = NULL;
    ERR_set_mark();
    if (path != NULL) {
        status = key_from_file(path, libctx, &a, pool, key, res);
    }
    else {
        *key = key_from_uri(source, libctx, &a);
        if (*key == NULL) {
            status = no_stored_key(source, &a, res);
        }
    }
    if (status != SCEP_OK) {
        return status;
    }
    ERR_pop_to_mark(); /* formats that were tried before the right one */
    scep_pkey_own(pool, *key);
    return SCEP_OK;
}

static X509 *next_pem(BIO *bio, OSSL_LIB_CTX *libctx)
{
    X509 *cert = X509_new_ex(libctx, NULL);

    if (cert != NULL && PEM_read_bio_X509(bio, &cert, NULL, NULL) == NULL) {
        X509_free(cert);
        cert = NULL;
    }
    return cert;
}

static bool push(scep_certs_t *certs, X509 *cert)
{
    if (sk_X509_push(certs, cert) <= 0) {
        X509_free(cert);
        return false;
    }
    return true;
}

static bool read_pem(scep_octets_t data, OSSL_LIB_CTX *libctx, apr_pool_t *pool,
                     scep_certs_t *certs)
{
    BIO *bio = scep_bio_own(pool, BIO_new_mem_buf(data.data, (int)data.len));
    X509 *cert;

    if (bio == NULL) {
        return false;
    }
    while ((cert = next_pem(bio, libctx)) != NULL) {
        if (!push(certs, cert)) {
            return false;
        }
    }
    /* Only the end of the file is a good reason to stop. */
    return ERR_GET_REASON(ERR_peek_last_error()) == PEM_R_NO_START_LINE;
}

static bool read_der(scep_octets_t data, OSSL_LIB_CTX *libctx,
                     scep_certs_t *certs)
{
    const unsigned char *in = data.data;
    X509 *cert = X509_new_ex(libctx, NULL);

    if (cert == NULL) {
        return false;
    }
    if (d2i_X509(&cert, &in, (long)data.len) == NULL) {
        return false; /* d2i has freed it */
    }
    return push(certs, cert) && in == data.data + data.len;
}

/* Keys may be in a token, but certificates are only read from files. */
static scep_status_e check_no_uri(const char *path, scep_result_t *res)
{
    return strchr(path, '/') == NULL &&
                   apr_cstr_casecmpn(path, "pkcs11:", 7) == 0
               ? scep_fail(res, SCEP_R_SETUP,
                           "%s holds no certificate in PEM or DER: "
                           "certificates are read from files; write the "
                           "token's into one (`openssl storeutl -certs')",
                           scep_source_text(res->pool, path))
               : SCEP_OK;
}

scep_status_e scep_certs_load(const char *path, OSSL_LIB_CTX *libctx,
                              apr_pool_t *pool, scep_certs_t **certs,
                              scep_result_t *res)
{
    scep_octets_t data;
    scep_status_e status = check_no_uri(path, res) == SCEP_OK
                               ? scep_file_read(path, SCEP_FILE_PUBLIC,
                                                MAX_CERT_FILE, pool, &data, res)
                               : res->status;
    bool ok;

    if (status != SCEP_OK) {
        return status;
    }
    ERR_set_mark();
    *certs = scep_x509s_own(pool, sk_X509_new_null());
    if (*certs == NULL) {
        return scep_fail(res, SCEP_R_INTERNAL, "no memory");
    }
    ok = is_pem(data) ? read_pem(data, libctx, pool, *certs)
                      : read_der(data, libctx, *certs);
    if (!ok || sk_X509_num(*certs) < 1) {
        const char *kind =
            scep_file_kind(data, path, SCEP_WANTED_CERTIFICATE, res->pool);

        return scep_fail(res, SCEP_R_SETUP,
                         "%s holds no certificate in PEM or DER%s%s", path,
                         kind != NULL ? "; " : "", kind != NULL ? kind : "");
    }
    ERR_pop_to_mark(); /* the one at the end of the file */
    return SCEP_OK;
}
