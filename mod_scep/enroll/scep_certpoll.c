/* Licensed under the Apache License, Version 2.0; see LICENSE. */
/*
 * scep_certpoll.c: what has become of a request? (enroll layer)
 */
#include "scep_certpoll.h"

#include <string.h>

#include "scep_pending.h"
#include "scep_renewal.h"
#include "scep_reply_key.h"

static scep_status_e unknown(const scep_enrolment_t *e, scep_result_t *res)
{
    return scep_fail(
        res, SCEP_R_POLL_UNKNOWN, "no request of \"%s\" waits under this id",
        scep_name_text(e->req->pool, X509_get_subject_name(e->msg->signer)));
}

static scep_status_e begin(scep_request_t *req, const scep_pkimessage_t *msg,
                           scep_enrolment_t *e, scep_result_t *res)
{
    memset(e, 0, sizeof(*e));
    e->req = req;
    e->msg = msg;
    e->now = scep_env_now(&req->env);
    if (!scep_key_hash(msg->signer_key, e->signer_hash)) {
        return scep_fail(res, SCEP_R_INTERNAL, "SHA-256 failed");
    }
    return SCEP_OK;
}

/* The certificate of that id, if it is the signer's; SCEP_NOT_FOUND. */
static scep_status_e find_issued(const scep_enrolment_t *e,
                                 scep_transaction_row_t **row,
                                 scep_result_t *res)
{
    scep_status_e status = scep_store_transaction_find(
        e->req->service->store, e->req->service->scope, e->msg->transaction_id,
        e->signer_hash, 0, e->req->pool, row, res);

    return status == SCEP_OK && (*row)->not_after <= e->now ? SCEP_NOT_FOUND
                                                            : status;
}

static scep_status_e find_waiting(const scep_enrolment_t *e,
                                  scep_request_row_t **row, scep_result_t *res)
{
    return scep_store_request_find(
        e->req->service->store, e->req->service->scope, e->msg->transaction_id,
        e->signer_hash, e->now, e->req->pool, row, res);
}

static scep_status_e answer_issued(const scep_enrolment_t *e,
                                   const scep_transaction_row_t *row,
                                   scep_reply_t *reply, scep_result_t *res)
{
    scep_status_e status = scep_reply_key(e->req, e->msg, NULL, reply, res);

    return status == SCEP_OK ? scep_enrolment_again(e, row, &reply->cert, res)
                             : status;
}

static scep_status_e answer_waiting(scep_enrolment_t *e,
                                    scep_request_row_t *row,
                                    scep_reply_t *reply, scep_result_t *res)
{
    scep_status_e status;

    switch (row->state) {
    case SCEP_REQUEST_WAITING:
    case SCEP_REQUEST_APPROVED:
    case SCEP_REQUEST_AT_CA:
        return scep_pending_resume(e, row, reply, res);
    case SCEP_REQUEST_REJECTED:
    case SCEP_REQUEST_EXPIRED:
        status = scep_pending_refused(e, res);
        return status == SCEP_NOT_FOUND ? scep_pending_end(row, res) : status;
    case SCEP_REQUEST_ISSUED:
        break;
    }
    return unknown(e, res); /* its certificate is over */
}

/* Nothing of this key is newest under the id; but something may have been
 * refused that somebody else's request hides. */
static scep_status_e answer_nothing(const scep_enrolment_t *e,
                                    scep_result_t *res)
{
    scep_status_e status = scep_pending_refused(e, res);

    return status == SCEP_NOT_FOUND ? unknown(e, res) : status;
}

/* Ids repeat: the newer of what waits and what was issued counts. */
scep_status_e scep_certpoll(scep_request_t *req, const scep_pkimessage_t *msg,
                            scep_reply_t *reply, scep_result_t *res)
{
    scep_transaction_row_t *issued = NULL;
    scep_request_row_t *waiting = NULL;
    scep_enrolment_t e;
    scep_status_e status = begin(req, msg, &e, res);

    if (status == SCEP_OK) {
        status = find_issued(&e, &issued, res);
        issued = status == SCEP_OK ? issued : NULL;
    }
    if (status == SCEP_OK || status == SCEP_NOT_FOUND) {
        status = find_waiting(&e, &waiting, res);
        waiting = status == SCEP_OK ? waiting : NULL;
    }
    if (status != SCEP_OK && status != SCEP_NOT_FOUND) {
        return status;
    }
    if (issued != NULL &&
        (waiting == NULL || issued->created >= waiting->created)) {
        return answer_issued(&e, issued, reply, res);
    }
    return waiting != NULL ? answer_waiting(&e, waiting, reply, res)
                           : answer_nothing(&e, res);
}
