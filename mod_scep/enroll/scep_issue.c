/* Licensed under the Apache License, Version 2.0; see LICENSE. */
/*
 * scep_issue.c: seen before? If not, and once authorized: sign, record, and
 * only then answer. (enroll layer)
 */
#include "scep_issue.h"

#include <string.h>

#include "scep_cert_time.h"
#include "scep_name_check.h"
#include "scep_names.h"
#include "scep_pending.h"
#include "scep_renewal.h"
#include "scep_store_id.h"
#include "scep_store_revocation.h"

scep_status_e scep_enrolment_begin(scep_request_t *req,
                                   const scep_pkimessage_t *msg,
                                   scep_enrolment_t *e, scep_result_t *res)
{
    scep_status_e status;

    memset(e, 0, sizeof(*e));
    e->req = req;
    e->msg = msg;
    e->now = scep_env_now(&req->env);
    e->retry_since = e->now - req->policy->retry_window;
    status =
        scep_csr_parse(msg->data, req->policy->algs,
                       scep_service_min_rsa_bits(req), req->pool, &e->csr, res);
    if (status != SCEP_OK) {
        return status;
    }
    req->subject = e->csr->subject;
    if (!scep_key_hash(msg->signer_key, e->signer_hash)) {
        return scep_fail(res, SCEP_R_INTERNAL, "SHA-256 failed");
    }
    return SCEP_OK;
}

scep_status_e scep_enrolment_own_key(const scep_enrolment_t *e,
                                     scep_result_t *res)
{
    if (EVP_PKEY_eq(e->msg->signer_key, e->csr->key) == 1) {
        return SCEP_OK;
    }
    scep_crypto_clear_errors(); /* of keys that cannot be compared */
    return scep_fail(res, SCEP_R_SIGNER_KEY,
                     "the message for \"%s\" is signed by another key than "
                     "the one to be certified",
                     e->csr->subject);
}

/* Nobody is given what has been withdrawn meanwhile. SUPERSEDED_TOO: also what
 * was only superseded, which says nothing against its holder. */
static scep_status_e check_revocation(const scep_enrolment_t *e,
                                      const scep_transaction_row_t *row,
                                      bool superseded_too, scep_result_t *res)
{
    scep_revocation_row_t *revocation;
    scep_status_e status =
        scep_store_revocation_find(e->req->service->store, row->scope,
                                   row->serial, e->req->pool, &revocation, res);

    if (status == SCEP_OK && revocation->effective <= e->now &&
        (superseded_too || revocation->reason != SCEP_REVOKED_SUPERSEDED)) {
        return scep_fail(
            res, SCEP_R_CSR_POLICY,
            "certificate %s, which this request got, was revoked (%s)",
            row->serial, scep_revocation_reason_name((int)revocation->reason));
    }
    return status == SCEP_NOT_FOUND ? SCEP_OK : status;
}

static scep_status_e check_not_revoked(const scep_enrolment_t *e,
                                       const scep_transaction_row_t *row,
                                       scep_result_t *res)
{
    return check_revocation(e, row, true, res);
}

static scep_status_e answer_again(const scep_enrolment_t *e,
                                  const scep_transaction_row_t *row,
                                  X509 **cert, scep_result_t *res)
{
    const unsigned char *in = row->cert_der.data;

    *cert = scep_x509_own(e->req->pool,
                          d2i_X509(NULL, &in, (long)row->cert_der.len));
    if (*cert == NULL) {
        return scep_fail(res, SCEP_R_INTERNAL,
                         "the stored certificate %s does not parse",
                         row->serial);
    }
    scep_log(&e->req->env, SCEP_LOG_INFO,
             SCEPLOGNO(0201) "answered \"%s\" from %s again with certificate "
                             "%s, transactionID \"%s\"",
             scep_name_text(e->req->pool, X509_get_subject_name(*cert)),
             e->req->peer, row->serial, e->msg->transaction_id);
    return SCEP_OK;
}

scep_status_e scep_enrolment_again(const scep_enrolment_t *e,
                                   const scep_transaction_row_t *row,
                                   X509 **cert, scep_result_t *res)
{
    scep_status_e status = check_not_revoked(e, row, res);

    if (status == SCEP_OK && e->msg->message_type != SCEP_MSG_CERTPOLL) {
        status = scep_store_message_answered(
            e->req->service->store, e->req->service->scope, e->msg->hash, row,
            e->now, e->req->pool, res);
    }
    return status == SCEP_OK ? answer_again(e, row, cert, res) : status;
}

