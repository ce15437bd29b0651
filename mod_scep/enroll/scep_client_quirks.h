/* Licensed under the Apache License, Version 2.0; see LICENSE. */
/**
 * @file scep_client_quirks.h
 * What differs from client to client in how a CertRep looks. (enroll layer)
 */
#ifndef SCEP_CLIENT_QUIRKS_H
#define SCEP_CLIENT_QUIRKS_H

#include "scep_certrep.h"
#include "scep_pkimessage.h"
#include "scep_service.h"

/**
 * May a message be answered by a CertRep at all? @return SCEP_OK; SCEP_REFUSED
 * with SCEP_R_SENDER_NONCE: it has none, and the endpoint wants one
 */
scep_status_e scep_client_quirks_check_nonce(const scep_request_t *req,
                                             const scep_pkimessage_t *msg,
                                             scep_result_t *res);

/** Is a verified message of this time, as far as the endpoint looks at that
 * (Q80)? @return SCEP_OK; SCEP_REFUSED with SCEP_R_SIGNING_TIME */
scep_status_e scep_client_quirks_check_time(const scep_request_t *req,
                                            const scep_pkimessage_t *msg,
                                            scep_result_t *res);

/** Does a verified message show its challengePassword to whoever sees it go by
 * (Q23), where the endpoint does not want that? @return SCEP_OK; SCEP_REFUSED
 * with SCEP_R_CLEAR_CHALLENGE */
scep_status_e scep_client_quirks_check_clear(const scep_request_t *req,
                                             const scep_pkimessage_t *msg,
                                             scep_result_t *res);

/** Set what REP, an answer to MSG, has for certain clients: empty_content and
 * ndes_error. @param reason why it is a FAILURE; else SCEP_R_NONE */
void scep_client_quirks_apply(const scep_request_t *req,
                              const scep_pkimessage_t *msg,
                              scep_reason_e reason, scep_certrep_t *rep);

/**
 * Put the certificates that are to follow the leaf on CERTS.
 * @return false without memory
 */
bool scep_client_quirks_chain(const scep_request_t *req, scep_certs_t *certs);

#endif
