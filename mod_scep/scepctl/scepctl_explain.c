/* Licensed under the Apache License, Version 2.0; see LICENSE. */
/*
 * scepctl_explain.c: what kind of object it is; pkiMessages with what is in
 * them, their signers and envelopes, and certs-only messages. Unlike the server
 * this reads on after a fault, since the fault is what it is asked about.
 * (scepctl)
 */
#include "scepctl_explain.h"

#include <limits.h>

#include <apr_strings.h>

#include <openssl/cms.h>

#include "scep_file_kind.h"
#include "scep_pkimessage.h"

/* OpenSSL's names of the stacks, for clang-format's sake. */
typedef STACK_OF(CMS_SignerInfo) signers_t;
typedef STACK_OF(CMS_RecipientInfo) recipients_t;

static const char *algorithm_text(const scepctl_explain_t *x,
                                  const X509_ALGOR *algorithm)
{
    const ASN1_OBJECT *oid = NULL;

    if (algorithm == NULL) {
        return "?";
    }
    X509_ALGOR_get0(&oid, NULL, NULL, algorithm);
    return scepctl_object_text(x, oid);
}

/* --- signers ------------------------------------------------------------- */

static X509 *signer_of(CMS_SignerInfo *si, const scep_certs_t *certs)
{
    int i;

    for (i = 0; i < sk_X509_num(certs); i++) {
        if (CMS_SignerInfo_cert_cmp(si, sk_X509_value(certs, i)) == 0) {
            return sk_X509_value(certs, i);
        }
    }
    return NULL;
}

/* CMS_verify wants the certificates of the signers in the message, which is
 * what RFC 8894 2.3 asks for too. An absent content is an empty one (M1). */
static void say_signature(scepctl_explain_t *x, CMS_ContentInfo *cms)
{
    ASN1_OCTET_STRING **content = CMS_get0_content(cms);
    BIO *nothing = NULL;

    if (content == NULL || *content == NULL ||
        ASN1_STRING_length(*content) == 0) {
        nothing = scep_bio_own(x->ctl->pool, BIO_new_mem_buf("", 0));
    }
    scep_crypto_clear_errors();
    if (CMS_verify(cms, NULL, NULL, nothing, NULL,
                   CMS_NO_SIGNER_CERT_VERIFY | CMS_NOCRL | CMS_BINARY) == 1) {
        scepctl_say(x, "Signature", "good");
    }
    else {
        scepctl_say_fault(x, "Signature", "BAD (%s)",
                          scep_crypto_errors(x->ctl->pool));
    }
}

/* Whom LABEL is: by subjectKeyIdentifier, or by issuer and serial number. */
static void say_identifier(scepctl_explain_t *x, const char *label,
                           const ASN1_OCTET_STRING *key_id,
                           const X509_NAME *issuer, const ASN1_INTEGER *serial)
{
    if (key_id != NULL) {
        scepctl_say(x, label, "key id %s",
                    scep_hex(x->ctl->pool, ASN1_STRING_get0_data(key_id),
                             (size_t)ASN1_STRING_length(key_id)));
    }
    else {
        scepctl_say(x, label, "serial number %s of \"%s\"",
                    scep_serial_text(x->ctl->pool, serial),
                    scep_name_text(x->ctl->pool, issuer));
    }
}

static void say_signer_id(scepctl_explain_t *x, CMS_SignerInfo *si)
{
    ASN1_OCTET_STRING *key_id = NULL;
    X509_NAME *issuer = NULL;
    ASN1_INTEGER *serial = NULL;

    if (CMS_SignerInfo_get0_signer_id(si, &key_id, &issuer, &serial) != 1) {
        return;
    }
    say_identifier(x, "Signer", key_id, issuer, serial);
}

static void explain_signer(scepctl_explain_t *x, CMS_SignerInfo *si,
                           const scep_certs_t *certs)
{
    X509_ALGOR *digest = NULL, *signature = NULL;
    X509 *cert = signer_of(si, certs);
    int i;

    CMS_SignerInfo_get0_algs(si, NULL, NULL, &digest, &signature);
    scepctl_say(x, "Digest", "%s", algorithm_text(x, digest));
    scepctl_say(x, "Signed with", "%s", algorithm_text(x, signature));
    say_signer_id(x, si);
    for (i = 0; i < CMS_signed_get_attr_count(si); i++) {
        scepctl_explain_attribute(x, CMS_signed_get_attr(si, i));
    }
    if (cert == NULL) {
        scepctl_say_fault(x, "Signer", "its certificate is not enclosed");
        return;
    }
    scepctl_enter(x, "Signer's certificate%s",
                  X509_NAME_cmp(X509_get_subject_name(cert),
                                X509_get_issuer_name(cert)) == 0
                      ? " (self-issued)"
                      : "");
    scepctl_explain_x509(x, cert);
    scepctl_leave(x);
}

