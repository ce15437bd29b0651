/* Licensed under the Apache License, Version 2.0; see LICENSE. */
/*
 * scepctl_attribute.c: the signed attributes of a message. (scepctl)
 */
#include "scepctl_explain.h"

#include <stdlib.h>
#include <string.h>

#include <apr_strings.h>

#include "scep_oid.h"
#include "scep_pkimessage.h"

enum { MAX_TEXT = 1024 };

/* How a value is shown. */
typedef enum {
    SHOW_TEXT,
    SHOW_HEX,
    SHOW_TIME,
    SHOW_OBJECT,
    SHOW_MESSAGE_TYPE,
    SHOW_PKI_STATUS,
    SHOW_FAIL_INFO,
    SHOW_NOTHING
} show_e;

typedef struct known_t {
    const char *oid;
    const char *name;
    show_e show;
} known_t;

static const known_t known[] = {
    {SCEP_OID_MESSAGE_TYPE, "messageType", SHOW_MESSAGE_TYPE},
    {SCEP_OID_PKI_STATUS, "pkiStatus", SHOW_PKI_STATUS},
    {SCEP_OID_FAIL_INFO, "failInfo", SHOW_FAIL_INFO},
    {SCEP_OID_FAIL_INFO_TEXT, "failInfoText", SHOW_TEXT},
    {SCEP_OID_SENDER_NONCE, "senderNonce", SHOW_HEX},
    {SCEP_OID_RECIPIENT_NONCE, "recipientNonce", SHOW_HEX},
    {SCEP_OID_TRANSACTION_ID, "transactionID", SHOW_TEXT},
    {"1.2.840.113549.1.9.3", "contentType", SHOW_OBJECT},
    {"1.2.840.113549.1.9.4", "messageDigest", SHOW_HEX},
    {"1.2.840.113549.1.9.5", "signingTime", SHOW_TIME},
    {SCEP_OID_CHALLENGE_PASSWORD, "challengePassword", SHOW_NOTHING},
    {"1.3.6.1.4.1.311.21.33", "NDES error", SHOW_NOTHING},
};

static const known_t *look_up(const X509_ATTRIBUTE *attribute, char *dotted,
                              int size)
{
    size_t i;

    /* get0_object only reads, but is not declared so */
    OBJ_obj2txt(
        dotted, size,
        X509_ATTRIBUTE_get0_object((X509_ATTRIBUTE *)(uintptr_t)attribute), 1);
    for (i = 0; i < sizeof(known) / sizeof(known[0]); i++) {
        if (strcmp(dotted, known[i].oid) == 0) {
            return &known[i];
        }
    }
    return NULL;
}

/* A string value in UTF-8, or NULL. */
static const char *string_value(const ASN1_TYPE *value, apr_pool_t *pool)
{
    unsigned char *utf8 = NULL;
    const char *text = NULL;
    int type = ASN1_TYPE_get(value);
    int len;

    if (type != V_ASN1_PRINTABLESTRING && type != V_ASN1_UTF8STRING &&
        type != V_ASN1_IA5STRING && type != V_ASN1_T61STRING &&
        type != V_ASN1_BMPSTRING) {
        return NULL;
    }
    len = ASN1_STRING_to_UTF8(&utf8, value->value.asn1_string);
    if (len >= 0) {
        text = apr_pstrmemdup(pool, (const char *)utf8, (size_t)len);
    }
    OPENSSL_free(utf8);
    return text;
}

static const char *pki_status_name(int status)
{
    switch (status) {
    case SCEP_PKI_SUCCESS:
        return "SUCCESS";
    case SCEP_PKI_FAILURE:
        return "FAILURE";
    case SCEP_PKI_PENDING:
        return "PENDING";
    default:
        return "unknown";
    }
}

static const char *failinfo_name(int failinfo)
{
    return failinfo >= SCEP_FAIL_BAD_ALG && failinfo <= SCEP_FAIL_BAD_CERT_ID
               ? scep_failinfo_name((scep_failinfo_e)failinfo)
               : "unknown";
}

