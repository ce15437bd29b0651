/* Licensed under the Apache License, Version 2.0; see LICENSE. */
/*
 * scep_csr_parts.c: a PKCS#10 taken apart. (protocol layer)
 */
#include "scep_csr_parts.h"

#include <string.h>

#include <openssl/asn1t.h>
#include <openssl/err.h>
#include <openssl/objects.h>

bool scep_csr_take_apart(scep_octets_t der, scep_csr_parts_t *parts)
{
    scep_ber_reader_t in = scep_ber_read(der);
    scep_ber_reader_t csr, body;
    scep_ber_t info;

    if (!scep_ber_enter(&in, SCEP_BER_SEQUENCE, &csr) ||
        !scep_ber_take(&csr, SCEP_BER_SEQUENCE, &info) ||
        !scep_ber_take(&csr, SCEP_BER_SEQUENCE, &parts->algorithm) ||
        !scep_ber_take(&csr, SCEP_BER_BIT_STRING, &parts->signature)) {
        return false;
    }
    body = scep_ber_read(info.body);
    if (!scep_ber_take(&body, SCEP_BER_INTEGER, &parts->version) ||
        !scep_ber_take(&body, SCEP_BER_SEQUENCE, &parts->subject) ||
        !scep_ber_take(&body, SCEP_BER_SEQUENCE, &parts->key)) {
        return false;
    }
    /* Some clients omit [0] if they have no attributes (RFC 2986 4.1). */
    parts->attributes = body;
    if (!scep_ber_end(&body) &&
        (!scep_ber_enter(&body, SCEP_BER_CONTEXT_CONS, &parts->attributes) ||
         !scep_ber_end(&body))) {
        return false;
    }
    parts->info = info.whole;
    return true;
}

/* The octets of FIRST, LAST and everything between them. */
static scep_octets_t from_to(const scep_ber_t *first, const scep_ber_t *last)
{
    return (scep_octets_t){
        first->whole.data,
        (size_t)(last->whole.data + last->whole.len - first->whole.data)};
}

/* Append a SEQUENCE's header for contents of LEN octets. */
static void append_sequence(unsigned char **to, size_t len)
{
    ASN1_put_object(to, 1, (int)len, V_ASN1_SEQUENCE, V_ASN1_UNIVERSAL);
}

static void append(unsigned char **to, scep_octets_t octets)
{
    memcpy(*to, octets.data, octets.len);
    *to += octets.len;
}

scep_octets_t scep_csr_bare_der(const scep_csr_parts_t *parts, apr_pool_t *pool)
{
    scep_octets_t head = from_to(&parts->version, &parts->key);
    scep_octets_t tail = from_to(&parts->algorithm, &parts->signature);
    static const unsigned char none[] = {SCEP_BER_CONTEXT_CONS, 0};
    size_t info_len = head.len + sizeof(none);
    size_t len =
        (size_t)ASN1_object_size(1, (int)info_len, V_ASN1_SEQUENCE) + tail.len;
    size_t size = (size_t)ASN1_object_size(1, (int)len, V_ASN1_SEQUENCE);
    unsigned char *der = apr_palloc(pool, size);
    unsigned char *to = der;

    append_sequence(&to, len);
    append_sequence(&to, info_len);
    append(&to, head);
    append(&to, (scep_octets_t){none, sizeof(none)});
    append(&to, tail);
    return (scep_octets_t){der, size};
}

static X509_REQ *parse_csr(scep_octets_t der, OSSL_LIB_CTX *libctx,
                           apr_pool_t *pool)
{
    const unsigned char *in = der.data;
    X509_REQ *req = X509_REQ_new_ex(libctx, NULL);

    /* d2i_X509_REQ() frees REQ when it fails. */
    if (req == NULL || d2i_X509_REQ(&req, &in, (long)der.len) == NULL) {
        return NULL;
    }
    scep_x509_req_own(pool, req);
    return in == der.data + der.len ? req : NULL;
}

/* PART as an object of ITEM's type; the caller frees it. */
static void *decode_part(const scep_ber_t *part, const ASN1_ITEM *item)
{
    const unsigned char *in = part->whole.data;

    return ASN1_item_d2i(NULL, &in, (long)part->whole.len, item);
}