static void explain_certs(scepctl_explain_t *x, const scep_certs_t *certs,
                          const signers_t *signers)
{
    int i, j;

    for (i = 0; i < sk_X509_num(certs); i++) {
        X509 *cert = sk_X509_value(certs, i);
        bool signs = false;

        for (j = 0; j < sk_CMS_SignerInfo_num(signers); j++) {
            signs = signs ||
                    CMS_SignerInfo_cert_cmp(sk_CMS_SignerInfo_value(signers, j),
                                            cert) == 0;
        }
        if (!signs) {
            scepctl_enter(x, "Certificate %d of %d", i + 1, sk_X509_num(certs));
            scepctl_explain_x509(x, cert);
            scepctl_leave(x);
        }
    }
}

/* The server's own reading, at the lowest level of ScepAlgorithms that takes
 * the message, or why none does. */
static void judge(scepctl_explain_t *x, scep_octets_t der)
{
    scep_level_e level;

    for (level = SCEP_LEVEL_MODERN; level <= scep_algs_level(x->algs);
         level++) {
        scep_algs_t *algs;
        scep_pkimessage_t *msg;

        scep_result_init(&x->ctl->res, x->ctl->pool);
        if (scep_algs_make(level, x->libctx, x->ctl->pool, &algs,
                           &x->ctl->res) != SCEP_OK) {
            break;
        }
        if (scep_pkimessage_decode(der, algs, x->ctl->pool, &msg,
                                   &x->ctl->res) == SCEP_OK) {
            scepctl_say(x, "Accepted", "so far, with ScepAlgorithms %s",
                        scep_level_name(level));
            return;
        }
        if (x->ctl->res.reason != SCEP_R_OUTER_ALG) {
            break;
        }
    }
    scepctl_say_fault(
        x, "Refused", "SCEP%04u, failInfo %s: %s", x->ctl->res.log_number,
        scep_failinfo_name(x->ctl->res.failinfo), x->ctl->res.detail);
}

static void explain_content(scepctl_explain_t *x, CMS_ContentInfo *cms)
{
    ASN1_OCTET_STRING **content = CMS_get0_content(cms);

    if (content == NULL || *content == NULL) {
        scepctl_say(x, "Content", "none");
        return;
    }
    if (ASN1_STRING_length(*content) <= 1) { /* NDES's FAILURE has one (Q35) */
        scepctl_say(x, "Content", "%d octets", ASN1_STRING_length(*content));
        return;
    }
    scepctl_explain(x, "Content",
                    (scep_octets_t){ASN1_STRING_get0_data(*content),
                                    (size_t)ASN1_STRING_length(*content)});
}

static void explain_signed(scepctl_explain_t *x, const char *where,
                           CMS_ContentInfo *cms, scep_octets_t der)
{
    scep_certs_t *certs = scep_x509s_own(x->ctl->pool, CMS_get1_certs(cms));
    signers_t *signers = CMS_get0_SignerInfos(cms);
    int count = sk_CMS_SignerInfo_num(signers), i;

    if (count <= 0) {
        scepctl_enter(x, "%s: certs-only SignedData, %lu octets", where,
                      (unsigned long)der.len);
        explain_certs(x, certs, NULL);
        scepctl_leave(x);
        return;
    }
    scepctl_enter(x, "%s: SignedData, %lu octets", where,
                  (unsigned long)der.len);
    say_signature(x, cms);
    if (scepctl_is_request(sk_CMS_SignerInfo_value(signers, 0))) {
        judge(x, der);
    }
    for (i = 0; i < count; i++) {
        explain_signer(x, sk_CMS_SignerInfo_value(signers, i), certs);
    }
    explain_certs(x, certs, signers);
    explain_content(x, cms);
    scepctl_leave(x);
}

/* --- envelopes ----------------------------------------------------------- */

