/* Licensed under the Apache License, Version 2.0; see LICENSE. */
/**
 * @file scep_certpoll.h
 * CertPoll, once GetCertInitial (RFC 8894 3.3.3, 4.4). (enroll layer)
 */
#ifndef SCEP_CERTPOLL_H
#define SCEP_CERTPOLL_H

#include "scep_message.h"

/**
 * The handler. It finds the request by transactionID, the CA that the envelope
 * is for, and the signer's key. It does not open the envelope, whose content
 * does not count (R35).
 * @return SCEP_OK; SCEP_REFUSED with SCEP_R_POLL_UNKNOWN, SCEP_R_REPLY_KEY, or
 *     what scep_recall() gives; SCEP_UNAVAILABLE with SCEP_R_STORE_UNAVAILABLE;
 *     SCEP_BROKEN; else as scep_waiting_resume()
 */
scep_message_fn scep_certpoll;

#endif
