/* Licensed under the Apache License, Version 2.0; see LICENSE. */
/**
 * @file scep_pending.h
 * Requests that are answered by PENDING (RFC 8894 3.3.2.3): queued for an
 * operator (ScepApproval manual) or by the CA backend, and taken up again when
 * the device polls. (enroll layer)
 *
 * An operator's yes only marks the request: the server signs when the device
 * asks again, so that nobody else needs the CA's key. The CSR, which holds the
 * challenge, is kept encrypted to the RA (invariant 6).
 */
#ifndef SCEP_PENDING_H
#define SCEP_PENDING_H

#include "scep_issue.h"
#include "scep_store_request.h"

/**
 * Queue E, which has been authorized; its one-time password is spent with it.
 * @param ticket of the CA backend; NULL: for an operator
 * @return SCEP_PENDING; SCEP_REFUSED with SCEP_R_TRANSACTION_REUSED,
 *     SCEP_R_CHALLENGE_SPENT, SCEP_R_REQUESTS_OF_PEER or SCEP_R_NAME (as
 *     scep_alt_names()); SCEP_UNAVAILABLE with SCEP_R_REQUESTS_FULL or
 *     SCEP_R_STORE_UNAVAILABLE; SCEP_BROKEN. Unless PENDING, a claim of E is
 *     given back.
 */
scep_status_e scep_pending_add(scep_enrolment_t *e, const char *ticket,
                               scep_result_t *res);

/** The CA backend took up E, which waited already. @return SCEP_PENDING;
 * SCEP_UNAVAILABLE with SCEP_R_STORE_UNAVAILABLE; SCEP_BROKEN */
scep_status_e scep_pending_at_ca(scep_enrolment_t *e, const char *ticket,
                                 scep_result_t *res);

/**
 * A CSR came: does it wait already, or was it refused (invariant 12)?
 * @return SCEP_NOT_FOUND: no, judge it; SCEP_REFUSED with
 *     SCEP_R_TRANSACTION_REUSED: its id is taken; SCEP_UNAVAILABLE with
 *     SCEP_R_STORE_UNAVAILABLE; SCEP_BROKEN; else as scep_pending_refused() and
 *     scep_pending_resume()
 */
scep_status_e scep_pending_again(scep_enrolment_t *e, scep_reply_t *reply,
                                 scep_result_t *res);

/**
 * Does E repeat a request that was rejected or has run out? Without a CSR in E,
 * as in a CertPoll, the key and the transactionID tell.
 * @return SCEP_NOT_FOUND: no; SCEP_REFUSED with SCEP_R_REQUEST_REJECTED or
 *     SCEP_R_REQUEST_EXPIRED; SCEP_UNAVAILABLE with SCEP_R_STORE_UNAVAILABLE;
 *     SCEP_BROKEN
 */
scep_status_e scep_pending_refused(const scep_enrolment_t *e,
                                   scep_result_t *res);

/** Say that ROW was rejected or has run out, and why. @return SCEP_REFUSED with
 * SCEP_R_REQUEST_REJECTED or SCEP_R_REQUEST_EXPIRED */
scep_status_e scep_pending_end(const scep_request_row_t *row,
                               scep_result_t *res);

/**
 * Somebody with the right key asks for ROW, which is WAITING, APPROVED or
 * AT_CA: issue it if that is possible now. E's csr is opened if it is NULL.
 * @return SCEP_PENDING; SCEP_OK: REPLY is filled; SCEP_REFUSED with
 *     SCEP_R_CA_REFUSED (or what else the CA says), SCEP_R_RENEWAL_REVOKED,
 *     SCEP_R_REPLY_KEY or what scep_csr_parse() gives; SCEP_UNAVAILABLE with
 *     SCEP_R_STORE_UNAVAILABLE; SCEP_BROKEN with SCEP_R_SETUP: the RA pair that
 *     opens it, or its profile, is configured no more; else as scep_issue(),
 *     SCEP_R_OVERTAKEN included
 */
scep_status_e scep_pending_resume(scep_enrolment_t *e, scep_request_row_t *row,
                                  scep_reply_t *reply, scep_result_t *res);

#endif
