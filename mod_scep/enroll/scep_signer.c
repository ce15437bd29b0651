/* Licensed under the Apache License, Version 2.0; see LICENSE. */
/*
 * scep_signer.c: who signed a message? (enroll layer)
 */
#include "scep_signer.h"

#include <apr_strings.h>

#include <openssl/err.h>
#include <openssl/x509v3.h>

#include "scep_ca_chain.h"
#include "scep_cert_time.h"

/* The issuing CA, then those of ScepRenewalTrust; NULL after the last. */
static X509 *anchor_at(const scep_request_t *req, int index)
{
    const scep_service_t *service = req->service;

    return index == 0
               ? sk_X509_value(service->backend->certificates(service->ca), 0)
               : sk_X509_value(req->policy->renewal.trust, index - 1);
}

/* Note in SIGNER its revocation by ANCHOR, if that is in effect. */
static scep_status_e find_revocation(const scep_request_t *req, X509 *anchor,
                                     scep_signer_t *signer, scep_result_t *res)
{
    const char *ca_id = scep_service_ca_id(anchor, req->pool);
    scep_revocation_row_t *row;
    scep_status_e status;

    if (ca_id == NULL) {
        return scep_fail(res, SCEP_R_INTERNAL, "SHA-256 failed");
    }
    status = scep_store_revocation_find(req->service->store, ca_id,
                                        signer->serial, req->pool, &row, res);
    if (status == SCEP_OK && row->effective <= scep_env_now(&req->env)) {
        signer->revocation = row;
    }
    return status == SCEP_NOT_FOUND ? SCEP_OK : status;
}

/* A CA whose certificate was renewed with the same key may be two anchors;
 * either may have revoked CERT. */
static scep_status_e find_issuer(const scep_request_t *req, X509 *cert,
                                 scep_signer_t *signer, scep_result_t *res)
{
    scep_status_e status = SCEP_OK;
    X509 *anchor;
    int i;

    for (i = 0; status == SCEP_OK && (anchor = anchor_at(req, i)) != NULL;
         i++) {
        if (!scep_ca_issued(anchor, cert)) {
            continue;
        }
        if (signer->issuer == SCEP_SIGNER_FOREIGN) {
            signer->ca_id = scep_service_ca_id(anchor, req->pool);
            signer->issuer = i == 0 ? SCEP_SIGNER_OURS : SCEP_SIGNER_TRUSTED;
        }
        if (signer->revocation == NULL) {
            status = find_revocation(req, anchor, signer, res);
        }
    }
    return status;
}

static bool read_times(X509 *cert, scep_signer_t *signer)
{
    apr_int64_t first, last;

    if (!scep_cert_time(X509_get0_notBefore(cert), &first) ||
        !scep_cert_time(X509_get0_notAfter(cert), &last)) {
        return false;
    }
    signer->not_before = apr_time_from_sec(first);
    signer->not_after = apr_time_from_sec(last);
    return true;
}

/* Nobody else vouches for a certificate whose issuer is its own subject,
 * whatever the name is (S7). */
static bool is_self_issued(X509 *cert)
{
    return X509_NAME_cmp(X509_get_subject_name(cert),
                         X509_get_issuer_name(cert)) == 0;
}

/* A superseded certificate may ask for its successor again. */
static bool is_withdrawn(const scep_signer_t *signer)
{
    return signer->revocation != NULL &&
           signer->revocation->reason != SCEP_REVOKED_SUPERSEDED;
}

static const char *why_not(const scep_request_t *req,
                           const scep_pkimessage_t *msg,
                           const scep_signer_t *signer)
{
    if (!req->policy->renewal.on) {
        return "ScepRenewal is Off here";
    }
    switch (signer->issuer) {
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

scep_status_e scep_signer_examine(scep_request_t *req,
                                  const scep_pkimessage_t *msg,
                                  scep_result_t *res)
{
    scep_signer_t *signer = apr_pcalloc(req->pool, sizeof(*signer));
    X509 *cert = msg->signer;
    scep_status_e status = SCEP_OK;

    signer->serial = scep_serial_text(req->pool, X509_get0_serialNumber(cert));
    signer->issuer = SCEP_SIGNER_SELF;
    if (!is_self_issued(cert)) {
        signer->issuer = SCEP_SIGNER_FOREIGN;
        status = find_issuer(req, cert, signer, res);
    }
    if (status != SCEP_OK) {
        return status;
    }
    ERR_set_mark();
    if (signer->issuer >= SCEP_SIGNER_OURS &&
        (X509_check_ca(cert) != 0 || !read_times(cert, signer))) {
        signer->issuer = SCEP_SIGNER_CA;
    }
    ERR_pop_to_mark(); /* a certificate that cannot be read is refused */
    signer->why_not = why_not(req, msg, signer);
    signer->candidate = signer->why_not == NULL;
    req->signer = signer;
    if (is_withdrawn(signer)) {
        return scep_fail(
            res, SCEP_R_RENEWAL_REVOKED,
            "the signer's certificate %s of \"%s\" was revoked (%s)",
            signer->serial,
            scep_name_text(req->pool, X509_get_subject_name(cert)),
            scep_revocation_reason_name((int)signer->revocation->reason));
    }
    return SCEP_OK;
}

scep_status_e scep_signer_stands(scep_request_t *req, const char *serial,
                                 scep_result_t *res)
{
    scep_signer_t signer = {.serial = serial};
    scep_status_e status = SCEP_OK;
    X509 *anchor;
    int i;

    for (i = 0; status == SCEP_OK && (anchor = anchor_at(req, i)) != NULL;
         i++) {
        status = find_revocation(req, anchor, &signer, res);
        if (status == SCEP_OK && is_withdrawn(&signer)) {
            return scep_fail(
                res, SCEP_R_RENEWAL_REVOKED,
                "certificate %s, whose renewal waited, was revoked (%s)",
                serial,
                scep_revocation_reason_name((int)signer.revocation->reason));
        }
    }
    return status;
}