static void explain_recipient(scepctl_explain_t *x, CMS_RecipientInfo *ri)
{
    ASN1_OCTET_STRING *key_id = NULL;
    X509_NAME *issuer = NULL;
    ASN1_INTEGER *serial = NULL;
    X509_ALGOR *transport = NULL;

    if (CMS_RecipientInfo_type(ri) != CMS_RECIPINFO_TRANS) {
        scepctl_say(x, "Recipient", "of type %d, no key transport",
                    CMS_RecipientInfo_type(ri));
        return;
    }
    CMS_RecipientInfo_ktri_get0_signer_id(ri, &key_id, &issuer, &serial);
    CMS_RecipientInfo_ktri_get0_algs(ri, NULL, NULL, &transport);
    say_identifier(x, "Recipient", key_id, issuer, serial);
    scepctl_say(x, "Key transport", "%s", algorithm_text(x, transport));
}

static const scep_keypair_t *pair_for(const scepctl_explain_t *x,
                                      const recipients_t *recipients)
{
    int i, j;

    for (i = 0; i < x->pairs->nelts; i++) {
        const scep_keypair_t *pair =
            APR_ARRAY_IDX(x->pairs, i, const scep_keypair_t *);

        for (j = 0; j < sk_CMS_RecipientInfo_num(recipients); j++) {
            CMS_RecipientInfo *ri = sk_CMS_RecipientInfo_value(recipients, j);

            if (CMS_RecipientInfo_type(ri) == CMS_RECIPINFO_TRANS &&
                CMS_RecipientInfo_ktri_cert_cmp(ri, pair->cert) == 0) {
                return pair;
            }
        }
    }
    return NULL;
}

/* The plain text may hold a challenge, so it is wiped with the pool. */
static void open_envelope(scepctl_explain_t *x, CMS_ContentInfo *cms)
{
    const scep_keypair_t *pair = pair_for(x, CMS_get0_RecipientInfos(cms));
    BIO *plain = scep_bio_own(x->ctl->pool, BIO_new(BIO_s_mem()));
    char *data = NULL;
    long len;

    if (x->pairs->nelts == 0) {
        scepctl_say(x, "Encrypted", "--ra-cert and --ra-key would open it");
        return;
    }
    if (pair == NULL) {
        scepctl_say_fault(x, "Encrypted",
                          "to none of the certificates given by --ra-cert");
        return;
    }
    scep_crypto_clear_errors();
    if (plain == NULL ||
        CMS_decrypt(cms, pair->key, pair->cert, NULL, plain, CMS_BINARY) != 1) {
        scepctl_say_fault(x, "Encrypted", "it cannot be decrypted (%s)",
                          scep_crypto_errors(x->ctl->pool));
        return;
    }
    len = BIO_get_mem_data(plain, &data);
    scepctl_explain(x, "Decrypted",
                    scep_pkimessage_restore(
                        cms,
                        (scep_octets_t){(unsigned char *)data, (size_t)len},
                        x->ctl->pool));
}

/* CMS has no function that tells the cipher of what it has parsed. */
static const char *cipher_text(scepctl_explain_t *x, scep_octets_t der)
{
    const X509_ALGOR *algorithm;
    PKCS7 *p7 = NULL;
    const unsigned char *p = der.data;
    const char *text = "?";

    p7 = scep_pkcs7_own(x->ctl->pool, d2i_PKCS7(NULL, &p, (long)der.len));
    if (p7 != NULL && PKCS7_type_is_enveloped(p7) && p7->d.enveloped != NULL) {
        algorithm = p7->d.enveloped->enc_data->algorithm;
        text = algorithm_text(x, algorithm);
    }
    scep_crypto_clear_errors();
    return text;
}

static void explain_enveloped(scepctl_explain_t *x, const char *where,
                              CMS_ContentInfo *cms, scep_octets_t der)
{
    recipients_t *recipients = CMS_get0_RecipientInfos(cms);
    int i;

    scepctl_enter(x, "%s: EnvelopedData, %lu octets", where,
                  (unsigned long)der.len);
    for (i = 0; i < sk_CMS_RecipientInfo_num(recipients); i++) {
        explain_recipient(x, sk_CMS_RecipientInfo_value(recipients, i));
    }
    scepctl_say(x, "Cipher", "%s", cipher_text(x, der));
    if (OBJ_obj2nid(CMS_get0_eContentType(cms)) != NID_pkcs7_data) {
        scepctl_say(x, "Type of content", "%s",
                    scepctl_object_text(x, CMS_get0_eContentType(cms)));
    }
    open_envelope(x, cms);
    scepctl_leave(x);
}

