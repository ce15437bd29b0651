/* Licensed under the Apache License, Version 2.0; see LICENSE. */
/**
 * @file scep_preflight.h
 * A bounded walk over the BER of a message before OpenSSL's CMS code sees it:
 * it checks shape, counts and sizes (S21, S23), and copies nothing.
 * (protocol layer)
 */
#ifndef SCEP_PREFLIGHT_H
#define SCEP_PREFLIGHT_H

#include "scep.h"
#include "scep_str.h"

/**
 * The outer ContentInfo: SignedData and nothing else, one SignerInfo, at most
 * SCEP_MAX_CERTIFICATES certificates, no CRLs, at most SCEP_MAX_ATTRIBUTES
 * signed attributes, depth within SCEP_MAX_DEPTH, no trailing octets.
 * Definite and indefinite lengths, and constructed OCTET STRINGs, are read.
 * @return SCEP_OK, or SCEP_REFUSED: SCEP_R_SYNTAX or SCEP_R_LIMITS
 */
scep_status_e scep_preflight_signed(scep_octets_t der, scep_result_t *res);

/** What a message says of itself, for whoever cannot wait until it is verified:
 * it may be a lie. All but MESSAGE_TYPE points into the message. */
typedef struct scep_claims_t {
    int message_type;             /* -1: none that could be read */
    scep_octets_t transaction_id; /* len 0: likewise */
    scep_octets_t issuer; /* of the signer's certificate, a Name; len 0: the
                           * signer is named in another way */
} scep_claims_t;

/** Read the claims of a SignedData with one signer. It allocates nothing.
 * @return false: it is none */
bool scep_preflight_claims(scep_octets_t der, scep_claims_t *claims);

/**
 * The pkcsPKIEnvelope: ContentInfo with EnvelopedData only (no AuthEnveloped),
 * 1 to SCEP_MAX_RECIPIENTS RecipientInfos, each KeyTransRecipientInfo with
 * rsaEncryption or RSAES-OAEP with known parameters, encryptedContentInfo of
 * any type with a CBC cipher and an IV of its exact size, no originatorInfo, no
 * unprotectedAttrs.
 * @param cipher_nid set to the content cipher's NID when SCEP_OK; OpenSSL's
 *     CMS has no function that tells it
 * @return SCEP_OK, or SCEP_REFUSED: SCEP_R_ENVELOPE or SCEP_R_ENVELOPE_ALG
 */
scep_status_e scep_preflight_enveloped(scep_octets_t der, int *cipher_nid,
                                       scep_result_t *res);

/** A PKCS#10 of at most SCEP_MAX_CSR octets, one SEQUENCE, no trailing
 * octets, depth within bounds; else SCEP_R_CONTENT. */
scep_status_e scep_preflight_csr(scep_octets_t der, scep_result_t *res);

#endif