bool scep_enrolment_proved(const scep_enrolment_t *e)
{
    if (e->waiting != NULL) {
        return e->waiting->source != NULL &&
               strcmp(e->waiting->source, scep_source_name(SCEP_SOURCE_NONE)) !=
                   0;
    }
    return e->renewal_of != NULL || e->claim.source != SCEP_SOURCE_NONE;
}

/* A URL can be long. */
const char *scep_enrolment_endpoint(const scep_enrolment_t *e)
{
    enum { ENDPOINT_OCTETS = 16 };
    const char *path = e->req->endpoint != NULL ? e->req->endpoint : "";
    unsigned char digest[SCEP_HASH_SIZE];

    return scep_sha256(
               (scep_octets_t){(const unsigned char *)path, strlen(path)},
               digest)
               ? scep_hex_lower(e->req->pool, digest, ENDPOINT_OCTETS)
               : NULL;
}

static scep_status_e id_taken(const scep_enrolment_t *e, scep_result_t *res)
{
    return scep_fail(res, SCEP_R_TRANSACTION_REUSED,
                     "another key than that of \"%s\" holds this "
                     "transactionID here: its request waits, or was answered "
                     "less than ScepRetryWindow ago",
                     e->csr->subject);
}

/* Does another key hold the id here? What two of them racing each other leave
 * open, the store's write transaction decides. */
scep_status_e scep_enrolment_check_id(const scep_enrolment_t *e, bool proved,
                                      scep_result_t *res)
{
    const scep_transaction_id_t id = {
        .scope = e->req->service->scope,
        .text = e->msg->transaction_id,
        .endpoint = scep_enrolment_endpoint(e),
        .proved = proved,
        .since = e->retry_since,
        .now = e->now,
    };
    bool taken;
    scep_status_e status = scep_store_id_taken(
        e->req->service->store, &id, e->signer_hash, e->req->pool, &taken, res);

    if (status != SCEP_OK) {
        return status;
    }
    return taken ? id_taken(e, res) : SCEP_OK;
}

/* The very message that was answered before: a device that has not seen the
 * answer, or somebody who recorded it. */
static scep_status_e find_replayed(const scep_enrolment_t *e,
                                   const scep_retry_t *retry, X509 **cert,
                                   scep_result_t *res)
{
    scep_transaction_row_t *row;
    scep_status_e status = scep_store_transaction_by_message(
        e->req->service->store, e->req->service->scope, e->msg->hash,
        e->req->pool, &row, res);

    if (status == SCEP_NOT_FOUND) {
        status = scep_store_transaction_pruned(e->req->service->store, retry,
                                               e->req->pool, &row, res);
    }
    if (status != SCEP_OK) {
        return status;
    }
    if (row->not_after <= e->now) {
        return scep_fail(res, SCEP_R_REPLAYED,
                         "this very message of \"%s\" was answered with "
                         "certificate %s, which has expired",
                         e->csr->subject, row->serial);
    }
    status = check_not_revoked(e, row, res);
    return status == SCEP_OK ? answer_again(e, row, cert, res) : status;
}

scep_status_e scep_enrolment_retry(const scep_enrolment_t *e, X509 **cert,
                                   scep_result_t *res)
{
    const scep_retry_t retry = {
        .scope = e->req->service->scope,
        .transaction_id = e->msg->transaction_id,
        .key_hash = e->signer_hash,
        .csr_hash = e->csr->hash,
        .renewal_of = e->renewal_of,
        .since = 0,
        .now = e->now,
    };
    scep_transaction_row_t *row;
    scep_status_e status = find_replayed(e, &retry, cert, res);

    if (status != SCEP_NOT_FOUND) {
        return status;
    }
    status = scep_store_transaction_same(e->req->service->store, &retry,
                                         e->req->pool, &row, res);
    if (status == SCEP_OK && row->created >= e->retry_since) {
        return scep_enrolment_again(e, row, cert, res);
    }
    /* Too old for a retry; but what was revoked is not had by asking again
     * (invariant 12). */
    if (status == SCEP_OK) {
        status = check_revocation(e, row, false, res);
    }
    return status == SCEP_OK ? SCEP_NOT_FOUND : status;
}

