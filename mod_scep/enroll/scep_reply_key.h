/* Licensed under the Apache License, Version 2.0; see LICENSE. */
/**
 * @file scep_reply_key.h
 * Can the reply to a request be encrypted to who signed it, and how? To be
 * asked before anything is issued (RFC 8894 3.1). (enroll layer)
 */
#ifndef SCEP_REPLY_KEY_H
#define SCEP_REPLY_KEY_H

#include "scep_message.h"

/**
 * Choose how the envelope of a CertRep SUCCESS to MSG is made: by key
 * transport to an RSA key, in whichever way the request's was; for a key that
 * can only sign, in the first of the endpoint's ways (ScepECReply) that is
 * possible.
 * @param challenge of the CSR that MSG carries, as it is in a retry too; NULL
 *     where there is none (a renewal, CertPoll, GetCert, GetCRL). It must live
 *     as long as REPLY.
 * @param reply its recipient is filled
 * @return SCEP_OK; SCEP_REFUSED with SCEP_R_REPLY_KEY
 */
scep_status_e scep_reply_key(const scep_request_t *req,
                             const scep_pkimessage_t *msg,
                             const char *challenge, scep_reply_t *reply,
                             scep_result_t *res);

#endif
