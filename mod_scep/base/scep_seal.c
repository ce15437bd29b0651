/* Licensed under the Apache License, Version 2.0; see LICENSE. */
/*
 * scep_seal.c: puts a secret into AuthEnvelopedData and opens it. The secret
 * stays in memory that this code wipes: CMS_encrypt() and CMS_decrypt() would
 * leave copies in buffers that nobody wipes. (base layer)
 */
#include "scep_seal.h"

#include <string.h>

#include <openssl/ec.h>
#include <openssl/err.h>
#include <openssl/objects.h>

/* KeyTransRecipientInfo for RSA, KeyAgreeRecipientInfo for EC. By default
 * OpenSSL would base the latter's KDF on SHA-1. */
static bool add_recipient(CMS_ContentInfo *cms, X509 *recipient)
{
    EVP_PKEY *key = X509_get0_pubkey(recipient);
    bool ec = key != NULL && EVP_PKEY_is_a(key, "EC");
    CMS_RecipientInfo *info;

    if (!ec && (key == NULL || !EVP_PKEY_is_a(key, "RSA"))) {
        return false;
    }
    info = CMS_add1_recipient_cert(cms, recipient, 0);
    return info != NULL && (!ec || EVP_PKEY_CTX_set_ecdh_kdf_md(
                                       CMS_RecipientInfo_get0_pkey_ctx(info),
                                       EVP_sha256()) == 1);
}

static CMS_ContentInfo *seal(X509 *recipient, scep_octets_t data,
                             apr_pool_t *pool)
{
    CMS_ContentInfo *cms =
        scep_cms_own(pool, CMS_AuthEnvelopedData_create(EVP_aes_256_gcm()));
    BIO *bio;
    bool ok;

    if (cms == NULL || !add_recipient(cms, recipient) ||
        CMS_set_detached(cms, 0) != 1) {
        return NULL;
    }
    bio = CMS_dataInit(cms, NULL);
    ok = bio != NULL &&
         BIO_write(bio, data.data, (int)data.len) == (int)data.len &&
         BIO_flush(bio) == 1 && CMS_dataFinal(cms, bio) == 1;
    BIO_free_all(bio);
    return ok ? cms : NULL;
}

/* CMS in DER, from POOL; len 0 on failure. */
static scep_octets_t to_der(CMS_ContentInfo *cms, apr_pool_t *pool)
{
    return cms != NULL ? scep_der_of(pool, cms, ASN1_ITEM_rptr(CMS_ContentInfo))
                       : (scep_octets_t){NULL, 0};
}

bool scep_seal(X509 *recipient, scep_octets_t data, apr_pool_t *pool,
               scep_octets_t *der)
{
    CMS_ContentInfo *cms =
        data.len <= SCEP_SEAL_MAX ? seal(recipient, data, pool) : NULL;

    *der = to_der(cms, pool);
    return der->len > 0;
}

static bool is_for(CMS_RecipientInfo *info, X509 *cert)
{
    STACK_OF(CMS_RecipientEncryptedKey) * keys;

    switch (CMS_RecipientInfo_type(info)) {
    case CMS_RECIPINFO_TRANS:
        return CMS_RecipientInfo_ktri_cert_cmp(info, cert) == 0;
    case CMS_RECIPINFO_AGREE:
        keys = CMS_RecipientInfo_kari_get0_reks(info);
        return sk_CMS_RecipientEncryptedKey_num(keys) == 1 &&
               CMS_RecipientEncryptedKey_cert_cmp(
                   sk_CMS_RecipientEncryptedKey_value(keys, 0), cert) == 0;
    default:
        return false;
    }
}

static const scep_keypair_t *find_pair(CMS_ContentInfo *cms,
                                       const apr_array_header_t *pairs)
{
    STACK_OF(CMS_RecipientInfo) *infos = CMS_get0_RecipientInfos(cms);
    int i;

    if (sk_CMS_RecipientInfo_num(infos) != 1) {
        return NULL;
    }
    for (i = 0; i < pairs->nelts; i++) {
        const scep_keypair_t *pair =
            APR_ARRAY_IDX(pairs, i, const scep_keypair_t *);

        if (is_for(sk_CMS_RecipientInfo_value(infos, 0), pair->cert)) {
            return pair;
        }
    }
    return NULL;
}

