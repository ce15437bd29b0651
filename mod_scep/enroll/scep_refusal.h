/* Licensed under the Apache License, Version 2.0; see LICENSE. */
/**
 * @file scep_refusal.h
 * Every refusal leaves through here, which picks the HTTP status or failInfo,
 * the text for the peer and the log line, and counts. (enroll layer)
 */
#ifndef SCEP_REFUSAL_H
#define SCEP_REFUSAL_H

#include "scep_pkimessage.h"
#include "scep_service.h"

/**
 * Turn RES into ANSWER and log it. With MSG and an HTTP status of 200 in RES
 * the answer is a signed CertRep FAILURE, else a short text/plain page.
 */
void scep_refusal_answer(scep_request_t *req, const scep_result_t *res,
                         const scep_pkimessage_t *msg, scep_answer_t *answer);

/**
 * Note in REQ that it was refused as RES says, for the audit trail;
 * scep_refusal_answer() does this itself. Faults on our side, and things that
 * are not found, are no refusals.
 * @param msg may be NULL
 * @param user who asked, or NULL
 */
void scep_refusal_note(scep_request_t *req, const scep_result_t *res,
                       const scep_pkimessage_t *msg, const char *user);

/**
 * Record what was noted; call this once the answer has left. Anybody can cause
 * any number of refusals, so rows are limited: per minute, for all and for each
 * address; at a time; and in all (ScepAuditRefusals). The number of rows left
 * out is recorded, too. Fails silently.
 */
void scep_refusal_record(scep_request_t *req);

#endif
