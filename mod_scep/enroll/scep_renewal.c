/* Licensed under the Apache License, Version 2.0; see LICENSE. */
/*
 * scep_renewal.c: may the certificate that signed a message have a successor?
 * (enroll layer)
 */
#include "scep_renewal.h"

#include <apr_strings.h>

#include <openssl/x509v3.h>

#include "scep_ca_chain.h"
#include "scep_cert_san.h"
#include "scep_cert_time.h"
#include "scep_names.h"
#include "scep_pending.h"
#include "scep_reply_key.h"
#include "scep_store_certificate.h"

enum { PERCENT = 100 };

static const char *subject_of(const scep_request_t *req, X509 *cert)
{
    return scep_name_text(req->pool, X509_get_subject_name(cert));
}

/* --- who signed ----------------------------------------------------------- */

/* The issuing CA and those of ScepRenewalTrust; NULL after the last. */
static X509 *anchor_at(const scep_request_t *req, int place)
{
    const scep_service_t *service = req->service;

    return place == 0
               ? sk_X509_value(service->backend->certificates(service->ca), 0)
               : sk_X509_value(req->policy->renewal.trust, place - 1);
}

/* The revocation of CERT by ANCHOR that is in effect, into RENEWAL. */
static scep_status_e find_revocation(const scep_request_t *req, X509 *anchor,
                                     scep_renewal_t *renewal,
                                     scep_result_t *res)
{
    const char *scope = scep_service_scope(anchor, req->pool);
    scep_revocation_row_t *row;
    scep_status_e status;

    if (scope == NULL) {
        return scep_fail(res, SCEP_R_INTERNAL, "SHA-256 failed");
    }
    status = scep_store_revocation_find(req->service->store, scope,
                                        renewal->serial, req->pool, &row, res);
    if (status == SCEP_OK && row->effective <= scep_env_now(&req->env)) {
        renewal->revocation = row;
    }
    return status == SCEP_NOT_FOUND ? SCEP_OK : status;
}

/* A CA whose certificate was renewed with the same key is two anchors; either
 * of them may have revoked. */
static scep_status_e find_issuer(const scep_request_t *req, X509 *cert,
                                 scep_renewal_t *renewal, scep_result_t *res)
{
    scep_status_e status = SCEP_OK;
    X509 *anchor;
    int i;

    for (i = 0; status == SCEP_OK && (anchor = anchor_at(req, i)) != NULL;
         i++) {
        if (!scep_ca_issued(anchor, cert)) {
            continue;
        }
        if (renewal->signer == SCEP_SIGNER_FOREIGN) {
            renewal->scope = scep_service_scope(anchor, req->pool);
            renewal->signer = i == 0 ? SCEP_SIGNER_OURS : SCEP_SIGNER_TRUSTED;
        }
        if (renewal->revocation == NULL) {
            status = find_revocation(req, anchor, renewal, res);
        }
    }
    return status;
}

static bool read_times(X509 *cert, scep_renewal_t *renewal)
{
    apr_int64_t first, last;

    if (!scep_cert_time(X509_get0_notBefore(cert), &first) ||
        !scep_cert_time(X509_get0_notAfter(cert), &last)) {
        return false;
    }
    renewal->not_before = apr_time_from_sec(first);
    renewal->not_after = apr_time_from_sec(last);
    return true;
}

/* A certificate with its own subject as issuer has nobody else's word for it,
 * whoever's name that is (S7). */
static bool is_self_issued(X509 *cert)
{
    return X509_NAME_cmp(X509_get_subject_name(cert),
                         X509_get_issuer_name(cert)) == 0;
}

/* A superseded one may ask for its successor again. */
static bool is_withdrawn(const scep_renewal_t *renewal)
{
    return renewal->revocation != NULL &&
           renewal->revocation->reason != SCEP_REVOKED_SUPERSEDED;
}

