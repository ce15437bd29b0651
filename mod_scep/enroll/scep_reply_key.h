/* Licensed under the Apache License, Version 2.0; see LICENSE. */
/**
 * @file scep_reply_key.h
 * Can the reply to a request be encrypted to its signer, and how? Ask before
 * anything is issued (RFC 8894 3.1). (enroll layer)
 */
#ifndef SCEP_REPLY_KEY_H
#define SCEP_REPLY_KEY_H

#include "scep_message.h"

/**
 * Choose how the envelope of a CertRep SUCCESS to MSG is made: to an RSA key by
 * key transport, in the same way as the request's; to a key that can only sign
 * in the first possible way of the endpoint's (ScepECReply).
 * @param challenge of the CSR in MSG, also in a retry; NULL if there is none (a
 *     renewal, CertPoll, GetCert, GetCRL). It must live as long as REPLY.
 * @param reply its recipient is filled
 * @return SCEP_OK; SCEP_REFUSED with SCEP_R_REPLY_KEY
 */
scep_status_e scep_reply_key(const scep_request_t *req,
                             const scep_pkimessage_t *msg,
                             const char *challenge, scep_reply_t *reply,
                             scep_result_t *res);

#endif