static void tell(const scep_enrolment_t *e, const scep_issue_t *issue)
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
                 *issue->superseded > 0 ? "; what it had before is revoked"
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

/* The certificate that is renewed, as what is revoked with it. */
static void fill_revoke(const scep_enrolment_t *e, scep_revoke_t *revoke)
{
    apr_int64_t last = 0;

    revoke->row.scope = e->req->service->scope;
    revoke->row.serial = e->renewal_of;
    revoke->row.effective = e->now + e->req->policy->renewal.revoke_delay;
    revoke->row.reason = SCEP_REVOKED_SUPERSEDED;
    revoke->row.created = e->now;
    if (scep_cert_time(X509_get0_notAfter(e->msg->signer), &last)) {
        revoke->row.not_after = apr_time_from_sec(last);
    }
    revoke->unknown = true; /* it may be from before there was a record */
    revoke->peer = e->req->peer;
    revoke->detail = "renewed";
}

static bool renews_ours(const scep_enrolment_t *e)
{
    return e->renewal_of != NULL && e->req->renewal != NULL &&
           e->req->renewal->signer == SCEP_SIGNER_OURS;
}

/* NULL: of this CA. Whoever polls may sign with another certificate. */
static const char *renewal_scope(const scep_enrolment_t *e)
{
    const scep_renewal_t *renewal = e->req->renewal;

    return e->renewal_of != NULL && renewal != NULL &&
                   strcmp(renewal->serial, e->renewal_of) == 0
               ? renewal->scope
               : NULL;
}

/* The hash by which a subject is found again; NULL if it is empty, and so
 * nobody's. */
static scep_status_e hash_subject(const scep_enrolment_t *e,
                                  const X509_NAME *name,
                                  unsigned char space[SCEP_HASH_SIZE],
                                  const unsigned char **hash,
                                  scep_result_t *res)
{
    *hash = NULL;
    if (X509_NAME_entry_count(name) == 0) {
        return SCEP_OK;
    }
    if (!scep_names_subject_hash(name, e->req->pool, space)) {
        return scep_fail(res, SCEP_R_INTERNAL, "the subject \"%s\" has no hash",
                         e->csr->subject);
    }
    *hash = space;
    return SCEP_OK;
}

/* The next CA if it is to issue. */
static const scep_next_ca_t *next_of(const scep_enrolment_t *e)
{
    const scep_next_ca_t *next =
        e->msg->recipient != NULL
            ? scep_service_next(e->req->service, e->msg->recipient->cert)
            : NULL;

    return next != NULL && next->ca != NULL ? next : NULL;
}

/* Before anything is signed; what two at once leave open here, the store's
 * write transaction decides. A certificate for the same key is no other
 * device's (R42). */
static scep_status_e check_subject(const scep_enrolment_t *e,
                                   scep_result_t *res)
{
    const X509_NAME *name = X509_REQ_get_subject_name(e->csr->req);
    const scep_next_ca_t *next = next_of(e);
    unsigned char hash[SCEP_HASH_SIZE];
    scep_subject_t subject = {
        .scope = next != NULL ? next->scope : e->req->service->scope,
        .text = scep_name_text(e->req->pool, name),
        .key_hash = e->csr->key_hash,
        .now = e->now,
    };
    const char *serial;
    scep_status_e status;

    if (e->renewal_of != NULL ||
        e->req->policy->duplicate != SCEP_DUPLICATE_REFUSE) {
        return SCEP_OK;
    }
    status = hash_subject(e, name, hash, &subject.hash, res);
    if (status != SCEP_OK || subject.hash == NULL) {
        return status;
    }
    status = scep_store_subject_find(e->req->service->store, &subject,
                                     e->req->pool, &serial, res);
    if (status == SCEP_OK) {
        return scep_fail(res, SCEP_R_DUPLICATE_SUBJECT,
                         "\"%s\" has certificate %s, for another key, which is "
                         "valid (ScepDuplicateSubject refuse)",
                         e->csr->subject, serial);
    }
    return status == SCEP_NOT_FOUND ? SCEP_OK : status;
}

