/* Licensed under the Apache License, Version 2.0; see LICENSE. */
/**
 * @file scep_recipient.h
 * To whom the envelope of a CertRep goes, and how its content key gets there
 * (RFC 8894 3.1): the certificate that signed the request, with a key that can
 * encrypt or with one that cannot. (protocol layer)
 */
#ifndef SCEP_RECIPIENT_H
#define SCEP_RECIPIENT_H

#include "scep_alg.h"
#include "scep_crypto.h"

/** How the content key of an envelope reaches its recipient. */
typedef enum {
    SCEP_KEY_DELIVERY_TRANSPORT =
        0,                      /* encrypted to an RSA key: KeyTrans (R23) */
    SCEP_KEY_DELIVERY_PASSWORD, /* by the challengePassword: PasswordRecipientInfo,
                             * for keys that can only sign (R24) */
    SCEP_KEY_DELIVERY_AGREEMENT /* ECDH with an EC key: KeyAgree; RFC 8894 does not
                             * have it */
} scep_key_delivery_e;

/** RSAES-OAEP with an empty label (RFC 4055 4.1). NID_undef is SHA-1. */
typedef struct scep_oaep_t {
    bool used;  /* false: RSAES-PKCS1-v1_5 */
    int digest; /* NID of the hash function */
    int mgf1;   /* NID of that of the mask generation */
} scep_oaep_t;

typedef struct scep_recipient_t {
    X509 *cert; /* that signed the request */
    scep_key_delivery_e delivery;
    scep_oaep_t oaep;     /* TRANSPORT: as in the request */
    const char *password; /* PASSWORD: the challengePassword in UTF-8, in
                           * memory that is wiped */
} scep_recipient_t;

/** RSAES-OAEP knows DIGEST here, for its hash function or MGF1. */
bool scep_oaep_digest(int nid);

/**
 * Can an envelope with CIPHER be made for RECIPIENT? To be asked before
 * anything is issued.
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
