/* Licensed under the Apache License, Version 2.0; see LICENSE. */
/**
 * @file scep_authorize.h
 * May this CSR be signed? The challengePassword against the sources that the
 * endpoint accepts: claimed before anything is issued, given back unless a
 * certificate was recorded (invariants 2 and 3). (enroll layer)
 */
#ifndef SCEP_AUTHORIZE_H
#define SCEP_AUTHORIZE_H

#include "scep_csr.h"
#include "scep_pkimessage.h"
#include "scep_service.h"

/** What authorized a CSR; for a one-time password, the claim on it. */
typedef struct scep_claim_t {
    scep_source_e source;
    const char *renewal_of;             /* as scep_authorize() was told */
    const scep_profile_t *profile;      /* to issue by; NULL: the endpoint's */
    const struct scep_limits_t *limits; /* that it was held to; NULL: none */
    apr_int64_t uses;                   /* ONE_TIME: left, with this one */
    unsigned char hash[SCEP_HASH_SIZE]; /* ONE_TIME: the password's */
    unsigned char owner[SCEP_CLAIM_OWNER_SIZE]; /* ONE_TIME: the transaction */
    unsigned char signer_hash[SCEP_HASH_SIZE];  /* ONE_TIME: of its key */
} scep_claim_t;

/**
 * Ask the endpoint's sources in their order, until one accepts; what is
 * refused is counted, and may be kept waiting (scep_attempts.h); a one-time
 * password is claimed for the transaction of MSG. One that several devices may
 * use is waited for, for some seconds, while another holds it.
 * @param renewal_of serial of the certificate that is to be renewed; NULL: a
 *     first enrolment
 * @param retry set, with SCEP_OK, when this very CSR has spent this password
 *     before (in a renewal, for this renewal) and its certificate is still
 *     valid: answer with that one (invariant 4), nothing is claimed. NULL
 *     otherwise.
 * @return SCEP_OK; SCEP_REFUSED with SCEP_R_NO_CHALLENGE_SOURCE,
 *     SCEP_R_CHALLENGE_* or SCEP_R_LIMIT_*, with SCEP_R_NAME (its alternative
 *     names cannot be read), or what scep_attempts.h or a provider gives;
 *     SCEP_UNAVAILABLE with SCEP_R_TABLE_FULL (it is outstanding, and the table
 *     has no room for it), SCEP_R_LOCK, SCEP_R_STORE_UNAVAILABLE,
 *     SCEP_R_MASTER_PASSWORD or SCEP_R_SOURCE_UNAVAILABLE; SCEP_BROKEN
 */
scep_status_e scep_authorize(scep_request_t *req, const scep_pkimessage_t *msg,
                             const scep_csr_t *csr, const char *renewal_of,
                             scep_claim_t *claim,
                             scep_transaction_row_t **retry,
                             scep_result_t *res);

/** The attempt failed: give a one-time password back. */
void scep_authorize_release(scep_request_t *req, const scep_claim_t *claim);

/** A certificate was recorded: a one-time password is spent, or has one use
 * less. */
void scep_authorize_spent(scep_request_t *req, const scep_claim_t *claim);

#endif
