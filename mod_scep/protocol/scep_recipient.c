/* Licensed under the Apache License, Version 2.0; see LICENSE. */
/*
 * scep_recipient.c: the RecipientInfo of a CertRep's envelope. (protocol layer)
 */
#include "scep_recipient.h"

#include <string.h>

#include <openssl/ec.h>
#include <openssl/objects.h>
#include <openssl/rsa.h>

#include "scep_pubkey.h"

enum {
    /* Octets that a key needs to carry the longest content key (AES-256) with
     * either padding; OAEP with SHA-1 takes 42. */
    MIN_KEY_SIZE = 32 + 42,
    /* AES key wrap (RFC 3394 2.2.1) takes no less. */
    MIN_WRAPPED_KEY = 16,
    /* Of PBKDF2 with HMAC-SHA-1, which is all that OpenSSL writes here. Random
     * challenges need no iterations, those that people choose need many, and
     * cryptlib refuses more than 20,000. */
    ITERATIONS = 10000
};

bool scep_oaep_digest(int nid)
{
    return nid == NID_sha1 || nid == NID_sha224 || nid == NID_sha256 ||
           nid == NID_sha384 || nid == NID_sha512;
}

static int or_sha1(int nid)
{
    return nid != NID_undef ? nid : NID_sha1;
}

/* RFC 8017 7.1.1 */
static int oaep_overhead(const scep_oaep_t *oaep)
{
    const EVP_MD *md = EVP_get_digestbynid(or_sha1(oaep->digest));

    return md != NULL ? 2 * EVP_MD_get_size(md) + 2 : SCEP_MAX_RSA_BITS;
}

static const char *transport_fault(const scep_recipient_t *recipient,
                                   const EVP_PKEY *key,
                                   const scep_cipher_t *cipher)
{
    int size = EVP_PKEY_get_size(key);

    if (EVP_PKEY_is_a(key, "RSA") != 1) {
        return "is not RSA";
    }
    if (EVP_PKEY_get_bits(key) > SCEP_MAX_RSA_BITS) {
        return "is too long";
    }
    if (size < MIN_KEY_SIZE ||
        (recipient->oaep.used &&
         size < (int)cipher->key_len + oaep_overhead(&recipient->oaep))) {
        return "is too short";
    }
    return NULL;
}

const char *scep_recipient_fault(const scep_recipient_t *recipient,
                                 const scep_cipher_t *cipher)
{
    EVP_PKEY *key =
        recipient->cert != NULL ? X509_get0_pubkey(recipient->cert) : NULL;

    if (key == NULL) {
        return "is unreadable";
    }
    switch (recipient->delivery) {
    case SCEP_KEY_DELIVERY_TRANSPORT:
        return transport_fault(recipient, key, cipher);
    case SCEP_KEY_DELIVERY_PASSWORD:
        return recipient->password == NULL || *recipient->password == '\0'
                   ? "can only sign, and there is no challengePassword"
                   : NULL;
    case SCEP_KEY_DELIVERY_AGREEMENT:
        if (EVP_PKEY_is_a(key, "EC") != 1 ||
            scep_pubkey_fault(key, 0) != NULL) {
            return "is not EC";
        }
        return cipher->key_len < MIN_WRAPPED_KEY
                   ? "cannot agree on a key as short as the cipher's"
                   : NULL;
    }
    return "is unreadable";
}

/* No check of the certificate's keyUsage or age: self-signed signers carry
 * anything (R6, Q26), and only their key matters here. */
static bool add_transport(CMS_ContentInfo *cms,
                          const scep_recipient_t *recipient)
{
    const scep_oaep_t *oaep = &recipient->oaep;
    CMS_RecipientInfo *ri = CMS_add1_recipient_cert(
        cms, recipient->cert, oaep->used ? CMS_KEY_PARAM : 0);
    EVP_PKEY_CTX *ctx;

    if (ri == NULL || !oaep->used) {
        return ri != NULL;
    }
    ctx = CMS_RecipientInfo_get0_pkey_ctx(ri);
    return ctx != NULL &&
           EVP_PKEY_CTX_set_rsa_padding(ctx, RSA_PKCS1_OAEP_PADDING) > 0 &&
           EVP_PKEY_CTX_set_rsa_oaep_md_name(
               ctx, OBJ_nid2sn(or_sha1(oaep->digest)), NULL) > 0 &&
           EVP_PKEY_CTX_set_rsa_mgf1_md_name(
               ctx, OBJ_nid2sn(or_sha1(oaep->mgf1)), NULL) > 0;
}

/* CMS takes ownership of the copy, and wipes it. */
static bool add_password(CMS_ContentInfo *cms,
                         const scep_recipient_t *recipient)
{
    size_t len = strlen(recipient->password);
    CMS_RecipientInfo *ri = CMS_add0_recipient_password(
        cms, ITERATIONS, NID_undef, NID_undef, NULL, 0, NULL);
    unsigned char *copy;

    if (ri == NULL) {
        return false;
    }
    copy = OPENSSL_memdup(recipient->password, len);
    if (copy == NULL ||
        CMS_RecipientInfo_set0_password(ri, copy, (ossl_ssize_t)len) != 1) {
        OPENSSL_clear_free(copy, len);
        return false;
    }
    return true;
}

/* The key derivation uses a digest as strong as the curve (RFC 5753 7.1.4 and
 * RFC 6318); OpenSSL's default is SHA-1. */
static bool add_agreement(CMS_ContentInfo *cms,
                          const scep_recipient_t *recipient)
{
    int bits = EVP_PKEY_get_bits(X509_get0_pubkey(recipient->cert));
    const EVP_MD *md = bits > 384   ? EVP_sha512()
                       : bits > 256 ? EVP_sha384()
                                    : EVP_sha256();
    CMS_RecipientInfo *ri = CMS_add1_recipient_cert(cms, recipient->cert, 0);
    EVP_PKEY_CTX *ctx = ri != NULL ? CMS_RecipientInfo_get0_pkey_ctx(ri) : NULL;

    return ctx != NULL && EVP_PKEY_CTX_set_ecdh_kdf_md(ctx, md) > 0;
}

bool scep_recipient_add(CMS_ContentInfo *cms, const scep_recipient_t *recipient)
{
    switch (recipient->delivery) {
    case SCEP_KEY_DELIVERY_TRANSPORT:
        return add_transport(cms, recipient);
    case SCEP_KEY_DELIVERY_PASSWORD:
        return add_password(cms, recipient);
    case SCEP_KEY_DELIVERY_AGREEMENT:
        return add_agreement(cms, recipient);
    }
    return false;
}
