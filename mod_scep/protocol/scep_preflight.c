/* Licensed under the Apache License, Version 2.0; see LICENSE. */
/*
 * scep_preflight.c: shape, counts and sizes of a message, before OpenSSL's
 * CMS code sees it. (protocol layer)
 */
#include "scep_preflight.h"

#include <string.h>

#include <openssl/objects.h>

#include "scep_ber.h"
#include "scep_recipient.h"

enum {
    /* CMS hashes the content once for each of SignedData.digestAlgorithms. */
    MAX_DIGESTS = 4,
    /* Of SCEP_MAX_RSA_BITS; a longer one cannot be for a key of ours. */
    MAX_ENCRYPTED_KEY = SCEP_MAX_RSA_BITS / 8
};

/* Enter a ContentInfo (RFC 5652 3) of type NID: CONTENT then reads the one
 * SEQUENCE in it. */
static bool content_info(scep_octets_t der, int nid, scep_ber_reader_t *content)
{
    scep_ber_reader_t in = scep_ber_read(der);
    scep_ber_reader_t info, explicit;
    int type;

    return scep_ber_enter(&in, SCEP_BER_SEQUENCE, &info) &&
           scep_ber_oid(&info, &type) && type == nid &&
           scep_ber_enter(&info, SCEP_BER_CONTEXT_CONS, &explicit) &&
           scep_ber_end(&info) &&
           scep_ber_enter(&explicit, SCEP_BER_SEQUENCE, content) &&
           scep_ber_end(&explicit);
}

/* SET OF AlgorithmIdentifier */
static scep_status_e digest_algorithms(scep_ber_reader_t *in,
                                       scep_result_t *res)
{
    scep_ber_t set;
    size_t count;

    if (!scep_ber_take(in, SCEP_BER_SET, &set) ||
        !scep_ber_count(set.body, SCEP_BER_SEQUENCE, &count)) {
        return scep_fail(res, SCEP_R_SYNTAX, "digestAlgorithms malformed");
    }
    if (count > MAX_DIGESTS) {
        return scep_fail(res, SCEP_R_LIMITS, "%lu digestAlgorithms",
                         (unsigned long)count);
    }
    return SCEP_OK;
}

/* EncapsulatedContentInfo: id-data (R19), or envelopedData, as XiPKI sends it;
 * an OCTET STRING or nothing. */
static bool encapsulated(scep_ber_reader_t *in, int *nid)
{
    scep_ber_reader_t info, explicit;
    scep_ber_t content;
    size_t len;
    int type;

    *nid = NID_undef;
    if (!scep_ber_enter(in, SCEP_BER_SEQUENCE, &info) ||
        !scep_ber_oid(&info, &type)) {
        return false;
    }
    *nid = type;
    if (type != NID_pkcs7_data && type != NID_pkcs7_enveloped) {
        return false;
    }
    if (scep_ber_end(&info)) {
        return true;
    }
    return scep_ber_enter(&info, SCEP_BER_CONTEXT_CONS, &explicit) &&
           scep_ber_end(&info) &&
           (scep_ber_is(&explicit, SCEP_BER_OCTETS) ||
            scep_ber_is(&explicit, SCEP_BER_OCTETS_CONS)) &&
           scep_ber_next(&explicit, &content) && scep_ber_end(&explicit) &&
           scep_ber_string_len(&content, &len);
}

/* certificates [0] and crls [1], both optional. */
static scep_status_e certificates(scep_ber_reader_t *in, scep_result_t *res)
{
    scep_ber_t set;
    size_t count;

    if (scep_ber_is(in, SCEP_BER_CONTEXT_CONS)) {
        if (!scep_ber_next(in, &set) ||
            !scep_ber_count(set.body, SCEP_BER_SEQUENCE, &count)) {
            return scep_fail(res, SCEP_R_SYNTAX,
                             "certificates hold what is no certificate");
        }
        if (count > SCEP_MAX_CERTIFICATES) {
            return scep_fail(res, SCEP_R_LIMITS, "%lu certificates",
                             (unsigned long)count);
        }
    }
    if (scep_ber_is(in, SCEP_BER_CONTEXT_CONS + 1)) {
        if (!scep_ber_next(in, &set)) {
            return scep_fail(res, SCEP_R_SYNTAX, "crls malformed");
        }
        if (set.body.len > 0) { /* S23: they would only cost work */
            return scep_fail(res, SCEP_R_LIMITS, "CRLs in a request");
        }
    }
    return SCEP_OK;
}

