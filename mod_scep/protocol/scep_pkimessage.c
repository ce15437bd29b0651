/* Licensed under the Apache License, Version 2.0; see LICENSE. */
/*
 * scep_pkimessage.c: the outer SignedData of a request. (protocol layer)
 */
#include "scep_pkimessage.h"

#include <string.h>

#include <apr_strings.h>

#include <openssl/err.h>
#include <openssl/objects.h>

#include "scep_cert_time.h"
#include "scep_oid.h"
#include "scep_preflight.h"
#include "scep_pss.h"
#include "scep_pubkey.h"
#include "scep_signed.h"

enum { MAX_TYPE_TEXT = 16 }; /* more than the three digits of a number */

/* A message while its outer layer is read. */
typedef struct outer_t {
    CMS_ContentInfo *cms;
    CMS_SignerInfo *si;
    scep_certs_t *certs; /* of scep_signed_parse() */
    const scep_algs_t *algs;
    apr_pool_t *pool;
} outer_t;

/* The value of a signed attribute that occurs once, with one value of TYPE;
 * else NULL. Lastpos -3 means that to CMS_signed_get0_data_by_OBJ(3) (S25). */
static void *attribute(const outer_t *o, const char *oid, int type)
{
    ASN1_OBJECT *object = scep_oid(o->pool, oid);
    void *value;

    ERR_set_mark();
    value = object == NULL
                ? NULL
                : CMS_signed_get0_data_by_OBJ(o->si, object, -3, type);
    ERR_pop_to_mark(); /* another type is an answer, not an error */
    return value;
}

static bool has_attribute(const outer_t *o, const char *oid)
{
    ASN1_OBJECT *object = scep_oid(o->pool, oid);

    return object != NULL && CMS_signed_get_attr_by_OBJ(o->si, object, -1) >= 0;
}

/* Often wrong (Q80), and not used in this layer: a malformed one is ignored. */
static void read_signing_time(const outer_t *o, scep_pkimessage_t *msg)
{
    static const int types[] = {V_ASN1_UTCTIME, V_ASN1_GENERALIZEDTIME};
    const ASN1_TIME *value = NULL;
    size_t i;

    ERR_set_mark();
    for (i = 0; i < sizeof(types) / sizeof(types[0]) && value == NULL; i++) {
        value = attribute(o, "1.2.840.113549.1.9.5", types[i]);
    }
    if (value == NULL || !scep_cert_time(value, &msg->signing_time)) {
        msg->signing_time = 0;
    }
    ERR_pop_to_mark();
}

/* RFC 8894 3.2.1 says PrintableString. Other types, and characters that a
 * PrintableString may not hold, are common, so any printable ASCII is accepted.
 * TEXT is not terminated. */
static bool text_attribute(const outer_t *o, const char *oid, size_t max,
                           scep_octets_t *text)
{
    static const int types[] = {V_ASN1_PRINTABLESTRING, V_ASN1_UTF8STRING,
                                V_ASN1_IA5STRING};
    const ASN1_STRING *value = NULL;
    size_t i;

    for (i = 0; i < sizeof(types) / sizeof(types[0]) && value == NULL; i++) {
        value = attribute(o, oid, types[i]);
    }
    if (value == NULL) {
        return false;
    }
    text->data = ASN1_STRING_get0_data(value);
    text->len = (size_t)ASN1_STRING_length(value);
    if (text->len == 0 || text->len > max) {
        return false;
    }
    for (i = 0; i < text->len; i++) {
        if (text->data[i] < 0x20 || text->data[i] > 0x7e) {
            return false;
        }
    }
    return true;
}

