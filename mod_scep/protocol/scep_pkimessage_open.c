/* Licensed under the Apache License, Version 2.0; see LICENSE. */
/*
 * scep_pkimessage_open.c: the pkcsPKIEnvelope of a request (declared in
 * scep_pkimessage.h). (protocol layer)
 */
#include "scep_pkimessage.h"

#include <string.h>

#include <apr_strings.h>

#include <openssl/err.h>
#include <openssl/objects.h>
#include <openssl/rsa.h>

#include "scep_ber.h"
#include "scep_csr.h"
#include "scep_preflight.h"

/* A short name for CMS's stack, which clang-format can read. */
typedef STACK_OF(CMS_RecipientInfo) recipients_t;

static const scep_keypair_t *pair_at(const apr_array_header_t *pairs, int i)
{
    return APR_ARRAY_IDX(pairs, i, const scep_keypair_t *);
}

/* Does RI name CERT, by issuer, compared as a name (Q79), and serial number, or
 * by its subjectKeyIdentifier? */
static bool is_addressed_to(CMS_RecipientInfo *ri, X509 *cert)
{
    return CMS_RecipientInfo_type(ri) == CMS_RECIPINFO_TRANS &&
           CMS_RecipientInfo_ktri_cert_cmp(ri, cert) == 0;
}

static bool same_key(const scep_keypair_t *a, const scep_keypair_t *b)
{
    return a == b || EVP_PKEY_eq(X509_get0_pubkey(a->cert),
                                 X509_get0_pubkey(b->cert)) == 1;
}

/* Count the RecipientInfos for PAIR's key, under any of our certificates. */
static int count_for_key(recipients_t *ris, const apr_array_header_t *pairs,
                         const scep_keypair_t *pair)
{
    int count = 0;
    int i, j;

    for (i = 0; i < sk_CMS_RecipientInfo_num(ris); i++) {
        for (j = 0; j < pairs->nelts; j++) {
            const scep_keypair_t *other = pair_at(pairs, j);

            if (is_addressed_to(sk_CMS_RecipientInfo_value(ris, i),
                                other->cert) &&
                same_key(pair, other)) {
                count++;
                break;
            }
        }
    }
    return count;
}

static CMS_RecipientInfo *find_recipient(recipients_t *ris,
                                         const scep_keypair_t *pair)
{
    int i;

    for (i = 0; i < sk_CMS_RecipientInfo_num(ris); i++) {
        CMS_RecipientInfo *ri = sk_CMS_RecipientInfo_value(ris, i);

        if (is_addressed_to(ri, pair->cert)) {
            return ri;
        }
    }
    return NULL;
}

static int digest_of(const X509_ALGOR *algorithm)
{
    const ASN1_OBJECT *oid = NULL;

    if (algorithm == NULL) {
        return NID_undef; /* left out: SHA-1 */
    }
    X509_ALGOR_get0(&oid, NULL, NULL, algorithm);
    return OBJ_obj2nid(oid);
}

/* Parse the parameters of an AlgorithmIdentifier by ITEM; pre-flight has
 * checked them. The caller frees the result. */
static void *params_of(const X509_ALGOR *algorithm, const ASN1_ITEM *item)
{
    const void *value = NULL;
    int type = V_ASN1_UNDEF;

    X509_ALGOR_get0(NULL, &type, &value, algorithm);
    return type == V_ASN1_SEQUENCE ? ASN1_item_unpack(value, item) : NULL;
}

static scep_oaep_t oaep_of(CMS_RecipientInfo *ri)
{
    scep_oaep_t oaep = {false, NID_undef, NID_undef};
    X509_ALGOR *algorithm = NULL, *mgf1;
    RSA_OAEP_PARAMS *params;

    if (CMS_RecipientInfo_ktri_get0_algs(ri, NULL, NULL, &algorithm) != 1 ||
        digest_of(algorithm) != NID_rsaesOaep) {
        return oaep;
    }
    oaep.used = true;
    params = params_of(algorithm, ASN1_ITEM_rptr(RSA_OAEP_PARAMS));
    if (params != NULL) {
        oaep.digest = digest_of(params->hashFunc);
        mgf1 = params->maskGenFunc != NULL
                   ? params_of(params->maskGenFunc, ASN1_ITEM_rptr(X509_ALGOR))
                   : NULL;
        oaep.mgf1 = digest_of(mgf1);
        X509_ALGOR_free(mgf1);
        RSA_OAEP_PARAMS_free(params);
    }
    return oaep;
}

/* To whom a RecipientInfo is addressed, for the log. */
static const char *addressee(CMS_RecipientInfo *ri, apr_pool_t *pool)
{
    ASN1_OCTET_STRING *key_id = NULL;
    X509_NAME *issuer = NULL;
    ASN1_INTEGER *serial = NULL;

    if (CMS_RecipientInfo_type(ri) != CMS_RECIPINFO_TRANS ||
        CMS_RecipientInfo_ktri_get0_signer_id(ri, &key_id, &issuer, &serial) !=
            1) {
        return "nobody";
    }
    if (issuer != NULL && serial != NULL) {
        return apr_psprintf(pool, "certificate %s of \"%s\"",
                            scep_serial_text(pool, serial),
                            scep_name_text(pool, issuer));
    }
    return apr_psprintf(pool, "subjectKeyIdentifier %s",
                        scep_hex_lower(pool, ASN1_STRING_get0_data(key_id),
                                       (size_t)ASN1_STRING_length(key_id)));
}

