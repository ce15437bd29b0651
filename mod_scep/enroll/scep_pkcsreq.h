/* Licensed under the Apache License, Version 2.0; see LICENSE. */
/**
 * @file scep_pkcsreq.h
 * PKCSReq: the first enrolment (RFC 8894 3.3.1). (enroll layer)
 */
#ifndef SCEP_PKCSREQ_H
#define SCEP_PKCSREQ_H

#include "scep_message.h"

/** The handler; the certificate in REPLY has been recorded (invariant 5), also
 * when the request was a retry of one answered before (invariant 4).
 * @return SCEP_OK; SCEP_PENDING; else what scep_enrolment_open(),
 *     scep_enrolment_own_key(), scep_reply_key(), scep_recall(),
 *     scep_waiting_resume(), scep_authorize(), scep_issue() and
 *     scep_waiting_conclude() give, or, for a renewal, scep_renewal_serve() */
scep_message_fn scep_pkcsreq;

#endif
