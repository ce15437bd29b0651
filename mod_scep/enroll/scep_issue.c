/* Licensed under the Apache License, Version 2.0; see LICENSE. */
/*
 * scep_issue.c: once authorized: sign, record, and only then answer.
 * (enroll layer)
 */
#include "scep_issue.h"

#include <string.h>

#include <apr_strings.h>

#include "scep_authorize.h"
#include "scep_ca_call.h"
#include "scep_cert_time.h"
#include "scep_name_check.h"
#include "scep_recall.h"
#include "scep_signer.h"

static void log_issued(const scep_enrolment_t *e, const scep_issue_t *issue)
{
    scep_counts_add(e->req->service->counts, issue->renewal_of == NULL
                                                 ? SCEP_COUNT_ISSUED
                                                 : SCEP_COUNT_RENEWED);
    if (issue->renewal_of == NULL) {
        scep_log(&e->req->env, SCEP_LOG_INFO,
                 SCEPLOGNO(0200) "issued certificate %s to \"%s\" from %s, "
                                 "transactionID \"%s\", profile %s%s",
                 issue->serial, issue->subject, issue->peer,
                 issue->transaction_id, issue->profile,
                 *issue->superseded > 0 ? "; its earlier ones are revoked"
                                        : "");
        return;
    }
    scep_log(&e->req->env, SCEP_LOG_INFO,
             SCEPLOGNO(0222) "renewed certificate %s of \"%s\" as %s, from %s, "
                             "transactionID \"%s\", profile %s%s",
             issue->renewal_of, issue->subject, issue->serial, issue->peer,
             issue->transaction_id, issue->profile,
             issue->revoke != NULL ? "; the old one is revoked" : "");
}

static void fill_revoke(const scep_enrolment_t *e, scep_revoke_t *revoke)
{
    apr_int64_t last = 0;

    revoke->row.ca_id = e->req->service->ca_id;
    revoke->row.serial = e->renewal_of;
    revoke->row.effective = e->now + e->req->policy->renewal.revoke_delay;
    revoke->row.reason = SCEP_REVOKED_SUPERSEDED;
    revoke->row.created = e->now;
    if (scep_cert_time(X509_get0_notAfter(e->msg->signer), &last)) {
        revoke->row.not_after = apr_time_from_sec(last);
    }
    revoke->unknown = true; /* it may be older than the record */
    revoke->peer = e->req->peer;
    revoke->detail = "renewed";
}

static bool renews_ours(const scep_enrolment_t *e)
{
    return e->renewal_of != NULL && e->req->signer != NULL &&
           e->req->signer->issuer == SCEP_SIGNER_OURS;
}

/* The CA of the renewed certificate; NULL: this one. Another certificate may
 * have signed a poll. */
static const char *renewal_ca_id(const scep_enrolment_t *e)
{
    const scep_signer_t *signer = e->req->signer;

    return e->renewal_of != NULL && signer != NULL &&
                   strcmp(signer->serial, e->renewal_of) == 0
               ? signer->ca_id
               : NULL;
}

/* Check this before anything is signed. Of two requests at once, the store's
 * write transaction lets one through. */
static scep_status_e check_subject(const scep_enrolment_t *e,
                                   scep_result_t *res)
{
    const apr_array_header_t *serials = e->recall.serials;
    const char *serial = NULL;
    scep_status_e status = SCEP_OK;

    if (e->renewal_of != NULL || e->subject == NULL) {
        return SCEP_OK;
    }
    if (serials == NULL) { /* E has waited, and its subject was not recalled */
        status = scep_store_subject_find(e->req->service->store, e->subject,
                                         e->req->pool, &serial, res);
    }
    else if (!apr_is_empty_array(serials)) {
        serial = APR_ARRAY_IDX(serials, 0, const char *);
    }
    if (serial != NULL) {
        return scep_fail(res, SCEP_R_DUPLICATE_SUBJECT,
                         "\"%s\" has a valid certificate for another key, %s "
                         "(ScepDuplicateSubject refuse)",
                         e->csr->subject, serial);
    }
    return status == SCEP_NOT_FOUND ? SCEP_OK : status;
}