/* Read what every answer needs: transactionID and senderNonce. */
static scep_status_e read_ids(const outer_t *o, scep_pkimessage_t *msg,
                              scep_result_t *res)
{
    scep_octets_t id;
    const ASN1_OCTET_STRING *nonce;
    int len;

    if (!text_attribute(o, SCEP_OID_TRANSACTION_ID, SCEP_MAX_TRANSACTION_ID,
                        &id)) {
        return scep_fail(res, SCEP_R_TRANSACTION_ID,
                         "transactionID is missing, repeated, or not a "
                         "printable string of 1 to %d octets",
                         SCEP_MAX_TRANSACTION_ID);
    }
    nonce = attribute(o, SCEP_OID_SENDER_NONCE, V_ASN1_OCTET_STRING);
    len = nonce != NULL ? ASN1_STRING_length(nonce) : 0;
    if ((len < 1 && has_attribute(o, SCEP_OID_SENDER_NONCE)) ||
        len > SCEP_MAX_NONCE) {
        return scep_fail(res, SCEP_R_SENDER_NONCE,
                         "senderNonce is not one value of 1 to %d octets",
                         SCEP_MAX_NONCE);
    }
    msg->transaction_id =
        apr_pstrmemdup(o->pool, (const char *)id.data, id.len);
    msg->transaction_id_raw.data = (const unsigned char *)msg->transaction_id;
    msg->transaction_id_raw.len = id.len;
    if (len > 0) {
        msg->sender_nonce.data = ASN1_STRING_get0_data(nonce);
        msg->sender_nonce.len = (size_t)len;
    }
    return SCEP_OK;
}

/* SignerInfo.signatureAlgorithm: some clients name the key's algorithm alone,
 * others name it together with the digest. */
static bool signature_allowed(const scep_algs_t *algs,
                              const scep_digest_t *digest,
                              const X509_ALGOR *algorithm, int nid)
{
    int key_nid;

    switch (nid) {
    case NID_rsaEncryption:
    case NID_X9_62_id_ecPublicKey: /* cryptlib */
        return true;
    case NID_rsassaPss: /* strongSwan has an option for it (Q41) */
        return scep_pss_digest(algorithm, algs) == digest;
    default:
        return scep_algs_signature_digest(algs, nid) != NULL &&
               OBJ_find_sigid_algs(nid, NULL, &key_nid) == 1 &&
               (key_nid == NID_rsaEncryption ||
                key_nid == NID_X9_62_id_ecPublicKey);
    }
}

static scep_status_e check_algorithms(const outer_t *o, scep_pkimessage_t *msg,
                                      scep_result_t *res)
{
    X509_ALGOR *digest = NULL, *signature = NULL;
    const ASN1_OBJECT *digest_oid, *signature_oid;

    CMS_SignerInfo_get0_algs(o->si, NULL, NULL, &digest, &signature);
    X509_ALGOR_get0(&digest_oid, NULL, NULL, digest);
    X509_ALGOR_get0(&signature_oid, NULL, NULL, signature);

    msg->digest = scep_algs_digest(o->algs, OBJ_obj2nid(digest_oid));
    if (msg->digest == NULL) {
        return scep_fail(res, SCEP_R_OUTER_ALG, "digest " SCEP_ALG_NOT_ALLOWED,
                         OBJ_nid2sn(OBJ_obj2nid(digest_oid)),
                         scep_level_name(scep_algs_level(o->algs)));
    }
    if (!signature_allowed(o->algs, msg->digest, signature,
                           OBJ_obj2nid(signature_oid))) {
        return scep_fail(res, SCEP_R_OUTER_ALG,
                         "signature algorithm " SCEP_ALG_NOT_ALLOWED,
                         OBJ_nid2sn(OBJ_obj2nid(signature_oid)),
                         scep_level_name(scep_algs_level(o->algs)));
    }
    return SCEP_OK;
}

static bool same_cert(const outer_t *o, X509 *a, X509 *b)
{
    return scep_octets_equal(scep_x509_der(o->pool, a),
                             scep_x509_der(o->pool, b));
}

/* The certificate that the SignerInfo names, anywhere among the enclosed ones
 * (R11). Two different ones with that name are refused. */
static scep_status_e match_signer(const outer_t *o, X509 **found,
                                  scep_result_t *res)
{
    int i;

    *found = NULL;
    for (i = 0; i < sk_X509_num(o->certs); i++) {
        X509 *cert = sk_X509_value(o->certs, i);

        if (CMS_SignerInfo_cert_cmp(o->si, cert) != 0) {
            continue;
        }
        if (*found != NULL && !same_cert(o, *found, cert)) {
            return scep_fail(res, SCEP_R_SIGNATURE,
                             "two different certificates have the name and "
                             "serial number of the signer's");
        }
        *found = cert;
    }
    return *found != NULL
               ? SCEP_OK
               : scep_fail(res, SCEP_R_SIGNATURE,
                           "the signer's certificate is not enclosed");
}

