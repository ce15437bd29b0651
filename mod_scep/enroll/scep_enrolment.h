/* Licensed under the Apache License, Version 2.0; see LICENSE. */
/**
 * @file scep_enrolment.h
 * One request for a certificate on its way from the opened message to its
 * answer: what PKCSReq, RenewalReq and CertPoll hand from one step to the next.
 * (enroll layer)
 *
 *     recall     is it known already?                (scep_recall.h)
 *     authorize  does a challenge or certificate let it in?
 *     issue      may it be signed? then sign and record it
 *     wait       or queue it, for an operator or the CA
 */
#ifndef SCEP_ENROLMENT_H
#define SCEP_ENROLMENT_H

#include "scep_csr.h"
#include "scep_message.h"
#include "scep_store_recall.h"

/** What authorized a CSR; for a one-time challenge, the claim on it. */
typedef struct scep_claim_t {
    scep_source_e source;
    bool held; /* a one-time challenge is claimed: give it back or spend it */
    const scep_profile_t *profile;      /* to issue by; NULL: the endpoint's */
    const struct scep_limits_t *limits; /* that the CSR keeps; NULL: none */
    apr_int64_t uses;                   /* ONE_TIME: left, this one included */
    unsigned char owner[SCEP_CLAIM_OWNER_SIZE]; /* ONE_TIME: the transaction */
} scep_claim_t;

typedef struct scep_enrolment_t {
    scep_request_t *req;
    const scep_pkimessage_t *msg;
    scep_reply_t *reply; /* its certificate is set once there is one */
    apr_time_t now;
    apr_time_t retry_since; /* identical requests back to here are retries */
    const char *endpoint;   /* as it is recorded; at one endpoint a
                             * transactionID belongs to one key */
    const scep_next_ca_t *next; /* the next CA if it is to issue; else NULL */
    unsigned char signer_hash[SCEP_HASH_SIZE]; /* of the signer's key */

    scep_csr_t *csr; /* NULL: a CertPoll, before the waiting CSR is opened */
    const unsigned char *challenge_hash; /* keyed; NULL: it has no challenge */
    const scep_subject_t *subject; /* that must have no certificate yet (RFC
                                    * 8894, figure 12); NULL: it may */

    const char *renewal_of; /* serial of the certificate that signed, in
                             * upper-case hex; NULL: a first enrolment */
    scep_recall_t recall;   /* what the store answered */
    const scep_request_row_t *waiting; /* the waiting request that E takes up;
                                        * NULL: none */
    scep_claim_t claim;
    const scep_profile_t *profile; /* known once E is authorized */
    const char *ticket; /* of the CA, which has not decided; NULL: none */
} scep_enrolment_t;

/**
 * Fill E from MSG, but for its CSR.
 * @param reply where the answer goes
 * @return SCEP_OK; SCEP_BROKEN
 */
scep_status_e scep_enrolment_begin(scep_request_t *req,
                                   const scep_pkimessage_t *msg,
                                   scep_reply_t *reply, scep_enrolment_t *e,
                                   scep_result_t *res);

/**
 * Read DER as the CSR of E.
 * @return SCEP_OK; SCEP_REFUSED with what scep_csr_parse() gives; SCEP_BROKEN
 */
scep_status_e scep_enrolment_read(scep_enrolment_t *e, scep_octets_t der,
                                  scep_result_t *res);

/** Do both for an opened PKCSReq or RenewalReq. */
scep_status_e scep_enrolment_open(scep_request_t *req,
                                  const scep_pkimessage_t *msg,
                                  scep_reply_t *reply, scep_enrolment_t *e,
                                  scep_result_t *res);

/** Did a challenge or a certificate authorize E, and not `ScepChallenge none`?
 * Known once E is authorized. */
bool scep_enrolment_proved(const scep_enrolment_t *e);

/** What authorized E: "renewal", or the name of the claim's source; for a
 * request that has waited, what was recorded when it was queued. */
const char *scep_enrolment_authority(const scep_enrolment_t *e);

/**
 * Is the message signed with the key that is to be certified (invariant 8)?
 * @return SCEP_OK; SCEP_REFUSED with SCEP_R_SIGNER_KEY
 */
scep_status_e scep_enrolment_own_key(const scep_enrolment_t *e,
                                     scep_result_t *res);

/** The hash by which a subject is found again, from E's pool; NULL if NAME is
 * empty, and so nobody's. @return false: NAME cannot be read */
bool scep_enrolment_hash_subject(const scep_enrolment_t *e,
                                 const X509_NAME *name,
                                 const unsigned char **hash);

/** Refuse E, because its transactionID belongs to another key.
 * @return SCEP_REFUSED with SCEP_R_TRANSACTION_REUSED */
scep_status_e scep_enrolment_id_taken(const scep_enrolment_t *e,
                                      scep_result_t *res);

#endif