static const char *number_text(const scepctl_explain_t *x, show_e show,
                               const char *text)
{
    char *end;
    long number = strtol(text, &end, 10);
    int n = end != text && *end == '\0' && number >= 0 && number < 1000
                ? (int)number
                : -1;
    const char *name = show == SHOW_MESSAGE_TYPE ? scep_message_type_name(n)
                       : show == SHOW_PKI_STATUS ? pki_status_name(n)
                                                 : failinfo_name(n);

    return apr_psprintf(x->ctl->pool, "%s (%s)",
                        scep_printable(x->ctl->pool, text, 64), name);
}

static const char *time_value(const scepctl_explain_t *x,
                              const ASN1_TYPE *value)
{
    BIO *bio = scep_bio_own(x->ctl->pool, BIO_new(BIO_s_mem()));
    int type = ASN1_TYPE_get(value);
    scep_octets_t text;

    if (bio == NULL ||
        (type != V_ASN1_UTCTIME && type != V_ASN1_GENERALIZEDTIME) ||
        ASN1_TIME_print_ex(bio, value->value.asn1_string,
                           ASN1_DTFLGS_ISO8601) != 1) {
        return "?";
    }
    text = scep_bio_octets(x->ctl->pool, bio);
    return apr_pstrmemdup(x->ctl->pool, (const char *)text.data, text.len);
}

/* NULL: the value is not of the type that it should be. */
static const char *value_text(const scepctl_explain_t *x, show_e show,
                              const ASN1_TYPE *value)
{
    const char *text = string_value(value, x->ctl->pool);
    int type = ASN1_TYPE_get(value);

    switch (show) {
    case SHOW_TEXT:
        return text != NULL
                   ? apr_psprintf(x->ctl->pool, "\"%s\"",
                                  scep_printable(x->ctl->pool, text, MAX_TEXT))
                   : NULL;
    case SHOW_MESSAGE_TYPE:
    case SHOW_PKI_STATUS:
    case SHOW_FAIL_INFO:
        return text != NULL ? number_text(x, show, text) : NULL;
    case SHOW_HEX:
        return type == V_ASN1_OCTET_STRING
                   ? scep_hex(
                         x->ctl->pool,
                         ASN1_STRING_get0_data(value->value.octet_string),
                         (size_t)ASN1_STRING_length(value->value.octet_string))
                   : NULL;
    case SHOW_TIME:
        return time_value(x, value);
    case SHOW_OBJECT:
        return type == V_ASN1_OBJECT
                   ? scepctl_object_text(x, value->value.object)
                   : NULL;
    case SHOW_NOTHING:
        break;
    }
    return "(not printed)";
}

void scepctl_explain_attribute(scepctl_explain_t *x, X509_ATTRIBUTE *attribute)
{
    char dotted[128];
    const known_t *k = look_up(attribute, dotted, sizeof(dotted));
    int count = X509_ATTRIBUTE_count(attribute), i;

    if (k == NULL) {
        scepctl_say(x, "Attribute", "%s (not printed)", dotted);
        return;
    }
    if (count != 1) {
        scepctl_say_fault(x, k->name, "%d values", count);
    }
    for (i = 0; i < count; i++) {
        const char *text =
            value_text(x, k->show, X509_ATTRIBUTE_get0_type(attribute, i));

        if (text == NULL) {
            scepctl_say_fault(x, k->name, "of a wrong type");
        }
        else {
            scepctl_say(x, k->name, "%s", text);
        }
    }
    scep_crypto_clear_errors();
}

bool scepctl_is_request(CMS_SignerInfo *si)
{
    char dotted[128];
    bool request = false;
    int i;

    for (i = 0; i < CMS_signed_get_attr_count(si); i++) {
        X509_ATTRIBUTE *attribute = CMS_signed_get_attr(si, i);
        const known_t *k = look_up(attribute, dotted, sizeof(dotted));

        if (k != NULL && k->show == SHOW_PKI_STATUS) {
            return false; /* only a CertRep has one (RFC 8894 3.2.1) */
        }
        request = request || (k != NULL && k->show == SHOW_MESSAGE_TYPE);
    }
    return request;
}
