/* Licensed under the Apache License, Version 2.0; see LICENSE. */
/*
 * scep_pkcsreq.c: the decision on a PKCSReq (RFC 8894 3.3.1): seen before?
 * authorized? issue, record, and only then answer. (enroll layer)
 */
#include "scep_pkcsreq.h"

#include <string.h>

#include "scep_authorize.h"
#include "scep_cert_time.h"
#include "scep_certrep.h"
#include "scep_csr.h"

/* What one PKCSReq is decided on. */
typedef struct pkcsreq_t {
    scep_request_t *req;
    const scep_pkimessage_t *msg;
    scep_csr_t *csr;
    apr_time_t now;
    apr_time_t retry_since; /* identical requests back to here are retries */
    scep_claim_t claim;
    const scep_profile_t *profile; /* known once it is authorized */
} pkcsreq_t;

/* Before anything costs: can this request be answered at all? */
static scep_status_e check_keys(const pkcsreq_t *p, scep_result_t *res)
{
    if (EVP_PKEY_eq(p->msg->signer_key, p->csr->key) != 1) {
        return scep_fail(res, SCEP_R_SIGNER_KEY,
                         "the message for \"%s\" is signed by another key than "
                         "the one to be certified",
                         p->csr->subject);
    }
    if (!scep_certrep_can_encrypt_to(p->msg->signer)) {
        return scep_fail(res, SCEP_R_REPLY_KEY,
                         "the key of \"%s\" cannot take an envelope",
                         p->csr->subject);
    }
    return SCEP_OK;
}

static scep_status_e certificate_of(const pkcsreq_t *p,
                                    const scep_transaction_row_t *row,
                                    X509 **cert, scep_result_t *res)
{
    const unsigned char *in = row->cert_der.data;

    *cert = scep_x509_own(p->req->pool,
                          d2i_X509(NULL, &in, (long)row->cert_der.len));
    if (*cert == NULL) {
        return scep_fail(res, SCEP_R_INTERNAL,
                         "the stored certificate %s does not parse",
                         row->serial);
    }
    scep_log(&p->req->env, SCEP_LOG_INFO,
             SCEPLOGNO(0201) "answered \"%s\" from %s again with certificate "
                             "%s, transactionID \"%s\"",
             p->csr->subject, p->req->peer, row->serial,
             p->msg->transaction_id);
    return SCEP_OK;
}

static scep_status_e id_taken(const pkcsreq_t *p, scep_result_t *res)
{
    return scep_fail(res, SCEP_R_TRANSACTION_REUSED,
                     "another key than that of \"%s\" used this transactionID "
                     "less than ScepRetryWindow ago",
                     p->csr->subject);
}

/* Is there a transaction of this id by another key? What two of them racing
 * each other leave open here, the store's write transaction decides. */
static scep_status_e check_id(const pkcsreq_t *p, scep_result_t *res)
{
    scep_transaction_row_t *row;
    scep_status_e status = scep_store_transaction_find(
        p->req->service->store, p->req->service->scope, p->msg->transaction_id,
        p->retry_since, p->req->pool, &row, res);

    if (status == SCEP_OK) {
        return memcmp(row->key_hash, p->csr->key_hash, SCEP_HASH_SIZE) == 0
                   ? SCEP_NOT_FOUND
                   : id_taken(p, res);
    }
    return status;
}

/* Invariant 4: a retry is answered, not refused. SCEP_NOT_FOUND: this is no
 * retry, judge it anew. */
static scep_status_e answer_retry(const pkcsreq_t *p, X509 **cert,
                                  scep_result_t *res)
{
    scep_transaction_row_t *row;
    scep_status_e status = scep_store_transaction_same(
        p->req->service->store, p->req->service->scope, p->msg->transaction_id,
        p->retry_since, p->csr->key_hash, p->csr->hash, p->req->pool, &row,
        res);

    if (status == SCEP_OK && row->not_after > p->now) {
        return certificate_of(p, row, cert, res);
    }
    if (status == SCEP_OK || status == SCEP_NOT_FOUND) {
        return check_id(p, res);
    }
    return status;
}

