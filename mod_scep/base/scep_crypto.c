/* Licensed under the Apache License, Version 2.0; see LICENSE. */
/*
 * scep_crypto.c: makes pools the owners of OpenSSL objects; the error queue,
 * random octets, hashes, and names as text. (base layer)
 */
#include "scep_crypto.h"

#include <limits.h>
#include <string.h>

#include <apr_strings.h>

#include <openssl/bn.h>
#include <openssl/err.h>
#include <openssl/hmac.h>
#include <openssl/rand.h>

#include "scep_name_search.h"

typedef struct owned_t {
    void *object;
    void (*free_fn)(void *);
} owned_t;

static apr_status_t owned_cleanup(void *baton)
{
    owned_t *owned = baton;

    owned->free_fn(owned->object);
    return APR_SUCCESS;
}

void *scep_own(apr_pool_t *pool, void *object, void (*free_fn)(void *))
{
    if (object != NULL) {
        owned_t *owned = apr_palloc(pool, sizeof(*owned));

        owned->object = object;
        owned->free_fn = free_fn;
        apr_pool_cleanup_register(pool, owned, owned_cleanup,
                                  apr_pool_cleanup_null);
    }
    return object;
}

/* Each type needs a function of its own: calling X509_free() through a pointer
 * to void (*)(void *) would be undefined. */