/* signedAttrs [0] or unsignedAttrs [1] */
static scep_status_e attributes(scep_ber_reader_t *in, scep_result_t *res)
{
    scep_ber_t set;
    size_t count;

    if (!scep_ber_next(in, &set) ||
        !scep_ber_count(set.body, SCEP_BER_SEQUENCE, &count)) {
        return scep_fail(res, SCEP_R_SYNTAX, "attributes malformed");
    }
    if (count > SCEP_MAX_ATTRIBUTES) {
        return scep_fail(res, SCEP_R_LIMITS, "%lu attributes",
                         (unsigned long)count);
    }
    return SCEP_OK;
}

static scep_status_e signer_info(scep_ber_reader_t *in, scep_result_t *res)
{
    scep_ber_t e;
    scep_ber_reader_t params;
    int nid;
    scep_status_e status;

    if (!scep_ber_take(in, SCEP_BER_INTEGER, &e) ||
        (!scep_ber_is(in, SCEP_BER_SEQUENCE) &&
         !scep_ber_is(in, SCEP_BER_CONTEXT)) ||
        !scep_ber_next(in, &e) || !scep_ber_algorithm(in, &nid, &params)) {
        return scep_fail(res, SCEP_R_SYNTAX, "SignerInfo malformed");
    }
    if (!scep_ber_is(in, SCEP_BER_CONTEXT_CONS)) {
        return scep_fail(res, SCEP_R_SYNTAX, "no signed attributes");
    }
    status = attributes(in, res);
    if (status != SCEP_OK) {
        return status;
    }
    if (!scep_ber_algorithm(in, &nid, &params) ||
        !scep_ber_take(in, SCEP_BER_OCTETS, &e)) {
        return scep_fail(res, SCEP_R_SYNTAX, "SignerInfo has no signature");
    }
    if (scep_ber_is(in, SCEP_BER_CONTEXT_CONS + 1)) {
        status = attributes(in, res);
        if (status != SCEP_OK) {
            return status;
        }
    }
    if (!scep_ber_end(in)) {
        return scep_fail(res, SCEP_R_SYNTAX, "SignerInfo has extra elements");
    }
    return SCEP_OK;
}

static scep_status_e signer_infos(scep_ber_reader_t *in, scep_result_t *res)
{
    scep_ber_t set;
    scep_ber_reader_t infos, info;
    size_t count;

    if (!scep_ber_take(in, SCEP_BER_SET, &set) || !scep_ber_end(in) ||
        !scep_ber_count(set.body, SCEP_BER_SEQUENCE, &count)) {
        return scep_fail(res, SCEP_R_SYNTAX, "signerInfos malformed");
    }
    if (count == 0) {
        return scep_fail(res, SCEP_R_SYNTAX, "no signer");
    }
    if (count > 1) {
        return scep_fail(res, SCEP_R_LIMITS, "%lu signers",
                         (unsigned long)count);
    }
    infos = scep_ber_read(set.body);
    if (!scep_ber_enter(&infos, SCEP_BER_SEQUENCE, &info)) {
        return scep_fail(res, SCEP_R_SYNTAX, "SignerInfo malformed");
    }
    return signer_info(&info, res);
}

/* Say whether DER is cut off, has octets after it, or is no BER at all. */
static scep_status_e malformed(scep_octets_t der, scep_result_t *res)
{
    size_t size;

    if (!scep_ber_incomplete(der, &size)) {
        return size > 0 && size < der.len
                   ? scep_fail(res, SCEP_R_SYNTAX,
                               "%lu octets follow the message, which has %lu",
                               (unsigned long)(der.len - size),
                               (unsigned long)size)
                   : scep_fail(res, SCEP_R_SYNTAX, "not one BER element");
    }
    return size == 0 ? scep_fail(res, SCEP_R_SYNTAX,
                                 "incomplete: the message breaks off after %lu "
                                 "octets",
                                 (unsigned long)der.len)
                     : scep_fail(res, SCEP_R_SYNTAX, SCEP_BER_CUT_OFF,
                                 (unsigned long)der.len, (unsigned long)size);
}

