/* Licensed under the Apache License, Version 2.0; see LICENSE. */
/*
 * scep_renewal.c: may the certificate that signed a message have a successor?
 * (enroll layer)
 */
#include "scep_renewal.h"

#include <apr_strings.h>

#include "scep_authorize.h"
#include "scep_cert_san.h"
#include "scep_issue.h"
#include "scep_names.h"
#include "scep_waiting.h"
#include "scep_recall.h"
#include "scep_reply_key.h"
#include "scep_signer.h"
#include "scep_store_certificate.h"
#include "scep_store_prune.h"

enum { PERCENT = 100 };

/* --- before its envelope is opened ---------------------------------------- */

static const char *subject_of(const scep_request_t *req, X509 *cert)
{
    return scep_name_text(req->pool, X509_get_subject_name(cert));
}

/* Refuse a message that cannot be answered, whatever is in it, before its
 * envelope is opened (S20). */
static scep_status_e check_answerable(const scep_request_t *req,
                                      const scep_pkimessage_t *msg,
                                      scep_result_t *res)
{
    if (EVP_PKEY_is_a(msg->signer_key, "RSA") == 1 ||
        req->policy->key_deliveries.count > 0) {
        return SCEP_OK;
    }
    return scep_fail(res, SCEP_R_REPLY_KEY,
                     "the key of \"%s\" is not RSA, and ScepECReply is refuse",
                     subject_of(req, msg->signer));
}

static scep_status_e refuse_signer(const scep_request_t *req,
                                   const scep_pkimessage_t *msg,
                                   scep_result_t *res)
{
    const scep_signer_t *signer = req->signer;
    scep_reason_e reason = SCEP_R_RENEWAL_SIGNER;

    if (!req->policy->renewal.on) {
        reason = SCEP_R_RENEWAL_OFF;
    }
    else if (signer->issuer >= SCEP_SIGNER_OURS) {
        reason = SCEP_R_RENEWAL_DIGEST;
    }
    return scep_fail(res, reason, "signed by \"%s\": %s",
                     subject_of(req, msg->signer), signer->why_not);
}

scep_status_e scep_renewal_admit(scep_request_t *req,
                                 const scep_pkimessage_t *msg,
                                 scep_result_t *res)
{
    scep_status_e status = scep_signer_examine(req, msg, res);

    if (status != SCEP_OK) {
        return status;
    }
    return req->signer->candidate ? check_answerable(req, msg, res)
                                  : refuse_signer(req, msg, res);
}

/* --- may it have a successor now? ----------------------------------------- */

static const char *date_text(const scep_enrolment_t *e, apr_time_t at)
{
    char *text = apr_palloc(e->req->pool, APR_RFC822_DATE_LEN);

    apr_rfc822_date(text, at);
    return text;
}

static scep_status_e check_validity(const scep_enrolment_t *e,
                                    scep_result_t *res)
{
    const scep_signer_t *signer = e->req->signer;
    const scep_renewal_policy_t *policy = &e->req->policy->renewal;

    if (e->now < signer->not_before) {
        return scep_fail(res, SCEP_R_RENEWAL_VALIDITY,
                         "certificate %s of \"%s\" is not valid before %s",
                         signer->serial, e->csr->subject,
                         date_text(e, signer->not_before));
    }
    /* It is valid to the end of its last second (RFC 5280 4.1.2.5). */
    if (e->now < signer->not_after + APR_USEC_PER_SEC) {
        return SCEP_OK;
    }
    if (!policy->expired) {
        return scep_fail(res, SCEP_R_RENEWAL_VALIDITY,
                         "certificate %s of \"%s\" expired at %s, and "
                         "ScepRenewalExpired is Off here",
                         signer->serial, e->csr->subject,
                         date_text(e, signer->not_after));
    }
    if (policy->expired_for >= 0 &&
        e->now - signer->not_after > policy->expired_for) {
        return scep_fail(res, SCEP_R_RENEWAL_VALIDITY,
                         "certificate %s of \"%s\" expired at %s, longer ago "
                         "than ScepRenewalExpired allows",
                         signer->serial, e->csr->subject,
                         date_text(e, signer->not_after));
    }
    return SCEP_OK;
}

