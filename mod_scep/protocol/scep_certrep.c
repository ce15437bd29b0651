/* Licensed under the Apache License, Version 2.0; see LICENSE. */
/*
 * scep_certrep.c: CertRep, built with OpenSSL's CMS (RFC 8894 3.3.2).
 * (protocol layer)
 */
#include "scep_certrep.h"

#include <string.h>

#include <apr_strings.h>

#include "scep_oid.h"

/* CMS that was made without CMS_STREAM is encoded with definite lengths. */
static scep_status_e to_der(CMS_ContentInfo *cms, apr_pool_t *pool,
                            scep_octets_t *der, scep_result_t *res)
{
    *der = scep_der_of(pool, cms, ASN1_ITEM_rptr(CMS_ContentInfo));
    return der->len > 0 ? SCEP_OK
                        : scep_fail(res, SCEP_R_INTERNAL, "cannot encode CMS");
}

/* The pkcsPKIEnvelope of a SUCCESS. */
static scep_status_e make_envelope(const scep_certrep_t *rep,
                                   const scep_algs_t *algs, apr_pool_t *pool,
                                   scep_octets_t *der, scep_result_t *res)
{
    const scep_cipher_t *cipher =
        rep->cipher != NULL ? rep->cipher : scep_algs_default_cipher(algs);
    const EVP_CIPHER *evp = scep_algs_evp_cipher(algs, cipher);
    scep_octets_t content;
    CMS_ContentInfo *cms;
    scep_status_e status;
    const char *fault;
    BIO *in;

    fault = scep_recipient_fault(&rep->recipient, cipher);
    if (fault != NULL) {
        return scep_fail(res, SCEP_R_REPLY_KEY, "the signer's key %s", fault);
    }
    status = rep->crl.len > 0
                 ? scep_crl_only_encode(rep->crl, pool, &content, res)
                 : scep_certs_only_encode(rep->certs, pool, &content, res);
    if (status != SCEP_OK) {
        return status;
    }
    if (evp == NULL) {
        return scep_fail(res, SCEP_R_INTERNAL, "cipher not on the list");
    }
    in = scep_bio_own(pool, BIO_new_mem_buf(content.data, (int)content.len));
    cms = scep_cms_own(pool,
                       CMS_encrypt_ex(NULL, NULL, evp, CMS_PARTIAL | CMS_BINARY,
                                      scep_algs_libctx(algs), NULL));
    if (in == NULL || cms == NULL) {
        return scep_fail(res, SCEP_R_INTERNAL, "cannot start an envelope");
    }
    if (!scep_recipient_add(cms, &rep->recipient) ||
        CMS_final(cms, in, NULL, CMS_BINARY) != 1) {
        return scep_fail(res, SCEP_R_REPLY_KEY,
                         "cannot encrypt to the signer's key");
    }
    return to_der(cms, pool, der, res);
}

static bool add_attribute(CMS_SignerInfo *si, apr_pool_t *pool, const char *oid,
                          int type, scep_octets_t value)
{
    ASN1_OBJECT *obj = scep_oid(pool, oid);

    /* An explicit length: -1 would mean "an ASN1_STRING" (M3). */
    return obj != NULL && CMS_signed_add1_attr_by_OBJ(si, obj, type, value.data,
                                                      (int)value.len) == 1;
}

static bool add_text(CMS_SignerInfo *si, apr_pool_t *pool, const char *oid,
                     int type, const char *text)
{
    scep_octets_t value = {(const unsigned char *)text, strlen(text)};

    return add_attribute(si, pool, oid, type, value);
}

static bool add_number(CMS_SignerInfo *si, apr_pool_t *pool, const char *oid,
                       int number)
{
    return add_text(si, pool, oid, V_ASN1_PRINTABLESTRING,
                    apr_itoa(pool, number));
}

/* Add SCEP's attributes; CMS_final() adds contentType, messageDigest and
 * signingTime. The transactionID goes out as it came in, even if it has
 * characters that a PrintableString may not have. */
