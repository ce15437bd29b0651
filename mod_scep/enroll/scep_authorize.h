/* Licensed under the Apache License, Version 2.0; see LICENSE. */
/**
 * @file scep_authorize.h
 * May this CSR be signed? The endpoint's sources judge its challengePassword. A
 * one-time challenge is claimed before anything is issued, and given back
 * unless a certificate was recorded (invariants 2 and 3). (enroll layer)
 */
#ifndef SCEP_AUTHORIZE_H
#define SCEP_AUTHORIZE_H

#include "scep_enrolment.h"

/**
 * Ask the endpoint's sources in order until one accepts. A one-time challenge
 * is claimed for E's transaction; if several devices may use it and one of them
 * holds it, wait some seconds for it. Refusals are counted, and may be delayed
 * (scep_guess_limit.h).
 * @return SCEP_OK: E's claim says what let it in. Or E's reply has a
 *     certificate, and nothing is claimed: this very CSR spent this challenge
 *     before (in a renewal, for this renewal), and its certificate is still
 *     valid (invariant 4). SCEP_REFUSED with SCEP_R_NO_CHALLENGE_SOURCE,
 *     SCEP_R_CHALLENGE_* or SCEP_R_LIMIT_*, with SCEP_R_NAME (its alternative
 *     names cannot be read), or what scep_guess_limit.h, a provider or
 *     scep_recall_again() gives; SCEP_UNAVAILABLE with SCEP_R_TABLE_FULL (the
 *     challenge is outstanding, but the table is full), SCEP_R_LOCK,
 *     SCEP_R_STORE_UNAVAILABLE, SCEP_R_MASTER_PASSWORD or
 *     SCEP_R_SOURCE_UNAVAILABLE; SCEP_BROKEN
 */
scep_status_e scep_authorize(scep_enrolment_t *e, scep_result_t *res);

/** The attempt failed: give back what E has claimed, if anything. */
void scep_authorize_release(scep_enrolment_t *e);

/** A certificate was recorded: the challenge that E has claimed is spent, or
 * has one use less. */
void scep_authorize_spent(scep_enrolment_t *e);

#endif
