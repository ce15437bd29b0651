/* Licensed under the Apache License, Version 2.0; see LICENSE. */
/*
 * Keys and certificates for the tests of the protocol layer, in any library
 * context, and a strict reader of DER.
 */
#ifndef SCEP_TEST_FIXTURE_CERTS_H
#define SCEP_TEST_FIXTURE_CERTS_H

#include "fixture.h"

#include <openssl/bn.h>
#include <openssl/core_names.h>
#include <openssl/param_build.h>
#include <openssl/pem.h>
#include <openssl/x509v3.h>

#include "scep_crypto.h"

/* "device" or "ra" from tests/data/protocol (RSA keys are slow to make), or
 * the name of a curve. */
static inline EVP_PKEY *certs_key(fixture_t *f, const char *name,
                                  OSSL_LIB_CTX *libctx)
{
    EVP_PKEY *key;

    if (strncmp(name, "P-", 2) == 0) {
        key = EVP_PKEY_Q_keygen(libctx, NULL, "EC", name);
    }
    else {
        scep_octets_t pem =
            fixture_file(f, apr_pstrcat(f->pool, "tests/data/protocol/", name,
                                        ".key", NULL));
        BIO *bio =
            scep_bio_own(f->pool, BIO_new_mem_buf(pem.data, (int)pem.len));

        key = PEM_read_bio_PrivateKey_ex(bio, NULL, NULL, NULL, libctx, NULL);
    }
    assert_non_null(key);
    return scep_pkey_own(f->pool, key);
}

/* A public RSA key of BITS with exponent 2^POWER + ADD; its modulus is any
 * odd number, since nothing is computed with it. */
static inline EVP_PKEY *certs_rsa_public(fixture_t *f, int bits, int power,
                                         unsigned int add)
{
    BIGNUM *n = BN_new(), *e = BN_new();
    OSSL_PARAM_BLD *build = OSSL_PARAM_BLD_new();
    EVP_PKEY_CTX *ctx = EVP_PKEY_CTX_new_from_name(NULL, "RSA", NULL);
    OSSL_PARAM *params;
    EVP_PKEY *key = NULL;

    assert_true(BN_set_bit(n, bits - 1) && BN_set_bit(n, 0));
    assert_true((power == 0 || BN_set_bit(e, power)) && BN_add_word(e, add));
    assert_true(OSSL_PARAM_BLD_push_BN(build, OSSL_PKEY_PARAM_RSA_N, n));
    assert_true(OSSL_PARAM_BLD_push_BN(build, OSSL_PKEY_PARAM_RSA_E, e));
    params = OSSL_PARAM_BLD_to_param(build);
    assert_int_equal(EVP_PKEY_fromdata_init(ctx), 1);
    assert_int_equal(EVP_PKEY_fromdata(ctx, &key, EVP_PKEY_PUBLIC_KEY, params),
                     1);
    OSSL_PARAM_free(params);
    OSSL_PARAM_BLD_free(build);
    EVP_PKEY_CTX_free(ctx);
    BN_free(n);
    BN_free(e);
    return scep_pkey_own(f->pool, key);
}

/* The same certificate as if it had been read in LIBCTX. */
static inline X509 *certs_decode(fixture_t *f, X509 *cert, OSSL_LIB_CTX *libctx)
{
    scep_octets_t der = scep_x509_der(f->pool, cert);
    const unsigned char *in = der.data;
    X509 *copy = X509_new_ex(libctx, NULL);

    assert_non_null(d2i_X509(&copy, &in, (long)der.len));
    return scep_x509_own(f->pool, copy);
}

static inline void certs_name(X509_NAME *name, const char *cn)
{
    assert_int_equal(
        X509_NAME_add_entry_by_NID(name, NID_commonName, MBSTRING_UTF8,
                                   (const unsigned char *)cn, -1, -1, 0),
        1);
}

/* A certificate for KEY, self-signed unless ISSUER is given. EXTENSIONS are
 * pairs of a name and a value as openssl.cnf writes them, ended by NULL. */
