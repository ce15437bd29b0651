/* Licensed under the Apache License, Version 2.0; see LICENSE. */
/*
 * scep_certpoll.c: answer a poll for a waiting request. (enroll layer)
 */
#include "scep_certpoll.h"

#include "scep_waiting.h"
#include "scep_recall.h"
#include "scep_reply_key.h"

static scep_status_e refuse_unknown(const scep_enrolment_t *e,
                                    scep_result_t *res)
{
    return scep_fail(
        res, SCEP_R_POLL_UNKNOWN, "no request of \"%s\" has this transactionID",
        scep_name_text(e->req->pool, X509_get_subject_name(e->msg->signer)));
}

scep_status_e scep_certpoll(scep_request_t *req, const scep_pkimessage_t *msg,
                            scep_reply_t *reply, scep_result_t *res)
{
    scep_enrolment_t e;
    scep_status_e status = scep_enrolment_begin(req, msg, reply, &e, res);

    if (status == SCEP_OK) {
        status = scep_recall(&e, res);
        if (status == SCEP_OK) {
            return scep_reply_key(req, msg, NULL, reply, res);
        }
    }
    if (status == SCEP_PENDING) {
        status = scep_waiting_resume(&e, res);
    }
    return status == SCEP_NOT_FOUND ? refuse_unknown(&e, res)
                                    : scep_waiting_conclude(&e, status, res);
}
