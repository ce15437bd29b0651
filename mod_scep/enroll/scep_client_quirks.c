/* Licensed under the Apache License, Version 2.0; see LICENSE. */
/*
 * scep_client_quirks.c: things that one client needs and another refuses; the
 * endpoint's directives choose. (enroll layer)
 */
#include "scep_client_quirks.h"

#include <string.h>

/* The code that NDES's clients show for a refusal. Every wrong challenge has
 * the same code, which must not tell more than failInfoText does. */
static apr_int32_t hresult(scep_reason_e reason)
{
    const apr_uint32_t invalid_argument = 0x80070057;
    apr_uint32_t code = invalid_argument;

    switch (reason) {
    case SCEP_R_CHALLENGE_MISSING:
        code = 0x80096004; /* TRUST_E_CERT_SIGNATURE: a password is needed */
        break;
    case SCEP_R_CHALLENGE_SYNTAX:
    case SCEP_R_CHALLENGE_UNKNOWN:
    case SCEP_R_CHALLENGE_EXPIRED:
    case SCEP_R_CHALLENGE_SPENT:
    case SCEP_R_CHALLENGE_BUSY:
        code = 0x80070490; /* ERROR_NOT_FOUND */
        break;
    case SCEP_R_NAME:
    case SCEP_R_NAME_OF_CA:
    case SCEP_R_CSR_POLICY:
    case SCEP_R_CA_REFUSED:
    case SCEP_R_DUPLICATE_SUBJECT:
        code = 0x80094001; /* CERTSRV_E_BAD_REQUESTSUBJECT */
        break;
    default:
        break;
    }
    return (apr_int32_t)(code - 0x80000000U) + APR_INT32_MIN;
}

/* Recognize certmonger by its transactionID, a hash as a decimal number of some
 * 78 digits. Other clients write hashes in hex, and hardly any of 40 digits or
 * more has no letter. */
static bool is_certmonger(const scep_pkimessage_t *msg)
{
    enum { MIN_DIGITS = 40 };

    return msg->transaction_id_raw.len >= MIN_DIGITS &&
           strspn(msg->transaction_id, "0123456789") ==
               msg->transaction_id_raw.len;
}

scep_status_e scep_client_quirks_check_nonce(const scep_request_t *req,
                                             const scep_pkimessage_t *msg,
                                             scep_result_t *res)
{
    if (msg->sender_nonce.len == 0 && !req->policy->quirks.nonce_optional) {
        return scep_fail(res, SCEP_R_SENDER_NONCE,
                         "the message has no senderNonce (ScepSenderNonce "
                         "optional lets such devices in)");
    }
    return SCEP_OK;
}

scep_status_e scep_client_quirks_check_time(const scep_request_t *req,
                                            const scep_pkimessage_t *msg,
                                            scep_result_t *res)
{
    const scep_client_quirks_t *quirks = &req->policy->quirks;
    apr_time_t sent = apr_time_from_sec(msg->signing_time);
    apr_interval_time_t off = scep_env_now(&req->env) - sent;

    if (quirks->signing_time == 0 || msg->signing_time == 0) {
        return SCEP_OK;
    }
    if (off > quirks->signing_time || off < -quirks->signing_time) {
        return scep_fail(res, SCEP_R_SIGNING_TIME,
                         "the message's signingTime is %" APR_INT64_T_FMT
                         " seconds %s (ScepSigningTimeTolerance)",
                         apr_time_sec(off < 0 ? -off : off),
                         off < 0 ? "ahead" : "ago");
    }
    return SCEP_OK;
}

scep_status_e scep_client_quirks_check_clear(const scep_request_t *req,
                                             const scep_pkimessage_t *msg,
                                             scep_result_t *res)
{
    return msg->clear_challenge && req->policy->quirks.refuse_clear
               ? scep_fail(res, SCEP_R_CLEAR_CHALLENGE,
                           "the message has its challengePassword outside of "
                           "the envelope (ScepClearChallenge refuse)")
               : SCEP_OK;
}

void scep_client_quirks_apply(const scep_request_t *req,
                              const scep_pkimessage_t *msg,
                              scep_reason_e reason, scep_certrep_t *rep)
{
    const scep_client_quirks_t *quirks = &req->policy->quirks;

    rep->empty_content =
        quirks->empty_content == SCEP_EMPTY_ALWAYS ||
        (quirks->empty_content == SCEP_EMPTY_AUTO && is_certmonger(msg));
    rep->ndes_error =
        quirks->ndes_errors && reason != SCEP_R_NONE ? hresult(reason) : 0;
}

bool scep_client_quirks_chain(const scep_request_t *req, scep_certs_t *certs)
{
    const scep_service_t *service = req->service;
    scep_certs_t *cas = service->backend->certificates(service->ca);
    int wanted = 0, i;

    switch (req->policy->quirks.chain) {
    case SCEP_CHAIN_NONE:
        break;
    case SCEP_CHAIN_ISSUER:
        wanted = 1;
        break;
    case SCEP_CHAIN_FULL:
        wanted = sk_X509_num(cas);
        break;
    }
    for (i = 0; i < wanted && i < sk_X509_num(cas); i++) {
        if (sk_X509_push(certs, sk_X509_value(cas, i)) <= 0) {
            return false;
        }
    }
    return true;
}
