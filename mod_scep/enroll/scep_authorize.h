/* Licensed under the Apache License, Version 2.0; see LICENSE. */
/**
 * @file scep_authorize.h
 * May this CSR be signed? The challengePassword against the sources that the
 * endpoint accepts: claimed before anything is issued, given back unless a
 * certificate was recorded (invariants 2 and 3). (enroll layer)
 */
#ifndef SCEP_AUTHORIZE_H
#define SCEP_AUTHORIZE_H

#include "scep_enrolment.h"

/**
 * Ask the endpoint's sources in their order, until one accepts; what is
 * refused is counted, and may be kept waiting (scep_guess_limit.h); a one-time
 * password is claimed for the transaction of E. One that several devices may
 * use is waited for, for some seconds, while another holds it.
 * @return SCEP_OK: E's claim says what let it in; or, with a certificate in its
 *     reply, this very CSR has spent this password before (in a renewal, for
 *     this renewal) and that certificate is still valid (invariant 4): nothing
 *     is claimed; SCEP_REFUSED with SCEP_R_NO_CHALLENGE_SOURCE,
 *     SCEP_R_CHALLENGE_* or SCEP_R_LIMIT_*, with SCEP_R_NAME (its alternative
 *     names cannot be read), or what scep_guess_limit.h, a provider or
 *     scep_recall_again() gives; SCEP_UNAVAILABLE with SCEP_R_TABLE_FULL (it is
 *     outstanding, and the table has no room for it), SCEP_R_LOCK,
 *     SCEP_R_STORE_UNAVAILABLE, SCEP_R_MASTER_PASSWORD or
 *     SCEP_R_SOURCE_UNAVAILABLE; SCEP_BROKEN
 */
scep_status_e scep_authorize(scep_enrolment_t *e, scep_result_t *res);

/** The attempt failed: give back what E has claimed, if anything. */
void scep_authorize_release(scep_enrolment_t *e);

/** A certificate was recorded: what E has claimed is spent, or has one use
 * less. */
void scep_authorize_spent(scep_enrolment_t *e);

#endif
