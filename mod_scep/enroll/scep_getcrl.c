/* Licensed under the Apache License, Version 2.0; see LICENSE. */
/*
 * scep_getcrl.c: GetCRL, for clients that know no better way to a CRL
 * (RFC 8894 2.7, 4.6). Declared in scep_getcert.h. (enroll layer)
 */
#include "scep_crl_issue.h"
#include "scep_getcert.h"
#include "scep_issuer_serial.h"
#include "scep_reply_key.h"

scep_status_e scep_getcrl(scep_request_t *req, const scep_pkimessage_t *msg,
                          scep_reply_t *reply, scep_result_t *res)
{
    const scep_service_t *service = req->service;
    X509 *ca = sk_X509_value(service->backend->certificates(service->ca), 0);
    scep_issuer_serial_t id;
    scep_crl_row_t *row = NULL;
    scep_status_e status = scep_reply_key(req, msg, NULL, reply, res);

    if (status == SCEP_OK) { /* in this order, see scep_getcert.h */
        status = scep_issuer_serial_parse(msg->data, req->pool, &id, res);
    }
    if (status != SCEP_OK) {
        return status;
    }
    if (X509_NAME_cmp(X509_get_subject_name(ca), id.issuer) != 0) {
        return scep_fail(res, SCEP_R_CRL_ISSUER, "it asks for a CRL of \"%s\"",
                         scep_name_text(req->pool, id.issuer));
    }
    status = scep_crl_current(service, &req->env, req->pool, &row, res);
    if (status == SCEP_OK) {
        reply->crl = row->der;
    }
    return status;
}