scep_status_e scep_preflight_signed(scep_octets_t der, scep_result_t *res)
{
    scep_ber_reader_t in;
    scep_ber_t version;
    scep_status_e status;
    int type;

    switch (scep_ber_check(der)) {
    case SCEP_BER_GOOD:
        break;
    case SCEP_BER_TOO_DEEP:
        return scep_fail(res, SCEP_R_LIMITS, "nested too deeply");
    case SCEP_BER_BAD:
        return malformed(der, res);
    }
    if (!content_info(der, NID_pkcs7_signed, &in) ||
        !scep_ber_take(&in, SCEP_BER_INTEGER, &version)) {
        return scep_fail(res, SCEP_R_SYNTAX, "not a SignedData");
    }
    status = digest_algorithms(&in, res);
    if (status != SCEP_OK) {
        return status;
    }
    if (!encapsulated(&in, &type)) {
        return scep_fail(res, SCEP_R_SYNTAX,
                         "encapContentInfo of type %s, or malformed",
                         OBJ_nid2sn(type));
    }
    status = certificates(&in, res);
    if (status != SCEP_OK) {
        return status;
    }
    return signer_infos(&in, res);
}

/* --- what it says of itself ---------------------------------------------- */

/* The value of an attribute, a string, if the attribute is of type OID. */
static bool attribute_text(scep_octets_t attribute, const unsigned char *oid,
                           size_t oid_len, scep_octets_t *text)
{
    scep_ber_reader_t in = scep_ber_read(attribute), values;
    scep_ber_t type, value;

    if (!scep_ber_take(&in, SCEP_BER_OID, &type) || type.body.len != oid_len ||
        memcmp(type.body.data, oid, oid_len) != 0 ||
        !scep_ber_enter(&in, SCEP_BER_SET, &values) ||
        !scep_ber_next(&values, &value)) {
        return false;
    }
    *text = value.body;
    return true;
}

static void claimed_attributes(scep_octets_t set, scep_claims_t *claims)
{
    /* SCEP_OID_MESSAGE_TYPE and SCEP_OID_TRANSACTION_ID */
    static const unsigned char type_oid[] = {0x60, 0x86, 0x48, 0x01, 0x86,
                                             0xf8, 0x45, 0x01, 0x09, 0x02};
    static const unsigned char id_oid[] = {0x60, 0x86, 0x48, 0x01, 0x86,
                                           0xf8, 0x45, 0x01, 0x09, 0x07};
    scep_ber_reader_t in = scep_ber_read(set);
    scep_octets_t text;
    scep_ber_t one;

    while (scep_ber_take(&in, SCEP_BER_SEQUENCE, &one)) {
        if (attribute_text(one.body, type_oid, sizeof(type_oid), &text) &&
            text.len == 2) {
            claims->message_type =
                10 * (text.data[0] - '0') + (text.data[1] - '0');
        }
        attribute_text(one.body, id_oid, sizeof(id_oid),
                       &claims->transaction_id);
    }
}

bool scep_preflight_claims(scep_octets_t der, scep_claims_t *claims)
{
    scep_ber_reader_t in, infos, info, signer;
    scep_ber_t e;
    bool by_name;

    memset(claims, 0, sizeof(*claims));
    claims->message_type = -1;
    /* version, digestAlgorithms, encapContentInfo, then what is optional */
    if (scep_ber_check(der) != SCEP_BER_GOOD ||
        !content_info(der, NID_pkcs7_signed, &in) || !scep_ber_next(&in, &e) ||
        !scep_ber_next(&in, &e) || !scep_ber_next(&in, &e)) {
        return false;
    }
    while (!scep_ber_is(&in, SCEP_BER_SET) && scep_ber_next(&in, &e)) {
        /* certificates, CRLs */
    }
    if (!scep_ber_enter(&in, SCEP_BER_SET, &infos) ||
        !scep_ber_enter(&infos, SCEP_BER_SEQUENCE, &info) ||
        !scep_ber_take(&info, SCEP_BER_INTEGER, &e)) {
        return false;
    }
    by_name = scep_ber_is(&info, SCEP_BER_SEQUENCE);
    if (!scep_ber_next(&info, &e)) {
        return false;
    }
    signer = scep_ber_read(e.body);
    if (by_name && scep_ber_take(&signer, SCEP_BER_SEQUENCE, &e)) {
        claims->issuer = e.whole;
    }
    if (!scep_ber_take(&info, SCEP_BER_SEQUENCE, &e) ||
        !scep_ber_take(&info, SCEP_BER_CONTEXT_CONS, &e)) {
        return false;
    }
    claimed_attributes(e.body, claims);
    return true;
}

/* --- the envelope -------------------------------------------------------- */

/* rsaEncryption and hash functions have NULL parameters, which some leave
 * out. */
static bool null_or_nothing(scep_ber_reader_t *params)
{
    scep_ber_t null;

    return scep_ber_end(params) ||
           (scep_ber_take(params, SCEP_BER_NULL, &null) && null.body.len == 0 &&
            scep_ber_end(params));
}

