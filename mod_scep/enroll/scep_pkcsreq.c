/* Licensed under the Apache License, Version 2.0; see LICENSE. */
/*
 * scep_pkcsreq.c: decide on a PKCSReq (RFC 8894 3.3.1), as a renewal if it is
 * one, else as a first enrolment. (enroll layer)
 */
#include "scep_pkcsreq.h"

#include "scep_authorize.h"
#include "scep_issue.h"
#include "scep_waiting.h"
#include "scep_recall.h"
#include "scep_renewal.h"
#include "scep_reply_key.h"
#include "scep_signer.h"

/* May a refused renewal be judged as a first enrolment? It must have a
 * challenge, and be for the key that signed. A waiting request that the CA has
 * refused stays refused. */
static bool may_enrol(const scep_enrolment_t *e, const scep_result_t *res)
{
    const scep_sources_t *sources = &e->req->policy->sources;
    scep_result_t ignored;

    scep_result_init(&ignored, e->req->pool);
    return res->status == SCEP_REFUSED &&
           res->reason != SCEP_R_RENEWAL_REVOKED && e->waiting == NULL &&
           scep_enrolment_own_key(e, &ignored) == SCEP_OK &&
           (e->csr->challenge_state == SCEP_CHALLENGE_PRESENT ||
            (sources->count > 0 &&
             sources->source[sources->count - 1] == SCEP_SOURCE_NONE));
}

/* @return SCEP_NOT_FOUND: E is no renewal */
static scep_status_e try_renewal(scep_enrolment_t *e, scep_result_t *res)
{
    const scep_signer_t *signer = e->req->signer;
    const char *why;
    scep_status_e status;

    if (signer->issuer < SCEP_SIGNER_OURS) {
        return SCEP_NOT_FOUND;
    }
    why = signer->why_not;
    if (signer->candidate) {
        status = scep_renewal_serve(e, res);
        if (e->renewal_of != NULL || !may_enrol(e, res)) {
            return status;
        }
        why = res->detail;
        scep_result_init(res, e->req->pool);
    }
    scep_log(&e->req->env, SCEP_LOG_INFO,
             SCEPLOGNO(0221) "the message for \"%s\" from %s is signed by "
                             "certificate %s, but is no renewal: %s",
             e->csr->subject, e->req->peer, signer->serial, why);
    return SCEP_NOT_FOUND;
}

/* Can this request be answered at all? Check that before any work. */
static scep_status_e check_keys(const scep_enrolment_t *e, scep_result_t *res)
{
    scep_status_e status = scep_service_other_signer(e->req)
                               ? SCEP_OK
                               : scep_enrolment_own_key(e, res);

    return status == SCEP_OK ? scep_reply_key(e->req, e->msg, e->csr->challenge,
                                              e->reply, res)
                             : status;
}

static scep_status_e enrol(scep_enrolment_t *e, scep_result_t *res)
{
    scep_status_e status = check_keys(e, res);

    if (status == SCEP_OK) {
        status = scep_recall(e, res);
    }
    if (status == SCEP_PENDING) {
        status = scep_waiting_resume(e, res);
    }
    if (status == SCEP_NOT_FOUND) {
        status = scep_authorize(e, res);
        if (status == SCEP_OK && e->reply->cert == NULL) {
            status = scep_issue(e, res);
        }
    }
    return scep_waiting_conclude(e, status, res);
}

scep_status_e scep_pkcsreq(scep_request_t *req, const scep_pkimessage_t *msg,
                           scep_reply_t *reply, scep_result_t *res)
{
    scep_enrolment_t e;
    scep_status_e status = scep_enrolment_open(req, msg, reply, &e, res);

    if (status == SCEP_OK) {
        status = try_renewal(&e, res);
    }
    return status == SCEP_NOT_FOUND ? enrol(&e, res) : status;
}
