/* Licensed under the Apache License, Version 2.0; see LICENSE. */
/*
 * Keys, certificates and requests for the tests of the ca layer. The RSA keys
 * come from tests/data/ca, since making them takes long under valgrind.
 */
#ifndef SCEP_TEST_FIXTURE_CA_H
#define SCEP_TEST_FIXTURE_CA_H

#include "fixture.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <openssl/pem.h>
#include <openssl/x509v3.h>

#include "scep_cert_build.h"
#include "scep_profile.h"

/* "rsa", "rsa-other", "rsa-1024" from tests/data/ca, or a curve. */
static inline EVP_PKEY *fixture_key(fixture_t *f, const char *name)
{
    EVP_PKEY *key;

    if (strncmp(name, "rsa", 3) == 0) {
        scep_octets_t pem = fixture_file(
            f, apr_pstrcat(f->pool, "tests/data/ca/", name, ".key", NULL));
        BIO *bio =
            scep_bio_own(f->pool, BIO_new_mem_buf(pem.data, (int)pem.len));

        key = PEM_read_bio_PrivateKey(bio, NULL, NULL, NULL);
    }
    else {
        key = EVP_EC_gen(name);
    }
    assert_non_null(key);
    return scep_pkey_own(f->pool, key);
}

static inline void fixture_name_free(void *name)
{
    X509_NAME_free(name);
}

/* CN only; "" gives the empty name. */
static inline X509_NAME *fixture_name(fixture_t *f, const char *cn)
{
    X509_NAME *name = X509_NAME_new();

    assert_non_null(name);
    scep_own(f->pool, name, fixture_name_free);
    if (*cn != '\0') {
        assert_int_equal(
            X509_NAME_add_entry_by_NID(name, NID_commonName, MBSTRING_UTF8,
                                       (const unsigned char *)cn, -1, -1, 0),
            1);
    }
    return name;
}

/* A certificate of KIND valid for DAYS, named CN. */
static inline scep_keypair_t fixture_pair(fixture_t *f, scep_cert_kind_e kind,
                                          EVP_PKEY *key, const char *cn,
                                          const scep_keypair_t *issuer,
                                          int days)
{
    scep_keypair_t pair = {NULL, key};

    assert_int_equal(scep_cert_make(kind, key, fixture_name(f, cn), issuer,
                                    days, f->now, f->pool, &pair.cert, &f->res),
                     SCEP_OK);
    return pair;
}

static inline scep_keypair_t fixture_ca(fixture_t *f, const char *key)
{
    return fixture_pair(f, SCEP_CERT_ISSUING_CA, fixture_key(f, key), "Test CA",
                        NULL, 3650);
}

static inline void fixture_extensions_free(void *extensions)
{
    sk_X509_EXTENSION_pop_free(extensions, X509_EXTENSION_free);
}

static inline scep_extensions_t *fixture_extensions(fixture_t *f)
{
    scep_extensions_t *extensions = sk_X509_EXTENSION_new_null();

    assert_non_null(extensions);
    return scep_own(f->pool, extensions, fixture_extensions_free);
}

/* An extension as openssl.cnf writes it. */
static inline void fixture_extend(scep_extensions_t *extensions, int nid,
                                  const char *value)
{
    X509V3_CTX ctx;
    X509_EXTENSION *e;

    X509V3_set_ctx(&ctx, NULL, NULL, NULL, NULL, 0);
    X509V3_set_ctx_nodb(&ctx);
    e = X509V3_EXT_nconf_nid(NULL, &ctx, nid, value);
    assert_non_null(e);
    assert_true(sk_X509_EXTENSION_push(extensions, e) > 0);
}

/* An extension of any octets. */
static inline void fixture_extend_raw(scep_extensions_t *extensions, int nid,
                                      const char *octets, size_t len)
{
    ASN1_OCTET_STRING *value = ASN1_OCTET_STRING_new();
    X509_EXTENSION *e;

    assert_int_equal(
        ASN1_OCTET_STRING_set(value, (const unsigned char *)octets, (int)len),
        1);
    e = X509_EXTENSION_create_by_NID(NULL, nid, 0, value);
    ASN1_OCTET_STRING_free(value);
    assert_non_null(e);
    assert_true(sk_X509_EXTENSION_push(extensions, e) > 0);
}