static scep_status_e record(const pkcsreq_t *p, X509 *cert,
                            scep_issue_outcome_e *outcome, scep_result_t *res)
{
    apr_pool_t *pool = p->req->pool;
    apr_int64_t first, last;
    scep_issue_t issue = {
        .scope = p->req->service->scope,
        .transaction_id = p->msg->transaction_id,
        .key_hash = p->csr->key_hash,
        .csr_hash = p->csr->hash,
        .challenge_hash =
            p->claim.source == SCEP_SOURCE_ONE_TIME ? p->claim.hash : NULL,
        .now = p->now,
        .retry_since = p->retry_since,
        .serial = scep_serial_text(pool, X509_get0_serialNumber(cert)),
        .subject = scep_name_text(pool, X509_get_subject_name(cert)),
        .cert_der = scep_x509_der(pool, cert),
        .profile = p->profile->name,
        .peer = p->req->peer,
    };
    scep_status_e status;

    if (!scep_cert_time(X509_get0_notBefore(cert), &first) ||
        !scep_cert_time(X509_get0_notAfter(cert), &last) ||
        issue.cert_der.len == 0) {
        return scep_fail(res, SCEP_R_INTERNAL,
                         "the certificate %s cannot be read", issue.serial);
    }
    issue.not_before = apr_time_from_sec(first);
    issue.not_after = apr_time_from_sec(last);

    status =
        scep_store_issue(p->req->service->store, &issue, pool, outcome, res);
    if (status == SCEP_OK && *outcome == SCEP_ISSUE_RECORDED) {
        scep_log(&p->req->env, SCEP_LOG_INFO,
                 SCEPLOGNO(0200) "issued certificate %s to \"%s\" from %s, "
                                 "transactionID \"%s\", profile %s",
                 issue.serial, issue.subject, issue.peer, issue.transaction_id,
                 issue.profile);
    }
    return status;
}

static scep_status_e sign(const pkcsreq_t *p, X509 **cert, scep_result_t *res)
{
    const scep_service_t *service = p->req->service;
    scep_ca_request_t request = {
        .csr = p->csr->req,
        .csr_der = p->csr->der,
        .extensions = p->csr->extensions,
        .profile = p->profile,
        .transaction_id = p->msg->transaction_id,
    };
    scep_ca_answer_t answer = {NULL, NULL};
    scep_status_e status = service->backend->issue(
        service->ca, &p->req->env, &request, p->req->pool, &answer, res);

    if (status == SCEP_OK && answer.cert == NULL) {
        return scep_fail(res, SCEP_R_INTERNAL,
                         "the CA backend %s gave no certificate",
                         service->backend->name);
    }
    if (status == SCEP_PENDING) {
        return scep_fail(res, SCEP_R_CA_UNAVAILABLE,
                         "the CA backend %s answered \"pending\"",
                         service->backend->name);
    }
    *cert = answer.cert;
    return status;
}

/* Somebody was faster: the same transaction (a retry that overlapped with its
 * original), or another one with the same password. The store knows. */
static scep_status_e resolve_lost(pkcsreq_t *p, X509 **cert, scep_result_t *res)
{
    scep_transaction_row_t *row = NULL;
    scep_status_e status = answer_retry(p, cert, res);

    if (status != SCEP_NOT_FOUND) {
        return status;
    }
    scep_authorize_spent(p->req, &p->claim);
    status = scep_authorize(p->req, p->msg, p->csr, &p->claim, &row, res);
    if (status != SCEP_OK) {
        return status;
    }
    if (row != NULL) {
        return certificate_of(p, row, cert, res);
    }
    scep_authorize_release(p->req, &p->claim);
    return scep_fail(res, SCEP_R_STORE_UNAVAILABLE,
                     "the store lost a password and has it again");
}

static scep_status_e issue_claimed(pkcsreq_t *p, X509 **cert,
                                   scep_result_t *res)
{
    scep_issue_outcome_e outcome = SCEP_ISSUE_RECORDED;
    scep_status_e status =
        scep_service_profile(p->req, p->csr, NULL, &p->profile, res);

    if (status == SCEP_OK) {
        status = sign(p, cert, res);
    }
    if (status == SCEP_OK) {
        status = record(p, *cert, &outcome, res);
    }
    if (status != SCEP_OK) {
        scep_authorize_release(p->req, &p->claim);
        return status;
    }
    if (outcome == SCEP_ISSUE_ID_TAKEN) {
        *cert = NULL;
        scep_authorize_release(p->req, &p->claim);
        return id_taken(p, res);
    }
    if (outcome != SCEP_ISSUE_RECORDED) {
        *cert = NULL; /* it must not leave */
        return resolve_lost(p, cert, res);
    }
    scep_authorize_spent(p->req, &p->claim);
    return SCEP_OK;
}

scep_status_e scep_pkcsreq(scep_request_t *req, const scep_pkimessage_t *msg,
                           X509 **cert, scep_result_t *res)
{
    pkcsreq_t p = {.req = req, .msg = msg, .now = scep_env_now(&req->env)};
    scep_transaction_row_t *row = NULL;
    scep_status_e status;

    *cert = NULL;
    p.retry_since = p.now - req->policy->retry_window;
    status =
        scep_csr_parse(msg->data, req->policy->algs,
                       scep_service_min_rsa_bits(req), req->pool, &p.csr, res);
    if (status == SCEP_OK) {
        status = check_keys(&p, res);
    }
    if (status != SCEP_OK) {
        return status;
    }
    status = answer_retry(&p, cert, res);
    if (status != SCEP_NOT_FOUND) {
        return status;
    }
    status = scep_authorize(req, msg, p.csr, &p.claim, &row, res);
    if (status != SCEP_OK) {
        return status;
    }
    if (row != NULL) {
        return certificate_of(&p, row, cert, res);
    }
    return issue_claimed(&p, cert, res);
}