static const char *why_not(const scep_request_t *req,
                           const scep_pkimessage_t *msg,
                           const scep_renewal_t *renewal)
{
    if (!req->policy->renewal.on) {
        return "ScepRenewal is Off here";
    }
    switch (renewal->signer) {
    case SCEP_SIGNER_SELF:
        return "the signer's certificate is self-signed";
    case SCEP_SIGNER_FOREIGN:
        return apr_psprintf(
            req->pool,
            "the signer's certificate was issued by \"%s\", which is neither "
            "this CA nor in a file of ScepRenewalTrust",
            scep_name_text(req->pool, X509_get_issuer_name(msg->signer)));
    case SCEP_SIGNER_CA:
        return "the signer's certificate is a CA's";
    case SCEP_SIGNER_OURS:
    case SCEP_SIGNER_TRUSTED:
        break;
    }
    if (msg->digest->size < req->policy->renewal.min_digest) {
        return apr_psprintf(req->pool,
                            "the message is signed with %s, which "
                            "ScepRenewalDigest does not allow",
                            msg->digest->name);
    }
    return NULL;
}

scep_status_e scep_renewal_examine(scep_request_t *req,
                                   const scep_pkimessage_t *msg,
                                   scep_result_t *res)
{
    scep_renewal_t *renewal = apr_pcalloc(req->pool, sizeof(*renewal));
    X509 *cert = msg->signer;
    scep_status_e status = SCEP_OK;

    renewal->serial = scep_serial_text(req->pool, X509_get0_serialNumber(cert));
    renewal->signer = SCEP_SIGNER_SELF;
    if (!is_self_issued(cert)) {
        renewal->signer = SCEP_SIGNER_FOREIGN;
        status = find_issuer(req, cert, renewal, res);
    }
    if (status != SCEP_OK) {
        return status;
    }
    if (renewal->signer >= SCEP_SIGNER_OURS &&
        (X509_check_ca(cert) != 0 || !read_times(cert, renewal))) {
        renewal->signer = SCEP_SIGNER_CA;
    }
    scep_crypto_clear_errors(); /* of extensions that cannot be read */
    renewal->why_not = why_not(req, msg, renewal);
    renewal->candidate = renewal->why_not == NULL;
    req->renewal = renewal;
    if (is_withdrawn(renewal)) {
        return scep_fail(
            res, SCEP_R_RENEWAL_REVOKED,
            "the signer's certificate %s of \"%s\" was revoked (%s)",
            renewal->serial, subject_of(req, cert),
            scep_revocation_reason_name((int)renewal->revocation->reason));
    }
    return SCEP_OK;
}

scep_status_e scep_renewal_stands(scep_request_t *req, const char *serial,
                                  scep_result_t *res)
{
    scep_renewal_t renewal = {.serial = serial};
    scep_status_e status = SCEP_OK;
    X509 *anchor;
    int i;

    for (i = 0; status == SCEP_OK && (anchor = anchor_at(req, i)) != NULL;
         i++) {
        status = find_revocation(req, anchor, &renewal, res);
        if (status == SCEP_OK && is_withdrawn(&renewal)) {
            return scep_fail(
                res, SCEP_R_RENEWAL_REVOKED,
                "certificate %s, whose renewal waited, was revoked (%s)",
                serial,
                scep_revocation_reason_name((int)renewal.revocation->reason));
        }
    }
    return status;
}

/* That it cannot be answered, whatever is in it, is said before its envelope
 * is opened (S20). */
static scep_status_e check_answerable(const scep_request_t *req,
                                      const scep_pkimessage_t *msg,
                                      scep_result_t *res)
{
    if (EVP_PKEY_is_a(msg->signer_key, "RSA") == 1 ||
        req->policy->reply_ways.count > 0) {
        return SCEP_OK;
    }
    return scep_fail(res, SCEP_R_REPLY_KEY,
                     "the key of \"%s\" is not RSA, and ScepECReply is refuse",
                     subject_of(req, msg->signer));
}

/* The signer is no candidate. */
static scep_status_e refuse(const scep_request_t *req,
                            const scep_pkimessage_t *msg, scep_result_t *res)
{
    const scep_renewal_t *renewal = req->renewal;
    scep_reason_e reason = SCEP_R_RENEWAL_SIGNER;

    if (!req->policy->renewal.on) {
        reason = SCEP_R_RENEWAL_OFF;
    }
    else if (renewal->signer >= SCEP_SIGNER_OURS) {
        reason = SCEP_R_RENEWAL_DIGEST;
    }
    return scep_fail(res, reason, "signed by \"%s\": %s",
                     subject_of(req, msg->signer), renewal->why_not);
}

