/* Licensed under the Apache License, Version 2.0; see LICENSE. */
/*
 * scep_pkcsreq.c: the decision on a PKCSReq (RFC 8894 3.3.1): seen before?
 * authorized? Then issue. (enroll layer)
 */
#include "scep_pkcsreq.h"

#include "scep_issue.h"
#include "scep_reply_key.h"

/* Before anything costs: can this request be answered at all? */
static scep_status_e check_keys(const scep_enrolment_t *e, scep_reply_t *reply,
                                scep_result_t *res)
{
    if (EVP_PKEY_eq(e->msg->signer_key, e->csr->key) != 1) {
        return scep_fail(res, SCEP_R_SIGNER_KEY,
                         "the message for \"%s\" is signed by another key than "
                         "the one to be certified",
                         e->csr->subject);
    }
    return scep_reply_key(e->req, e->msg, e->csr->challenge, reply, res);
}

scep_status_e scep_pkcsreq(scep_request_t *req, const scep_pkimessage_t *msg,
                           scep_reply_t *reply, scep_result_t *res)
{
    scep_transaction_row_t *row = NULL;
    scep_enrolment_t e;
    scep_status_e status = scep_enrolment_begin(req, msg, &e, res);

    if (status == SCEP_OK) {
        status = check_keys(&e, reply, res);
    }
    if (status != SCEP_OK) {
        return status;
    }
    status = scep_enrolment_retry(&e, &reply->cert, res);
    if (status != SCEP_NOT_FOUND) {
        return status;
    }
    status = scep_authorize(req, msg, e.csr, &e.claim, &row, res);
    if (status != SCEP_OK) {
        return status;
    }
    return row != NULL ? scep_enrolment_again(&e, row, &reply->cert, res)
                       : scep_issue(&e, &reply->cert, res);
}
