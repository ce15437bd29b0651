/* Licensed under the Apache License, Version 2.0; see LICENSE. */
/**
 * @file scep_refusal.h
 * The one place through which every refusal leaves: it picks the
 * HTTP status or failInfo, the text for the peer, and the log line, and counts.
 * (enroll layer)
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
 * Note with REQ that it was refused as RES says, for the audit trail; done by
 * scep_refusal_answer() itself. What fails on our side, or is not there, is no
 * refusal.
 * @param msg may be NULL
 * @param user who asked, or NULL
 */
void scep_refusal_note(scep_request_t *req, const scep_result_t *res,
                       const scep_pkimessage_t *msg, const char *user);

/**
 * Once the answer has left: record what was noted. Anybody can be refused as
 * often as they like; hence so many rows a minute and no more, from all and
 * from each address, a few at a time, and no more than ScepAuditRefusals in all.
 * How many were left out is recorded, too. Fails silently.
 */
void scep_refusal_record(scep_request_t *req);

#endif
