/* Licensed under the Apache License, Version 2.0; see LICENSE. */
/**
 * @file scep_pkcsreq.h
 * PKCSReq: the first enrolment (RFC 8894 3.3.1). (enroll layer)
 */
#ifndef SCEP_PKCSREQ_H
#define SCEP_PKCSREQ_H

#include "scep_message.h"

/** The handler; the certificate in REPLY has been recorded (invariant 5), also
 * when the request was a retry of one answered before (invariant 4). */
scep_message_fn scep_pkcsreq;

#endif