static inline X509 *certs_make(fixture_t *f, EVP_PKEY *key, const char *cn,
                               const scep_keypair_t *issuer,
                               const char *const *extensions)
{
    X509 *cert = scep_x509_own(f->pool, X509_new());
    apr_time_t now = f->now / APR_USEC_PER_SEC;

    assert_non_null(cert);
    assert_int_equal(X509_set_version(cert, X509_VERSION_3), 1);
    assert_int_equal(ASN1_INTEGER_set(X509_get_serialNumber(cert), 4711), 1);
    certs_name(X509_get_subject_name(cert), cn);
    if (issuer != NULL) {
        assert_int_equal(
            X509_set_issuer_name(cert, X509_get_subject_name(issuer->cert)), 1);
    }
    else {
        certs_name(X509_get_issuer_name(cert), cn);
    }
    assert_non_null(ASN1_TIME_set(X509_getm_notBefore(cert), now));
    assert_non_null(ASN1_TIME_set(X509_getm_notAfter(cert), now + 3600));
    assert_int_equal(X509_set_pubkey(cert, key), 1);
    for (; extensions != NULL && *extensions != NULL; extensions += 2) {
        X509_EXTENSION *e =
            X509V3_EXT_nconf(NULL, NULL, extensions[0], extensions[1]);

        assert_non_null(e);
        assert_int_equal(X509_add_ext(cert, e, -1), 1);
        X509_EXTENSION_free(e);
    }
    assert_true(
        X509_sign(cert, issuer != NULL ? issuer->key : key, EVP_sha256()) > 0);
    return certs_decode(f, cert, NULL);
}

static inline scep_keypair_t certs_pair(fixture_t *f, const char *key,
                                        const char *cn,
                                        const scep_keypair_t *issuer)
{
    scep_keypair_t pair = {NULL, certs_key(f, key, NULL)};

    pair.cert = certs_make(f, pair.key, cn, issuer, NULL);
    return pair;
}

/* A stack that does not own CERTS, which are ended by NULL. */
static inline scep_certs_t *certs_stack(fixture_t *f, X509 *const *certs)
{
    scep_certs_t *stack = scep_x509s_own(f->pool, sk_X509_new_null());

    assert_non_null(stack);
    for (; *certs != NULL; certs++) {
        assert_int_equal(X509_up_ref(*certs), 1);
        assert_true(sk_X509_push(stack, *certs) > 0);
    }
    return stack;
}

/* Read one element of DER, strictly: tag and length in their shortest forms,
 * no indefinite length, strings in one piece, SETs sorted, all the way down.
 * @return the octet after it */
static inline const unsigned char *certs_der(const unsigned char *at,
                                             const unsigned char *end)
{
    unsigned char id;
    scep_octets_t last = {NULL, 0};
    const unsigned char *stop;
    size_t len;

    assert_true(end - at >= 2);
    id = *at++;
    assert_int_not_equal(id & 0x1f, 0x1f);
    len = *at++;
    if (len >= 0x80) {
        size_t n = len & 0x7f;

        assert_true(n >= 1 && n <= 3 && (size_t)(end - at) >= n);
        assert_int_not_equal(*at, 0);
        for (len = 0; n > 0; n--) {
            len = len << 8 | *at++;
        }
        assert_true(len >= 0x80);
    }
    assert_true(len <= (size_t)(end - at));
    stop = at + len;
    if ((id & 0x20) == 0) {
        return stop;
    }
    if ((id & 0xc0) == 0) {
        assert_true(id == 0x30 || id == 0x31);
    }
    while (at < stop) {
        scep_octets_t now = {at, 0};

        at = certs_der(at, stop);
        now.len = (size_t)(at - now.data);
        if (id == 0x31 && last.data != NULL) {
            size_t shorter = now.len < last.len ? now.len : last.len;
            int order = memcmp(last.data, now.data, shorter);

            assert_true(order < 0 || (order == 0 && last.len <= now.len));
        }
        last = now;
    }
    assert_ptr_equal(at, stop);
    return stop;
}

static inline void certs_assert_der(scep_octets_t der)
{
    assert_ptr_equal(certs_der(der.data, der.data + der.len),
                     der.data + der.len);
}

#endif
