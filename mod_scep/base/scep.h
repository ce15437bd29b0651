/* Licensed under the Apache License, Version 2.0; see LICENSE. */
/**
 * @file scep.h
 * For all parts of mod_scep: version, protocol numbers, limits, and the one
 * result type. scep_host.h has what outside modules share with it.
 *
 * Thread-safety: every function works only on its arguments, so it is safe as
 * long as two threads do not use the same objects at once.
 */
#ifndef SCEP_H
#define SCEP_H

#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>

#include <apr.h>

#include <apr_pools.h>

#include "scep_host.h"

#ifdef __cplusplus
extern "C" {
#endif

#define SCEP_VERSION "0.1.0"

/** Limits on what a peer may send (invariant 9, S23). */
#define SCEP_MAX_CERTIFICATES 8     /* in one SignedData */
#define SCEP_MAX_RECIPIENTS 4       /* RecipientInfos in one envelope */
#define SCEP_MAX_ATTRIBUTES 32      /* signed attributes */
#define SCEP_MAX_DEPTH 32           /* nesting of DER elements */
#define SCEP_MAX_CSR 16384          /* octets */
#define SCEP_MAX_TRANSACTION_ID 255 /* octets */
#define SCEP_MAX_NONCE 64           /* octets; RFC says 16, Q17 sends 8 */
#define SCEP_MAX_CHALLENGE 8192     /* octets; Intune's exceeds 255 (Q34) */
#define SCEP_MAX_RSA_BITS 8192
#define SCEP_NONCE_SIZE 16 /* of our own nonces, RFC 8894 3.2.1.5 */
#define SCEP_HASH_SIZE 32  /* SHA-256 and HMAC-SHA-256 */

/** messageType, RFC 8894 3.2.1.2. */
typedef enum {
    SCEP_MSG_CERTREP = 3,
    SCEP_MSG_RENEWALREQ = 17,
    SCEP_MSG_PKCSREQ = 19,
    SCEP_MSG_CERTPOLL = 20,
    SCEP_MSG_GETCERT = 21,
    SCEP_MSG_GETCRL = 22
} scep_message_type_e;

/** pkiStatus, RFC 8894 3.2.1.3. */
typedef enum {
    SCEP_PKI_SUCCESS = 0,
    SCEP_PKI_FAILURE = 2,
    SCEP_PKI_PENDING = 3
} scep_pki_status_e;

/** failInfo, RFC 8894 3.2.1.4. */
typedef enum {
    SCEP_FAIL_NONE = -1,
    SCEP_FAIL_BAD_ALG = 0,
    SCEP_FAIL_BAD_MESSAGE_CHECK = 1,
    SCEP_FAIL_BAD_REQUEST = 2,
    SCEP_FAIL_BAD_TIME = 3,
    SCEP_FAIL_BAD_CERT_ID = 4
} scep_failinfo_e;

/**
 * A row for every reason to refuse a peer. Only the row decides the result's
 * status, the HTTP status, failInfo, the public text, and the id (SCEPnnnn) of
 * the log line, so that no two places can disagree. docs/refusals.md lists the
 * same rows; a guard compares them.
 *
 * X(symbol, number, status, HTTP status, failInfo, public text)
 *
 * An HTTP status of 200 means an answer by a CertRep FAILURE. The public texts
 * say nothing that an attacker could use: all challenge outcomes share one
 * text, and so do all failures to open or read an envelope (invariant 7).
 */
#define SCEP_TEXT_BAD_REQUEST "The request was refused."
#define SCEP_TEXT_NO_AUTH "The request was not authorized."
#define SCEP_TEXT_LATER "Too many requests have failed. Try again later."
#define SCEP_TEXT_UNAVAILABLE "The service is temporarily unavailable."

/* clang-format off */
#define SCEP_REASONS(X)                                                        \
    /* the HTTP request */                                                     \
    X(SCEP_R_METHOD, 101, SCEP_REFUSED, 405, SCEP_FAIL_NONE,                   \
      "Use GET or POST.")                                                      \
    X(SCEP_R_TOO_LARGE, 102, SCEP_REFUSED, 413, SCEP_FAIL_NONE,                \
      "The request is too large.")                                             \
    X(SCEP_R_BODY, 103, SCEP_REFUSED, 400, SCEP_FAIL_NONE,                     \
      "The request body could not be read.")                                   \
    X(SCEP_R_NO_OPERATION, 104, SCEP_REFUSED, 400, SCEP_FAIL_NONE,             \
      "The SCEP operation is missing.")                                        \
    X(SCEP_R_OPERATION, 105, SCEP_REFUSED, 400, SCEP_FAIL_NONE,                \
      "Unknown SCEP operation.")                                               \
    X(SCEP_R_QUERY, 106, SCEP_REFUSED, 400, SCEP_FAIL_NONE,                    \
      "The query string is malformed.")                                        \
    X(SCEP_R_BASE64, 107, SCEP_REFUSED, 400, SCEP_FAIL_NONE,                   \
      "The message is not valid base64.")                                      \
    X(SCEP_R_NO_MESSAGE, 108, SCEP_REFUSED, 400, SCEP_FAIL_NONE,               \
      "The message is missing.")                                               \
    X(SCEP_R_NO_NEXT_CA, 109, SCEP_NOT_FOUND, 404, SCEP_FAIL_NONE,             \
      "There is no next CA certificate.")                                      \
    /* names: CertRep FAILURE */                                               \
    X(SCEP_R_NAME, 110, SCEP_REFUSED, 200, SCEP_FAIL_BAD_REQUEST,              \
      "A name in the request cannot be certified.")                            \
    X(SCEP_R_NAME_OF_CA, 111, SCEP_REFUSED, 200, SCEP_FAIL_BAD_REQUEST,        \
      "A name in the request cannot be certified.")                            \
    /* no pkiMessage that could be answered by a CertRep */                    \
    X(SCEP_R_SYNTAX, 120, SCEP_REFUSED, 400, SCEP_FAIL_NONE,                   \
      "The message is not a SCEP pkiMessage.")                                 \
    X(SCEP_R_LIMITS, 121, SCEP_REFUSED, 400, SCEP_FAIL_NONE,                   \
      "The message exceeds a limit.")                                          \
    X(SCEP_R_TRANSACTION_ID, 122, SCEP_REFUSED, 400, SCEP_FAIL_NONE,           \
      "The transactionID is missing or malformed.")                            \
    X(SCEP_R_SENDER_NONCE, 123, SCEP_REFUSED, 400, SCEP_FAIL_NONE,             \
      "The senderNonce is missing or malformed.")                              \
    /* out of turn */                                                          \
    X(SCEP_R_TABLE_FULL, 125, SCEP_UNAVAILABLE, 503, SCEP_FAIL_NONE,           \
      SCEP_TEXT_UNAVAILABLE)                                                   \
    X(SCEP_R_OVERTAKEN, 126, SCEP_UNAVAILABLE, 503, SCEP_FAIL_NONE,            \
      SCEP_TEXT_UNAVAILABLE)                                                   \
    X(SCEP_R_BUSY, 127, SCEP_UNAVAILABLE, 503, SCEP_FAIL_NONE,                 \
      SCEP_TEXT_UNAVAILABLE)                                                   \
    /* a pkiMessage: CertRep FAILURE */                                        \
    X(SCEP_R_CLEAR_CHALLENGE, 128, SCEP_REFUSED, 200, SCEP_FAIL_BAD_REQUEST,   \
      "The challengePassword must not be sent in clear.")                      \
    X(SCEP_R_SIGNING_TIME, 129, SCEP_REFUSED, 200, SCEP_FAIL_BAD_TIME,         \
      "The signing time of the message is too far off.")                       \
    X(SCEP_R_OUTER_ALG, 130, SCEP_REFUSED, 200, SCEP_FAIL_BAD_ALG,             \
      "The algorithm of the message is not allowed.")                          \
    X(SCEP_R_SIGNATURE, 131, SCEP_REFUSED, 200, SCEP_FAIL_BAD_MESSAGE_CHECK,   \
      "The signature of the message is not valid.")                            \
    X(SCEP_R_ATTRIBUTES, 132, SCEP_REFUSED, 200, SCEP_FAIL_BAD_REQUEST,        \
      "The attributes of the message are malformed.")                          \
    X(SCEP_R_MESSAGE_TYPE, 133, SCEP_REFUSED, 200, SCEP_FAIL_BAD_REQUEST,      \
      "The messageType is not supported.")                                     \
    X(SCEP_R_ENVELOPE, 134, SCEP_REFUSED, 200, SCEP_FAIL_BAD_REQUEST,          \
      "The pkcsPKIEnvelope is malformed.")                                     \
    X(SCEP_R_ENVELOPE_ALG, 135, SCEP_REFUSED, 200, SCEP_FAIL_BAD_ALG,          \
      "The encryption algorithm is not allowed.")                              \
    X(SCEP_R_RECIPIENT, 136, SCEP_REFUSED, 200, SCEP_FAIL_BAD_CERT_ID,         \
      "The message is not addressed to this CA.")                              \
    X(SCEP_R_CONTENT, 137, SCEP_REFUSED, 200, SCEP_FAIL_BAD_REQUEST,           \
      SCEP_TEXT_BAD_REQUEST)                                                   \
    X(SCEP_R_CSR_KEY, 138, SCEP_REFUSED, 200, SCEP_FAIL_BAD_ALG,               \
      "The key or signature algorithm of the request is not allowed.")         \
    X(SCEP_R_CSR_POLICY, 139, SCEP_REFUSED, 200, SCEP_FAIL_BAD_REQUEST,        \
      SCEP_TEXT_BAD_REQUEST)                                                   \
    X(SCEP_R_SIGNER_KEY, 140, SCEP_REFUSED, 200, SCEP_FAIL_BAD_REQUEST,        \
      SCEP_TEXT_BAD_REQUEST)                                                   \
    X(SCEP_R_REPLY_KEY, 141, SCEP_REFUSED, 200, SCEP_FAIL_BAD_ALG,             \
      "No reply can be encrypted to the key of the message's signer.")         \
    X(SCEP_R_TRANSACTION_REUSED, 142, SCEP_REFUSED, 200,                       \
      SCEP_FAIL_BAD_REQUEST, SCEP_TEXT_BAD_REQUEST)                            \
    X(SCEP_R_RENEWAL_OFF, 143, SCEP_REFUSED, 200, SCEP_FAIL_BAD_REQUEST,       \
      SCEP_TEXT_BAD_REQUEST)                                                   \
    X(SCEP_R_RENEWAL_SIGNER, 144, SCEP_REFUSED, 200, SCEP_FAIL_BAD_REQUEST,    \
      SCEP_TEXT_BAD_REQUEST)                                                   \
    X(SCEP_R_RENEWAL_REVOKED, 145, SCEP_REFUSED, 200, SCEP_FAIL_BAD_REQUEST,   \
      SCEP_TEXT_BAD_REQUEST)                                                   \
    X(SCEP_R_RENEWAL_VALIDITY, 146, SCEP_REFUSED, 200, SCEP_FAIL_BAD_REQUEST,  \
      SCEP_TEXT_BAD_REQUEST)                                                   \
    X(SCEP_R_RENEWAL_EARLY, 147, SCEP_REFUSED, 200, SCEP_FAIL_BAD_REQUEST,     \
      SCEP_TEXT_BAD_REQUEST)                                                   \
    X(SCEP_R_RENEWAL_NAMES, 148, SCEP_REFUSED, 200, SCEP_FAIL_BAD_REQUEST,     \
      SCEP_TEXT_BAD_REQUEST)                                                   \
    X(SCEP_R_RENEWAL_DIGEST, 149, SCEP_REFUSED, 200, SCEP_FAIL_BAD_ALG,        \
      "The algorithm of the message is not allowed.")                          \
    X(SCEP_R_NO_CHALLENGE_SOURCE, 150, SCEP_REFUSED, 200,                      \
      SCEP_FAIL_BAD_REQUEST, SCEP_TEXT_NO_AUTH)                                \
    X(SCEP_R_CHALLENGE_MISSING, 151, SCEP_REFUSED, 200,                        \
      SCEP_FAIL_BAD_REQUEST, SCEP_TEXT_NO_AUTH)                                \
    X(SCEP_R_CHALLENGE_SYNTAX, 152, SCEP_REFUSED, 200,                         \
      SCEP_FAIL_BAD_REQUEST, SCEP_TEXT_NO_AUTH)                                \
    X(SCEP_R_CHALLENGE_UNKNOWN, 153, SCEP_REFUSED, 200,                        \
      SCEP_FAIL_BAD_REQUEST, SCEP_TEXT_NO_AUTH)                                \
    X(SCEP_R_CHALLENGE_EXPIRED, 154, SCEP_REFUSED, 200,                        \
      SCEP_FAIL_BAD_REQUEST, SCEP_TEXT_NO_AUTH)                                \
    X(SCEP_R_CHALLENGE_SPENT, 155, SCEP_REFUSED, 200,                          \
      SCEP_FAIL_BAD_REQUEST, SCEP_TEXT_NO_AUTH)                                \
    X(SCEP_R_CHALLENGE_BUSY, 156, SCEP_REFUSED, 200,                           \
      SCEP_FAIL_BAD_REQUEST, SCEP_TEXT_NO_AUTH)                                \
    X(SCEP_R_TOO_MANY_FAILURES, 157, SCEP_REFUSED, 429, SCEP_FAIL_NONE,        \
      SCEP_TEXT_LATER)                                                         \
    X(SCEP_R_PASSWORD_LOCKED, 158, SCEP_REFUSED, 429, SCEP_FAIL_NONE,          \
      SCEP_TEXT_LATER)                                                         \
    X(SCEP_R_TOO_MANY_WAITING, 159, SCEP_REFUSED, 429, SCEP_FAIL_NONE,         \
      SCEP_TEXT_LATER)                                                         \
    X(SCEP_R_CA_REFUSED, 160, SCEP_REFUSED, 200, SCEP_FAIL_BAD_REQUEST,        \
      "The CA refused the request.")                                           \
    X(SCEP_R_CERT_UNKNOWN, 161, SCEP_REFUSED, 200, SCEP_FAIL_BAD_CERT_ID,      \
      "There is no such certificate.")                                         \
    X(SCEP_R_CRL_ISSUER, 162, SCEP_REFUSED, 200, SCEP_FAIL_BAD_CERT_ID,        \
      "This CA has no CRL of that issuer.")                                    \
    X(SCEP_R_NO_CRL, 163, SCEP_REFUSED, 200, SCEP_FAIL_BAD_REQUEST,            \
      "This CA has no CRL.")                                                   \
    X(SCEP_R_REPLAYED, 164, SCEP_REFUSED, 200, SCEP_FAIL_BAD_REQUEST,          \
      "The request was refused.")                                              \
    X(SCEP_R_DUPLICATE_SUBJECT, 165, SCEP_REFUSED, 200, SCEP_FAIL_BAD_REQUEST, \
      "The subject has a valid certificate already.")                          \
    X(SCEP_R_POLL_UNKNOWN, 166, SCEP_REFUSED, 200, SCEP_FAIL_BAD_CERT_ID,      \
      "No such request is known.")                                             \
    X(SCEP_R_REQUEST_REJECTED, 167, SCEP_REFUSED, 200, SCEP_FAIL_BAD_REQUEST,  \
      "The request was rejected.")                                             \
    X(SCEP_R_REQUEST_EXPIRED, 168, SCEP_REFUSED, 200, SCEP_FAIL_BAD_REQUEST,   \
      "The request has expired.")                                              \
    X(SCEP_R_REQUESTS_FULL, 169, SCEP_UNAVAILABLE, 503, SCEP_FAIL_NONE,        \
      SCEP_TEXT_UNAVAILABLE)                                                   \
    /* our side */                                                             \
    X(SCEP_R_CA_UNAVAILABLE, 170, SCEP_UNAVAILABLE, 503, SCEP_FAIL_NONE,       \
      SCEP_TEXT_UNAVAILABLE)                                                   \
    X(SCEP_R_STORE_UNAVAILABLE, 171, SCEP_UNAVAILABLE, 503, SCEP_FAIL_NONE,    \
      SCEP_TEXT_UNAVAILABLE)                                                   \
    X(SCEP_R_LOCK, 172, SCEP_UNAVAILABLE, 503, SCEP_FAIL_NONE,                 \
      SCEP_TEXT_UNAVAILABLE)                                                   \
    X(SCEP_R_INTERNAL, 173, SCEP_BROKEN, 500, SCEP_FAIL_NONE,                  \
      "Internal error.")                                                       \
    X(SCEP_R_SETUP, 174, SCEP_BROKEN, 500, SCEP_FAIL_NONE,                     \
      "Internal error.")                                                       \
    X(SCEP_R_MASTER_PASSWORD, 175, SCEP_UNAVAILABLE, 503, SCEP_FAIL_NONE,      \
      SCEP_TEXT_UNAVAILABLE)                                                   \
    X(SCEP_R_USER_FULL, 176, SCEP_REFUSED, 429, SCEP_FAIL_NONE,                \
      "You have as many unused passwords as a user may have.")                 \
    X(SCEP_R_REQUESTS_OF_PEER, 178, SCEP_REFUSED, 429, SCEP_FAIL_NONE,         \
      "Too many requests wait. Try again later.")                              \
    /* the admin page and API */                                               \
    X(SCEP_R_ADMIN_NO_USER, 180, SCEP_REFUSED, 403, SCEP_FAIL_NONE,            \
      "This page needs an authenticated user.")                                \
    X(SCEP_R_CACHE_FULL, 181, SCEP_UNAVAILABLE, 200, SCEP_FAIL_NONE,           \
      "The password cache is full.")                                           \
    X(SCEP_R_ADMIN_CROSS_SITE, 182, SCEP_REFUSED, 403, SCEP_FAIL_NONE,         \
      "Open this page by its own address, or open its form.")                  \
    X(SCEP_R_ADMIN_DENIED, 183, SCEP_REFUSED, 403, SCEP_FAIL_NONE,             \
      "You have no permission to do this.")                                    \
    X(SCEP_R_API_REQUEST, 184, SCEP_REFUSED, 400, SCEP_FAIL_NONE,              \
      "The request is malformed.")                                             \
    X(SCEP_R_API_UNKNOWN, 185, SCEP_NOT_FOUND, 404, SCEP_FAIL_NONE,            \
      "Not found.")                                               \
    X(SCEP_R_API_METHOD, 186, SCEP_REFUSED, 405, SCEP_FAIL_NONE,               \
      "This method is not served here.")                                       \
    X(SCEP_R_API_CONFLICT, 187, SCEP_REFUSED, 409, SCEP_FAIL_NONE,             \
      "That is not possible in this state.")                                   \
    X(SCEP_R_API_TYPE, 188, SCEP_REFUSED, 415, SCEP_FAIL_NONE,                 \
      "Send JSON with Content-Type application/json.")                         \
    X(SCEP_R_ADMIN_TOKEN, 189, SCEP_REFUSED, 403, SCEP_FAIL_NONE,              \
      "The form is too old, or not yours; load it again.")                     \
    /* drawing and limiting passwords */                                       \
    X(SCEP_R_LIMIT_SUBJECT, 190, SCEP_REFUSED, 200, SCEP_FAIL_BAD_REQUEST,     \
      SCEP_TEXT_NO_AUTH)                                                       \
    X(SCEP_R_LIMIT_ALT_NAMES, 191, SCEP_REFUSED, 200, SCEP_FAIL_BAD_REQUEST,   \
      SCEP_TEXT_NO_AUTH)                                                       \
    X(SCEP_R_LIMIT_NETWORK, 192, SCEP_REFUSED, 200, SCEP_FAIL_BAD_REQUEST,     \
      SCEP_TEXT_NO_AUTH)                                                       \
    X(SCEP_R_DRAW_PARAMS, 193, SCEP_REFUSED, 400, SCEP_FAIL_NONE,              \
      "No such password can be drawn.")                                        \
    X(SCEP_R_SOURCE_UNAVAILABLE, 194, SCEP_UNAVAILABLE, 503, SCEP_FAIL_NONE,   \
      SCEP_TEXT_UNAVAILABLE)                                                   \
    X(SCEP_R_ADMIN_PATH, 195, SCEP_NOT_FOUND, 404, SCEP_FAIL_NONE,             \
      "Not found.")                                                            \
    X(SCEP_R_NOT_READY, 199, SCEP_UNAVAILABLE, 503, SCEP_FAIL_NONE,            \
      SCEP_TEXT_UNAVAILABLE)
/* clang-format on */

/* A reason is the number of its row, which never changes. */
typedef enum {
    SCEP_R_NONE = 0,
#define SCEP_REASON_ENUM(sym, num, st, http, fail, text) sym = num,
    SCEP_REASONS(SCEP_REASON_ENUM)
#undef SCEP_REASON_ENUM
        SCEP_R_END /* above all of them */
} scep_reason_e;

/**
 * A result. The function that finds a fault fills it, and it travels unchanged
 * to the log, the CertRep and the HTTP answer.
 */
struct scep_result_t {
    apr_pool_t *pool; /* for the detail text */
    scep_status_e status;
    scep_reason_e reason; /* SCEP_R_NONE while status is SCEP_OK */
    int http_status;      /* 200: a CertRep can carry it */
    scep_failinfo_e failinfo;
    unsigned int log_number; /* nnnn of SCEPnnnn */
    const char *public_text; /* constant; for the peer */
    const char *detail;      /* private; for the log only, never NULL */
    int retry_after;         /* seconds, for Retry-After; 0: as usual. Set after
                              * scep_fail() */
    const char *place;       /* "file:line" of the setting at fault, if known;
                              * else NULL. Set after scep_fail() */
    bool told; /* an error line has named the cause and the cure already:
                * further lines are informational. Set after scep_fail() */
};

/** Make RES an "ok" result whose later detail is allocated from POOL. */
void scep_result_init(scep_result_t *res, apr_pool_t *pool);

/**
 * Fill RES from the row of REASON and the formatted private detail. Errors in
 * OpenSSL's queue are removed from it and appended to the detail. The detail
 * must hold no secret: no challenge, key, password or message.
 * @param fmt apr_psprintf format
 * @return the row's status, so that callers write `return scep_fail(...)`.
 */
scep_status_e scep_fail(scep_result_t *res, scep_reason_e reason,
                        const char *fmt, ...)
    __attribute__((format(printf, 3, 4)));

/** scep_fail() for functions with a va_list. */
scep_status_e scep_vfail(scep_result_t *res, scep_reason_e reason,
                         const char *fmt, va_list args)
    __attribute__((format(printf, 3, 0)));

/** "broken", "refused", ... for logs. Constant; never NULL. */
const char *scep_status_name(scep_status_e status);

/** "badAlg", ... (RFC 8894 3.2.1.4), or "none". Constant; never NULL. */
const char *scep_failinfo_name(scep_failinfo_e failinfo);

#ifdef __cplusplus
}
#endif

#endif