static scep_status_e record_certificate(const scep_enrolment_t *e, X509 *cert,
                                        scep_issue_outcome_e *outcome,
                                        scep_result_t *res)
{
    apr_pool_t *pool = e->req->pool;
    const X509_NAME *name = X509_get_subject_name(cert);
    int superseded = 0;
    apr_int64_t first, last;
    scep_revoke_t revoke = {.unknown = false};
    scep_issue_t issue = {
        .ca_id = e->req->service->ca_id,
        .issuer_ca_id = e->next != NULL ? e->next->ca_id : NULL,
        .transaction_id = e->msg->transaction_id,
        .endpoint = e->endpoint,
        .proved = scep_enrolment_proved(e),
        .message_hash =
            e->msg->message_type != SCEP_MSG_CERTPOLL ? e->msg->hash : NULL,
        .key_hash = e->signer_hash,
        .csr_hash = e->csr->hash,
        .challenge_hash =
            e->claim.source == SCEP_SOURCE_ONE_TIME ? e->challenge_hash : NULL,
        .now = e->now,
        .retry_since = e->retry_since,
        .serial = scep_serial_text(pool, X509_get0_serialNumber(cert)),
        .subject = scep_name_text(pool, name),
        .duplicate = e->renewal_of == NULL ? e->req->policy->duplicate
                                           : SCEP_DUPLICATE_ALLOW,
        .superseded = &superseded,
        .cert_der = scep_x509_der(pool, cert),
        .cert_key_hash = e->csr->key_hash,
        .profile = e->profile->name,
        .peer = e->req->peer,
        .renewal_of = e->renewal_of,
        .renewal_ca_id = renewal_ca_id(e),
        .renews_ours = renews_ours(e),
        .request_id = e->waiting != NULL ? e->waiting->id : NULL,
        .revoke = renews_ours(e) && e->req->policy->renewal.revoke_old ? &revoke
                                                                       : NULL,
    };
    scep_status_e status;

    if (!scep_cert_time(X509_get0_notBefore(cert), &first) ||
        !scep_cert_time(X509_get0_notAfter(cert), &last) ||
        issue.cert_der.len == 0 ||
        !scep_enrolment_hash_subject(e, name, &issue.subject_hash)) {
        return scep_fail(res, SCEP_R_INTERNAL,
                         "the certificate %s cannot be read", issue.serial);
    }
    if (e->waiting != NULL) {
        issue.challenge_hash = e->waiting->challenge_hash;
    }
    issue.not_before = apr_time_from_sec(first);
    issue.not_after = apr_time_from_sec(last);
    fill_revoke(e, &revoke);
    status =
        scep_store_issue(e->req->service->store, &issue, pool, outcome, res);
    if (status == SCEP_OK && *outcome == SCEP_ISSUE_RECORDED) {
        log_issued(e, &issue);
    }
    return status;
}

/* Copy the profile, with the validity for this certificate. */
static scep_status_e draw_profile(const scep_enrolment_t *e,
                                  const scep_profile_t **drawn,
                                  scep_result_t *res)
{
    const scep_service_t *service = e->req->service;
    X509 *ca = sk_X509_value(e->next != NULL
                                 ? e->next->certs
                                 : service->backend->certificates(service->ca),
                             0);
    scep_profile_t *profile =
        apr_pmemdup(e->req->pool, e->profile, sizeof(*profile));

    *drawn = profile;
    return scep_profile_draw_validity(e->profile, ca, apr_time_sec(e->now),
                                      &profile->validity)
               ? SCEP_OK
               : scep_fail(res, SCEP_R_INTERNAL,
                           "cannot draw a certificate's validity");
}

static scep_status_e sign_certificate(scep_enrolment_t *e, X509 **cert,
                                      scep_result_t *res)
{
    const scep_service_t *service = e->req->service;
    scep_ca_request_t request = {
        .csr = e->csr->req,
        .csr_der = e->csr->der,
        .extensions = e->csr->extensions,
        .transaction_id = e->msg->transaction_id,
        .subject = e->csr->subject,
        .renewal_of = e->renewal_of,
        .peer = e->req->peer,
        .authorized_by = scep_enrolment_authority(e),
        /* the next CA's CRLs will have a URL of their own */
        .crl_url = e->next == NULL ? service->crl_url : NULL,
    };
    scep_ca_answer_t answer = {NULL, NULL};
    scep_status_e status = draw_profile(e, &request.profile, res);

    if (status == SCEP_OK) {
        status = scep_ca_issue(
            service->backend, e->next != NULL ? e->next->ca : service->ca,
            &e->req->env, &request, e->req->pool, &answer, res);
    }
    *cert = answer.cert;
    e->ticket = answer.ticket;
    return status;
}

/* Another request was faster: of the same transaction (a retry that overlapped
 * with its original), or with the same challenge. Ask the store which. */
