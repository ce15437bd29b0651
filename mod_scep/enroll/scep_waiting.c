/* Licensed under the Apache License, Version 2.0; see LICENSE. */
/*
 * scep_waiting.c: queue requests, and take them up again. (enroll layer)
 */
#include "scep_waiting.h"

#include <string.h>

#include "scep_alt_names.h"
#include "scep_asked.h"
#include "scep_guess_limit.h"
#include "scep_authorize.h"
#include "scep_ca_call.h"
#include "scep_issue.h"
#include "scep_reply_key.h"
#include "scep_seal.h"
#include "scep_signer.h"

/* --- queueing ------------------------------------------------------------- */

static scep_status_e list_names(const scep_enrolment_t *e, const char **list,
                                scep_result_t *res)
{
    apr_array_header_t *names;
    scep_status_e status =
        scep_alt_names(e->csr->extensions, e->req->pool, &names, res);

    *list = status == SCEP_OK && names->nelts > 0
                ? scep_alt_names_list(names, e->req->pool)
                : NULL;
    return status;
}

static scep_status_e seal_csr(const scep_enrolment_t *e, scep_octets_t *sealed,
                              scep_result_t *res)
{
    const apr_array_header_t *pairs = e->req->service->ra->pairs;
    const scep_keypair_t *newest =
        APR_ARRAY_IDX(pairs, 0, const scep_keypair_t *);

    return scep_seal(newest->cert, e->csr->der, e->req->pool, sealed)
               ? SCEP_OK
               : scep_fail(res, SCEP_R_INTERNAL,
                           "cannot encrypt the request of \"%s\" to the RA",
                           e->csr->subject);
}

static scep_status_e explain_outcome(const scep_enrolment_t *e,
                                     scep_queue_outcome_e outcome,
                                     scep_result_t *res)
{
    switch (outcome) {
    case SCEP_QUEUE_ADDED:
    case SCEP_QUEUE_THERE:
        return SCEP_PENDING;
    case SCEP_QUEUE_ID_TAKEN:
        return scep_fail(res, SCEP_R_TRANSACTION_REUSED,
                         "another request than that of \"%s\" waits under this "
                         "transactionID",
                         e->csr->subject);
    case SCEP_QUEUE_CHALLENGE_LOST:
        return scep_fail(res, SCEP_R_CHALLENGE_SPENT,
                         "the password for \"%s\" has just been used",
                         e->csr->subject);
    case SCEP_QUEUE_NETWORK_FULL:
        return scep_fail(res, SCEP_R_REQUESTS_OF_PEER,
                         "the request of \"%s\" cannot wait: as many requests "
                         "from %s are waiting as ScepApprovalMaxPerAddress "
                         "allows",
                         e->csr->subject, scep_guess_limit_network(e->req));
    case SCEP_QUEUE_FULL:
        break;
    }
    return scep_fail(res, SCEP_R_REQUESTS_FULL,
                     "the request of \"%s\" cannot wait: as many requests are "
                     "waiting as ScepApprovalMax allows",
                     e->csr->subject);
}

static void log_queued(const scep_enrolment_t *e, int replaced)
{
    scep_counts_add(e->req->service->counts, SCEP_COUNT_PENDING);
    scep_log(&e->req->env, SCEP_LOG_INFO,
             SCEPLOGNO(0223) "the request of \"%s\" from %s waits for %s, "
                             "transactionID \"%s\"",
             e->csr->subject, e->req->peer,
             e->ticket != NULL ? "the CA" : "approval", e->msg->transaction_id);
    if (replaced > 0) {
        scep_log(&e->req->env, SCEP_LOG_INFO,
                 SCEPLOGNO(0224) "it replaces %d older request%s of the same "
                                 "key: no more may wait for one key",
                 replaced, replaced > 1 ? "s" : "");
    }
}

static scep_status_e queue_request(scep_enrolment_t *e, scep_result_t *res)
{
    scep_request_row_t row = {
        .ca_id = e->req->service->ca_id,
        .transaction_id = e->msg->transaction_id,
        .endpoint = e->endpoint,
        .network = scep_guess_limit_network(e->req),
        .proved = scep_enrolment_proved(e),
        .message_hash = e->msg->hash,
        .key_hash = e->signer_hash,
        .csr_hash = e->csr->hash,
        .state = e->ticket != NULL ? SCEP_REQUEST_AT_CA : SCEP_REQUEST_WAITING,
        .subject = e->csr->subject,
        .extensions = scep_asked_extensions(e->csr->extensions, e->req->pool),
        .profile = e->profile->name,
        .source = scep_enrolment_authority(e),
        .challenge_hash = e->claim.held ? e->challenge_hash : NULL,
        .renewal_of = e->renewal_of,
        .ticket = e->ticket,
        .peer = e->req->peer,
        .created = e->now,
        .expires = e->now + e->req->policy->approval.expiry,
    };
    scep_queue_outcome_e outcome;
    int replaced;
    scep_status_e status = list_names(e, &row.alt_names, res);

    if (status == SCEP_OK) {
        status = seal_csr(e, &row.sealed, res);
    }
    if (status == SCEP_OK) {
        status = scep_store_request_add(e->req->service->store, &row,
                                        &e->req->policy->approval.limits,
                                        e->req->pool, &outcome, &replaced, res);
    }
    if (status != SCEP_OK || outcome != SCEP_QUEUE_ADDED) {
        return status == SCEP_OK ? explain_outcome(e, outcome, res) : status;
    }
    scep_authorize_spent(e);
    log_queued(e, replaced);
    return SCEP_PENDING;
}

