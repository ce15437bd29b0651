/* Licensed under the Apache License, Version 2.0; see LICENSE. */
/*
 * scep_pkioperation.c: one pkiMessage in, one CertRep out (RFC 8894 4.3).
 * Verify, then open, then decide (invariant 8). (enroll layer)
 */
#include "scep_admission.h"
#include "scep_certpoll.h"
#include "scep_certrep.h"
#include "scep_getcert.h"
#include "scep_client_quirks.h"
#include "scep_message.h"
#include "scep_operation.h"
#include "scep_pkcsreq.h"
#include "scep_refusal.h"
#include "scep_renewal.h"
#include "scep_reply_key.h"
#include "scep_signer.h"

/* Answers to unreadable envelopes are delayed to a multiple of this many
 * microseconds, so that timing tells nothing: the work varies by far less. */
enum { CONTENT_REFUSAL_STEP = 10000 };

/* Only the messageTypes that are listed here reach a handler (S1). */
static const struct handler {
    scep_message_type_e type;
    scep_admit_fn *admit; /* before the envelope is opened; may be NULL */
    scep_message_fn *serve;
    bool ignores_content;  /* do not decrypt the envelope, so that no answer
                            * tells whether it could be (S20) */
    scep_reason_e unknown; /* the reason for an unknown id, if the content has
                            * no signature; content that cannot be read is
                            * answered in the same way. Else SCEP_R_NONE */
} handlers[] = {
    {SCEP_MSG_PKCSREQ, scep_signer_examine, scep_pkcsreq, false, SCEP_R_NONE},
    {SCEP_MSG_RENEWALREQ, scep_renewal_admit, scep_renewalreq, false,
     SCEP_R_NONE},
    {SCEP_MSG_CERTPOLL, scep_signer_examine, scep_certpoll, true, SCEP_R_NONE},
    {SCEP_MSG_GETCERT, NULL, scep_getcert, false, SCEP_R_CERT_UNKNOWN},
    {SCEP_MSG_GETCRL, NULL, scep_getcrl, false, SCEP_R_CRL_ISSUER},
};

static const struct handler *handler_of(const scep_pkimessage_t *msg)
{
    size_t i;

    for (i = 0; i < sizeof(handlers) / sizeof(handlers[0]); i++) {
        if ((int)handlers[i].type == msg->message_type) {
            return &handlers[i];
        }
    }
    return NULL;
}

static scep_status_e
answer_by_certrep(scep_request_t *req, const scep_pkimessage_t *msg,
                  scep_pki_status_e pki_status, const scep_reply_t *reply,
                  scep_answer_t *answer, scep_result_t *res)
{
    scep_certs_t *certs = sk_X509_new_null();
    scep_certrep_t rep = {
        .status = pki_status,
        .failinfo = SCEP_FAIL_NONE,
        .transaction_id = msg->transaction_id_raw,
        .recipient_nonce = msg->sender_nonce,
        .digest = msg->digest,
        .certs = certs,
        .crl = reply->crl,
        .recipient = reply->recipient,
        .cipher = msg->cipher,
        .signer = scep_service_signer(req, msg->recipient),
    };
    scep_status_e status;

    if (certs == NULL ||
        (reply->cert != NULL && (sk_X509_push(certs, reply->cert) <= 0 ||
                                 !scep_client_quirks_chain(req, certs)))) {
        status = scep_fail(res, SCEP_R_INTERNAL, "no memory for a CertRep");
    }
    else {
        scep_client_quirks_apply(req, msg, SCEP_R_NONE, &rep);
        status = scep_certrep_encode(&rep, req->policy->algs, req->pool,
                                     &answer->body, res);
    }
    sk_X509_free(certs); /* not the certificate, which is the pool's */
    answer->http_status = 200;
    answer->content_type = "application/x-pki-message";
    return status;
}

/* An attacker can append a block of somebody else's ciphertext to one with a
 * chosen plaintext, so that the whole is an IssuerAndSerialNumber if the
 * padding is good. The answer must not tell whether it was (S20), so
 * SCEP_R_CONTENT in RES becomes the refusal of an unknown id. A PKCS#10 cannot
 * be made like this, because it has a signature. */
static scep_status_e conceal_content(scep_request_t *req,
                                     const scep_pkimessage_t *msg,
                                     scep_reason_e unknown, scep_result_t *res)
{
    const char *detail = res->detail;
    scep_reply_t ignored;
    scep_status_e status = scep_reply_key(req, msg, NULL, &ignored, res);

    return status == SCEP_OK ? scep_fail(res, unknown, "%s", detail) : status;
}

/* Decide first which CA answers, with which pair (invariant 13), so that the CA
 * that a message is addressed to also answers if it is refused unopened. */
