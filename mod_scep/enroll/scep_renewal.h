/* Licensed under the Apache License, Version 2.0; see LICENSE. */
/**
 * @file scep_renewal.h
 * A certificate authorizes its successor: RenewalReq (RFC 8894 2.3, 3.3.1),
 * and PKCSReq signed by a certificate of ours, as most clients renew (R10).
 * (enroll layer)
 *
 * The issuing CA and the CAs of ScepRenewalTrust are the anchors; the signer
 * must have been issued by one of them directly. Of validity only the signer's
 * own counts, by ScepRenewalExpired.
 */
#ifndef SCEP_RENEWAL_H
#define SCEP_RENEWAL_H

#include "scep_issue.h"
#include "scep_store_revocation.h"

/** Who issued the certificate that signed the message. */
typedef enum {
    SCEP_SIGNER_SELF,    /* itself: proves nothing (R16) */
    SCEP_SIGNER_FOREIGN, /* somebody who is no anchor */
    SCEP_SIGNER_CA,      /* an anchor, but it is a CA certificate itself */
    SCEP_SIGNER_OURS,    /* the issuing CA */
    SCEP_SIGNER_TRUSTED  /* a CA of ScepRenewalTrust */
} scep_signer_e;

/** What the certificate that signed a message is. */
struct scep_renewal_t {
    scep_signer_e signer;
    bool candidate; /* renewal is on, the signer is OURS or TRUSTED, and the
                     * digest of the message is good enough */
    const char *why_not; /* why it is no candidate; NULL if it is one */
    const char *serial;  /* upper-case hex */
    const char *scope;   /* of the anchor that issued it; NULL: of none */
    apr_time_t not_before, not_after;
    const scep_revocation_row_t *revocation; /* in effect; or NULL */
};

/**
 * Look at the signer of MSG and keep what is found in REQ->renewal. A revoked
 * one is refused, unless for its having been superseded: it may ask for its
 * successor again.
 * @return SCEP_OK; SCEP_REFUSED with SCEP_R_RENEWAL_REVOKED; SCEP_UNAVAILABLE
 *     with SCEP_R_STORE_UNAVAILABLE; SCEP_BROKEN
 */
scep_admit_fn scep_renewal_examine;

/** The same for RenewalReq, which is also refused unless the signer is a
 * candidate, with SCEP_R_RENEWAL_OFF, _SIGNER or _DIGEST, or if no reply to it
 * can be encrypted, with SCEP_R_REPLY_KEY. */
scep_admit_fn scep_renewal_admit;

/**
 * A renewal of the certificate SERIAL has waited: was that one revoked
 * meanwhile, for more than having been superseded? Whoever asks may have signed
 * with another certificate for the same key.
 * @return SCEP_OK; SCEP_REFUSED with SCEP_R_RENEWAL_REVOKED; SCEP_UNAVAILABLE
 *     with SCEP_R_STORE_UNAVAILABLE; SCEP_BROKEN
 */
scep_status_e scep_renewal_stands(scep_request_t *req, const char *serial,
                                  scep_result_t *res);

/** RenewalReq: the handler, after scep_renewal_admit(). Results as
 * scep_enrolment_begin() and scep_renewal_serve(). */
scep_message_fn scep_renewalreq;

/**
 * Decide on E, whose signer is a candidate, as a renewal, and issue it.
 * @return SCEP_OK: REPLY is filled; SCEP_REFUSED with SCEP_R_RENEWAL_REVOKED,
 *     _VALIDITY, _EARLY or _NAMES: no renewal, and E is as it was; SCEP_REFUSED
 *     as scep_authorize() where a challenge is asked for besides; anything
 *     else: as scep_reply_key(), scep_enrolment_retry(), scep_pending_again()
 *     and scep_issue()
 */
scep_status_e scep_renewal_serve(scep_enrolment_t *e, scep_reply_t *reply,
                                 scep_result_t *res);

#endif