static scep_status_e resolve_lost(scep_enrolment_t *e, scep_result_t *res)
{
    scep_status_e status = scep_recall(e, res);

    if (status != SCEP_NOT_FOUND) {
        return status;
    }
    if (e->claim.source != SCEP_SOURCE_ONE_TIME && e->renewal_of != NULL) {
        return scep_fail(res, SCEP_R_OVERTAKEN,
                         "the state of certificate %s changed while its "
                         "renewal was issued; the client should retry",
                         e->renewal_of);
    }
    scep_authorize_spent(e);
    status = scep_authorize(e, res);
    if (status != SCEP_OK || e->reply->cert != NULL) {
        return status;
    }
    return scep_fail(res, SCEP_R_OVERTAKEN,
                     "the password's state changed while the certificate was "
                     "issued; the client should retry");
}

static scep_status_e choose_profile(scep_enrolment_t *e, scep_result_t *res)
{
    scep_status_e status = scep_service_profile(
        e->req, e->csr, e->claim.profile, &e->profile, res);

    return status == SCEP_OK && e->renewal_of == NULL &&
                   !e->profile->other_signer
               ? scep_enrolment_own_key(e, res)
               : status;
}

static scep_status_e explain_outcome(const scep_enrolment_t *e,
                                     scep_issue_outcome_e outcome,
                                     scep_result_t *res)
{
    switch (outcome) {
    case SCEP_ISSUE_ID_TAKEN:
        return scep_enrolment_id_taken(e, res);
    case SCEP_ISSUE_OLD_REVOKED:
        return scep_fail(res, SCEP_R_RENEWAL_REVOKED,
                         "certificate %s, which \"%s\" was to renew, has just "
                         "been revoked, or renewed by another request",
                         e->renewal_of, e->csr->subject);
    case SCEP_ISSUE_SUBJECT_TAKEN:
        return scep_fail(res, SCEP_R_DUPLICATE_SUBJECT,
                         "another request of \"%s\" has just been issued a "
                         "certificate (ScepDuplicateSubject refuse)",
                         e->csr->subject);
    case SCEP_ISSUE_RECORDED:
    case SCEP_ISSUE_DUPLICATE:
    case SCEP_ISSUE_CHALLENGE_LOST:
        break;
    }
    return SCEP_NOT_FOUND;
}

/* Record MADE for E, whose profile is known. */
static scep_status_e record_claimed(scep_enrolment_t *e, X509 *made,
                                    scep_result_t *res)
{
    scep_issue_outcome_e outcome = SCEP_ISSUE_RECORDED;
    scep_status_e status;

    if (made == NULL) {
        return scep_fail(res, SCEP_R_INTERNAL,
                         "the CA backend %s gave no certificate",
                         e->req->service->backend->name);
    }
    status = record_certificate(e, made, &outcome, res);
    if (status == SCEP_OK && outcome == SCEP_ISSUE_RECORDED) {
        e->reply->cert = made; /* only now may it leave */
        scep_authorize_spent(e);
        return SCEP_OK;
    }
    if (status == SCEP_OK) {
        status = explain_outcome(e, outcome, res);
    }
    return status == SCEP_NOT_FOUND ? resolve_lost(e, res) : status;
}

scep_status_e scep_issue_record(scep_enrolment_t *e, X509 *made,
                                scep_result_t *res)
{
    scep_status_e status = choose_profile(e, res);

    return status == SCEP_OK ? record_claimed(e, made, res) : status;
}

/* A waiting request holds its own transactionID. */
static scep_status_e check_id(const scep_enrolment_t *e, scep_result_t *res)
{
    return e->waiting == NULL && e->recall.holder != SCEP_ID_FREE &&
                   !scep_enrolment_proved(e)
               ? scep_enrolment_id_taken(e, res)
               : SCEP_OK;
}

static scep_status_e decide_issue(scep_enrolment_t *e, scep_result_t *res)
{
    scep_status_e status = choose_profile(e, res);

    if (status == SCEP_OK) {
        status = check_id(e, res);
    }
    if (status == SCEP_OK) {
        status = scep_name_check(e, res);
    }
    if (status == SCEP_OK) {
        status = check_subject(e, res);
    }
    return status == SCEP_OK && e->waiting == NULL &&
                   e->req->policy->approval.manual
               ? SCEP_PENDING
               : status;
}

scep_status_e scep_issue(scep_enrolment_t *e, scep_result_t *res)
{
    X509 *made = NULL;
    scep_status_e status = decide_issue(e, res);

    if (status == SCEP_OK) {
        status = sign_certificate(e, &made, res);
    }
    return status == SCEP_OK ? record_claimed(e, made, res) : status;
}
