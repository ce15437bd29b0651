/* Licensed under the Apache License, Version 2.0; see LICENSE. */
/*
 * scep_refusal.c: answer every refusal by a CertRep FAILURE if the message
 * allows one, else by a short text; log, count and record it. (enroll layer)
 */
#include "scep_refusal.h"

#include <string.h>

#include <apr_strings.h>

#include "scep_guess_limit.h"
#include "scep_certrep.h"
#include "scep_client_quirks.h"

enum {
    RETRY_AFTER = 5,   /* seconds */
    WRITERS = 4,       /* rows that are written at a time */
    WRITE_SECONDS = 60 /* the longest that one may take */
};

/* How many refusals are recorded, from all addresses and from one. */
static const scep_allowance_t rows_of_all = {60, 60 * APR_USEC_PER_SEC};
static const scep_allowance_t rows_of_one = {20, 60 * APR_USEC_PER_SEC};
static const unsigned char key_of_all[SCEP_HASH_SIZE] = "refusals of all";

static void answer_text(scep_request_t *req, const scep_result_t *res,
                        scep_answer_t *answer)
{
    char *text = apr_pstrcat(req->pool, res->public_text, "\n", NULL);

    answer->http_status = res->http_status;
    answer->content_type = "text/plain";
    answer->body.data = (const unsigned char *)text;
    answer->body.len = strlen(text);
    if (res->http_status == 503 || res->http_status == 429) {
        answer->retry_after =
            res->retry_after > 0 ? res->retry_after : RETRY_AFTER;
    }
}

static scep_status_e answer_certrep(scep_request_t *req,
                                    const scep_result_t *res,
                                    const scep_pkimessage_t *msg,
                                    scep_answer_t *answer,
                                    scep_result_t *failure)
{
    scep_certrep_t rep = {
        .status = SCEP_PKI_FAILURE,
        .failinfo = res->failinfo,
        .fail_text = res->public_text,
        .transaction_id = msg->transaction_id_raw,
        .recipient_nonce = msg->sender_nonce,
        .digest = msg->digest,
        .signer = scep_service_signer(req, msg->recipient),
    };

    scep_client_quirks_apply(req, msg, res->reason, &rep);
    answer->http_status = 200;
    answer->content_type = "application/x-pki-message";
    return scep_certrep_encode(&rep, req->policy->algs, req->pool,
                               &answer->body, failure);
}

static const char *describe(scep_request_t *req, const scep_pkimessage_t *msg)
{
    if (msg == NULL) {
        return apr_psprintf(req->pool, "request from %s", req->peer);
    }
    return apr_psprintf(req->pool, "%s from %s, transactionID \"%s\",",
                        scep_message_type_name(msg->message_type), req->peer,
                        scep_printable(req->pool, msg->transaction_id,
                                       SCEP_MAX_TRANSACTION_ID));
}

static void count_refusal(const scep_request_t *req, const scep_result_t *res)
{
    if (req->service != NULL) {
        scep_counts_add(req->service->counts, res->status == SCEP_REFUSED
                                                  ? SCEP_COUNT_REFUSED
                                                  : SCEP_COUNT_UNAVAILABLE);
    }
}

void scep_refusal_answer(scep_request_t *req, const scep_result_t *res,
                         const scep_pkimessage_t *msg, scep_answer_t *answer)
{
    scep_result_t failure;

    memset(answer, 0, sizeof(*answer));
    scep_log_result(&req->env, res, describe(req, msg));
    scep_refusal_note(req, res, msg, NULL);
    count_refusal(req, res);

    if (msg == NULL || res->http_status != 200) {
        answer_text(req, res, answer);
        return;
    }
    scep_result_init(&failure, req->pool);
    if (answer_certrep(req, res, msg, answer, &failure) != SCEP_OK) {
        scep_log_result(&req->env, &failure, "CertRep");
        answer_text(req, &failure, answer);
    }
}

/* --- the record ----------------------------------------------------------- */

void scep_refusal_note(scep_request_t *req, const scep_result_t *res,
                       const scep_pkimessage_t *msg, const char *user)
{
    scep_audit_event_t *event;

    if (req->policy->audit_refusals <= 0 || req->service == NULL ||
        res->reason == SCEP_R_ADMIN_DENIED || /* has a row of its own */
        (res->status != SCEP_REFUSED && res->reason != SCEP_R_CACHE_FULL)) {
        return;
    }
    event = apr_pcalloc(req->pool, sizeof(*event));
    event->event = SCEP_AUDIT_REFUSED;
    event->at = scep_env_now(&req->env);
    event->ca_id = req->service->ca_id;
    event->actor = user;
    event->peer = req->peer;
    event->challenge_hash = req->challenge_hash;
    event->transaction_id = msg != NULL ? msg->transaction_id : NULL;
    event->reason = res->log_number;
    event->subject = req->subject;
    event->detail = res->detail;
    req->refusal = event;
}

/* Take one from both allowances, if both have one. */
static bool may_record(const scep_request_t *req, apr_time_t now)
{
    scep_shm_limits_t *limits = req->service->rate_limits;
    unsigned char key[SCEP_HASH_SIZE];

    if (!scep_guess_limit_network_key(req, &rows_of_one, key) ||
        scep_shm_limits_wait(limits, key, &rows_of_one, now) > 0 ||
        scep_shm_limits_wait(limits, key_of_all, &rows_of_all, now) > 0) {
        return false;
    }
    scep_shm_limits_add(limits, key, &rows_of_one, now);
    scep_shm_limits_add(limits, key_of_all, &rows_of_all, now);
    return true;
}

static void write_row(scep_request_t *req)
{
    scep_result_t res;

    scep_result_init(&res, req->pool);
    if (scep_store_audit_refusal(
            req->service->store, req->refusal,
            (apr_int64_t)scep_counts_take(req->service->counts,
                                          SCEP_COUNT_UNRECORDED),
            req->policy->audit_refusals, req->pool, &res) != SCEP_OK) {
        scep_log(&req->env, SCEP_LOG_INFO,
                 SCEPLOGNO(0219) "cannot record a refusal: %s", res.detail);
    }
}

void scep_refusal_record(scep_request_t *req)
{
    const scep_service_t *service = req->service;
    apr_time_t now = scep_env_now(&req->env);
    int slot = -1;

    if (req->refusal == NULL || service->rate_limits == NULL ||
        service->slots == NULL || service->store == NULL) {
        return;
    }
    if (may_record(req, now)) {
        const scep_slot_terms_t terms =
            scep_slot_terms(SCEP_SLOT_WRITING, WRITERS, key_of_all, WRITERS,
                            apr_time_from_sec(WRITE_SECONDS));

        slot = scep_shm_slots_take(service->slots, &terms, now);
    }
    if (slot >= 0) {
        write_row(req);
        scep_shm_slots_give(service->slots, slot);
    }
    else {
        scep_counts_add(service->counts, SCEP_COUNT_UNRECORDED);
    }
    req->refusal = NULL;
}