/* How many octets of a primitive's content are the same in every envelope to
 * one recipient. If one of the others is changed (encrypted key, nonce, cipher
 * text, tag, a point on the curve), decryption fails. */
static long fixed_octets(int tag, int class, long len)
{
    bool universal = class == V_ASN1_UNIVERSAL;

    if ((universal && tag == V_ASN1_OCTET_STRING) ||
        (class == V_ASN1_CONTEXT_SPECIFIC && tag == 0)) {
        return 0;
    }
    if (universal && tag == V_ASN1_BIT_STRING) {
        return len < 2 ? len : 2; /* unused bits, form of the point */
    }
    return len;
}

/* CMS authenticates only the content. Versions, algorithms and their parameters
 * follow from the recipient, so they are compared with those of MODEL, an
 * envelope that was made here, of the same length. */
static bool same_form(const unsigned char *der, const unsigned char *model,
                      long len)
{
    const unsigned char *end = model + len;

    while (model < end) {
        const unsigned char *content = model;
        long size, head;
        int tag, class;
        int rc = ASN1_get_object(&content, &size, &tag, &class, end - model);

        head = content - model;
        if ((rc & 0x80) != 0 || memcmp(der, model, (size_t)head) != 0) {
            return false;
        }
        der += head;
        if ((rc & V_ASN1_CONSTRUCTED) != 0
                ? !same_form(der, content, size)
                : memcmp(der, content,
                         (size_t)fixed_octets(tag, class, size)) != 0) {
            return false;
        }
        der += size;
        model = content + size;
    }
    return true;
}

static bool is_ours(scep_octets_t der, X509 *recipient, size_t len,
                    apr_pool_t *pool)
{
    scep_octets_t zeros = {apr_pcalloc(pool, len), len};
    scep_octets_t model = to_der(seal(recipient, zeros, pool), pool);

    return model.len > 0 && model.len == der.len &&
           same_form(der.data, model.data, (long)model.len);
}

static CMS_ContentInfo *parse(scep_octets_t der, apr_pool_t *pool)
{
    const unsigned char *in = der.data;
    CMS_ContentInfo *cms =
        der.len == 0
            ? NULL
            : scep_cms_own(pool, d2i_CMS_ContentInfo(NULL, &in, (long)der.len));

    return cms != NULL && in == der.data + der.len ? cms : NULL;
}

scep_unseal_e scep_unseal(scep_octets_t der, const apr_array_header_t *pairs,
                          apr_pool_t *pool, unsigned char **data, size_t *len)
{
    CMS_ContentInfo *cms = parse(der, pool);
    const scep_keypair_t *pair;
    ASN1_OCTET_STRING **content;
    unsigned char *buf;
    size_t size;

    *data = NULL;
    *len = 0;
    if (cms == NULL) {
        return SCEP_UNSEAL_NO_CMS;
    }
    if (OBJ_obj2nid(CMS_get0_type(cms)) != NID_id_smime_ct_authEnvelopedData) {
        return SCEP_UNSEAL_NOT_SEALED;
    }
    ERR_set_mark();
    pair = find_pair(cms, pairs);
    ERR_pop_to_mark();
    if (pair == NULL) {
        return SCEP_UNSEAL_NO_PAIR;
    }
    content = CMS_get0_content(cms);
    size = content != NULL && *content != NULL ? (size_t)(*content)->length : 0;
    if (size == 0 || size > SCEP_SEAL_MAX ||
        !is_ours(der, pair->cert, size, pool)) {
        return SCEP_UNSEAL_CHANGED;
    }
    buf = scep_secret_alloc(pool, size + 1); /* which adds a NUL */
    if (scep_cms_decrypt(cms, pair, buf, size + 1) != size) {
        return SCEP_UNSEAL_DAMAGED;
    }
    *data = buf;
    *len = size;
    return SCEP_UNSEAL_OK;
}