scep_status_e scep_renewal_admit(scep_request_t *req,
                                 const scep_pkimessage_t *msg,
                                 scep_result_t *res)
{
    scep_status_e status = scep_renewal_examine(req, msg, res);

    if (status != SCEP_OK) {
        return status;
    }
    return req->renewal->candidate ? check_answerable(req, msg, res)
                                   : refuse(req, msg, res);
}

/* --- may it have a successor now? ----------------------------------------- */

static const char *date(const scep_enrolment_t *e, apr_time_t at)
{
    char *text = apr_palloc(e->req->pool, APR_RFC822_DATE_LEN);

    apr_rfc822_date(text, at);
    return text;
}

static scep_status_e check_validity(const scep_enrolment_t *e,
                                    scep_result_t *res)
{
    const scep_renewal_t *renewal = e->req->renewal;
    const scep_renewal_policy_t *policy = &e->req->policy->renewal;

    if (e->now < renewal->not_before) {
        return scep_fail(res, SCEP_R_RENEWAL_VALIDITY,
                         "certificate %s of \"%s\" is not valid before %s",
                         renewal->serial, e->csr->subject,
                         date(e, renewal->not_before));
    }
    /* It is valid to the end of its last second (RFC 5280 4.1.2.5). */
    if (e->now < renewal->not_after + APR_USEC_PER_SEC) {
        return SCEP_OK;
    }
    if (!policy->expired) {
        return scep_fail(res, SCEP_R_RENEWAL_VALIDITY,
                         "certificate %s of \"%s\" expired at %s, and "
                         "ScepRenewalExpired is Off here",
                         renewal->serial, e->csr->subject,
                         date(e, renewal->not_after));
    }
    if (policy->expired_for >= 0 &&
        e->now - renewal->not_after > policy->expired_for) {
        return scep_fail(res, SCEP_R_RENEWAL_VALIDITY,
                         "certificate %s of \"%s\" expired at %s, longer ago "
                         "than ScepRenewalExpired allows",
                         renewal->serial, e->csr->subject,
                         date(e, renewal->not_after));
    }
    return SCEP_OK;
}

static scep_status_e check_window(const scep_enrolment_t *e, scep_result_t *res)
{
    const scep_renewal_t *renewal = e->req->renewal;
    const scep_renewal_policy_t *policy = &e->req->policy->renewal;
    apr_interval_time_t window = policy->window;

    if (policy->window_percent > 0) {
        window = (renewal->not_after - renewal->not_before) / PERCENT *
                 policy->window_percent;
    }
    if (window >= 0 && e->now < renewal->not_after - window) {
        return scep_fail(res, SCEP_R_RENEWAL_EARLY,
                         "certificate %s of \"%s\" may be renewed from %s on "
                         "(ScepRenewalWindow)",
                         renewal->serial, e->csr->subject,
                         date(e, renewal->not_after - window));
    }
    return SCEP_OK;
}

/* Names of both as far as they may stand in a certificate: what was left out
 * of the old one is left out of the new one, too. */
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
                         e->req->renewal->serial, e->csr->subject, res->detail);
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
                     e->req->renewal->serial, difference);
}

static scep_status_e check_revocation(const scep_enrolment_t *e,
                                      scep_result_t *res)
{
    const scep_renewal_t *renewal = e->req->renewal;

    if (renewal->revocation == NULL) {
        return SCEP_OK;
    }
    return scep_fail(res, SCEP_R_RENEWAL_REVOKED,
                     "certificate %s of \"%s\" was superseded at %s and is "
                     "revoked",
                     renewal->serial, e->csr->subject,
                     date(e, renewal->revocation->effective));
}

static scep_status_e judge(const scep_enrolment_t *e, scep_result_t *res)
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

/* In addition to the certificate, if at all (R15). A source that asks for
 * nothing has accepted nothing. */