static scep_status_e find_signer(const outer_t *o, scep_pkimessage_t *msg,
                                 scep_result_t *res)
{
    X509 *found;
    const char *fault;
    scep_status_e status;

    ERR_set_mark();
    status = match_signer(o, &found, res);
    ERR_pop_to_mark(); /* keyless certificates have no fingerprint */
    if (status != SCEP_OK) {
        return status;
    }
    msg->signer_id = scep_signed_signer(&found, o->algs, o->pool);
    msg->signer_key =
        msg->signer_id != NULL ? scep_pubkey_of(msg->signer_id, o->pool) : NULL;
    if (msg->signer_key == NULL) {
        return scep_fail(res, SCEP_R_OUTER_ALG, "signer's key is unreadable");
    }
    fault = scep_pubkey_signer_fault(msg->signer_key);
    if (fault != NULL) {
        return scep_fail(res, SCEP_R_OUTER_ALG, "signer's %s: %s", fault,
                         scep_pubkey_text(msg->signer_key, o->pool));
    }
    msg->signer = found;
    CMS_SignerInfo_set1_signer_cert(o->si, msg->signer_id);
    return SCEP_OK;
}

/* Hash the signed attributes in the order in which they came. Their
 * messageDigest stands for the content, so only the signer can make a message
 * that differs and has another hash. */
static bool hash_signed(const outer_t *o, unsigned char *hash)
{
    EVP_MD_CTX *ctx = EVP_MD_CTX_new();
    bool ok = ctx != NULL && EVP_DigestInit_ex(ctx, EVP_sha256(), NULL) == 1;
    int count = CMS_signed_get_attr_count(o->si);
    int i;

    for (i = 0; ok && i < count; i++) {
        unsigned char *der = NULL;
        int len = i2d_X509_ATTRIBUTE(CMS_signed_get_attr(o->si, i), &der);

        ok = len > 0 && EVP_DigestUpdate(ctx, der, (size_t)len) == 1;
        OPENSSL_free(der);
    }
    ok = ok && EVP_DigestFinal_ex(ctx, hash, NULL) == 1;
    EVP_MD_CTX_free(ctx);
    return ok;
}

/* Verify signature and messageDigest over attributes and content as received
 * (M5). The signer's certificate is not verified: only its key counts here. */
static scep_status_e verify_signature(const outer_t *o, scep_pkimessage_t *msg,
                                      scep_result_t *res)
{
    BIO *nothing = NULL;

    if (msg->envelope.len == 0) {
        nothing = scep_bio_own(o->pool, BIO_new_mem_buf("", 0)); /* M1 */
        if (nothing == NULL) {
            return scep_fail(res, SCEP_R_INTERNAL, "no memory");
        }
    }
    if (CMS_verify(o->cms, NULL, NULL, nothing, NULL,
                   CMS_NO_SIGNER_CERT_VERIFY | CMS_NOCRL | CMS_BINARY) != 1) {
        return scep_fail(res, SCEP_R_SIGNATURE, "outer signature is bad");
    }
    if (!hash_signed(o, msg->hash)) {
        return scep_fail(res, SCEP_R_INTERNAL, "SHA-256 failed");
    }
    msg->verified = true;
    return SCEP_OK;
}

static bool is_request(int message_type)
{
    switch (message_type) {
    case SCEP_MSG_RENEWALREQ:
    case SCEP_MSG_PKCSREQ:
    case SCEP_MSG_CERTPOLL:
    case SCEP_MSG_GETCERT:
    case SCEP_MSG_GETCRL:
        return true;
    default:
        return false;
    }
}

/* A decimal number, 0 to 255, without leading zeros or a sign; else -1. */
static int decimal(scep_octets_t text)
{
    int number = 0;
    size_t i;

    if (text.len < 1 || text.len > 3 || (text.len > 1 && text.data[0] == '0')) {
        return -1;
    }
    for (i = 0; i < text.len; i++) {
        if (text.data[i] < '0' || text.data[i] > '9') {
            return -1;
        }
        number = 10 * number + (text.data[i] - '0');
    }
    return number <= 255 ? number : -1;
}

