/* Licensed under the Apache License, Version 2.0; see LICENSE. */
/*
 * scep_getcert.c: GetCert, for clients that lost their certificate
 * (RFC 8894 2.6, 4.5). (enroll layer)
 */
#include "scep_getcert.h"

#include "scep_ca_chain.h"
#include "scep_issuer_serial.h"
#include "scep_reply_key.h"
#include "scep_store_certificate.h"

static scep_status_e refuse_unknown(const scep_issuer_serial_t *id,
                                    const char *why, apr_pool_t *pool,
                                    scep_result_t *res)
{
    return scep_fail(res, SCEP_R_CERT_UNKNOWN, "certificate %s of \"%s\": %s",
                     id->serial, scep_name_text(pool, id->issuer), why);
}

/* Is SIGNER a certificate of this CA that is not revoked? */
static scep_status_e is_member(const scep_request_t *req, X509 *signer,
                               bool *member, scep_result_t *res)
{
    const scep_service_t *service = req->service;
    X509 *ca = sk_X509_value(service->backend->certificates(service->ca), 0);
    scep_revocation_row_t *row;
    scep_status_e status;

    *member = false;
    if (!scep_ca_issued(ca, signer)) {
        return SCEP_OK;
    }
    status = scep_store_revocation_find(
        service->store, service->ca_id,
        scep_serial_text(req->pool, X509_get0_serialNumber(signer)), req->pool,
        &row, res);
    *member = status == SCEP_NOT_FOUND ||
              (status == SCEP_OK && row->effective > scep_env_now(&req->env));
    return status == SCEP_NOT_FOUND ? SCEP_OK : status;
}

static scep_status_e find_certificate(const scep_request_t *req,
                                      const scep_issuer_serial_t *id,
                                      X509 **cert, scep_result_t *res)
{
    const scep_service_t *service = req->service;
    X509 *ca = sk_X509_value(service->backend->certificates(service->ca), 0);
    scep_certificate_row_t *row;
    const unsigned char *in;
    scep_status_e status;
    int count;

    if (X509_NAME_cmp(X509_get_subject_name(ca), id->issuer) != 0) {
        return refuse_unknown(id, "issued by another CA", req->pool, res);
    }
    status =
        scep_store_certificate_find(service->store, service->ca_id, id->serial,
                                    req->pool, &count, &row, res);
    if (status == SCEP_NOT_FOUND) {
        return refuse_unknown(id, "not on record", req->pool, res);
    }
    if (status != SCEP_OK) {
        return status;
    }
    in = row->der.data;
    *cert = scep_x509_own(req->pool, d2i_X509(NULL, &in, (long)row->der.len));
    return *cert != NULL ? SCEP_OK
                         : scep_fail(res, SCEP_R_INTERNAL,
                                     "the stored certificate %s does not parse",
                                     row->serial);
}

scep_status_e scep_getcert(scep_request_t *req, const scep_pkimessage_t *msg,
                           scep_reply_t *reply, scep_result_t *res)
{
    scep_issuer_serial_t id;
    X509 *cert = NULL;
    bool allowed = false;
    scep_status_e status = scep_reply_key(req, msg, NULL, reply, res);

    if (status == SCEP_OK) { /* in this order, see scep_getcert.h */
        status = scep_issuer_serial_parse(msg->data, req->pool, &id, res);
    }
    if (status == SCEP_OK) {
        status = find_certificate(req, &id, &cert, res);
    }
    if (status != SCEP_OK) {
        return status;
    }
    if (EVP_PKEY_eq(X509_get0_pubkey(cert), msg->signer_key) == 1) {
        allowed = true;
    }
    else {
        status = is_member(req, msg->signer, &allowed, res);
    }
    if (status != SCEP_OK) {
        return status;
    }
    if (!allowed) {
        return refuse_unknown(
            &id,
            "the signer has neither its key nor another valid "
            "certificate of this CA",
            req->pool, res);
    }
    reply->cert = cert;
    scep_log(&req->env, SCEP_LOG_INFO,
             SCEPLOGNO(0236) "gave certificate %s to %s", id.serial, req->peer);
    return SCEP_OK;
}
