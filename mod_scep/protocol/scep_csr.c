/* Licensed under the Apache License, Version 2.0; see LICENSE. */
/*
 * scep_csr.c: the PKCS#10 of a request. (protocol layer)
 */
#include "scep_csr.h"

#include <openssl/asn1t.h>
#include <openssl/objects.h>

#include "scep_csr_challenge.h"
#include "scep_csr_decoy.h"
#include "scep_oid.h"
#include "scep_preflight.h"
#include "scep_pss.h"
#include "scep_pubkey.h"

#define OID_PKCS9_EXTENSION_REQ "1.2.840.113549.1.9.14"

enum { MAX_EXTENSIONS = 32 };

static X509_REQ *parse(scep_octets_t der, OSSL_LIB_CTX *libctx,
                       apr_pool_t *pool)
{
    const unsigned char *in = der.data;
    X509_REQ *req = X509_REQ_new_ex(libctx, NULL);

    /* When d2i fails it frees what it was given. */
    if (req == NULL || d2i_X509_REQ(&req, &in, (long)der.len) == NULL) {
        return NULL;
    }
    scep_x509_req_own(pool, req);
    return in == der.data + der.len ? req : NULL;
}

static bool signature_allowed(const X509_REQ *req, const scep_algs_t *algs)
{
    const X509_ALGOR *algorithm = NULL;
    int nid = X509_REQ_get_signature_nid(req);

    switch (nid) {
    case NID_rsassaPss:
        X509_REQ_get0_signature(req, NULL, &algorithm);
        return scep_pss_digest(algorithm, algs) != NULL;
    case NID_ED25519: /* they have their own */
    case NID_ED448:
        return true;
    default:
        return scep_algs_signature_digest(algs, nid) != NULL;
    }
}

/* The signature is over INFO as received. ASN1_item_verify_ex() encodes what
 * it is given, so it gets a SEQUENCE that nobody has looked into.
 * @return 1: good; 0: bad; less: it could not be computed */
static int verify_signature(const scep_csr_t *csr, scep_octets_t info,
                            OSSL_LIB_CTX *libctx)
{
    ASN1_STRING *sequence = ASN1_STRING_type_new(V_ASN1_SEQUENCE);
    const ASN1_BIT_STRING *signature = NULL;
    const X509_ALGOR *algorithm = NULL;
    int result = -1;

    X509_REQ_get0_signature(csr->req, &signature, &algorithm);
    if (sequence != NULL &&
        ASN1_STRING_set(sequence, info.data, (int)info.len) == 1) {
        result = ASN1_item_verify_ex(ASN1_ITEM_rptr(ASN1_SEQUENCE), algorithm,
                                     signature, sequence, NULL, csr->key,
                                     libctx, NULL);
    }
    ASN1_STRING_clear_free(sequence);
    return result;
}

/*
 * Parse and verify. Until the signature has been found good there is one
 * outcome, whatever is wrong: a CSR cut together from pieces of another
 * message's ciphertext must not tell how far it could be read (invariant 7).
 * A key that nobody could use is not put to use here either: DSA, or RSA with
 * a long modulus or exponent, would cost milliseconds (invariant 9).
 * WORKED: the signature has been computed, whatever came of it.
 */
static scep_status_e verify(scep_csr_t *csr, const scep_algs_t *algs,
                            apr_pool_t *pool, bool *worked, scep_result_t *res)
{
    scep_status_e status = scep_preflight_csr(csr->der, res);
    scep_csr_parts_t parts;
    const char *fault;
    int result;

    *worked = false;
    if (status != SCEP_OK) {
        return status;
    }
    if (!scep_csr_take_challenge(csr, pool, &parts)) {
        return scep_fail(res, SCEP_R_CONTENT, "attributes malformed");
    }
    csr->req = parse(parts.blank, scep_algs_libctx(algs), pool);
    if (csr->req == NULL) {
        return scep_fail(res, SCEP_R_CONTENT, "PKCS#10 does not parse");
    }
    csr->key = X509_REQ_get0_pubkey(csr->req);
    if (csr->key == NULL) {
        return scep_fail(res, SCEP_R_CONTENT, "key of PKCS#10 is unreadable");
    }
    fault = scep_pubkey_fault(csr->key, 0);
    if (fault != NULL) {
        return scep_fail(res, SCEP_R_CONTENT, "PKCS#10: %s", fault);
    }
    result = verify_signature(csr, parts.info, scep_algs_libctx(algs));
    *worked = result >= 0; /* not by an algorithm that is unknown, say */
    if (result != 1) {
        return scep_fail(res, SCEP_R_CONTENT, "signature of PKCS#10 is bad");
    }
    return SCEP_OK;
}

static scep_status_e check_algorithms(const scep_csr_t *csr,
                                      const scep_algs_t *algs, int min_rsa_bits,
                                      scep_result_t *res)
{
    const char *fault = scep_pubkey_fault(csr->key, min_rsa_bits);

    if (fault != NULL) {
        return scep_fail(res, SCEP_R_CSR_KEY, "PKCS#10: %s", fault);
    }
    if (!signature_allowed(csr->req, algs)) {
        return scep_fail(res, SCEP_R_CSR_KEY, "PKCS#10: signature algorithm %s",
                         OBJ_nid2sn(X509_REQ_get_signature_nid(csr->req)));
    }
    return SCEP_OK;
}

/* --- requested extensions ------------------------------------------------ */

static void extensions_free(void *object)
{
    scep_extensions_t *extensions = object;

    sk_X509_EXTENSION_pop_free(extensions, X509_EXTENSION_free);
}

