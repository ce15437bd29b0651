/* Licensed under the Apache License, Version 2.0; see LICENSE. */
/**
 * @file scep_recall.h
 * Has a message, or the request in it, come before? (enroll layer)
 *
 * Invariant 4: a retry is answered, not refused. A message that was answered
 * before gets the same certificate however late it comes, and never another
 * one: it may be a replay (S16). Invariant 12: a request that was rejected or
 * has expired stays so.
 */
#ifndef SCEP_RECALL_H
#define SCEP_RECALL_H

#include "scep_enrolment.h"

/**
 * Ask the store once what it knows, and answer from that if possible.
 * @return SCEP_NOT_FOUND: judge E; SCEP_OK: its reply has the certificate that
 *     it had before; SCEP_PENDING: its request waits, see E's waiting;
 *     SCEP_REFUSED with SCEP_R_REPLAYED, SCEP_R_CSR_POLICY (revoked meanwhile),
 *     SCEP_R_REQUEST_REJECTED, SCEP_R_REQUEST_EXPIRED or
 *     SCEP_R_TRANSACTION_REUSED; SCEP_UNAVAILABLE with
 *     SCEP_R_STORE_UNAVAILABLE; SCEP_BROKEN
 */
scep_status_e scep_recall(scep_enrolment_t *e, scep_result_t *res);

/** Answer E again with the certificate that its recall has as ISSUED, unless
 * that was revoked meanwhile. The answer to this message is recorded, except
 * for a CertPoll, which cannot lead to a new certificate. Results as
 * scep_recall(). */
scep_status_e scep_recall_again(scep_enrolment_t *e, scep_result_t *res);

#endif
