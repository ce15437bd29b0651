/* Licensed under the Apache License, Version 2.0; see LICENSE. */
/*
 * scep_csr.c: the PKCS#10 of a request. (protocol layer)
 */
#include "scep_csr.h"

#include <openssl/asn1t.h>
#include <openssl/objects.h>

#include "scep_csr_challenge.h"
#include "scep_csr_decoy.h"
#include "scep_csr_extensions.h"
#include "scep_preflight.h"
#include "scep_pss.h"
#include "scep_pubkey.h"

static bool signature_allowed(const X509_REQ *req, const scep_algs_t *algs)
{
    const X509_ALGOR *algorithm = NULL;
    int nid = X509_REQ_get_signature_nid(req);

    switch (nid) {
    case NID_rsassaPss:
        X509_REQ_get0_signature(req, NULL, &algorithm);
        return scep_pss_digest(algorithm, algs) != NULL;
    case NID_ED25519: /* these have a fixed digest of their own */
    case NID_ED448:
        return true;
    default:
        return scep_algs_signature_digest(algs, nid) != NULL;
    }
}

/* The signature is over INFO as received. ASN1_item_verify_ex() encodes its
 * argument, so it gets INFO as a SEQUENCE that was not parsed.
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
 * Parse and verify. Until the signature is known to be good, every fault has
 * the same outcome: a CSR made of pieces of another message's ciphertext must
 * not tell how far it could be read (invariant 7). No signature is computed
 * with a key that no profile allows: DSA, or RSA with a long modulus or
 * exponent, would cost milliseconds (invariant 9).
 * @param worked set to whether the signature was computed, good or bad
 */
static scep_status_e parse_and_verify(scep_csr_t *csr, const scep_algs_t *algs,
                                      apr_pool_t *pool, scep_csr_parts_t *parts,
                                      bool *worked, scep_result_t *res)
{
    scep_status_e status = scep_preflight_csr(csr->der, res);
    const char *fault;
    int result;

    *worked = false;
    if (status != SCEP_OK) {
        return status;
    }
    if (!scep_csr_take_apart(csr->der, parts)) {
        return scep_fail(res, SCEP_R_CONTENT, "PKCS#10 malformed");
    }
    csr->req = scep_csr_bare(parts, scep_algs_libctx(algs), pool);
    if (csr->req == NULL) {
        return scep_fail(res, SCEP_R_CONTENT, "PKCS#10 does not parse");
    }
    csr->key = X509_REQ_get0_pubkey(csr->req);
    if (csr->key == NULL) {
        return scep_fail(res, SCEP_R_CONTENT, "key of PKCS#10 is unreadable");
    }
    fault = scep_pubkey_fault(csr->key, 0);
    if (fault != NULL) {
        return scep_fail(res, SCEP_R_CONTENT, "PKCS#10: %s: %s", fault,
                         scep_pubkey_text(csr->key, pool));
    }
    result = verify_signature(csr, parts->info, scep_algs_libctx(algs));
    *worked = result >= 0; /* an unknown algorithm, say, was not computed */
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
        return scep_fail(res, SCEP_R_CSR_KEY,
                         "PKCS#10: %s: it has %d bits, ScepCertMinRSABits "
                         "requires %d",
                         fault, EVP_PKEY_get_bits(csr->key), min_rsa_bits);
    }
    if (!signature_allowed(csr->req, algs)) {
        return scep_fail(res, SCEP_R_CSR_KEY,
                         "PKCS#10: signature algorithm " SCEP_ALG_NOT_ALLOWED,
                         OBJ_nid2sn(X509_REQ_get_signature_nid(csr->req)),
                         scep_level_name(scep_algs_level(algs)));
    }
    return SCEP_OK;
}

X509_REQ *scep_csr_peek(scep_octets_t der, OSSL_LIB_CTX *libctx,
                        apr_array_header_t *attributes, apr_pool_t *pool)
{
    scep_octets_t oid, values;
    scep_csr_parts_t parts;
    scep_result_t res;

    scep_result_init(&res, pool);
    if (scep_preflight_csr(der, &res) != SCEP_OK ||
        !scep_csr_take_apart(der, &parts)) {
        return NULL;
    }
    while (scep_csr_next_attribute(&parts.attributes, &oid, &values)) {
        APR_ARRAY_PUSH(attributes, scep_octets_t) = oid;
    }
    return scep_csr_bare(&parts, libctx, pool);
}

void scep_csr_dummy_verify(const scep_algs_t *algs, apr_pool_t *pool)
{
    scep_csr_t *decoy = apr_pcalloc(pool, sizeof(*decoy));
    scep_csr_parts_t parts;
    scep_result_t res;
    bool worked;

    decoy->der = scep_csr_decoy;
    scep_result_init(&res, pool);
    /* it fails: the decoy's signature is bad */
    (void)parse_and_verify(decoy, algs, pool, &parts, &worked, &res);
}

scep_status_e scep_csr_parse(scep_octets_t der, const scep_algs_t *algs,
                             int min_rsa_bits, apr_pool_t *pool,
                             scep_csr_t **csr, scep_result_t *res)
{
    scep_csr_t *made = apr_pcalloc(pool, sizeof(*made));
    scep_csr_parts_t parts;
    scep_status_e status;
    bool worked;

    *csr = NULL;
    made->der = der;
    scep_crypto_clear_errors();
    status = parse_and_verify(made, algs, pool, &parts, &worked, res);
    if (!worked) {
        scep_csr_dummy_verify(algs, pool);
    }
    if (status == SCEP_OK) {
        status = check_algorithms(made, algs, min_rsa_bits, res);
    }
    if (status == SCEP_OK) {
        scep_csr_read_challenge(made, parts.attributes, pool);
        status = scep_csr_read_extensions(made, parts.attributes, pool, res);
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
