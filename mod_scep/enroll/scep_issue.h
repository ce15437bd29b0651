/* Licensed under the Apache License, Version 2.0; see LICENSE. */
/**
 * @file scep_issue.h
 * May an authorized request be signed? Then sign and record it. (enroll layer)
 */
#ifndef SCEP_ISSUE_H
#define SCEP_ISSUE_H

#include "scep_enrolment.h"

/**
 * Sign and record E, unless it must wait: for an operator (ScepApproval manual,
 * unless it has waited), or for the CA, whose ticket E then has. SCEP_OK spends
 * E's claim; with any other result E still has it.
 * @return SCEP_OK: the certificate is recorded (invariant 5) and in E's reply;
 *     SCEP_PENDING: scep_waiting_conclude() queues it; SCEP_REFUSED with
 *     SCEP_R_DUPLICATE_SUBJECT (a first enrolment, and the subject has a
 *     certificate already), SCEP_R_TRANSACTION_REUSED, SCEP_R_SIGNER_KEY,
 *     SCEP_R_RENEWAL_REVOKED (the old certificate was, meanwhile), what
 *     scep_service_profile(), scep_name_check() or the CA backend gives, or,
 *     where another request was faster, what scep_recall() or scep_authorize()
 *     gives; SCEP_UNAVAILABLE with SCEP_R_OVERTAKEN, SCEP_R_CA_UNAVAILABLE,
 *     SCEP_R_STORE_UNAVAILABLE or what those give; SCEP_BROKEN
 */
scep_status_e scep_issue(scep_enrolment_t *e, scep_result_t *res);

/** The second half of scep_issue(): record MADE, which the CA gave for E's
 * waiting request. Results as scep_issue(). */
scep_status_e scep_issue_record(scep_enrolment_t *e, X509 *made,
                                scep_result_t *res);

#endif
