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
    EVP_PKEY *signer_key;     /* its public key; owned by signer */
    const scep_digest_t *digest; /* of the SignerInfo; NULL while unknown */
    bool verified;               /* the outer signature is good */
    unsigned char hash[SCEP_HASH_SIZE]; /* once verified: of all that is
                                         * signed; tells a message that comes
                                         * again from a new one (S16) */
    bool clear_challenge;   /* a challengePassword, whatever it is, is among
                                  * the signed attributes (Q23) */
    scep_octets_t envelope; /* the pkcsPKIEnvelope; len 0 if absent */
    /* after scep_pkimessage_address(), also of a message that is not to be
     * believed: */
    CMS_ContentInfo *enveloped;
    const scep_cipher_t *cipher;     /* that the request used */
    scep_oaep_t oaep;                /* of its key transport */
    const scep_keypair_t *recipient; /* which of our pairs opens it */
    /* after scep_pkimessage_open(): */
    scep_octets_t data; /* messageData: PKCS#10, ... */
} scep_pkimessage_t;

/**
 * Read and verify the outer SignedData: pre-flight, exactly one signer whose
 * certificate is among those enclosed, allowed digest, signature over the
 * signed attributes and content as received (M5), each SCEP attribute exactly
 * once with one value.
 *
 * @param msg Set to non-NULL as soon as transactionID and senderNonce are
 *     known, also when the call then fails: a CertRep FAILURE can be built
 *     from it. NULL: only an HTTP error can answer. Nothing in MSG may be
 *     believed unless SCEP_OK came back.
 * @return SCEP_OK; SCEP_REFUSED with SCEP_R_SYNTAX, _LIMITS, _TRANSACTION_ID,
 *     _SENDER_NONCE (msg is NULL; of a senderNonce that is malformed, not of one
 *     that is missing), or _OUTER_ALG, _SIGNATURE, _ATTRIBUTES,
 *     _MESSAGE_TYPE (msg is set; _MESSAGE_TYPE: not a request's type);
 *     SCEP_BROKEN when memory fails.
 */
scep_status_e scep_pkimessage_decode(scep_octets_t der, const scep_algs_t *algs,
                                     apr_pool_t *pool, scep_pkimessage_t **msg,
                                     scep_result_t *res);

/**
 * As scep_pkimessage_open() without decrypting: what an envelope tells to
 * anybody, CIPHER, OAEP and RECIPIENT; the latter also where the cipher is
 * refused. It tells who is to answer, also a message that is refused for its
 * outside. For messages whose content is ignored it is all there is: to those
 * the answer must not depend on whether it can be decrypted, or it would tell
 * of any other message's (S20).
 */
scep_status_e scep_pkimessage_address(scep_pkimessage_t *msg,
                                      const scep_algs_t *algs,
                                      const apr_array_header_t *pairs,
                                      scep_result_t *res);

/**
 * Open the envelope, once, with whichever of our key pairs it is addressed to.
 * RecipientInfos are matched by issuer and serial number compared as names
 * (Q79), or by subjectKeyIdentifier. More than one RecipientInfo for the same
 * key of ours is refused (S20); several for different keys of ours are fine
 * (scepclient does so) and the first of PAIRS' order is used. What
 * scep_pkimessage_address() has found stands.
 *
 * @param pairs array of const scep_keypair_t *, newest first
 * @return SCEP_OK; SCEP_REFUSED: _ENVELOPE (absent, malformed, or several
 *     RecipientInfos for one key of ours), _ENVELOPE_ALG, _RECIPIENT, _CONTENT (could not be decrypted: one and the
 *     same for every cause, invariant 7).
 */
scep_status_e scep_pkimessage_open(scep_pkimessage_t *msg,
                                   const scep_algs_t *algs,
                                   const apr_array_header_t *pairs,
                                   scep_result_t *res);

/**
 * Only what can be read without believing anything; for scepctl decode: the
 * CMS structure of DER. Owned by POOL. NULL if it does not parse.
 */
CMS_ContentInfo *scep_pkimessage_parse_cms(scep_octets_t der,
                                           OSSL_LIB_CTX *libctx,
                                           apr_pool_t *pool);

/**
 * The messageData that PLAIN, the decrypted content of CMS, stands for. Where
 * the content's type is not data, .NET leaves out the tag and the length of
 * the outermost element; they are put back where PLAIN is not one element.
 * @param pool holds the result, and wipes it, where it is not PLAIN
 */
scep_octets_t scep_pkimessage_restore(CMS_ContentInfo *cms, scep_octets_t plain,
                                      apr_pool_t *pool);

/** "PKCSReq", ... or "unknown"; constant. */
const char *scep_message_type_name(int message_type);

#endif
