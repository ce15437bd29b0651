/* Licensed under the Apache License, Version 2.0; see LICENSE. */
/*
 * scep_getnextca.c: GetNextCACert (RFC 8894 4.7), declared in
 * scep_operation.h. (enroll layer)
 */
#include <openssl/x509v3.h>

#include "scep_next_ca.h"
#include "scep_operation.h"

/* R65: the current CA itself signs if it can, else the RA. Clients check that
 * the signer is, or was issued by, the CA that they trust. */
static scep_keypair_t signer_of(const scep_service_t *service)
{
    const scep_ca_backend_t *backend = service->backend;
    scep_keypair_t own = {NULL, NULL};

    if (backend->ra_pair == NULL ||
        !backend->ra_pair(service->ca, &own.cert, &own.key) ||
        (X509_get_key_usage(own.cert) & KU_DIGITAL_SIGNATURE) == 0) {
        own = *service->ra->signer;
    }
    return own;
}

/* The CA and its issuers, and then the RA pairs that it issued. */
static bool collect(const scep_service_t *service, scep_certs_t *certs)
{
    const apr_array_header_t *pairs = service->ra->pairs;
    int i;

    if (X509_add_certs(certs, service->next->certs, X509_ADD_FLAG_UP_REF) !=
        1) {
        return false;
    }
    for (i = 0; i < pairs->nelts; i++) {
        X509 *cert = APR_ARRAY_IDX(pairs, i, const scep_keypair_t *)->cert;

        if (scep_service_next(service, cert) != NULL &&
            X509_add_cert(certs, cert,
                          X509_ADD_FLAG_UP_REF | X509_ADD_FLAG_NO_DUP) != 1) {
            return false;
        }
    }
    return true;
}

scep_status_e scep_getnextca(scep_request_t *req, scep_answer_t *answer,
                             scep_result_t *res)
{
    const scep_service_t *service = req->service;
    scep_certs_t *certs;
    scep_keypair_t signer;

    if (service->next == NULL) {
        return scep_fail(res, SCEP_R_NO_NEXT_CA, "no next CA is configured");
    }
    certs = scep_x509s_own(req->pool, sk_X509_new_null());
    if (certs == NULL || !collect(service, certs)) {
        return scep_fail(res, SCEP_R_INTERNAL, "no memory for GetNextCACert");
    }
    signer = signer_of(service);
    answer->http_status = 200;
    answer->content_type = "application/x-x509-next-ca-cert";
    answer->cacheable = true;
    return scep_next_ca_encode(certs, &signer, req->pool, &answer->body, res);
}