static bool add_attributes(CMS_SignerInfo *si, const scep_certrep_t *rep,
                           apr_pool_t *pool)
{
    unsigned char nonce[SCEP_NONCE_SIZE];
    bool failure = rep->status == SCEP_PKI_FAILURE;

    return scep_random(nonce, sizeof(nonce), false) &&
           add_number(si, pool, SCEP_OID_MESSAGE_TYPE, SCEP_MSG_CERTREP) &&
           add_number(si, pool, SCEP_OID_PKI_STATUS, (int)rep->status) &&
           add_attribute(si, pool, SCEP_OID_TRANSACTION_ID,
                         V_ASN1_PRINTABLESTRING, rep->transaction_id) &&
           (rep->recipient_nonce.len == 0 ||
            add_attribute(si, pool, SCEP_OID_RECIPIENT_NONCE,
                          V_ASN1_OCTET_STRING, rep->recipient_nonce)) &&
           add_attribute(si, pool, SCEP_OID_SENDER_NONCE, V_ASN1_OCTET_STRING,
                         (scep_octets_t){nonce, sizeof(nonce)}) &&
           (!failure ||
            add_number(si, pool, SCEP_OID_FAIL_INFO, (int)rep->failinfo)) &&
           (!failure || rep->ndes_error == 0 ||
            add_number(si, pool, SCEP_OID_NDES_ERROR, rep->ndes_error)) &&
           (!failure || rep->fail_text == NULL ||
            add_text(si, pool, SCEP_OID_FAIL_INFO_TEXT, V_ASN1_UTF8STRING,
                     rep->fail_text));
}

/* Sign CONTENT. If it is empty, eContent is absent (or empty, where REP asks
 * for that), and messageDigest is that of the empty string (M1). */
static scep_status_e sign_reply(const scep_certrep_t *rep,
                                const scep_algs_t *algs, scep_octets_t content,
                                apr_pool_t *pool, scep_octets_t *der,
                                scep_result_t *res)
{
    const scep_digest_t *digest =
        rep->digest != NULL ? rep->digest : scep_algs_default_digest(algs);
    const EVP_MD *md = scep_algs_md(algs, digest);
    unsigned int flags =
        CMS_PARTIAL | CMS_BINARY |
        (content.len == 0 && !rep->empty_content ? CMS_DETACHED : 0);
    CMS_ContentInfo *cms;
    CMS_SignerInfo *si;
    BIO *in;

    if (md == NULL) {
        return scep_fail(res, SCEP_R_INTERNAL, "digest not on the list");
    }
    in = scep_bio_own(
        pool, BIO_new_mem_buf(content.len > 0 ? content.data : (const void *)"",
                              (int)content.len));
    cms = scep_cms_own(pool, CMS_sign_ex(NULL, NULL, NULL, NULL, flags,
                                         scep_algs_libctx(algs), NULL));
    if (in == NULL || cms == NULL) {
        return scep_fail(res, SCEP_R_INTERNAL, "cannot start a CertRep");
    }
    si = CMS_add1_signer(cms, rep->signer->cert, rep->signer->key, md,
                         CMS_PARTIAL | CMS_BINARY | CMS_NOSMIMECAP);
    if (si == NULL || !add_attributes(si, rep, pool) ||
        CMS_final(cms, in, NULL, flags) != 1) {
        return scep_fail(res, SCEP_R_INTERNAL, "cannot sign a CertRep");
    }
    return to_der(cms, pool, der, res);
}

scep_status_e scep_certrep_encode(const scep_certrep_t *rep,
                                  const scep_algs_t *algs, apr_pool_t *pool,
                                  scep_octets_t *der, scep_result_t *res)
{
    scep_octets_t content = {NULL, 0};

    scep_crypto_clear_errors();
    if (rep->status == SCEP_PKI_FAILURE && rep->failinfo == SCEP_FAIL_NONE) {
        return scep_fail(res, SCEP_R_INTERNAL, "FAILURE without failInfo");
    }
    if (rep->status == SCEP_PKI_SUCCESS) {
        scep_status_e status = make_envelope(rep, algs, pool, &content, res);

        if (status != SCEP_OK) {
            return status;
        }
    }
    return sign_reply(rep, algs, content, pool, der, res);
}
