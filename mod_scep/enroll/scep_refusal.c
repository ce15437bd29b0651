/* Licensed under the Apache License, Version 2.0; see LICENSE. */
/*
 * scep_refusal.c: how every refusal leaves: a CertRep FAILURE where the
 * message can be answered by one, else a short text. (enroll layer)
 */
#include "scep_refusal.h"

#include <string.h>

#include <apr_strings.h>

#include "scep_certrep.h"

enum { RETRY_AFTER = 5 /* seconds */ };

static void answer_text(scep_request_t *req, const scep_result_t *res,
                        scep_answer_t *answer)
{
    char *text = apr_pstrcat(req->pool, res->public_text, "\n", NULL);

    answer->http_status = res->http_status;
    answer->content_type = "text/plain";
    answer->body.data = (const unsigned char *)text;
    answer->body.len = strlen(text);
    answer->retry_after = res->http_status == 503 ? RETRY_AFTER : 0;
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
        .signer = scep_service_ra(req)->signer,
    };

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

void scep_refusal_answer(scep_request_t *req, const scep_result_t *res,
                         const scep_pkimessage_t *msg, scep_answer_t *answer)
{
    scep_result_t failure;

    memset(answer, 0, sizeof(*answer));
    scep_log_result(&req->env, res, describe(req, msg));

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
