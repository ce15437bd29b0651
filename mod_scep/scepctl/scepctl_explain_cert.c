/* Licensed under the Apache License, Version 2.0; see LICENSE. */
/*
 * scepctl_explain_cert.c: certificates, certificate requests, keys and
 * extensions. (scepctl)
 */
#include "scepctl_explain.h"

#include <string.h>

#include <apr_strings.h>

#include <openssl/x509v3.h>

#include "scep_csr.h"
#include "scep_oid.h"

enum { MAX_TEXT = 2000 };

const char *scepctl_object_text(const scepctl_explain_t *x,
                                const ASN1_OBJECT *object)
{
    char text[128];

    return OBJ_obj2txt(text, sizeof(text), object, 0) > 0
               ? scep_printable(x->ctl->pool, text, sizeof(text))
               : "?";
}

/* Of the contents of an OID. */
static const char *oid_text(const scepctl_explain_t *x, scep_octets_t oid)
{
    ASN1_OBJECT *object;
    unsigned char *der = apr_palloc(x->ctl->pool, oid.len + 8);
    unsigned char *to = der;
    const unsigned char *in = der;
    const char *text = "malformed";

    ASN1_put_object(&to, 0, (int)oid.len, V_ASN1_OBJECT, V_ASN1_UNIVERSAL);
    memcpy(to, oid.data, oid.len);
    object = d2i_ASN1_OBJECT(NULL, &in, (long)((size_t)(to - der) + oid.len));
    if (object != NULL) {
        text = scepctl_object_text(x, object);
    }
    ASN1_OBJECT_free(object);
    scep_crypto_clear_errors();
    return text;
}

const char *scepctl_key_text(const scepctl_explain_t *x, const EVP_PKEY *key)
{
    char group[64];

    if (key == NULL) {
        return "unreadable";
    }
    if (EVP_PKEY_is_a(key, "EC") &&
        EVP_PKEY_get_group_name(key, group, sizeof(group), NULL) == 1) {
        return apr_psprintf(x->ctl->pool, "EC %s", group);
    }
    return apr_psprintf(x->ctl->pool, "%s %d", EVP_PKEY_get0_type_name(key),
                        EVP_PKEY_get_bits(key));
}

/* What OpenSSL prints, on one line and escaped. */
static const char *one_line(const scepctl_explain_t *x, BIO *bio)
{
    scep_octets_t octets = scep_bio_octets(x->ctl->pool, bio);
    char *text = apr_pstrmemdup(x->ctl->pool,
                                octets.len > 0 ? (const char *)octets.data : "",
                                octets.len);
    char *from = text, *to = text;

    while (*from == ' ' || *from == '\n') {
        from++;
    }
    for (; *from != '\0'; from++) {
        if (*from == '\n' || *from == ' ') {
            if (to > text && to[-1] != ' ') {
                *to++ = ' ';
            }
        }
        else {
            *to++ = *from;
        }
    }
    while (to > text && to[-1] == ' ') {
        to--;
    }
    *to = '\0';
    return scep_printable(x->ctl->pool, text, MAX_TEXT);
}

static const char *extension_text(const scepctl_explain_t *x, X509_EXTENSION *e)
{
    BIO *bio = scep_bio_own(x->ctl->pool, BIO_new(BIO_s_mem()));
    const ASN1_OCTET_STRING *value = X509_EXTENSION_get_data(e);
    size_t len = (size_t)ASN1_STRING_length(value);

    if (bio != NULL && X509V3_EXT_print(bio, e, X509V3_EXT_DEFAULT, 0) == 1) {
        return one_line(x, bio);
    }
    return apr_pstrcat(x->ctl->pool, "octets ",
                       scep_hex(x->ctl->pool, ASN1_STRING_get0_data(value),
                                len < 256 ? len : 256),
                       len < 256 ? "" : "...", NULL);
}

void scepctl_explain_extensions(scepctl_explain_t *x,
                                const scep_extensions_t *extensions)
{
    int i;

    for (i = 0; i < sk_X509_EXTENSION_num(extensions); i++) {
        X509_EXTENSION *e = sk_X509_EXTENSION_value(extensions, i);

        scepctl_say(x, "Extension", "%s%s: %s",
                    scepctl_object_text(x, X509_EXTENSION_get_object(e)),
                    X509_EXTENSION_get_critical(e) ? " (critical)" : "",
                    extension_text(x, e));
    }
    scep_crypto_clear_errors();
}

static const char *time_text(const scepctl_explain_t *x, const ASN1_TIME *t)
{
    BIO *bio = scep_bio_own(x->ctl->pool, BIO_new(BIO_s_mem()));

    return bio != NULL && ASN1_TIME_print_ex(bio, t, ASN1_DTFLGS_ISO8601) == 1
               ? one_line(x, bio)
               : "?";
}

