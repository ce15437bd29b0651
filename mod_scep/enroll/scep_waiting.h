/* Licensed under the Apache License, Version 2.0; see LICENSE. */
/**
 * @file scep_waiting.h
 * Requests that are answered by PENDING (RFC 8894 3.3.2.3): queued for an
 * operator (ScepApproval manual) or by the CA backend, and taken up again when
 * the device polls. (enroll layer)
 *
 * Approval only marks the request: the server signs when the device polls, so
 * that nobody else needs the CA's key. The CSR, which holds the challenge, is
 * kept encrypted to the RA (invariant 6).
 */
#ifndef SCEP_WAITING_H
#define SCEP_WAITING_H

#include "scep_enrolment.h"

/**
 * The right key asks again for E's waiting request, which is WAITING, APPROVED
 * or AT_CA: issue it if that is possible now. If E's csr is NULL, open the
 * stored one. If the request is refused now, it is rejected, and its challenge
 * is good again.
 * @return SCEP_PENDING; SCEP_OK: E's reply is filled; SCEP_REFUSED with
 *     SCEP_R_CA_REFUSED (or what else the CA says), SCEP_R_RENEWAL_REVOKED,
 *     SCEP_R_REPLY_KEY or what scep_csr_parse() gives; SCEP_UNAVAILABLE with
 *     SCEP_R_STORE_UNAVAILABLE; SCEP_BROKEN with SCEP_R_SETUP: the RA pair that
 *     opens it, or its profile, is no longer configured; else as scep_issue(),
 *     SCEP_R_OVERTAKEN included
 */
scep_status_e scep_waiting_resume(scep_enrolment_t *e, scep_result_t *res);

/**
 * End an operation whose result is STATUS. With SCEP_PENDING, queue E, unless
 * it waits already: for the CA if E has its ticket, else for an operator. That
 * spends a one-time challenge. Give back what E has claimed and not spent.
 * @return STATUS; but for SCEP_PENDING, the result of queueing: SCEP_PENDING;
 *     SCEP_REFUSED with SCEP_R_TRANSACTION_REUSED, SCEP_R_CHALLENGE_SPENT,
 *     SCEP_R_REQUESTS_OF_PEER or SCEP_R_NAME (as scep_alt_names());
 *     SCEP_UNAVAILABLE with SCEP_R_REQUESTS_FULL or SCEP_R_STORE_UNAVAILABLE;
 *     SCEP_BROKEN
 */
scep_status_e scep_waiting_conclude(scep_enrolment_t *e, scep_status_e status,
                                    scep_result_t *res);

#endif
