/* Licensed under the Apache License, Version 2.0; see LICENSE. */
/**
 * @file scep_renewal.h
 * A certificate authorizes its successor: RenewalReq (RFC 8894 2.3, 3.3.1),
 * and PKCSReq signed by a certificate of ours, as most clients renew (R10).
 * (enroll layer)
 */
#ifndef SCEP_RENEWAL_H
#define SCEP_RENEWAL_H

#include "scep_enrolment.h"

/** scep_signer_examine() for RenewalReq. It also refuses a signer that is no
 * candidate (SCEP_R_RENEWAL_OFF, _SIGNER or _DIGEST), and a message to which no
 * reply can be encrypted (SCEP_R_REPLY_KEY). */
scep_admit_fn scep_renewal_admit;

/** RenewalReq: the handler, after scep_renewal_admit(). Results as
 * scep_enrolment_open() and scep_renewal_serve(). */
scep_message_fn scep_renewalreq;

/**
 * Decide on E, whose signer is a candidate, as a renewal, and issue it.
 * @return SCEP_OK: E's reply is filled; SCEP_REFUSED with
 *     SCEP_R_RENEWAL_REVOKED, _VALIDITY, _EARLY or _NAMES: no renewal, and E is
 *     as it was; SCEP_REFUSED as scep_authorize() if a challenge is required,
 *     too; anything else: as scep_recall(), scep_reply_key(),
 *     scep_waiting_resume(), scep_issue() and scep_waiting_conclude()
 */
scep_status_e scep_renewal_serve(scep_enrolment_t *e, scep_result_t *res);

#endif
