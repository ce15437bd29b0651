/* Licensed under the Apache License, Version 2.0; see LICENSE. */
/**
 * @file scep_pkimessage.h
 * A request's pkiMessage (RFC 8894 3): the outer signature first, the
 * envelope second (invariant 8). (protocol layer: no policy, no I/O)
 */
#ifndef SCEP_PKIMESSAGE_H
#define SCEP_PKIMESSAGE_H

#include <apr_tables.h>

#include "scep_alg.h"
#include "scep_crypto.h"
#include "scep_recipient.h"

/** A request as far as it has been read. All members live in its pool. */
typedef struct scep_pkimessage_t {
    apr_pool_t *pool;
    const char *transaction_id;       /* as sent; PrintableString, no NUL */
    scep_octets_t transaction_id_raw; /* the same octets, to be echoed */
    scep_octets_t sender_nonce;       /* 1..SCEP_MAX_NONCE octets, to be echoed;
                                       * len 0: there is none (Q81) */
    apr_int64_t signing_time; /* seconds since 1970, once verified; 0: none */
    int message_type;         /* a number 0..255; -1 while unknown */
    X509 *signer;             /* NULL while unknown */
    EVP_PKEY *signer_key;     /* its public key: X509_get0_pubkey(signer) may
                               * give none */
    X509 *signer_id; /* has the issuer, serial number and key of signer, maybe
                      * nothing else: for CMS */
    const scep_digest_t *digest; /* of the SignerInfo; NULL while unknown */
    bool verified;               /* the outer signature is good */
    unsigned char hash[SCEP_HASH_SIZE]; /* once verified: of the signed
                                         * attributes; a message that comes
                                         * again has the same (S16) */
    bool clear_challenge;   /* a challengePassword of any kind is among the
                             * signed attributes (Q23) */
    scep_octets_t envelope; /* the pkcsPKIEnvelope; len 0 if absent */
    /* set by scep_pkimessage_address(), also for a message that failed: */
    CMS_ContentInfo *enveloped;
    const scep_cipher_t *cipher;     /* that the request used */
    scep_oaep_t oaep;                /* of its key transport */
    const scep_keypair_t *recipient; /* the pair of ours that opens it */
    /* set by scep_pkimessage_open(): */
    scep_octets_t data; /* messageData: PKCS#10, ... */
} scep_pkimessage_t;

/**
 * Read and verify the outer SignedData: pre-flight, exactly one signer whose
 * certificate is among those enclosed, allowed digest, signature over the
 * signed attributes and content as received (M5), each SCEP attribute exactly
 * once with one value.
 *
 * @param msg Set as soon as transactionID and senderNonce are known, even if
 *     the call then fails, so that a CertRep FAILURE can be built from it.
 *     NULL: only an HTTP error can answer. Trust nothing in MSG without
 *     SCEP_OK.
 * @return SCEP_OK; SCEP_REFUSED with SCEP_R_SYNTAX, _LIMITS, _TRANSACTION_ID or
 *     _SENDER_NONCE (malformed; it may be missing), where msg is NULL, or with
 *     _OUTER_ALG, _SIGNATURE, _ATTRIBUTES or _MESSAGE_TYPE (not a request's
 *     type), where msg is set; SCEP_BROKEN when memory fails.
 */
scep_status_e scep_pkimessage_decode(scep_octets_t der, const scep_algs_t *algs,
                                     apr_pool_t *pool, scep_pkimessage_t **msg,
                                     scep_result_t *res);

/**
 * As scep_pkimessage_open() without decrypting: read what an envelope shows to
 * anybody, CIPHER, OAEP and RECIPIENT, the last also if the cipher is refused.
 * RECIPIENT decides which pair answers, also a message refused before it was
 * opened. For messages whose content is ignored, call only this: if the answer
 * depended on decryption, it would tell about other messages' envelopes (S20).
 */
scep_status_e scep_pkimessage_address(scep_pkimessage_t *msg,
                                      const scep_algs_t *algs,
                                      const apr_array_header_t *pairs,
                                      scep_result_t *res);

/**
 * Open the envelope, once, with the key pair of ours that it is addressed to.
 * RecipientInfos are matched by issuer, compared as a name (Q79), and serial
 * number, or by subjectKeyIdentifier. Several RecipientInfos for the same key
 * of ours are refused (S20). Several for different keys of ours are fine
 * (scepclient sends them), and the first of them in PAIRS is used. Results of
 * an earlier scep_pkimessage_address() are used again.
 *
 * @param pairs array of const scep_keypair_t *, newest first
 * @return SCEP_OK; SCEP_REFUSED: _ENVELOPE (absent, malformed, or several
 *     RecipientInfos for one key of ours), _ENVELOPE_ALG, _RECIPIENT, _CONTENT
 *     (not decrypted: the same for every cause, invariant 7).
 */
scep_status_e scep_pkimessage_open(scep_pkimessage_t *msg,
                                   const scep_algs_t *algs,
                                   const apr_array_header_t *pairs,
                                   scep_result_t *res);

/**
 * Parse DER as CMS without verifying anything; for scepctl decode, too. POOL
 * owns the result; NULL if DER does not parse.
 */
CMS_ContentInfo *scep_pkimessage_parse_cms(scep_octets_t der,
                                           OSSL_LIB_CTX *libctx,
                                           apr_pool_t *pool);

/**
 * Get the messageData from PLAIN, the decrypted content of CMS. If the content
 * type is not data, .NET leaves out the tag and length of the outermost
 * element; if PLAIN then is not one element, they are put back.
 * @param pool holds and wipes the result, unless that is PLAIN
 */
scep_octets_t scep_pkimessage_restore(CMS_ContentInfo *cms, scep_octets_t plain,
                                      apr_pool_t *pool);

/** "PKCSReq", ... or "unknown"; constant. */
const char *scep_message_type_name(int message_type);

#endif
