/* Licensed under the Apache License, Version 2.0; see LICENSE. */
/*
 * scep_reply_key.c: how the envelope of a reply is encrypted. (enroll layer)
 */
#include "scep_reply_key.h"

scep_status_e scep_reply_key(const scep_request_t *req,
                             const scep_pkimessage_t *msg,
                             const char *challenge, scep_reply_t *reply,
                             scep_result_t *res)
{
    const scep_key_deliveries_t *deliveries = &req->policy->key_deliveries;
    scep_recipient_t to = {.cert = msg->signer_id,
                           .delivery = SCEP_KEY_DELIVERY_TRANSPORT,
                           .oaep = msg->oaep,
                           .password = challenge};
    const char *fault = scep_recipient_fault(&to, msg->cipher);
    int i;

    /* The other ways are for keys that are not RSA, and not for RSA keys of a
     * bad size. */
    for (i = 0; fault != NULL && !EVP_PKEY_is_a(msg->signer_key, "RSA") &&
                i < deliveries->count;
         i++) {
        to.delivery = deliveries->delivery[i];
        fault = scep_recipient_fault(&to, msg->cipher);
    }
    if (fault != NULL) {
        return scep_fail(res, SCEP_R_REPLY_KEY, "the signer's key %s%s", fault,
                         deliveries->count == 0
                             ? ", and ScepECReply allows no other way"
                             : "");
    }
    if (to.delivery != SCEP_KEY_DELIVERY_PASSWORD) {
        to.password = NULL;
    }
    reply->recipient = to;
    return SCEP_OK;
}