static scep_status_e read_attributes(const outer_t *o, scep_pkimessage_t *msg,
                                     scep_result_t *res)
{
    const ASN1_OBJECT *type =
        attribute(o, "1.2.840.113549.1.9.3", V_ASN1_OBJECT);
    scep_octets_t text;

    /* RFC 5652 11.1; CMS_verify() only checks that the attribute exists. */
    if (type == NULL || OBJ_cmp(type, CMS_get0_eContentType(o->cms)) != 0) {
        return scep_fail(res, SCEP_R_ATTRIBUTES,
                         "the attribute contentType is not the content's type");
    }
    read_signing_time(o, msg);
    msg->clear_challenge = has_attribute(o, SCEP_OID_CHALLENGE_PASSWORD);
    if (!text_attribute(o, SCEP_OID_MESSAGE_TYPE, MAX_TYPE_TEXT, &text)) {
        return scep_fail(res, SCEP_R_ATTRIBUTES,
                         "messageType is missing, repeated, or not a string");
    }
    msg->message_type = decimal(text);
    if (msg->message_type < 0) {
        return scep_fail(res, SCEP_R_MESSAGE_TYPE,
                         "the messageType is no number from 0 to 255");
    }
    if (!is_request(msg->message_type)) { /* S1: refuse what is not listed */
        return scep_fail(res, SCEP_R_MESSAGE_TYPE, "messageType %d",
                         msg->message_type);
    }
    return SCEP_OK;
}

static scep_status_e verify_and_read(const outer_t *o, scep_pkimessage_t *msg,
                                     scep_result_t *res)
{
    ASN1_OCTET_STRING **content = CMS_get0_content(o->cms);
    scep_status_e status;

    if (content != NULL && *content != NULL) {
        msg->envelope.data = ASN1_STRING_get0_data(*content);
        msg->envelope.len = (size_t)ASN1_STRING_length(*content);
    }
    status = check_algorithms(o, msg, res);
    if (status == SCEP_OK) {
        status = find_signer(o, msg, res);
    }
    if (status == SCEP_OK) {
        status = verify_signature(o, msg, res);
    }
    if (status == SCEP_OK) {
        status = read_attributes(o, msg, res);
    }
    return status;
}

scep_status_e scep_pkimessage_decode(scep_octets_t der, const scep_algs_t *algs,
                                     apr_pool_t *pool, scep_pkimessage_t **msg,
                                     scep_result_t *res)
{
    outer_t o = {.algs = algs, .pool = pool};
    STACK_OF(CMS_SignerInfo) * signers;
    scep_pkimessage_t *made;
    scep_status_e status;

    *msg = NULL;
    scep_crypto_clear_errors();
    status = scep_preflight_signed(der, res);
    if (status != SCEP_OK) {
        return status;
    }
    o.cms = scep_signed_parse(der, algs, pool, &o.certs);
    signers = o.cms != NULL ? CMS_get0_SignerInfos(o.cms) : NULL;
    if (sk_CMS_SignerInfo_num(signers) != 1) {
        return scep_fail(res, SCEP_R_SYNTAX, "CMS does not parse");
    }
    o.si = sk_CMS_SignerInfo_value(signers, 0);

    made = apr_pcalloc(pool, sizeof(*made));
    made->pool = pool;
    made->message_type = -1;
    status = read_ids(&o, made, res);
    if (status != SCEP_OK) {
        return status;
    }
    *msg = made;
    return verify_and_read(&o, made, res);
}

const char *scep_message_type_name(int message_type)
{
    switch (message_type) {
    case SCEP_MSG_CERTREP:
        return "CertRep";
    case SCEP_MSG_RENEWALREQ:
        return "RenewalReq";
    case SCEP_MSG_PKCSREQ:
        return "PKCSReq";
    case SCEP_MSG_CERTPOLL:
        return "CertPoll";
    case SCEP_MSG_GETCERT:
        return "GetCert";
    case SCEP_MSG_GETCRL:
        return "GetCRL";
    default:
        return "unknown";
    }
}
