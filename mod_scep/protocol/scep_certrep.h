/* Licensed under the Apache License, Version 2.0; see LICENSE. */
/**
 * @file scep_certrep.h
 * What we send: CertRep (RFC 8894 3.3.2) and certs-only SignedData, always in
 * DER with definite lengths, which some clients need (Q76). (protocol layer)
 */
#ifndef SCEP_CERTREP_H
#define SCEP_CERTREP_H

#include "scep_alg.h"
#include "scep_crypto.h"
#include "scep_recipient.h"

typedef struct scep_certrep_t {
    scep_pki_status_e status;
    scep_failinfo_e failinfo; /* when FAILURE */
    const char *fail_text;    /* failInfoText; NULL: left out */
    apr_int32_t ndes_error;   /* HRESULT for NDES's clients; 0: left out */
    bool empty_content; /* FAILURE, PENDING: eContent is present and empty, as
                         * certmonger needs it (R22) */
    scep_octets_t transaction_id;  /* echoed octet by octet */
    scep_octets_t recipient_nonce; /* the request's senderNonce; len 0: it had
                                    * none (Q81), so the reply has none */
    const scep_digest_t *digest;   /* NULL: default */
    /* SUCCESS only: */
    scep_certs_t *certs;         /* leaf first; goes into the envelope */
    scep_octets_t crl;           /* DER; len 0, or instead of CERTS */
    scep_recipient_t recipient;  /* the signer of the request */
    const scep_cipher_t *cipher; /* NULL: default */
    /* always: */
    const scep_keypair_t *signer; /* of the reply, which has its certificate */
} scep_certrep_t;

/**
 * Build a CertRep: signed attributes as in R28, SignerInfo with rsaEncryption
 * for RSA keys (Q78), one RecipientInfo, SignedData v1 and, with key transport,
 * EnvelopedData v0. A FAILURE or PENDING has no eContent (RFC 8894 3.3.2, M1)
 * unless empty_content is set.
 * @return SCEP_OK; SCEP_REFUSED with SCEP_R_REPLY_KEY when the recipient's
 *     key cannot take an envelope that way; SCEP_BROKEN (SCEP_R_INTERNAL)
 */
scep_status_e scep_certrep_encode(const scep_certrep_t *rep,
                                  const scep_algs_t *algs, apr_pool_t *pool,
                                  scep_octets_t *der, scep_result_t *res);

/**
 * Degenerate certs-only SignedData (R38) with CERTS in exactly this order:
 * CMS would sort them, so the PKCS7 structure is used (M9); content absent.
 */
scep_status_e scep_certs_only_encode(scep_certs_t *certs, apr_pool_t *pool,
                                     scep_octets_t *der, scep_result_t *res);

/**
 * The same with CRL alone in its crls (RFC 8894 4.6.1, R37). CRL is copied, not
 * parsed: anybody may ask for it, and parsing one with 100,000 entries takes
 * fifty times the work of an enrolment, and a hundred times its size in memory.
 */
scep_status_e scep_crl_only_encode(scep_octets_t crl, apr_pool_t *pool,
                                   scep_octets_t *der, scep_result_t *res);

#endif