static scep_status_e check_window(const scep_enrolment_t *e, scep_result_t *res)
{
    const scep_signer_t *signer = e->req->signer;
    const scep_renewal_policy_t *policy = &e->req->policy->renewal;
    apr_interval_time_t window = policy->window;

    if (policy->window_percent > 0) {
        window = (signer->not_after - signer->not_before) / PERCENT *
                 policy->window_percent;
    }
    if (window >= 0 && e->now < signer->not_after - window) {
        return scep_fail(res, SCEP_R_RENEWAL_EARLY,
                         "certificate %s of \"%s\" may be renewed from %s on "
                         "(ScepRenewalWindow)",
                         signer->serial, e->csr->subject,
                         date_text(e, signer->not_after - window));
    }
    return SCEP_OK;
}

/* Compare the names that a certificate may have: those that were left out of
 * the old one are left out of the new one, too. */
static scep_status_e check_names(const scep_enrolment_t *e, scep_result_t *res)
{
    apr_pool_t *pool = e->req->pool;
    X509 *old = e->msg->signer;
    GENERAL_NAMES *before, *after;
    const char *difference;
    int left_out;
    scep_status_e status;

    if (e->req->policy->renewal.any_name) {
        return SCEP_OK;
    }
    status =
        scep_cert_san(X509_get0_extensions(old), pool, &before, &left_out, res);
    if (status == SCEP_OK) {
        status =
            scep_cert_san(e->csr->extensions, pool, &after, &left_out, res);
    }
    if (status == SCEP_REFUSED) {
        return scep_fail(res, SCEP_R_RENEWAL_NAMES,
                         "the names of certificate %s of \"%s\" cannot be "
                         "compared: %s",
                         e->req->signer->serial, e->csr->subject, res->detail);
    }
    if (status != SCEP_OK) {
        return status;
    }
    if (scep_names_subject_kept(X509_get_subject_name(old),
                                X509_REQ_get_subject_name(e->csr->req), pool,
                                &difference) &&
        scep_names_san_kept(before, after, pool, &difference)) {
        return SCEP_OK;
    }
    return scep_fail(res, SCEP_R_RENEWAL_NAMES,
                     "the renewal of certificate %s must keep its names "
                     "(ScepDisableRenewalSubjectNameMatch): %s",
                     e->req->signer->serial, difference);
}

static scep_status_e check_revocation(const scep_enrolment_t *e,
                                      scep_result_t *res)
{
    const scep_signer_t *signer = e->req->signer;

    if (signer->revocation == NULL) {
        return SCEP_OK;
    }
    return scep_fail(res, SCEP_R_RENEWAL_REVOKED,
                     "certificate %s of \"%s\" was superseded at %s and is "
                     "revoked",
                     signer->serial, e->csr->subject,
                     date_text(e, signer->revocation->effective));
}

static scep_status_e judge_renewal(const scep_enrolment_t *e,
                                   scep_result_t *res)
{
    scep_status_e status = check_revocation(e, res);

    if (status == SCEP_OK) {
        status = check_validity(e, res);
    }
    if (status == SCEP_OK) {
        status = check_window(e, res);
    }
    return status == SCEP_OK ? check_names(e, res) : status;
}

/* ScepRenewalChallenge requires a challenge in addition to the certificate
 * (R15); without it a challenge proves nothing (R13, R14). `none` does not
 * count as a source that accepted. */