static void find_addressee(scep_request_t *req, scep_pkimessage_t *msg,
                           scep_result_t *res)
{
    scep_result_init(res, req->pool);
    scep_pkimessage_address(msg, req->policy->algs, scep_service_pairs(req),
                            res);
    if (msg->recipient != NULL) {
        scep_service_by_recipient(req, msg->recipient);
    }
}

/* Before the envelope is opened, decide whether the message can be answered, so
 * that this does not depend on what is in the envelope (S20). */
static scep_status_e read_envelope(scep_request_t *req, scep_pkimessage_t *msg,
                                   const struct handler *handler,
                                   scep_result_t *res)
{
    scep_status_e status =
        handler->admit != NULL ? handler->admit(req, msg, res) : SCEP_OK;

    if (status == SCEP_OK) {
        status = scep_admission_confirm(req, msg, res);
    }
    return status == SCEP_OK && !handler->ignores_content
               ? scep_pkimessage_open(msg, req->policy->algs,
                                      scep_service_pairs(req), res)
               : status;
}

static scep_status_e process_message(scep_request_t *req, scep_octets_t der,
                                     scep_pkimessage_t **msg,
                                     scep_reply_t *reply, scep_result_t *res)
{
    const struct handler *handler;
    scep_result_t addressed;
    scep_status_e status =
        scep_pkimessage_decode(der, req->policy->algs, req->pool, msg, res);

    if (*msg != NULL &&
        scep_client_quirks_check_nonce(req, *msg, res) != SCEP_OK) {
        *msg = NULL; /* no CertRep can be made of it */
        return res->status;
    }
    if (*msg != NULL) {
        find_addressee(req, *msg, &addressed);
    }
    if (status == SCEP_OK) {
        status = scep_client_quirks_check_time(req, *msg, res);
    }
    if (status == SCEP_OK) {
        status = scep_client_quirks_check_clear(req, *msg, res);
    }
    if (status != SCEP_OK) {
        return status;
    }
    handler = handler_of(*msg);
    if (handler == NULL) {
        return scep_fail(res, SCEP_R_MESSAGE_TYPE, "%s is not served",
                         scep_message_type_name((*msg)->message_type));
    }
    if (addressed.status != SCEP_OK) {
        *res = addressed;
        return res->status;
    }
    status = read_envelope(req, *msg, handler, res);
    if (status == SCEP_OK) {
        status = handler->serve(req, *msg, reply, res);
    }
    return res->reason == SCEP_R_CONTENT && handler->unknown != SCEP_R_NONE
               ? conceal_content(req, *msg, handler->unknown, res)
               : status;
}

/* Does REASON depend on the content of an envelope, maybe somebody else's? */
static bool tells_of_content(scep_reason_e reason)
{
    switch (reason) {
    case SCEP_R_CONTENT:
    case SCEP_R_SIGNER_KEY:
    case SCEP_R_REPLY_KEY:
    case SCEP_R_TRANSACTION_REUSED:
    case SCEP_R_RENEWAL_REVOKED:
    case SCEP_R_RENEWAL_VALIDITY:
    case SCEP_R_RENEWAL_EARLY:
    case SCEP_R_RENEWAL_NAMES:
    case SCEP_R_CERT_UNKNOWN:
    case SCEP_R_CRL_ISSUER:
        return true;
    default:
        return false;
    }
}

/* Bad padding, a wrong key, and a CSR that is garbage, wrongly signed or
 * somebody else's cost the same work (scep_csr_dummy_verify()) for keys that
 * are alike. The delay hides the remaining differences (invariant 7). It holds
 * a worker for at most one step. */
static void delay_to_step(apr_time_t began)
{
    apr_interval_time_t spent = apr_time_now() - began;

    if (spent < 0) {
        spent = 0; /* the clock was set back */
    }
    apr_sleep(CONTENT_REFUSAL_STEP - spent % CONTENT_REFUSAL_STEP);
}

void scep_pkioperation(scep_request_t *req, scep_octets_t der,
                       scep_answer_t *answer)
{
    apr_time_t began = apr_time_now();
    scep_pkimessage_t *msg = NULL;
    scep_reply_t reply = {.cert = NULL};
    scep_status_e status;
    scep_result_t res;

    scep_result_init(&res, req->pool);
    status = scep_admission_enter(req, der, &res);
    if (status == SCEP_OK) {
        status = process_message(req, der, &msg, &reply, &res);
    }
    if (status == SCEP_OK || status == SCEP_PENDING) {
        status = answer_by_certrep(
            req, msg, status == SCEP_OK ? SCEP_PKI_SUCCESS : SCEP_PKI_PENDING,
            &reply, answer, &res);
    }
    if (status != SCEP_OK) {
        scep_refusal_answer(req, &res, msg, answer);
    }
    scep_admission_leave(req, status == SCEP_OK ? msg : NULL);
    if (tells_of_content(res.reason)) {
        delay_to_step(began);
    }
}
