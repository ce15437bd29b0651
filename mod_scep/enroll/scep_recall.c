/* Licensed under the Apache License, Version 2.0; see LICENSE. */
/*
 * scep_recall.c: answer what has come before. (enroll layer)
 */
#include "scep_recall.h"

/* --- answered before ------------------------------------------------------ */

/* A certificate that was revoked meanwhile is not sent again. */
static scep_status_e check_not_revoked(const scep_enrolment_t *e,
                                       scep_result_t *res)
{
    const scep_revocation_row_t *revocation = e->recall.revocation;

    return revocation == NULL || revocation->effective > e->now
               ? SCEP_OK
               : scep_fail(
                     res, SCEP_R_CSR_POLICY,
                     "certificate %s, which this request got, was "
                     "revoked (%s)",
                     e->recall.issued->serial,
                     scep_revocation_reason_name((int)revocation->reason));
}

static scep_status_e send_certificate(const scep_enrolment_t *e,
                                      scep_result_t *res)
{
    const scep_transaction_row_t *row = e->recall.issued;
    const unsigned char *in = row->cert_der.data;
    X509 *cert = scep_x509_own(e->req->pool,
                               d2i_X509(NULL, &in, (long)row->cert_der.len));

    if (cert == NULL) {
        return scep_fail(res, SCEP_R_INTERNAL,
                         "the stored certificate %s does not parse",
                         row->serial);
    }
    e->reply->cert = cert;
    scep_log(&e->req->env, SCEP_LOG_INFO,
             SCEPLOGNO(0201) "answered \"%s\" from %s again with certificate "
                             "%s, transactionID \"%s\"",
             scep_name_text(e->req->pool, X509_get_subject_name(cert)),
             e->req->peer, row->serial, e->msg->transaction_id);
    return SCEP_OK;
}

/* The device did not get the answer, or somebody replays its message. */
static scep_status_e answer_replayed(const scep_enrolment_t *e,
                                     scep_result_t *res)
{
    scep_status_e status;

    if (e->recall.issued->not_after <= e->now) {
        return scep_fail(res, SCEP_R_REPLAYED,
                         "this very message of \"%s\" was answered with "
                         "certificate %s, which has expired",
                         e->csr->subject, e->recall.issued->serial);
    }
    status = check_not_revoked(e, res);
    return status == SCEP_OK ? send_certificate(e, res) : status;
}

static scep_status_e answer_again(const scep_enrolment_t *e, scep_result_t *res)
{
    scep_status_e status = check_not_revoked(e, res);

    if (status == SCEP_OK && e->msg->message_type != SCEP_MSG_CERTPOLL) {
        status = scep_store_message_answered(
            e->req->service->store, e->req->service->ca_id, e->msg->hash,
            e->recall.issued, e->now, e->req->pool, res);
    }
    return status == SCEP_OK ? send_certificate(e, res) : status;
}

scep_status_e scep_recall_again(scep_enrolment_t *e, scep_result_t *res)
{
    const scep_transaction_row_t *row = e->recall.issued;
    scep_status_e status = scep_store_revocation_find(
        e->req->service->store, row->ca_id, row->serial, e->req->pool,
        &e->recall.revocation, res);

    return status == SCEP_OK || status == SCEP_NOT_FOUND ? answer_again(e, res)
                                                         : status;
}

/* --- waits, or was refused ------------------------------------------------ */

static scep_status_e refuse_again(const scep_request_row_t *row,
                                  scep_result_t *res)
{
    if (row->state == SCEP_REQUEST_EXPIRED) {
        return scep_fail(res, SCEP_R_REQUEST_EXPIRED,
                         "the request %s of \"%s\" has expired "
                         "(ScepApprovalExpiry)",
                         row->id, row->subject);
    }
    return scep_fail(res, SCEP_R_REQUEST_REJECTED,
                     "the request %s of \"%s\" was rejected: %s", row->id,
                     row->subject,
                     row->note != NULL ? row->note : "(no reason given)");
}

/* Nothing was recalled, so only another holder of the transactionID can be in
 * the way. Whether E proves anything is not known yet. If two requests race,
 * the store's write transaction decides. */
static scep_status_e judge_anew(const scep_enrolment_t *e, scep_result_t *res)
{
    return e->recall.holder == SCEP_ID_HELD ? scep_enrolment_id_taken(e, res)
                                            : SCEP_NOT_FOUND;
}

/* A device that started again may use another transactionID. If this very CSR
 * holds the one-time challenge, it goes on waiting under the new transactionID
 * (invariant 4), unless it was decided on meanwhile. */
static scep_status_e move_waiting(scep_enrolment_t *e, scep_result_t *res)
{
    scep_status_e status = scep_store_request_move(
        e->req->service->store, e->recall.request, e->msg->transaction_id,
        e->endpoint, e->msg->hash, e->now, e->req->pool, res);

    if (status == SCEP_OK) {
        e->waiting = e->recall.request;
        return SCEP_PENDING;
    }
    return status == SCEP_NOT_FOUND ? judge_anew(e, res) : status;
}

scep_status_e scep_recall(scep_enrolment_t *e, scep_result_t *res)
{
    bool poll = e->csr == NULL;
    /* In a renewal a challenge may prove nothing (R13, R14). */
    bool counts = e->renewal_of == NULL || e->req->policy->renewal.challenge;
    const scep_repeat_t repeat = {
        .ca_id = e->req->service->ca_id,
        .transaction_id = e->msg->transaction_id,
        .endpoint = e->endpoint,
        .message_hash = poll ? NULL : e->msg->hash,
        .key_hash = e->signer_hash,
        .csr_hash = poll ? NULL : e->csr->hash,
        .challenge_hash = counts ? e->challenge_hash : NULL,
        .renewal_of = e->renewal_of,
        .subject = e->renewal_of == NULL ? e->subject : NULL,
        .since = e->retry_since,
        .now = e->now,
    };
    scep_status_e status = scep_store_recall(e->req->service->store, &repeat,
                                             e->req->pool, &e->recall, res);

    if (status != SCEP_OK) {
        return status;
    }
    switch (e->recall.what) {
    case SCEP_RECALL_MESSAGE:
        return answer_replayed(e, res);
    case SCEP_RECALL_MARKED:
        return scep_fail(res, SCEP_R_REPLAYED,
                         "this very message of \"%s\" was answered long ago; "
                         "its record was deleted (ScepRetention)",
                         e->csr->subject);
    case SCEP_RECALL_ISSUED:
        return answer_again(e, res);
    case SCEP_RECALL_REFUSED:
        return refuse_again(e->recall.request, res);
    case SCEP_RECALL_WAITS:
        e->waiting = e->recall.request;
        return SCEP_PENDING;
    case SCEP_RECALL_OTHER:
        return scep_fail(res, SCEP_R_TRANSACTION_REUSED,
                         "another request than that of \"%s\" waits under this "
                         "transactionID",
                         e->csr->subject);
    case SCEP_RECALL_ELSEWHERE:
        return move_waiting(e, res);
    case SCEP_RECALL_NONE:
        break;
    }
    return judge_anew(e, res);
}