static scep_status_e check_challenge(scep_enrolment_t *e, scep_result_t *res)
{
    scep_status_e status;

    e->claim = (scep_claim_t){.source = SCEP_SOURCE_NONE};
    if (!e->req->policy->renewal.challenge) {
        return SCEP_OK;
    }
    status = scep_authorize(e, res);
    return status == SCEP_OK && e->reply->cert == NULL &&
                   e->claim.source == SCEP_SOURCE_NONE
               ? scep_fail(res, SCEP_R_CHALLENGE_MISSING,
                           "the renewal of certificate %s of \"%s\" needs a "
                           "challengePassword (ScepRenewalChallenge) that a "
                           "source of ScepChallenge other than none accepts",
                           e->renewal_of, e->csr->subject)
               : status;
}

/* Choose the profile by which the old certificate was issued, or the endpoint's
 * if the certificate is not on record or its profile is gone. */
static scep_status_e keep_profile(scep_enrolment_t *e, scep_result_t *res)
{
    const scep_request_t *req = e->req;
    scep_certificate_row_t *row;
    const char *profile;
    scep_status_e status;
    int count;

    if (req->policy->renewal.profile_of_endpoint || e->claim.profile != NULL ||
        req->signer->issuer != SCEP_SIGNER_OURS) {
        return SCEP_OK;
    }
    status = scep_store_certificate_find(req->service->store,
                                         req->service->ca_id, e->renewal_of,
                                         req->pool, &count, &row, res);
    profile = status == SCEP_OK ? row->profile : NULL;
    if (status == SCEP_NOT_FOUND) {
        status =
            scep_store_past_profile(req->service->store, req->service->ca_id,
                                    e->renewal_of, req->pool, &profile, res);
    }
    if (status != SCEP_OK) {
        return status == SCEP_NOT_FOUND ? SCEP_OK : status;
    }
    if (profile != NULL) {
        e->claim.profile = scep_profile_find(req->policy->profiles, profile);
    }
    if (e->claim.profile == NULL) {
        scep_log(&req->env, SCEP_LOG_INFO,
                 SCEPLOGNO(0240) "certificate %s of \"%s\" has profile \"%s\", "
                                 "which is not defined any more: its renewal "
                                 "gets the endpoint's",
                 e->renewal_of, e->csr->subject,
                 profile != NULL ? profile : "");
    }
    return SCEP_OK;
}

/* Check the names first: the signer must not learn whether an envelope, which
 * may be somebody else's, has a challenge to reply with. */
static scep_status_e authorize_renewal(scep_enrolment_t *e, scep_result_t *res)
{
    scep_status_e status = judge_renewal(e, res);

    if (status != SCEP_OK) {
        e->renewal_of = NULL;
        return status;
    }
    status = scep_reply_key(e->req, e->msg, e->csr->challenge, e->reply, res);
    if (status == SCEP_OK) {
        status = check_challenge(e, res);
    }
    return status == SCEP_OK && e->reply->cert == NULL ? keep_profile(e, res)
                                                       : status;
}

scep_status_e scep_renewal_serve(scep_enrolment_t *e, scep_result_t *res)
{
    scep_status_e status;

    e->renewal_of = e->req->signer->serial;
    status = scep_recall(e, res);
    if (status == SCEP_OK) {
        return scep_reply_key(e->req, e->msg, e->csr->challenge, e->reply, res);
    }
    if (status == SCEP_PENDING) {
        status = scep_waiting_resume(e, res);
    }
    if (status == SCEP_NOT_FOUND) {
        status = authorize_renewal(e, res);
        if (status == SCEP_OK && e->reply->cert == NULL) {
            status = scep_issue(e, res);
        }
    }
    return scep_waiting_conclude(e, status, res);
}

scep_status_e scep_renewalreq(scep_request_t *req, const scep_pkimessage_t *msg,
                              scep_reply_t *reply, scep_result_t *res)
{
    scep_enrolment_t e;
    scep_status_e status = scep_enrolment_open(req, msg, reply, &e, res);

    return status == SCEP_OK ? scep_renewal_serve(&e, res) : status;
}
