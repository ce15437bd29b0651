/* Licensed under the Apache License, Version 2.0; see LICENSE. */
/**
 * @file scep_pkcsreq.h
 * PKCSReq: the first enrolment (RFC 8894 3.3.1). (enroll layer)
 */
#ifndef SCEP_PKCSREQ_H
#define SCEP_PKCSREQ_H

#include "scep_pkimessage.h"
#include "scep_service.h"

/**
 * Decide on an opened, verified message and issue.
 * @param cert the issued certificate, recorded (invariant 5); also when the
 *     request was a retry of one answered before (invariant 4)
 * @return SCEP_OK, SCEP_REFUSED, SCEP_UNAVAILABLE or SCEP_BROKEN; RES filled
 */
scep_status_e scep_pkcsreq(scep_request_t *req, const scep_pkimessage_t *msg,
                           X509 **cert, scep_result_t *res);

#endif