static scep_status_e record(const scep_enrolment_t *e, X509 *cert,
                            scep_issue_outcome_e *outcome, scep_result_t *res)
{
    apr_pool_t *pool = e->req->pool;
    const X509_NAME *name = X509_get_subject_name(cert);
    unsigned char hash[SCEP_HASH_SIZE];
    int superseded = 0;
    apr_int64_t first, last;
    const scep_next_ca_t *next = next_of(e);
    scep_revoke_t revoke = {.unknown = false};
    scep_issue_t issue = {
        .scope = e->req->service->scope,
        .issuer_scope = next != NULL ? next->scope : NULL,
        .transaction_id = e->msg->transaction_id,
        .endpoint = scep_enrolment_endpoint(e),
        .proved = scep_enrolment_proved(e),
        .message_hash =
            e->msg->message_type != SCEP_MSG_CERTPOLL ? e->msg->hash : NULL,
        .key_hash = e->signer_hash,
        .csr_hash = e->csr->hash,
        .challenge_hash =
            e->claim.source == SCEP_SOURCE_ONE_TIME ? e->claim.hash : NULL,
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
        .renewal_scope = renewal_scope(e),
        .renews_ours = renews_ours(e),
        .request_id = e->waiting != NULL ? e->waiting->id : NULL,
        .revoke = e->revoke_old ? &revoke : NULL,
    };
    scep_status_e status;

    if (!scep_cert_time(X509_get0_notBefore(cert), &first) ||
        !scep_cert_time(X509_get0_notAfter(cert), &last) ||
        issue.cert_der.len == 0) {
        return scep_fail(res, SCEP_R_INTERNAL,
                         "the certificate %s cannot be read", issue.serial);
    }
    if (e->waiting != NULL) {
        issue.challenge_hash = e->waiting->challenge_hash;
    }
    issue.not_before = apr_time_from_sec(first);
    issue.not_after = apr_time_from_sec(last);
    fill_revoke(e, &revoke);
    status = hash_subject(e, name, hash, &issue.subject_hash, res);
    if (status == SCEP_OK) {
        status = scep_store_issue(e->req->service->store, &issue, pool, outcome,
                                  res);
    }
    if (status == SCEP_OK && *outcome == SCEP_ISSUE_RECORDED) {
        tell(e, &issue);
    }
    return status;
}

/* A ticket is what there is to ask by. */
static scep_status_e wait_for_ca(scep_enrolment_t *e, const char *ticket,
                                 scep_result_t *res)
{
    const scep_ca_backend_t *backend = e->req->service->backend;

    if (ticket == NULL || backend->poll == NULL) {
        return scep_fail(res, SCEP_R_CA_UNAVAILABLE,
                         "the CA backend %s answered \"pending\" and cannot be "
                         "asked again",
                         backend->name);
    }
    return e->waiting != NULL ? scep_pending_at_ca(e, ticket, res)
                              : scep_pending_add(e, ticket, res);
}

static scep_status_e sign(scep_enrolment_t *e, X509 **cert, scep_result_t *res)
{
    const scep_service_t *service = e->req->service;
    const scep_next_ca_t *next = next_of(e);
    scep_ca_request_t request = {
        .csr = e->csr->req,
        .csr_der = e->csr->der,
        .extensions = e->csr->extensions,
        .profile = e->profile,
        .transaction_id = e->msg->transaction_id,
        /* the next CA's CRLs will have a place of their own */
        .crl_url = next == NULL ? service->crl_url : NULL,
    };
    scep_ca_answer_t answer = {NULL, NULL};
    scep_status_e status = service->backend->issue(
        next != NULL ? next->ca : service->ca, &e->req->env, &request,
        e->req->pool, &answer, res);

    if (status == SCEP_OK && answer.cert == NULL) {
        return scep_fail(res, SCEP_R_INTERNAL,
                         "the CA backend %s gave no certificate",
                         service->backend->name);
    }
    if (status == SCEP_PENDING) {
        return wait_for_ca(e, answer.ticket, res);
    }
    *cert = answer.cert;
    return status;
}

/* Somebody was faster: the same transaction (a retry that overlapped with its
 * original), or another one with the same password. The store knows. */
