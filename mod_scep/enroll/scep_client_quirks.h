/* Licensed under the Apache License, Version 2.0; see LICENSE. */
/**
 * @file scep_client_quirks.h
 * Checks of messages, and CertReps, where clients differ. (enroll layer)
 */
#ifndef SCEP_CLIENT_QUIRKS_H
#define SCEP_CLIENT_QUIRKS_H

#include "scep_certrep.h"
#include "scep_pkimessage.h"
#include "scep_service.h"

/**
 * Can a CertRep answer MSG? @return SCEP_OK; SCEP_REFUSED with
 * SCEP_R_SENDER_NONCE: it has no senderNonce, and the endpoint requires one
 */
scep_status_e scep_client_quirks_check_nonce(const scep_request_t *req,
                                             const scep_pkimessage_t *msg,
                                             scep_result_t *res);

/** Is the signingTime of a verified message near enough to now, if the endpoint
 * checks it (Q80)? @return SCEP_OK; SCEP_REFUSED with SCEP_R_SIGNING_TIME */
scep_status_e scep_client_quirks_check_time(const scep_request_t *req,
                                            const scep_pkimessage_t *msg,
                                            scep_result_t *res);

/** Does a verified message keep its challengePassword inside the envelope
 * (Q23), if the endpoint requires that? @return SCEP_OK; SCEP_REFUSED with
 * SCEP_R_CLEAR_CHALLENGE */
scep_status_e scep_client_quirks_check_clear(const scep_request_t *req,
                                             const scep_pkimessage_t *msg,
                                             scep_result_t *res);

/** Set the members of REP, an answer to MSG, that only some clients need:
 * empty_content and ndes_error. @param reason of a FAILURE; else SCEP_R_NONE */
void scep_client_quirks_apply(const scep_request_t *req,
                              const scep_pkimessage_t *msg,
                              scep_reason_e reason, scep_certrep_t *rep);

/**
 * Add the certificates that follow the leaf to CERTS.
 * @return false when memory fails
 */
bool scep_client_quirks_chain(const scep_request_t *req, scep_certs_t *certs);

#endif