/* A digest's AlgorithmIdentifier in an explicit tag. */
static bool oaep_hash(scep_ber_reader_t *explicit)
{
    scep_ber_reader_t params;
    int nid;

    return scep_ber_algorithm(explicit, &nid, &params) &&
           scep_oaep_digest(nid) && null_or_nothing(&params) &&
           scep_ber_end(explicit);
}

static bool oaep_mgf(scep_ber_reader_t *explicit)
{
    scep_ber_reader_t params;
    int nid;

    return scep_ber_algorithm(explicit, &nid, &params) && nid == NID_mgf1 &&
           scep_ber_end(explicit) && oaep_hash(&params);
}

/* The label must be empty: no SCEP client sends one. */
static bool oaep_source(scep_ber_reader_t *explicit)
{
    scep_ber_reader_t params;
    scep_ber_t label;
    int nid;

    return scep_ber_algorithm(explicit, &nid, &params) &&
           nid == NID_pSpecified && scep_ber_end(explicit) &&
           scep_ber_take(&params, SCEP_BER_OCTETS, &label) &&
           label.body.len == 0 && scep_ber_end(&params);
}

/* RSAES-OAEP-params (RFC 4055 4.1): three explicit tags, each optional. Windows
 * sends none of them (Q27). */
static bool oaep_known(scep_ber_reader_t *params)
{
    static bool (*const parts[3])(scep_ber_reader_t *) = {oaep_hash, oaep_mgf,
                                                          oaep_source};
    scep_ber_reader_t in, explicit;
    unsigned int i;

    if (!scep_ber_enter(params, SCEP_BER_SEQUENCE, &in) ||
        !scep_ber_end(params)) {
        return false;
    }
    for (i = 0; i < 3; i++) {
        if (scep_ber_enter(&in, SCEP_BER_CONTEXT_CONS + i, &explicit) &&
            !parts[i](&explicit)) {
            return false;
        }
    }
    return scep_ber_end(&in);
}

static scep_status_e recipient(scep_ber_reader_t *set, scep_result_t *res)
{
    scep_ber_reader_t in, params;
    scep_ber_t e;
    int nid;

    /* [1] to [4] are key agreement, KEK, password, other. RFC 8894 3.1 allows
     * the password only for keys that cannot encrypt; ours can. */
    if (!scep_ber_is(set, SCEP_BER_SEQUENCE)) {
        return scep_fail(res, SCEP_R_ENVELOPE_ALG,
                         "the content key is not encrypted with an RSA key "
                         "(KeyTransRecipientInfo)");
    }
    if (!scep_ber_enter(set, SCEP_BER_SEQUENCE, &in) ||
        !scep_ber_take(&in, SCEP_BER_INTEGER, &e) ||
        (!scep_ber_is(&in, SCEP_BER_SEQUENCE) &&
         !scep_ber_is(&in, SCEP_BER_CONTEXT)) ||
        !scep_ber_next(&in, &e) || !scep_ber_algorithm(&in, &nid, &params) ||
        !scep_ber_take(&in, SCEP_BER_OCTETS, &e) || !scep_ber_end(&in) ||
        e.body.len == 0 || e.body.len > MAX_ENCRYPTED_KEY) {
        return scep_fail(res, SCEP_R_ENVELOPE, "RecipientInfo malformed");
    }
    if (!(nid == NID_rsaEncryption && null_or_nothing(&params)) &&
        !(nid == NID_rsaesOaep && oaep_known(&params))) {
        return scep_fail(res, SCEP_R_ENVELOPE_ALG,
                         "key transport by %s, or its parameters, are not "
                         "supported",
                         OBJ_nid2sn(nid));
    }
    return SCEP_OK;
}

static scep_status_e recipients(scep_ber_reader_t *in, scep_result_t *res)
{
    scep_ber_reader_t set;
    int count;

    if (!scep_ber_enter(in, SCEP_BER_SET, &set)) {
        return scep_fail(res, SCEP_R_ENVELOPE, "recipientInfos malformed");
    }
    for (count = 0; !scep_ber_end(&set); count++) {
        scep_status_e status;

        if (count == SCEP_MAX_RECIPIENTS) {
            return scep_fail(res, SCEP_R_ENVELOPE, "too many recipients");
        }
        status = recipient(&set, res);
        if (status != SCEP_OK) {
            return status;
        }
    }
    if (count == 0) {
        return scep_fail(res, SCEP_R_ENVELOPE, "no recipient");
    }
    return SCEP_OK;
}