static void say_fingerprints(scepctl_explain_t *x, X509 *cert)
{
    static const char *const digests[] = {"SHA256", "SHA1"};
    scep_octets_t der = scep_x509_der(x->ctl->pool, cert);
    unsigned char hash[EVP_MAX_MD_SIZE];
    size_t i;

    for (i = 0; i < sizeof(digests) / sizeof(digests[0]); i++) {
        size_t len = scep_digest(digests[i], der, hash);

        scepctl_say(x, digests[i], "%s", scep_hex(x->ctl->pool, hash, len));
    }
}

void scepctl_explain_x509(scepctl_explain_t *x, X509 *cert)
{
    apr_pool_t *pool = x->ctl->pool;

    scepctl_say(x, "Subject", "%s",
                scep_name_text(pool, X509_get_subject_name(cert)));
    scepctl_say(x, "Issuer", "%s",
                scep_name_text(pool, X509_get_issuer_name(cert)));
    scepctl_say(x, "Serial number", "%s",
                scep_serial_text(pool, X509_get0_serialNumber(cert)));
    scepctl_say(x, "Valid", "%s to %s", time_text(x, X509_get0_notBefore(cert)),
                time_text(x, X509_get0_notAfter(cert)));
    scepctl_say(x, "Key", "%s", scepctl_key_text(x, X509_get0_pubkey(cert)));
    scepctl_say(x, "Signed with", "%s",
                OBJ_nid2ln(X509_get_signature_nid(cert)));
    scepctl_explain_extensions(x, X509_get0_extensions(cert));
    say_fingerprints(x, cert);
}

bool scepctl_explain_certificate(scepctl_explain_t *x, const char *where,
                                 scep_octets_t der)
{
    const unsigned char *p = der.data;
    X509 *cert = X509_new_ex(x->libctx, NULL);

    if (cert == NULL || d2i_X509(&cert, &p, (long)der.len) == NULL) {
        return false; /* d2i has freed it */
    }
    scep_x509_own(x->ctl->pool, cert);
    if (p != der.data + der.len) {
        return false;
    }
    scepctl_enter(x, "%s: certificate, %lu octets", where,
                  (unsigned long)der.len);
    scepctl_explain_x509(x, cert);
    scepctl_leave(x);
    return true;
}

/* Never the password itself unless the user has asked for it. */
static void say_challenge(scepctl_explain_t *x, const scep_csr_t *csr)
{
    switch (csr->challenge_state) {
    case SCEP_CHALLENGE_ABSENT:
        scepctl_say(x, "Challenge", "none");
        break;
    case SCEP_CHALLENGE_MALFORMED:
        scepctl_say_fault(x, "Challenge", "malformed");
        break;
    case SCEP_CHALLENGE_PRESENT:
        if (x->show_challenge) {
            scepctl_say(x, "Challenge", "\"%s\"",
                        scep_printable(x->ctl->pool, csr->challenge,
                                       SCEP_MAX_CHALLENGE));
        }
        else {
            scepctl_say(x, "Challenge",
                        "present, %lu octets (--show-challenge prints it)",
                        (unsigned long)strlen(csr->challenge));
        }
        break;
    }
}

static void say_attributes(scepctl_explain_t *x,
                           const apr_array_header_t *attributes)
{
    int i;

    for (i = 0; i < attributes->nelts; i++) {
        scep_octets_t oid = APR_ARRAY_IDX(attributes, i, scep_octets_t);

        scepctl_say(x, "Attribute", "%s", oid_text(x, oid));
    }
}

/* What the server's own parser says about it. */
static void judge_csr(scepctl_explain_t *x,
                      const apr_array_header_t *attributes, scep_octets_t der)
{
    scep_csr_t *csr;

    if (scep_csr_parse(der, x->algs, 0, x->ctl->pool, &csr, &x->ctl->res) !=
        SCEP_OK) {
        scepctl_say_fault(x, "Refused", "%s", x->ctl->res.detail);
        say_attributes(x, attributes);
        return;
    }
    scepctl_say(x, "Signature", "good");
    say_attributes(x, attributes);
    say_challenge(x, csr);
    scepctl_explain_extensions(x, csr->extensions);
}

bool scepctl_explain_csr(scepctl_explain_t *x, const char *where,
                         scep_octets_t der)
{
    apr_array_header_t *attributes =
        apr_array_make(x->ctl->pool, 4, sizeof(scep_octets_t));
    X509_REQ *req = scep_csr_peek(der, x->libctx, attributes, x->ctl->pool);

    scep_crypto_clear_errors();
    if (req == NULL) {
        return false;
    }
    scepctl_enter(x, "%s: PKCS#10 certificate request, %lu octets", where,
                  (unsigned long)der.len);
    scepctl_say(x, "Subject", "%s",
                scep_name_text(x->ctl->pool, X509_REQ_get_subject_name(req)));
    scepctl_say(x, "Key", "%s", scepctl_key_text(x, X509_REQ_get0_pubkey(req)));
    scepctl_say(x, "Signed with", "%s",
                OBJ_nid2ln(X509_REQ_get_signature_nid(req)));
    judge_csr(x, attributes, der);
    scepctl_leave(x);
    return true;
}