#define OWNER(function, type, free_call)                                       \
    static void function##_free(void *object)                                  \
    {                                                                          \
        type *typed = object;                                                  \
        free_call;                                                             \
    }                                                                          \
    type *function(apr_pool_t *pool, type *object)                             \
    {                                                                          \
        return scep_own(pool, object, function##_free);                        \
    }

OWNER(scep_bio_own, BIO, BIO_free_all(typed))
OWNER(scep_cms_own, CMS_ContentInfo, CMS_ContentInfo_free(typed))
OWNER(scep_pkcs7_own, PKCS7, PKCS7_free(typed))
OWNER(scep_x509_own, X509, X509_free(typed))
OWNER(scep_x509_req_own, X509_REQ, X509_REQ_free(typed))
OWNER(scep_pkey_own, EVP_PKEY, EVP_PKEY_free(typed))
OWNER(scep_x509s_own, scep_certs_t, sk_X509_pop_free(typed, X509_free))
OWNER(scep_libctx_own, OSSL_LIB_CTX, OSSL_LIB_CTX_free(typed))

void scep_crypto_clear_errors(void)
{
    ERR_clear_error();
}

const char *scep_crypto_errors(apr_pool_t *pool)
{
    const char *text = "";
    unsigned long code;
    int count = 0;

    while ((code = ERR_get_error()) != 0) {
        char line[256];

        if (count++ < 4) {
            ERR_error_string_n(code, line, sizeof(line));
            text = *text == '\0' ? apr_pstrdup(pool, line)
                                 : apr_pstrcat(pool, text, "; ", line, NULL);
        }
    }
    return text;
}

bool scep_random(unsigned char *out, size_t len, bool secret)
{
    if (len > INT_MAX) {
        return false;
    }
    return (secret ? RAND_priv_bytes(out, (int)len)
                   : RAND_bytes(out, (int)len)) == 1;
}

bool scep_sha256(scep_octets_t data, unsigned char out[SCEP_HASH_SIZE])
{
    unsigned int len = 0;

    return EVP_Digest(data.data, data.len, out, &len, EVP_sha256(), NULL) ==
               1 &&
           len == SCEP_HASH_SIZE;
}

size_t scep_digest(const char *name, scep_octets_t data, unsigned char *out)
{
    unsigned int len = 0;
    EVP_MD *md = EVP_MD_fetch(NULL, name, NULL);
    int rc =
        md != NULL ? EVP_Digest(data.data, data.len, out, &len, md, NULL) : 0;

    EVP_MD_free(md);
    return rc == 1 ? len : 0;
}

bool scep_hmac(scep_octets_t key, scep_octets_t data,
               unsigned char out[SCEP_HASH_SIZE])
{
    unsigned int len = 0;

    if (key.len == 0 || key.len > INT_MAX) {
        return false;
    }
    return HMAC(EVP_sha256(), key.data, (int)key.len, data.data, data.len, out,
                &len) != NULL &&
           len == SCEP_HASH_SIZE;
}

EVP_PKEY *scep_rsa_public_key(apr_pool_t *pool, scep_octets_t der)
{
    const unsigned char *in = der.data;
    EVP_PKEY *key = NULL;

    if (der.len > 0 && der.len <= LONG_MAX) {
        key = scep_pkey_own(
            pool, d2i_PublicKey(EVP_PKEY_RSA, NULL, &in, (long)der.len));
    }
    return key != NULL && in == der.data + der.len ? key : NULL;
}

bool scep_key_hash(EVP_PKEY *key, unsigned char out[SCEP_HASH_SIZE])
{
    unsigned char *der = NULL;
    int len = i2d_PUBKEY(key, &der);
    bool ok;

    if (len <= 0) {
        return false;
    }
    ok = scep_sha256((scep_octets_t){der, (size_t)len}, out);
    OPENSSL_free(der);
    return ok;
}

scep_octets_t scep_der_of(apr_pool_t *pool, const void *object,
                          const ASN1_ITEM *item)
{
    scep_octets_t octets = {NULL, 0};
    unsigned char *der = NULL;
    int len = ASN1_item_i2d(object, &der, item);

    if (len > 0) {
        octets = scep_octets_copy(pool, (scep_octets_t){der, (size_t)len});
        OPENSSL_free(der);
    }
    return octets;
}

scep_octets_t scep_x509_der(apr_pool_t *pool, X509 *cert)
{
    return scep_der_of(pool, cert, ASN1_ITEM_rptr(X509));
}

scep_octets_t scep_bio_octets(apr_pool_t *pool, BIO *bio)
{
    char *data = NULL;
    long len = BIO_get_mem_data(bio, &data);
    scep_octets_t octets = {(unsigned char *)data, len > 0 ? (size_t)len : 0};

    return scep_octets_copy(pool, octets);
}

size_t scep_cms_decrypt(CMS_ContentInfo *cms, const scep_keypair_t *pair,
                        unsigned char *out, size_t size)
{
    size_t len = 0;
    int got = 0;
    BIO *bio;

    if (CMS_decrypt_set1_pkey(cms, pair->key, pair->cert) != 1) {
        return 0;
    }
    bio = CMS_dataInit(cms, NULL);
    if (bio == NULL) {
        return 0;
    }
    while (len < size &&
           (got = BIO_read(bio, out + len, (int)(size - len))) > 0) {
        len += (size_t)got;
    }
    /* 0 means the end of data. The status of the cipher says whether its
     * padding or tag was good. */
    if (got != 0 || BIO_get_cipher_status(bio) != 1) {
        len = 0;
    }
    BIO_free_all(bio);
    return len;
}

/* Write the octets of invisible characters as hex pairs (RFC 4514 2.4). */
static const char *escape_hidden(apr_pool_t *pool, scep_octets_t text)
{
    const unsigned char *at = text.data, *end;
    char *out, *to;

    if (text.len == 0) {
        return "";
    }
    end = at + text.len;
    out = to = apr_palloc(pool, 3 * text.len + 1);
    while (at < end) {
        const unsigned char *from = at;
        bool plain = scep_point_visible(scep_utf8_point(&at, end));

        for (; from < at; from++) {
            if (plain) {
                *to++ = (char)*from;
            }
            else {
                *to++ = '\\';
                to = scep_hex_into(to, from, 1) + 2;
            }
        }
    }
    *to = '\0';
    return out;
}

const char *scep_name_text(apr_pool_t *pool, const X509_NAME *name)
{
    const unsigned long flags = XN_FLAG_RFC2253 & ~ASN1_STRFLGS_ESC_MSB;
    BIO *bio = scep_bio_own(pool, BIO_new(BIO_s_mem()));
    int printed;

    if (bio == NULL || name == NULL) {
        return "?";
    }
    ERR_set_mark();
    printed = X509_NAME_print_ex(bio, name, 0, flags);
    if (printed < 0) {
        /* A string does not fit its type: write all strings in hex. */
        (void)BIO_reset(bio);
        printed =
            X509_NAME_print_ex(bio, name, 0, flags | ASN1_STRFLGS_DUMP_ALL);
    }
    ERR_pop_to_mark();
    return printed < 0
               ? "?"
               : scep_name_modern(
                     pool, escape_hidden(pool, scep_bio_octets(pool, bio)));
}

const char *scep_serial_text(apr_pool_t *pool, const ASN1_INTEGER *serial)
{
    BIGNUM *number = ASN1_INTEGER_to_BN(serial, NULL);
    char *hex = number != NULL ? BN_bn2hex(number) : NULL;
    const char *digits = hex != NULL ? hex : "?";
    const char *sign = "";
    const char *copy;

    if (*digits == '-') {
        sign = "-";
        digits++;
    }
    while (digits[0] == '0' && digits[1] != '\0') {
        digits++;
    }
    copy = apr_pstrcat(pool, sign, digits, NULL);
    OPENSSL_free(hex);
    BN_free(number);
    return copy;
}