/* The octets of an extension request under OID; len 0 when there is none.
 * @return false if it is malformed */
static bool request_octets(const X509_REQ *req, const ASN1_OBJECT *oid,
                           scep_octets_t *der)
{
    int index = X509_REQ_get_attr_by_OBJ(req, oid, -1);
    X509_ATTRIBUTE *attribute;
    const ASN1_TYPE *value;

    der->data = NULL;
    der->len = 0;
    if (index < 0) {
        return true;
    }
    attribute = X509_REQ_get_attr(req, index);
    if (X509_REQ_get_attr_by_OBJ(req, oid, index) >= 0 ||
        X509_ATTRIBUTE_count(attribute) != 1) {
        return false;
    }
    value = X509_ATTRIBUTE_get0_type(attribute, 0);
    if (ASN1_TYPE_get(value) != V_ASN1_SEQUENCE) {
        return false;
    }
    der->data = ASN1_STRING_get0_data(value->value.sequence);
    der->len = (size_t)ASN1_STRING_length(value->value.sequence);
    return true;
}

/* No extension may be there twice (RFC 5280 4.2). */
static bool extensions_distinct(const scep_extensions_t *extensions)
{
    int i, j;

    if (sk_X509_EXTENSION_num(extensions) > MAX_EXTENSIONS) {
        return false;
    }
    for (i = 0; i < sk_X509_EXTENSION_num(extensions); i++) {
        X509_EXTENSION *a = sk_X509_EXTENSION_value(extensions, i);

        for (j = 0; j < i; j++) {
            X509_EXTENSION *b = sk_X509_EXTENSION_value(extensions, j);

            if (OBJ_cmp(X509_EXTENSION_get_object(a),
                        X509_EXTENSION_get_object(b)) == 0) {
                return false;
            }
        }
    }
    return true;
}

static scep_extensions_t *parse_extensions(scep_octets_t der, apr_pool_t *pool)
{
    const unsigned char *in = der.data;
    scep_extensions_t *extensions = (scep_extensions_t *)ASN1_item_d2i(
        NULL, &in, (long)der.len, ASN1_ITEM_rptr(X509_EXTENSIONS));

    scep_own(pool, extensions, extensions_free);
    return in == der.data + der.len ? extensions : NULL;
}

/* From all three OIDs (facts/scep.md 2); those that are there must agree. */
static scep_status_e read_extensions(scep_csr_t *csr, apr_pool_t *pool,
                                     scep_result_t *res)
{
    static const char *const oids[] = {OID_PKCS9_EXTENSION_REQ,
                                       SCEP_OID_EXTENSION_REQ,
                                       SCEP_OID_MS_EXTENSION_REQ};
    scep_octets_t found = {NULL, 0};
    size_t i;

    for (i = 0; i < sizeof(oids) / sizeof(oids[0]); i++) {
        ASN1_OBJECT *oid = scep_oid(pool, oids[i]);
        scep_octets_t der;

        if (oid == NULL) {
            return scep_fail(res, SCEP_R_INTERNAL, "no memory");
        }
        if (!request_octets(csr->req, oid, &der)) {
            return scep_fail(res, SCEP_R_CONTENT, "attribute %s is malformed",
                             oids[i]);
        }
        if (der.len > 0 && found.len > 0 && !scep_octets_equal(der, found)) {
            return scep_fail(res, SCEP_R_CONTENT,
                             "two extension requests disagree");
        }
        if (der.len > 0) {
            found = der;
        }
    }
    if (found.len == 0) {
        return SCEP_OK;
    }
    csr->extensions = parse_extensions(found, pool);
    if (csr->extensions == NULL || !extensions_distinct(csr->extensions)) {
        return scep_fail(res, SCEP_R_CONTENT, "extensions are malformed");
    }
    if (sk_X509_EXTENSION_num(csr->extensions) == 0) {
        csr->extensions = NULL;
    }
    return SCEP_OK;
}

/* ------------------------------------------------------------------------- */

void scep_csr_spend(const scep_algs_t *algs, apr_pool_t *pool)
{
    scep_csr_t *decoy = apr_pcalloc(pool, sizeof(*decoy));
    scep_result_t res;
    bool worked;

    decoy->der = scep_csr_decoy;
    scep_result_init(&res, pool);
    (void)verify(decoy, algs, pool, &worked, &res); /* its signature is bad */
}

scep_status_e scep_csr_parse(scep_octets_t der, const scep_algs_t *algs,
                             int min_rsa_bits, apr_pool_t *pool,
                             scep_csr_t **csr, scep_result_t *res)
{
    scep_csr_t *made = apr_pcalloc(pool, sizeof(*made));
    scep_status_e status;
    bool worked;

    *csr = NULL;
    made->der = der;
    scep_crypto_clear_errors();
    status = verify(made, algs, pool, &worked, res);
    if (!worked) {
        scep_csr_spend(algs, pool);
    }
    if (status == SCEP_OK) {
        status = check_algorithms(made, algs, min_rsa_bits, res);
    }
    if (status == SCEP_OK) {
        status = read_extensions(made, pool, res);
    }
    if (status != SCEP_OK) {
        return status;
    }
    if (!scep_sha256(der, made->hash) ||
        !scep_key_hash(made->key, made->key_hash)) {
        return scep_fail(res, SCEP_R_INTERNAL, "no hash of the PKCS#10");
    }
    made->subject = scep_name_text(pool, X509_REQ_get_subject_name(made->req));
    *csr = made;
    return SCEP_OK;
}