/* Length of the IV of a CBC cipher that SCEP knows, else 0. */
static size_t iv_len(int nid)
{
    switch (nid) {
    case NID_des_cbc:
    case NID_des_ede3_cbc:
        return 8;
    case NID_aes_128_cbc:
    case NID_aes_192_cbc:
    case NID_aes_256_cbc:
        return 16;
    default:
        return 0;
    }
}

/* EncryptedContentInfo of any type (scep_pkimessage_restore()). Its content is
 * [0] IMPLICIT, in one piece or in segments; an EXPLICIT one (Q82) looks like a
 * single segment. */
static scep_status_e encrypted_content(scep_ber_reader_t *in, int *cipher_nid,
                                       scep_result_t *res)
{
    scep_ber_reader_t info, params;
    scep_ber_t iv, content;
    size_t len;
    int type;

    if (!scep_ber_enter(in, SCEP_BER_SEQUENCE, &info) ||
        !scep_ber_oid(&info, &type) ||
        !scep_ber_algorithm(&info, cipher_nid, &params)) {
        return scep_fail(res, SCEP_R_ENVELOPE,
                         "encryptedContentInfo malformed");
    }
    /* S21: check the IV's length before OpenSSL copies it. */
    if (iv_len(*cipher_nid) == 0 ||
        !scep_ber_take(&params, SCEP_BER_OCTETS, &iv) ||
        iv.body.len != iv_len(*cipher_nid) || !scep_ber_end(&params)) {
        return scep_fail(res, SCEP_R_ENVELOPE_ALG,
                         "content cipher %s, or its parameters, are not "
                         "supported",
                         OBJ_nid2sn(*cipher_nid));
    }
    if ((!scep_ber_is(&info, SCEP_BER_CONTEXT) &&
         !scep_ber_is(&info, SCEP_BER_CONTEXT_CONS)) ||
        !scep_ber_next(&info, &content) || !scep_ber_end(&info) ||
        !scep_ber_string_len(&content, &len) || len == 0) {
        return scep_fail(res, SCEP_R_ENVELOPE, "encryptedContent malformed");
    }
    return SCEP_OK;
}

scep_status_e scep_preflight_enveloped(scep_octets_t der, int *cipher_nid,
                                       scep_result_t *res)
{
    scep_ber_reader_t in;
    scep_ber_t version;
    scep_status_e status;

    if (scep_ber_check(der) != SCEP_BER_GOOD ||
        !content_info(der, NID_pkcs7_enveloped, &in) ||
        !scep_ber_take(&in, SCEP_BER_INTEGER, &version)) {
        return scep_fail(res, SCEP_R_ENVELOPE, "not an EnvelopedData");
    }
    if (scep_ber_is(&in, SCEP_BER_CONTEXT_CONS)) {
        return scep_fail(res, SCEP_R_ENVELOPE, "originatorInfo is not allowed");
    }
    status = recipients(&in, res);
    if (status != SCEP_OK) {
        return status;
    }
    status = encrypted_content(&in, cipher_nid, res);
    if (status != SCEP_OK) {
        return status;
    }
    if (!scep_ber_end(&in)) {
        return scep_fail(res, SCEP_R_ENVELOPE,
                         "unprotectedAttrs are not allowed");
    }
    return SCEP_OK;
}

/* --- the request --------------------------------------------------------- */

scep_status_e scep_preflight_csr(scep_octets_t der, scep_result_t *res)
{
    scep_ber_reader_t in, csr;
    scep_ber_t e;

    if (der.len > SCEP_MAX_CSR) {
        return scep_fail(res, SCEP_R_CONTENT, "PKCS#10 is too long: %lu octets",
                         (unsigned long)der.len);
    }
    if (scep_ber_check(der) != SCEP_BER_GOOD) {
        return scep_fail(res, SCEP_R_CONTENT, "not one BER element");
    }
    /* A ContentInfo would begin with an OID. */
    in = scep_ber_read(der);
    if (!scep_ber_enter(&in, SCEP_BER_SEQUENCE, &csr) ||
        !scep_ber_take(&csr, SCEP_BER_SEQUENCE, &e) ||
        !scep_ber_take(&csr, SCEP_BER_SEQUENCE, &e) ||
        !scep_ber_take(&csr, SCEP_BER_BIT_STRING, &e) || !scep_ber_end(&csr)) {
        return scep_fail(res, SCEP_R_CONTENT, "not a PKCS#10");
    }
    return SCEP_OK;
}
