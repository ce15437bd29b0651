/* Licensed under the Apache License, Version 2.0; see LICENSE. */
/**
 * @file scep_message.h
 * What the handler of a messageType gives back: the contents of a CertRep
 * (RFC 8894 3.3, Table 6). (enroll layer)
 */
#ifndef SCEP_MESSAGE_H
#define SCEP_MESSAGE_H

#include "scep_pkimessage.h"
#include "scep_recipient.h"
#include "scep_service.h"

/** What a CertRep SUCCESS carries: certificates, or a CRL. */
typedef struct scep_reply_t {
    X509 *cert;                 /* the leaf; NULL: none */
    scep_octets_t crl;          /* DER; len 0: none */
    scep_recipient_t recipient; /* of scep_reply_key() */
} scep_reply_t;

/**
 * Decide on an opened, verified message.
 * @param reply empty; its members live in REQ's pool
 * @return SCEP_OK: REPLY is filled; SCEP_PENDING: the CertRep says so;
 *     SCEP_REFUSED, SCEP_UNAVAILABLE or SCEP_BROKEN: RES is filled
 */
typedef scep_status_e scep_message_fn(scep_request_t *req,
                                      const scep_pkimessage_t *msg,
                                      scep_reply_t *reply, scep_result_t *res);

/**
 * Check what is outside the envelope before it is opened: a refusal here cannot
 * tell what is inside (S20). REQ's CA is already the one that the message is
 * addressed to.
 * @return SCEP_OK: go on; else RES is filled
 */
typedef scep_status_e scep_admit_fn(scep_request_t *req,
                                    const scep_pkimessage_t *msg,
                                    scep_result_t *res);

#endif
