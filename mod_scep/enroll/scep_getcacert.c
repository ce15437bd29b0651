/* Licensed under the Apache License, Version 2.0; see LICENSE. */
/*
 * scep_getcacert.c: GetCACert and the old drafts' GetCACertChain
 * (RFC 8894 4.2). (enroll layer)
 */
#include "scep_certrep.h"
#include "scep_operation.h"

static scep_status_e answer_bundle(scep_request_t *req, scep_certs_t *ra,
                                   scep_certs_t *cas, const char *type,
                                   scep_answer_t *answer, scep_result_t *res)
{
    scep_certs_t *all = scep_x509s_own(req->pool, sk_X509_new_null());

    bool ca_first = req->policy->quirks.ca_first;

    if (all == NULL ||
        X509_add_certs(all, ca_first ? cas : ra, X509_ADD_FLAG_UP_REF) != 1 ||
        X509_add_certs(all, ca_first ? ra : cas, X509_ADD_FLAG_UP_REF) != 1) {
        return scep_fail(res, SCEP_R_INTERNAL, "no memory for GetCACert");
    }
    answer->content_type = type;
    return scep_certs_only_encode(all, req->pool, &answer->body, res);
}

/* Q18: with one certificate and no RA there is nothing to choose from. */
static bool wants_bare(const scep_request_t *req, int certificates)
{
    switch (req->policy->quirks.ca_type) {
    case SCEP_CA_TYPE_BUNDLE:
        return false;
    case SCEP_CA_TYPE_CA:
        return true;
    case SCEP_CA_TYPE_AUTO:
        break;
    }
    return certificates == 1;
}

scep_status_e scep_getcacert(scep_request_t *req, bool chain,
                             scep_answer_t *answer, scep_result_t *res)
{
    const scep_service_t *service = req->service;
    scep_certs_t *cas = service->backend->certificates(service->ca);
    scep_certs_t *ra = service->ra->certs;

    answer->http_status = 200;
    answer->cacheable = true;
    if (chain) {
        return answer_bundle(
            req, NULL, cas, "application/x-x509-ca-ra-cert-chain", answer, res);
    }
    if (wants_bare(req, sk_X509_num(ra) + sk_X509_num(cas))) {
        answer->content_type = "application/x-x509-ca-cert";
        answer->body = scep_x509_der(req->pool, sk_X509_value(cas, 0));
        return answer->body.len > 0
                   ? SCEP_OK
                   : scep_fail(res, SCEP_R_INTERNAL,
                               "the CA certificate cannot be encoded");
    }
    return answer_bundle(req, ra, cas, "application/x-x509-ca-ra-cert", answer,
                         res);
}
