/* Licensed under the Apache License, Version 2.0; see LICENSE. */
/**
 * @file scep_signer.h
 * Does the certificate that signed a message authorize a successor?
 * (enroll layer)
 *
 * The issuing CA and the CAs of ScepRenewalTrust are the anchors; one of them
 * must have issued the signer directly. Only the signer's own validity counts,
 * by ScepRenewalExpired.
 */
#ifndef SCEP_SIGNER_H
#define SCEP_SIGNER_H

#include "scep_message.h"
#include "scep_store_revocation.h"

/** Who issued the certificate that signed the message. */
typedef enum {
    SCEP_SIGNER_SELF,    /* itself: proves nothing (R16) */
    SCEP_SIGNER_FOREIGN, /* a CA that is no anchor */
    SCEP_SIGNER_CA,      /* an anchor, but it is a CA certificate itself */
    SCEP_SIGNER_OURS,    /* the issuing CA */
    SCEP_SIGNER_TRUSTED  /* a CA of ScepRenewalTrust */
} scep_signer_e;

/** The certificate that signed a message. */
struct scep_signer_t {
    scep_signer_e issuer;
    bool candidate; /* renewal is on, the issuer is OURS or TRUSTED, and the
                     * digest of the message is good enough */
    const char *why_not; /* why it is no candidate; NULL if it is one */
    const char *serial;  /* upper-case hex */
    const char *ca_id;   /* of the anchor that issued it; NULL: none did */
    apr_time_t not_before, not_after;
    const scep_revocation_row_t *revocation; /* in effect; or NULL */
};

/**
 * Examine the signer of MSG, and set REQ->signer. A revoked signer is refused,
 * unless it was superseded: then it may ask for its successor again.
 * @return SCEP_OK; SCEP_REFUSED with SCEP_R_RENEWAL_REVOKED; SCEP_UNAVAILABLE
 *     with SCEP_R_STORE_UNAVAILABLE; SCEP_BROKEN
 */
scep_admit_fn scep_signer_examine;

/**
 * Was the certificate SERIAL, whose renewal has waited, revoked meanwhile for
 * another reason than superseded? Another certificate for the same key may have
 * signed the poll.
 * @return SCEP_OK; SCEP_REFUSED with SCEP_R_RENEWAL_REVOKED; SCEP_UNAVAILABLE
 *     with SCEP_R_STORE_UNAVAILABLE; SCEP_BROKEN
 */
scep_status_e scep_signer_stands(scep_request_t *req, const char *serial,
                                 scep_result_t *res);

#endif
