/* Licensed under the Apache License, Version 2.0; see LICENSE. */
/**
 * @file scep_recipient.h
 * The recipient of a CertRep's envelope, and how the content key reaches it
 * (RFC 8894 3.1): the certificate that signed the request, whose key may or may
 * not be able to encrypt. (protocol layer)
 */
#ifndef SCEP_RECIPIENT_H
#define SCEP_RECIPIENT_H

#include "scep_alg.h"
#include "scep_crypto.h"

/** How the content key of an envelope reaches its recipient. */
typedef enum {
    /* encrypted to an RSA key: KeyTrans (R23) */
    SCEP_KEY_DELIVERY_TRANSPORT = 0,
    /* by the challengePassword: PasswordRecipientInfo, for keys that can only
     * sign (R24) */
    SCEP_KEY_DELIVERY_PASSWORD,
    /* ECDH with an EC key: KeyAgree; not in RFC 8894 */
    SCEP_KEY_DELIVERY_AGREEMENT
} scep_key_delivery_e;

/** RSAES-OAEP with an empty label (RFC 4055 4.1). NID_undef is SHA-1. */
typedef struct scep_oaep_t {
    bool used;  /* false: RSAES-PKCS1-v1_5 */
    int digest; /* NID of the hash function */
    int mgf1;   /* NID of that of the mask generation */
} scep_oaep_t;

typedef struct scep_recipient_t {
    X509 *cert; /* of the signer of the request, or its signer_id */
    scep_key_delivery_e delivery;
    scep_oaep_t oaep;     /* TRANSPORT: as in the request */
    const char *password; /* PASSWORD: the challengePassword in UTF-8, in
                           * memory that is wiped */
} scep_recipient_t;

/** May RSAES-OAEP use the digest NID, for its hash function or MGF1? */
bool scep_oaep_digest(int nid);

/**
 * Can an envelope with CIPHER be made for RECIPIENT? Ask before anything is
 * issued.
 * @return NULL if it can, else why not; constant
 */
const char *scep_recipient_fault(const scep_recipient_t *recipient,
                                 const scep_cipher_t *cipher);

/**
 * Add the one RecipientInfo, which names RECIPIENT by issuerAndSerialNumber,
 * to the EnvelopedData CMS.
 * @return false on failure; the error queue tells why
 */
bool scep_recipient_add(CMS_ContentInfo *cms,
                        const scep_recipient_t *recipient);

#endif