/* Several RecipientInfos for one key would be several tries at decryption in
 * one message (S20, CVE-2026-42768). Anybody can see them, so that their
 * refusal need not be SCEP_R_CONTENT. */
static scep_status_e choose_recipient(scep_pkimessage_t *msg, recipients_t *ris,
                                      const apr_array_header_t *pairs,
                                      scep_result_t *res)
{
    int i;

    for (i = 0; i < pairs->nelts; i++) {
        const scep_keypair_t *pair = pair_at(pairs, i);
        CMS_RecipientInfo *ri = find_recipient(ris, pair);

        if (ri == NULL) {
            continue;
        }
        if (count_for_key(ris, pairs, pair) > 1) {
            msg->recipient = NULL;
            return scep_fail(res, SCEP_R_ENVELOPE,
                             "the envelope has several RecipientInfos for one "
                             "key");
        }
        if (msg->recipient == NULL) {
            msg->recipient = pair;
            msg->oaep = oaep_of(ri);
        }
    }
    if (msg->recipient == NULL) {
        return scep_fail(
            res, SCEP_R_RECIPIENT,
            "the message is encrypted to %s, whose key is not configured here",
            addressee(sk_CMS_RecipientInfo_value(ris, 0), msg->pool));
    }
    return SCEP_OK;
}

scep_octets_t scep_pkimessage_restore(CMS_ContentInfo *cms, scep_octets_t plain,
                                      apr_pool_t *pool)
{
    unsigned char *made, *to;
    int size;

    if (OBJ_obj2nid(CMS_get0_eContentType(cms)) == NID_pkcs7_data ||
        scep_ber_check(plain) == SCEP_BER_GOOD) {
        return plain;
    }
    size = ASN1_object_size(1, (int)plain.len, V_ASN1_SEQUENCE);
    to = made = scep_secret_alloc(pool, (apr_size_t)size);
    ASN1_put_object(&to, 1, (int)plain.len, V_ASN1_SEQUENCE, V_ASN1_UNIVERSAL);
    memcpy(to, plain.data, plain.len);
    return (scep_octets_t){made, (size_t)size};
}

/* If decryption fails, nothing of the plaintext is kept, and the time that a
 * PKCS#10 would have cost is spent (invariant 7). */
static scep_status_e read_content(scep_pkimessage_t *msg,
                                  const scep_algs_t *algs, scep_result_t *res)
{
    bool wants_csr = msg->message_type == SCEP_MSG_PKCSREQ ||
                     msg->message_type == SCEP_MSG_RENEWALREQ;

    /* A CBC plaintext is shorter than its ciphertext, so this never fills. */
    unsigned char *data = scep_secret_alloc(msg->pool, msg->envelope.len);
    size_t len;

    ERR_set_mark();
    len = scep_cms_decrypt(msg->enveloped, msg->recipient, data,
                           msg->envelope.len);
    ERR_pop_to_mark(); /* OpenSSL leaves errors only sometimes (M7) */
    if (len == 0) {
        if (wants_csr) {
            scep_csr_dummy_verify(algs, msg->pool);
        }
        return scep_fail(res, SCEP_R_CONTENT, "envelope cannot be decrypted");
    }
    msg->data = scep_pkimessage_restore(msg->enveloped,
                                        (scep_octets_t){data, len}, msg->pool);
    return SCEP_OK;
}

scep_status_e scep_pkimessage_address(scep_pkimessage_t *msg,
                                      const scep_algs_t *algs,
                                      const apr_array_header_t *pairs,
                                      scep_result_t *res)
{
    scep_status_e status;
    scep_result_t ignored;
    recipients_t *ris;
    int cipher_nid;

    scep_crypto_clear_errors();
    if (msg->envelope.len == 0) {
        return scep_fail(res, SCEP_R_ENVELOPE, "there is no envelope");
    }
    status = scep_preflight_enveloped(msg->envelope, &cipher_nid, res);
    if (status != SCEP_OK) {
        return status;
    }
    msg->cipher = scep_algs_cipher(algs, cipher_nid);
    msg->enveloped = scep_pkimessage_parse_cms(
        msg->envelope, scep_algs_libctx(algs), msg->pool);
    ris =
        msg->enveloped != NULL ? CMS_get0_RecipientInfos(msg->enveloped) : NULL;
    if (msg->cipher == NULL) {
        scep_result_init(&ignored, msg->pool);
        choose_recipient(msg, ris, pairs, &ignored); /* it signs the refusal */
        return scep_fail(
            res, SCEP_R_ENVELOPE_ALG, "content cipher " SCEP_ALG_NOT_ALLOWED,
            OBJ_nid2sn(cipher_nid), scep_level_name(scep_algs_level(algs)));
    }
    if (ris == NULL) {
        return scep_fail(res, SCEP_R_ENVELOPE, "CMS does not parse");
    }
    return choose_recipient(msg, ris, pairs, res);
}

scep_status_e scep_pkimessage_open(scep_pkimessage_t *msg,
                                   const scep_algs_t *algs,
                                   const apr_array_header_t *pairs,
                                   scep_result_t *res)
{
    scep_status_e status = msg->recipient != NULL && msg->cipher != NULL
                               ? SCEP_OK
                               : scep_pkimessage_address(msg, algs, pairs, res);

    return status == SCEP_OK ? read_content(msg, algs, res) : status;
}
