/* Licensed under the Apache License, Version 2.0; see LICENSE. */
/**
 * @file scep_issue.h
 * What PKCSReq and RenewalReq have in common: is it a retry, and, once it has
 * been authorized, sign and record. (enroll layer)
 */
#ifndef SCEP_ISSUE_H
#define SCEP_ISSUE_H

#include "scep_authorize.h"
#include "scep_csr.h"
#include "scep_message.h"

/** One request for a certificate, as it is decided on. */
typedef struct scep_enrolment_t {
    scep_request_t *req;
    const scep_pkimessage_t *msg;
    scep_csr_t *csr;
    unsigned char signer_hash[SCEP_HASH_SIZE]; /* of the signer's key */
    const scep_profile_t *profile;             /* known once it is authorized */
    const char *renewal_of; /* serial of the certificate that signed, in
                             * upper-case hex; NULL: a first enrolment */
    bool revoke_old;        /* and that one ends with this issue */
    apr_time_t now;
    apr_time_t retry_since; /* identical requests back to here are retries */
    scep_claim_t claim;
    struct scep_request_row_t *waiting; /* the request that waited for this;
                                         * NULL: none */
} scep_enrolment_t;

/**
 * Parse the CSR of an opened message.
 * @return SCEP_OK; SCEP_REFUSED with what scep_csr_parse() gives; SCEP_BROKEN
 */
scep_status_e scep_enrolment_begin(scep_request_t *req,
                                   const scep_pkimessage_t *msg,
                                   scep_enrolment_t *e, scep_result_t *res);

/** Has a password, a provider or a certificate let E in? Known once it is
 * authorized. */
bool scep_enrolment_proved(const scep_enrolment_t *e);

/** The endpoint of E as it is recorded with what is issued or waits: where E's
 * transactionID belongs to its key. NULL on failure, which is a place of its
 * own. */
const char *scep_enrolment_endpoint(const scep_enrolment_t *e);

/**
 * Is E's transactionID free for its key (invariant 4; scep_store_id.h)?
 * @param proved false: a request that proved nothing is in the way, too
 * @return SCEP_OK; SCEP_REFUSED with SCEP_R_TRANSACTION_REUSED;
 *     SCEP_UNAVAILABLE with SCEP_R_STORE_UNAVAILABLE; SCEP_BROKEN
 */
scep_status_e scep_enrolment_check_id(const scep_enrolment_t *e, bool proved,
                                      scep_result_t *res);

/**
 * The message is signed with the key that is to be certified (invariant 8).
 * @return SCEP_OK; SCEP_REFUSED with SCEP_R_SIGNER_KEY
 */
scep_status_e scep_enrolment_own_key(const scep_enrolment_t *e,
                                     scep_result_t *res);

/**
 * Invariant 4: a retry is answered, not refused. A message that was answered
 * before gets the same certificate however late it comes, and never another
 * one: it may be a replay (S16).
 * @param cert set, with SCEP_OK
 * @return SCEP_OK; SCEP_NOT_FOUND: this is no retry, judge it anew;
 *     SCEP_REFUSED with SCEP_R_REPLAYED or SCEP_R_CSR_POLICY (revoked
 *     meanwhile); SCEP_UNAVAILABLE with SCEP_R_STORE_UNAVAILABLE; SCEP_BROKEN
 */
scep_status_e scep_enrolment_retry(const scep_enrolment_t *e, X509 **cert,
                                   scep_result_t *res);

/** The certificate of ROW once more, unless it was revoked meanwhile
 * (SCEP_R_CSR_POLICY). That this message was answered with it is recorded,
 * but for a CertPoll, which can bring no certificate about. @return SCEP_OK;
 * SCEP_REFUSED; SCEP_UNAVAILABLE with SCEP_R_STORE_UNAVAILABLE; SCEP_BROKEN */
scep_status_e scep_enrolment_again(const scep_enrolment_t *e,
                                   const scep_transaction_row_t *row,
                                   X509 **cert, scep_result_t *res);

/**
 * Sign and record what has been authorized, or have it wait: for an operator
 * (ScepApproval manual), unless it has, or for the CA. The claim of E is spent,
 * or given back.
 * @param cert the certificate, recorded (invariant 5)
 * @return SCEP_OK; SCEP_PENDING; SCEP_REFUSED with SCEP_R_DUPLICATE_SUBJECT (a
 *     first enrolment, and the subject has a certificate already),
 *     SCEP_R_TRANSACTION_REUSED, SCEP_R_SIGNER_KEY, SCEP_R_RENEWAL_REVOKED (the
 *     old certificate, meanwhile), what scep_service_profile(),
 *     scep_name_check(), scep_pending_add() or the CA backend gives, or, where
 *     another request was faster, what scep_enrolment_retry() or
 *     scep_authorize() gives; SCEP_UNAVAILABLE with SCEP_R_OVERTAKEN,
 *     SCEP_R_CA_UNAVAILABLE, SCEP_R_STORE_UNAVAILABLE or what those give;
 *     SCEP_BROKEN
 */
scep_status_e scep_issue(scep_enrolment_t *e, X509 **cert, scep_result_t *res);

/** The second half of it: record MADE, which the CA gave for E's waiting
 * request. Results as scep_issue(), but never SCEP_PENDING. */
scep_status_e scep_issue_record(scep_enrolment_t *e, X509 *made, X509 **cert,
                                scep_result_t *res);

#endif