/* False, and nothing is printed, when DER is none; likewise below. */
static bool explain_cms(scepctl_explain_t *x, const char *where,
                        scep_octets_t der)
{
    CMS_ContentInfo *cms =
        scep_pkimessage_parse_cms(der, x->libctx, x->ctl->pool);

    if (cms == NULL) {
        return false;
    }
    switch (OBJ_obj2nid(CMS_get0_type(cms))) {
    case NID_pkcs7_signed:
        explain_signed(x, where, cms, der);
        break;
    case NID_pkcs7_enveloped:
        explain_enveloped(x, where, cms, der);
        break;
    default:
        scepctl_say_fault(x, where, "CMS of type %s, which SCEP does not use",
                          scepctl_object_text(x, CMS_get0_type(cms)));
        break;
    }
    return true;
}

/* --- whatever it is ------------------------------------------------------- */

static void name_free(void *name)
{
    X509_NAME_free(name);
}

static X509_NAME *read_name(scepctl_explain_t *x, const unsigned char **p,
                            const unsigned char *end)
{
    return scep_own(x->ctl->pool, d2i_X509_NAME(NULL, p, (long)(end - *p)),
                    name_free);
}

static void serial_free(void *serial)
{
    ASN1_INTEGER_free(serial);
}

/* IssuerAndSerialNumber (GetCert, GetCRL), IssuerAndSubject (CertPoll). */
static bool explain_reference(scepctl_explain_t *x, const char *where,
                              scep_octets_t der)
{
    const unsigned char *p = der.data, *end = der.data + der.len;
    X509_NAME *issuer, *subject;
    ASN1_INTEGER *serial;
    const char *text;
    long len;
    int tag, class;

    if ((ASN1_get_object(&p, &len, &tag, &class, (long)der.len) & 0x81) != 0 ||
        tag != V_ASN1_SEQUENCE || p + len != end ||
        (issuer = read_name(x, &p, end)) == NULL) {
        return false;
    }
    text = scep_name_text(x->ctl->pool, issuer);
    serial = scep_own(x->ctl->pool, d2i_ASN1_INTEGER(NULL, &p, (long)(end - p)),
                      serial_free);
    if (serial != NULL && p == end) {
        scepctl_enter(x, "%s: IssuerAndSerialNumber", where);
        scepctl_say(x, "Issuer", "%s", text);
        scepctl_say(x, "Serial number", "%s",
                    scep_serial_text(x->ctl->pool, serial));
        scepctl_leave(x);
        return true;
    }
    subject = read_name(x, &p, end);
    if (subject == NULL || p != end) {
        return false;
    }
    scepctl_enter(x, "%s: IssuerAndSubject", where);
    scepctl_say(x, "Issuer", "%s", text);
    scepctl_say(x, "Subject", "%s", scep_name_text(x->ctl->pool, subject));
    scepctl_leave(x);
    return true;
}

/* What else DER may be. */
static const char *other_kind(const scepctl_explain_t *x, scep_octets_t der)
{
    apr_pool_t *pool = x->ctl->pool;
    const unsigned char *p = der.data;
    const char *copy = apr_pstrmemdup(pool, (const char *)der.data, der.len);
    const char *kind =
        scep_file_kind((scep_octets_t){(const unsigned char *)copy, der.len},
                       "FILE", SCEP_WANTED_CERTIFICATE, pool);
    long len = 0;
    int tag, class;

    if (kind != NULL) {
        return apr_pstrcat(pool, "; ", kind, NULL);
    }
    ASN1_get_object(&p, &len, &tag, &class, (long)der.len);
    return der.len > 2 && len > (long)der.len - (p - der.data)
               ? apr_psprintf(pool, "; incomplete: %lu of %lu octets",
                              (unsigned long)der.len,
                              (unsigned long)(len + (p - der.data)))
               : "";
}

void scepctl_explain(scepctl_explain_t *x, const char *where, scep_octets_t der)
{
    if (der.len > INT_MAX || x->layer >= SCEPCTL_MAX_LAYERS) {
        scepctl_say_fault(x, where, "nested too deeply, or too large");
        return;
    }
    if (!explain_cms(x, where, der) && !scepctl_explain_csr(x, where, der) &&
        !scepctl_explain_certificate(x, where, der) &&
        !explain_reference(x, where, der)) {
        scepctl_say_fault(x, where,
                          "%lu octets that are no CMS message, PKCS#10 or "
                          "certificate%s",
                          (unsigned long)der.len, other_kind(x, der));
    }
    scep_crypto_clear_errors(); /* of what it turned out not to be */
}