/* Note that the CA has E, which was waiting before. */
static scep_status_e note_ticket(scep_enrolment_t *e, scep_result_t *res)
{
    const scep_decision_t decision = {
        .id = e->waiting->id,
        .state = SCEP_REQUEST_AT_CA,
        .now = e->now,
        .expires = e->now + e->req->policy->approval.expiry,
        .ticket = e->ticket,
    };
    scep_status_e status = scep_store_request_decide(
        e->req->service->store, &decision, e->req->pool, res);

    /* Not found: it was rejected meanwhile, and the next poll says so. */
    return status == SCEP_OK || status == SCEP_NOT_FOUND ? SCEP_PENDING
                                                         : status;
}

static scep_status_e let_wait(scep_enrolment_t *e, scep_result_t *res)
{
    if (e->waiting == NULL) {
        return queue_request(e, res);
    }
    return e->ticket != NULL && (e->waiting->ticket == NULL ||
                                 strcmp(e->ticket, e->waiting->ticket) != 0)
               ? note_ticket(e, res)
               : SCEP_PENDING;
}

scep_status_e scep_waiting_conclude(scep_enrolment_t *e, scep_status_e status,
                                    scep_result_t *res)
{
    if (status == SCEP_PENDING) {
        status = let_wait(e, res);
    }
    scep_authorize_release(e);
    return status;
}

/* --- taking up ------------------------------------------------------------ */

static scep_status_e open_csr(scep_enrolment_t *e, scep_result_t *res)
{
    const scep_request_t *req = e->req;
    unsigned char *data;
    size_t len;
    scep_unseal_e what = scep_unseal(
        e->waiting->sealed, req->service->ra->pairs, req->pool, &data, &len);

    if (what != SCEP_UNSEAL_OK) {
        bool no_pair = what == SCEP_UNSEAL_NO_PAIR;

        return scep_fail(
            res, no_pair ? SCEP_R_SETUP : SCEP_R_INTERNAL,
            "the request %s of \"%s\" cannot be opened: %s", e->waiting->id,
            e->waiting->subject,
            no_pair ? "it is encrypted to an RA pair that is not configured "
                      "any more; add it as a further ScepRACertificateFile"
                    : "it was changed in the database");
    }
    return scep_enrolment_read(e, (scep_octets_t){data, len}, res);
}

static scep_status_e prepare_issue(scep_enrolment_t *e, scep_result_t *res)
{
    const scep_request_row_t *row = e->waiting;
    scep_status_e status = e->csr == NULL ? open_csr(e, res) : SCEP_OK;

    if (status != SCEP_OK) {
        return status;
    }
    e->claim = (scep_claim_t){.source = SCEP_SOURCE_NONE};
    e->claim.profile =
        scep_profile_find(e->req->policy->profiles, row->profile);
    if (e->claim.profile == NULL) {
        return scep_fail(res, SCEP_R_SETUP,
                         "the request %s of \"%s\" waits for a certificate of "
                         "profile %s, which is not defined any more; define "
                         "<ScepProfile %s> again, or reject the request",
                         row->id, row->subject, row->profile, row->profile);
    }
    e->renewal_of = row->renewal_of;
    if (e->renewal_of != NULL) {
        status = scep_signer_stands(e->req, e->renewal_of, res);
    }
    if (status != SCEP_OK) {
        return status;
    }
    return scep_reply_key(e->req, e->msg, e->csr->challenge, e->reply, res);
}

static const char *why_given_up(scep_reason_e reason)
{
    switch (reason) {
    case SCEP_R_DUPLICATE_SUBJECT:
        return "the subject has a valid certificate";
    case SCEP_R_NAME:
    case SCEP_R_NAME_OF_CA:
        return "a name in it cannot be certified; the log says which";
    case SCEP_R_CA_REFUSED:
        return "refused by the CA";
    default:
        return "refused when it was to be issued; the log says why";
    }
}

/* Reject the waiting request, which makes its challenge good again. */
static scep_status_e reject_waiting(scep_enrolment_t *e, scep_result_t *res)
{
    const scep_decision_t decision = {
        .id = e->waiting->id,
        .state = SCEP_REQUEST_REJECTED,
        .now = e->now,
        .note = why_given_up(res->reason),
    };
    scep_result_t ignored;

    scep_result_init(&ignored, e->req->pool);
    if (scep_store_request_decide(e->req->service->store, &decision,
                                  e->req->pool, &ignored) > SCEP_NOT_FOUND) {
        *res = ignored; /* the request still waits, for another poll */
    }
    return res->status;
}

static scep_status_e ask_ca(scep_enrolment_t *e, scep_result_t *res)
{
    const scep_service_t *service = e->req->service;
    scep_ca_answer_t answer = {NULL, NULL};
    scep_status_e status = scep_ca_poll(
        service->backend, e->next != NULL ? e->next->ca : service->ca,
        &e->req->env, e->waiting->ticket, e->csr->req, e->req->pool, &answer,
        res);

    if (status == SCEP_NOT_FOUND) {
        return scep_fail(res, SCEP_R_CA_REFUSED,
                         "the CA backend %s does not know the request of "
                         "\"%s\" any more",
                         service->backend->name, e->waiting->subject);
    }
    if (status == SCEP_PENDING) {
        e->ticket = answer.ticket;
    }
    return status == SCEP_OK ? scep_issue_record(e, answer.cert, res) : status;
}

scep_status_e scep_waiting_resume(scep_enrolment_t *e, scep_result_t *res)
{
    scep_request_state_e state = e->waiting->state;
    scep_status_e status;

    if (state == SCEP_REQUEST_WAITING) {
        return SCEP_PENDING;
    }
    status = prepare_issue(e, res);
    if (status != SCEP_OK) {
        return status;
    }
    status = state == SCEP_REQUEST_AT_CA ? ask_ca(e, res) : scep_issue(e, res);
    return status == SCEP_REFUSED ? reject_waiting(e, res) : status;
}
