/* Licensed under the Apache License, Version 2.0; see LICENSE. */
/*
 * scep_enrolment.c: what is known of a request for a certificate before
 * anything is decided. (enroll layer)
 */
#include "scep_enrolment.h"

#include <string.h>

#include <openssl/err.h>

#include "scep_names.h"
#include "scep_password.h"

/* A hash stands for the path, which can be long. */
static const char *endpoint_of(const scep_request_t *req)
{
    enum { ENDPOINT_OCTETS = 16 };
    const char *path = req->endpoint != NULL ? req->endpoint : "";
    unsigned char digest[SCEP_HASH_SIZE];

    return scep_sha256(
               (scep_octets_t){(const unsigned char *)path, strlen(path)},
               digest)
               ? scep_hex_lower(req->pool, digest, ENDPOINT_OCTETS)
               : NULL;
}

static const scep_next_ca_t *next_of(const scep_request_t *req,
                                     const scep_pkimessage_t *msg)
{
    const scep_next_ca_t *next =
        msg->recipient != NULL
            ? scep_service_next(req->service, msg->recipient->cert)
            : NULL;

    return next != NULL && next->ca != NULL ? next : NULL;
}

scep_status_e scep_enrolment_begin(scep_request_t *req,
                                   const scep_pkimessage_t *msg,
                                   scep_reply_t *reply, scep_enrolment_t *e,
                                   scep_result_t *res)
{
    memset(e, 0, sizeof(*e));
    e->req = req;
    e->msg = msg;
    e->reply = reply;
    e->now = scep_env_now(&req->env);
    e->retry_since = e->now - req->policy->retry_window;
    e->endpoint = endpoint_of(req);
    e->next = next_of(req, msg);
    return e->endpoint != NULL && scep_key_hash(msg->signer_key, e->signer_hash)
               ? SCEP_OK
               : scep_fail(res, SCEP_R_INTERNAL, "SHA-256 failed");
}

static scep_status_e hash_challenge(scep_enrolment_t *e, scep_result_t *res)
{
    const scep_service_t *service = e->req->service;
    unsigned char *hash = apr_palloc(e->req->pool, SCEP_HASH_SIZE);

    if (e->csr->challenge_state != SCEP_CHALLENGE_PRESENT) {
        return SCEP_OK;
    }
    e->challenge_hash = hash;
    return scep_password_hash(service->password_key, service->ca_id,
                              e->csr->challenge, hash)
               ? SCEP_OK
               : scep_fail(res, SCEP_R_INTERNAL, "HMAC failed");
}

bool scep_enrolment_hash_subject(const scep_enrolment_t *e,
                                 const X509_NAME *name,
                                 const unsigned char **hash)
{
    unsigned char *space = apr_palloc(e->req->pool, SCEP_HASH_SIZE);
    bool empty = X509_NAME_entry_count(name) == 0;

    *hash = empty ? NULL : space;
    return empty || scep_names_subject_hash(name, e->req->pool, space);
}

/* A certificate for the same key belongs to the same device (R42). */
static scep_status_e note_subject(scep_enrolment_t *e, scep_result_t *res)
{
    const X509_NAME *name = X509_REQ_get_subject_name(e->csr->req);
    scep_subject_t *subject = apr_pcalloc(e->req->pool, sizeof(*subject));

    if (e->req->policy->duplicate != SCEP_DUPLICATE_REFUSE) {
        return SCEP_OK;
    }
    if (!scep_enrolment_hash_subject(e, name, &subject->hash)) {
        return scep_fail(res, SCEP_R_INTERNAL, "the subject \"%s\" has no hash",
                         e->csr->subject);
    }
    subject->ca_id = e->next != NULL ? e->next->ca_id : e->req->service->ca_id;
    subject->text = scep_name_text(e->req->pool, name);
    subject->key_hash = e->csr->key_hash;
    subject->now = e->now;
    e->subject = subject->hash != NULL ? subject : NULL;
    return SCEP_OK;
}

scep_status_e scep_enrolment_read(scep_enrolment_t *e, scep_octets_t der,
                                  scep_result_t *res)
{
    scep_request_t *req = e->req;
    scep_status_e status =
        scep_csr_parse(der, req->policy->algs, scep_service_min_rsa_bits(req),
                       req->pool, &e->csr, res);

    if (status != SCEP_OK) {
        return status;
    }
    req->subject = e->csr->subject;
    status = hash_challenge(e, res);
    return status == SCEP_OK ? note_subject(e, res) : status;
}

scep_status_e scep_enrolment_open(scep_request_t *req,
                                  const scep_pkimessage_t *msg,
                                  scep_reply_t *reply, scep_enrolment_t *e,
                                  scep_result_t *res)
{
    scep_status_e status = scep_enrolment_begin(req, msg, reply, e, res);

    return status == SCEP_OK ? scep_enrolment_read(e, msg->data, res) : status;
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

const char *scep_enrolment_authority(const scep_enrolment_t *e)
{
    if (e->waiting != NULL && e->waiting->source != NULL) {
        return e->waiting->source;
    }
    return e->renewal_of != NULL ? "renewal"
                                 : scep_source_name(e->claim.source);
}

scep_status_e scep_enrolment_own_key(const scep_enrolment_t *e,
                                     scep_result_t *res)
{
    bool same;

    ERR_set_mark();
    same = EVP_PKEY_eq(e->msg->signer_key, e->csr->key) == 1;
    ERR_pop_to_mark(); /* keys that cannot be compared are not the same */
    if (same) {
        return SCEP_OK;
    }
    return scep_fail(res, SCEP_R_SIGNER_KEY,
                     "the message for \"%s\" is signed by another key than "
                     "the one to be certified",
                     e->csr->subject);
}

scep_status_e scep_enrolment_id_taken(const scep_enrolment_t *e,
                                      scep_result_t *res)
{
    return scep_fail(res, SCEP_R_TRANSACTION_REUSED,
                     "the transactionID of \"%s\" belongs to another key: a "
                     "request with that key waits, or was answered less than "
                     "ScepRetryWindow ago",
                     e->csr->subject);
}