static bool set_subject(X509_REQ *req, const scep_ber_t *part)
{
    X509_NAME *name = decode_part(part, ASN1_ITEM_rptr(X509_NAME));
    bool ok = name != NULL && X509_REQ_set_subject_name(req, name) == 1;

    X509_NAME_free(name);
    return ok;
}

static bool set_signature(X509_REQ *req, const scep_csr_parts_t *parts)
{
    X509_ALGOR *algorithm =
        decode_part(&parts->algorithm, ASN1_ITEM_rptr(X509_ALGOR));
    ASN1_BIT_STRING *signature =
        decode_part(&parts->signature, ASN1_ITEM_rptr(ASN1_BIT_STRING));
    bool ok = algorithm != NULL && signature != NULL &&
              X509_REQ_set1_signature_algo(req, algorithm) == 1;

    X509_ALGOR_free(algorithm);
    if (ok) {
        X509_REQ_set0_signature(req, signature);
    }
    else {
        ASN1_BIT_STRING_free(signature);
    }
    return ok;
}

static EVP_PKEY *read_rsa_key(const scep_ber_t *part, apr_pool_t *pool)
{
    scep_ber_reader_t in = scep_ber_read(part->body), params;
    scep_ber_t bits;
    int nid;

    return scep_ber_algorithm(&in, &nid, &params) && nid == NID_rsaEncryption &&
                   scep_ber_take(&in, SCEP_BER_BIT_STRING, &bits) &&
                   scep_ber_end(&in) && bits.body.len > 1 &&
                   bits.body.data[0] == 0
               ? scep_rsa_public_key(pool, (scep_octets_t){bits.body.data + 1,
                                                           bits.body.len - 1})
               : NULL;
}

/* Do as parse_csr() for a PKCS#10 with an RSA key, in a fraction of the time.
 * NULL: it has another key, or is malformed. */
static X509_REQ *build_quickly(const scep_csr_parts_t *parts,
                               OSSL_LIB_CTX *libctx, apr_pool_t *pool)
{
    EVP_PKEY *key = read_rsa_key(&parts->key, pool);
    scep_octets_t version = parts->version.body;
    X509_REQ *req;

    if (key == NULL || version.len != 1 || version.data[0] != 0) {
        return NULL;
    }
    req = scep_x509_req_own(pool, X509_REQ_new_ex(libctx, NULL));
    return req != NULL && X509_REQ_set_version(req, X509_REQ_VERSION_1) == 1 &&
                   set_subject(req, &parts->subject) &&
                   X509_REQ_set_pubkey(req, key) == 1 &&
                   set_signature(req, parts)
               ? req
               : NULL;
}

X509_REQ *scep_csr_bare(const scep_csr_parts_t *parts, OSSL_LIB_CTX *libctx,
                        apr_pool_t *pool)
{
    X509_REQ *req;

    ERR_set_mark();
    req = build_quickly(parts, libctx, pool);
    ERR_pop_to_mark(); /* parse_csr() finds any fault again */
    return req != NULL
               ? req
               : parse_csr(scep_csr_bare_der(parts, pool), libctx, pool);
}

bool scep_csr_next_attribute(scep_ber_reader_t *attributes, scep_octets_t *oid,
                             scep_octets_t *values)
{
    scep_ber_reader_t attribute, rest;
    scep_ber_t e, set;

    while (!scep_ber_end(attributes)) {
        if (!scep_ber_next(attributes, &e)) {
            return false;
        }
        attribute = scep_ber_read(e.body);
        if (e.id != SCEP_BER_SEQUENCE ||
            !scep_ber_take(&attribute, SCEP_BER_OID, &e)) {
            continue;
        }
        *oid = e.body;
        rest = attribute;
        *values =
            scep_ber_take(&rest, SCEP_BER_SET, &set) && scep_ber_end(&rest)
                ? set.body
                : (scep_octets_t){attribute.at,
                                  (size_t)(attribute.end - attribute.at)};
        return true;
    }
    return false;
}