static scep_status_e resolve_lost(scep_enrolment_t *e, X509 **cert,
                                  scep_result_t *res)
{
    scep_transaction_row_t *row = NULL;
    scep_status_e status = scep_enrolment_retry(e, cert, res);

    if (status != SCEP_NOT_FOUND) {
        scep_authorize_release(e->req, &e->claim);
        return status;
    }
    if (e->claim.source != SCEP_SOURCE_ONE_TIME && e->renewal_of != NULL) {
        return scep_fail(res, SCEP_R_OVERTAKEN,
                         "the state of certificate %s changed while its "
                         "renewal was issued",
                         e->renewal_of);
    }
    scep_authorize_spent(e->req, &e->claim);
    status = scep_authorize(e->req, e->msg, e->csr, e->renewal_of, &e->claim,
                            &row, res);
    if (status != SCEP_OK) {
        return status;
    }
    if (row != NULL) {
        return scep_enrolment_again(e, row, cert, res);
    }
    scep_authorize_release(e->req, &e->claim);
    return scep_fail(res, SCEP_R_OVERTAKEN,
                     "the password's state changed while the certificate was "
                     "issued");
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

static scep_status_e revoked_meanwhile(const scep_enrolment_t *e,
                                       scep_result_t *res)
{
    return scep_fail(res, SCEP_R_RENEWAL_REVOKED,
                     "certificate %s, which \"%s\" was to renew, has just been "
                     "revoked, or renewed by another request",
                     e->renewal_of, e->csr->subject);
}

static scep_status_e taken_meanwhile(const scep_enrolment_t *e,
                                     scep_result_t *res)
{
    return scep_fail(res, SCEP_R_DUPLICATE_SUBJECT,
                     "another request of \"%s\" has just been issued a "
                     "certificate (ScepDuplicateSubject refuse)",
                     e->csr->subject);
}

/* The store says why it may not be. */
static scep_status_e explain(const scep_enrolment_t *e,
                             scep_issue_outcome_e outcome, scep_result_t *res)
{
    switch (outcome) {
    case SCEP_ISSUE_ID_TAKEN:
        return id_taken(e, res);
    case SCEP_ISSUE_OLD_REVOKED:
        return revoked_meanwhile(e, res);
    case SCEP_ISSUE_SUBJECT_TAKEN:
        return taken_meanwhile(e, res);
    case SCEP_ISSUE_RECORDED:
    case SCEP_ISSUE_DUPLICATE:
    case SCEP_ISSUE_CHALLENGE_LOST:
        break;
    }
    return SCEP_NOT_FOUND;
}

/* E's profile is known. */
static scep_status_e record_claimed(scep_enrolment_t *e, X509 *made,
                                    X509 **cert, scep_result_t *res)
{
    scep_issue_outcome_e outcome = SCEP_ISSUE_RECORDED;
    scep_status_e status = record(e, made, &outcome, res);

    if (status == SCEP_OK && outcome == SCEP_ISSUE_RECORDED) {
        *cert = made;
        scep_authorize_spent(e->req, &e->claim);
        return SCEP_OK;
    }
    *cert = NULL; /* it must not leave */
    if (status == SCEP_OK) {
        status = explain(e, outcome, res);
    }
    if (status == SCEP_NOT_FOUND) {
        return resolve_lost(e, cert, res);
    }
    scep_authorize_release(e->req, &e->claim);
    return status;
}

scep_status_e scep_issue_record(scep_enrolment_t *e, X509 *made, X509 **cert,
                                scep_result_t *res)
{
    scep_status_e status = choose_profile(e, res);

    if (status == SCEP_OK && made == NULL) {
        status = scep_fail(res, SCEP_R_INTERNAL,
                           "the CA backend %s gave no certificate",
                           e->req->service->backend->name);
    }
    return status == SCEP_OK ? record_claimed(e, made, cert, res) : status;
}

scep_status_e scep_issue(scep_enrolment_t *e, X509 **cert, scep_result_t *res)
{
    X509 *made = NULL;
    scep_status_e status = choose_profile(e, res);

    if (status == SCEP_OK && !scep_enrolment_proved(e) && e->waiting == NULL) {
        status = scep_enrolment_check_id(e, false, res);
    }
    if (status == SCEP_OK) {
        status = scep_name_check(e, res);
    }
    if (status == SCEP_OK) {
        status = check_subject(e, res);
    }
    if (status == SCEP_OK && e->waiting == NULL &&
        e->req->policy->approval.manual) {
        return scep_pending_add(e, NULL, res);
    }
    if (status == SCEP_OK) {
        status = sign(e, &made, res);
    }
    if (status == SCEP_OK) {
        return record_claimed(e, made, cert, res);
    }
    if (status != SCEP_PENDING) {
        scep_authorize_release(e->req, &e->claim);
    }
    return status;
}