static scep_status_e check_challenge(scep_enrolment_t *e,
                                     scep_transaction_row_t **row,
                                     scep_result_t *res)
{
    scep_status_e status;

    *row = NULL;
    if (!e->req->policy->renewal.challenge) {
        /* One that is there proves nothing (R13, R14). */
        e->claim.source = SCEP_SOURCE_NONE;
        return SCEP_OK;
    }
    status = scep_authorize(e->req, e->msg, e->csr, e->renewal_of, &e->claim,
                            row, res);
    return status == SCEP_OK && e->claim.source == SCEP_SOURCE_NONE
               ? scep_fail(res, SCEP_R_CHALLENGE_MISSING,
                           "the renewal of certificate %s of \"%s\" needs a "
                           "challengePassword (ScepRenewalChallenge) that a "
                           "source of ScepChallenge other than none accepts",
                           e->renewal_of, e->csr->subject)
               : status;
}

/* The profile by which the old one was issued. What is not on record, or whose
 * profile is gone, gets the endpoint's. */
static scep_status_e keep_profile(scep_enrolment_t *e, scep_result_t *res)
{
    const scep_request_t *req = e->req;
    scep_certificate_row_t *row;
    scep_status_e status;
    int count;

    if (req->policy->renewal.profile_of_endpoint || e->claim.profile != NULL ||
        req->renewal->signer != SCEP_SIGNER_OURS) {
        return SCEP_OK;
    }
    status = scep_store_certificate_find(req->service->store,
                                         req->service->scope, e->renewal_of,
                                         req->pool, &count, &row, res);
    if (status == SCEP_NOT_FOUND) {
        return SCEP_OK;
    }
    if (status != SCEP_OK) {
        return status;
    }
    if (row->profile != NULL) {
        e->claim.profile =
            scep_profile_find(req->policy->profiles, row->profile);
    }
    if (e->claim.profile == NULL) {
        scep_log(&req->env, SCEP_LOG_INFO,
                 SCEPLOGNO(0240) "certificate %s of \"%s\" has profile \"%s\", "
                                 "which is not defined any more: its renewal "
                                 "gets the endpoint's",
                 e->renewal_of, e->csr->subject,
                 row->profile != NULL ? row->profile : "");
    }
    return SCEP_OK;
}

/* Names are looked at first: whether somebody else's message holds a challenge
 * to answer by is nothing that the signer may learn. */
static scep_status_e judge_and_issue(scep_enrolment_t *e, scep_reply_t *reply,
                                     scep_result_t *res)
{
    scep_transaction_row_t *row;
    scep_status_e status = judge(e, res);

    if (status != SCEP_OK) {
        e->renewal_of = NULL;
        return status;
    }
    status = scep_reply_key(e->req, e->msg, e->csr->challenge, reply, res);
    if (status == SCEP_OK) {
        status = check_challenge(e, &row, res);
    }
    if (status != SCEP_OK) {
        return status;
    }
    if (row != NULL) {
        return scep_enrolment_again(e, row, &reply->cert, res);
    }
    status = keep_profile(e, res);
    if (status != SCEP_OK) {
        scep_authorize_release(e->req, &e->claim);
        return status;
    }
    e->revoke_old = e->req->policy->renewal.revoke_old &&
                    e->req->renewal->signer == SCEP_SIGNER_OURS;
    return scep_issue(e, &reply->cert, res);
}

scep_status_e scep_renewal_serve(scep_enrolment_t *e, scep_reply_t *reply,
                                 scep_result_t *res)
{
    scep_status_e status;

    e->renewal_of = e->req->renewal->serial;
    status = scep_enrolment_retry(e, &reply->cert, res);
    if (status == SCEP_NOT_FOUND) {
        status = scep_pending_again(e, reply, res);
        return status == SCEP_NOT_FOUND ? judge_and_issue(e, reply, res)
                                        : status;
    }
    return status == SCEP_OK
               ? scep_reply_key(e->req, e->msg, e->csr->challenge, reply, res)
               : status;
}

scep_status_e scep_renewalreq(scep_request_t *req, const scep_pkimessage_t *msg,
                              scep_reply_t *reply, scep_result_t *res)
{
    scep_enrolment_t e;
    scep_status_e status = scep_enrolment_begin(req, msg, &e, res);

    return status == SCEP_OK ? scep_renewal_serve(&e, reply, res) : status;
}