/* A subjectAltName of URIs (NULL-terminated), whatever octets they have. */
static inline void fixture_extend_uris(scep_extensions_t *extensions,
                                       const char *const *uris)
{
    GENERAL_NAMES *names = GENERAL_NAMES_new();
    X509_EXTENSION *e;

    for (; *uris != NULL; uris++) {
        GENERAL_NAME *name = GENERAL_NAME_new();
        ASN1_IA5STRING *text = ASN1_IA5STRING_new();

        assert_int_equal(ASN1_STRING_set(text, *uris, -1), 1);
        GENERAL_NAME_set0_value(name, GEN_URI, text);
        assert_true(sk_GENERAL_NAME_push(names, name) > 0);
    }
    e = X509V3_EXT_i2d(NID_subject_alt_name, 0, names);
    GENERAL_NAMES_free(names);
    assert_non_null(e);
    assert_true(sk_X509_EXTENSION_push(extensions, e) > 0);
}

/* A version 3 certificate with names, times and KEY, but no extensions. */
static inline X509 *fixture_bare(fixture_t *f, EVP_PKEY *key, const char *cn)
{
    X509 *cert = scep_x509_own(f->pool, X509_new());
    X509_NAME *name = fixture_name(f, cn);

    assert_int_equal(X509_set_version(cert, X509_VERSION_3), 1);
    assert_int_equal(X509_set_subject_name(cert, name), 1);
    assert_int_equal(X509_set_issuer_name(cert, name), 1);
    assert_int_equal(X509_set_pubkey(cert, key), 1);
    assert_non_null(ASN1_TIME_set(X509_getm_notBefore(cert), 0));
    assert_non_null(ASN1_TIME_set(X509_getm_notAfter(cert), 2000000000));
    assert_true(X509_sign(cert, key, EVP_sha256()) > 0);
    return cert;
}

static inline X509_REQ *fixture_csr(fixture_t *f, EVP_PKEY *key,
                                    X509_NAME *subject)
{
    X509_REQ *req = scep_x509_req_own(f->pool, X509_REQ_new());

    assert_non_null(req);
    assert_int_equal(X509_REQ_set_subject_name(req, subject), 1);
    assert_int_equal(X509_REQ_set_pubkey(req, key), 1);
    assert_true(X509_REQ_sign(req, key, EVP_sha256()) > 0);
    return req;
}

static inline const char *fixture_path(fixture_t *f, const char *name)
{
    return apr_pstrcat(f->pool, f->scratch, "/", name, NULL);
}

static inline FILE *fixture_create(fixture_t *f, const char *name)
{
    int fd = open(fixture_path(f, name), O_WRONLY | O_CREAT | O_TRUNC, 0600);
    FILE *file = fd >= 0 ? fdopen(fd, "w") : NULL;

    assert_non_null(file);
    return file;
}

/* Append CERT in PEM. */
static inline const char *fixture_write_cert(fixture_t *f, const char *name,
                                             X509 *cert)
{
    FILE *file = fopen(fixture_path(f, name), "a");

    assert_non_null(file);
    assert_int_equal(PEM_write_X509(file, cert), 1);
    assert_int_equal(fclose(file), 0);
    return fixture_path(f, name);
}

/* A key in PKCS#8, encrypted unless PASS is NULL. */
static inline const char *fixture_write_key(fixture_t *f, const char *name,
                                            EVP_PKEY *key, const char *pass)
{
    FILE *file = fixture_create(f, name);

    assert_int_equal(PEM_write_PKCS8PrivateKey(
                         file, key, pass != NULL ? EVP_aes_128_cbc() : NULL,
                         pass, pass != NULL ? (int)strlen(pass) : 0, NULL,
                         NULL),
                     1);
    assert_int_equal(fclose(file), 0);
    return fixture_path(f, name);
}

#endif
