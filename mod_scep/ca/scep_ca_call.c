/* Licensed under the Apache License, Version 2.0; see LICENSE. */
/*
 * scep_ca_call.c: see scep_ca_call.h. (ca layer)
 */
#include "scep_ca_call.h"

#include <string.h>

#include <apr_strings.h>

#include "scep_border.h"
#include "scep_crypto.h"

static const scep_reason_e of_start[] = {SCEP_R_SETUP, SCEP_R_INTERNAL,
                                         SCEP_R_NONE};
static const scep_reason_e of_issue[] = {
    SCEP_R_NAME,           SCEP_R_CONTENT,  SCEP_R_CSR_KEY, SCEP_R_CA_REFUSED,
    SCEP_R_CA_UNAVAILABLE, SCEP_R_INTERNAL, SCEP_R_NONE};
static const scep_reason_e of_crl[] = {SCEP_R_NO_CRL, SCEP_R_CA_UNAVAILABLE,
                                       SCEP_R_INTERNAL, SCEP_R_NONE};

static const char *backend_label(const scep_ca_backend_t *backend,
                                 const scep_result_t *res)
{
    return apr_pstrcat(res->pool, "ScepCABackend ", backend->name, NULL);
}

static scep_status_e settle(const scep_ca_backend_t *backend,
                            scep_status_e returned,
                            const scep_answers_t *answers, scep_result_t *res)
{
    return scep_settle(res, returned, answers, backend_label(backend, res));
}

scep_status_e scep_ca_check(const scep_ca_backend_t *backend, const char *name,
                            scep_result_t *res)
{
    scep_status_e status = scep_abi_check(
        apr_pstrcat(res->pool, "ScepCABackend ", name, NULL), backend->abi,
        backend->size, SCEP_CA_ABI, SCEP_CA_MIN_SIZE, res);

    if (status == SCEP_OK &&
        (backend->name == NULL || backend->start == NULL ||
         backend->certificates == NULL || backend->issue == NULL)) {
        return scep_fail(res, SCEP_R_SETUP,
                         "ScepCABackend %s lacks its name, start(), "
                         "certificates() or issue(): mend that module",
                         name);
    }
    return status;
}

scep_status_e scep_ca_start(const scep_ca_backend_t *backend,
                            const scep_ca_config_t *config,
                            const scep_env_t *env, apr_pool_t *pool, void **ca,
                            scep_result_t *res)
{
    static const scep_answers_t answers = {.reasons = of_start};

    *ca = NULL;
    return settle(backend,
                  backend->start(&scep_host, config, env, pool, ca, res),
                  &answers, res);
}

scep_status_e scep_ca_child_start(const scep_ca_backend_t *backend, void *ca,
                                  const scep_env_t *env, apr_pool_t *pool,
                                  scep_result_t *res)
{
    static const scep_answers_t answers = {.reasons = of_start};

    return backend->child_start == NULL
               ? SCEP_OK
               : settle(backend, backend->child_start(ca, env, pool, res),
                        &answers, res);
}

/* The caller gets a certificate with SCEP_OK, a ticket with SCEP_PENDING. */
static scep_status_e drop_unused(scep_status_e status, scep_ca_answer_t *answer)
{
    if (status != SCEP_OK) {
        answer->cert = NULL;
    }
    if (status != SCEP_PENDING) {
        answer->ticket = NULL;
    }
    return status;
}

/* A certificate for another key would be of no use to the device. */
static scep_status_e check_cert(const scep_ca_backend_t *backend,
                                const scep_ca_answer_t *answer, X509_REQ *csr,
                                scep_result_t *res)
{
    const EVP_PKEY *key = X509_REQ_get0_pubkey(csr);

    if (answer->cert == NULL) {
        return scep_fail(res, SCEP_R_INTERNAL, "%s gave no certificate",
                         backend_label(backend, res));
    }
    if (key == NULL || EVP_PKEY_eq(X509_get0_pubkey(answer->cert), key) != 1) {
        scep_crypto_clear_errors();
        return scep_fail(res, SCEP_R_INTERNAL,
                         "%s gave a certificate for another key than that of "
                         "the request",
                         backend_label(backend, res));
    }
    return SCEP_OK;
}

static bool is_ticket(const char *ticket)
{
    size_t i, len = strlen(ticket);

    for (i = 0; i < len && ticket[i] >= ' ' && ticket[i] <= '~'; i++) {
        /* go on */
    }
    return len > 0 && len <= SCEP_CA_MAX_TICKET && i == len;
}

static scep_status_e check_ticket(const scep_ca_backend_t *backend,
                                  const char *ticket, scep_result_t *res)
{
    if (backend->poll == NULL || ticket == NULL) {
        return scep_fail(res, SCEP_R_CA_UNAVAILABLE,
                         "%s answered \"pending\" and cannot be asked again",
                         backend_label(backend, res));
    }
    return is_ticket(ticket)
               ? SCEP_PENDING
               : scep_fail(res, SCEP_R_INTERNAL,
                           "%s gave a ticket that is not 1 to %d printable "
                           "octets",
                           backend_label(backend, res), SCEP_CA_MAX_TICKET);
}

scep_status_e scep_ca_issue(const scep_ca_backend_t *backend, void *ca,
                            const scep_env_t *env,
                            const scep_ca_request_t *request, apr_pool_t *pool,
                            scep_ca_answer_t *answer, scep_result_t *res)
{
    static const scep_answers_t answers = {
        .reasons = of_issue,
        .refused = SCEP_R_CA_REFUSED,
        .unavailable = SCEP_R_CA_UNAVAILABLE,
        .pending = true,
    };
    scep_status_e status;

    memset(answer, 0, sizeof(*answer));
    status =
        settle(backend, backend->issue(ca, env, request, pool, answer, res),
               &answers, res);
    if (status == SCEP_PENDING) {
        status = check_ticket(backend, answer->ticket, res);
    }
    else if (status == SCEP_OK) {
        status = check_cert(backend, answer, request->csr, res);
    }
    return drop_unused(status, answer);
}

scep_status_e scep_ca_poll(const scep_ca_backend_t *backend, void *ca,
                           const scep_env_t *env, const char *ticket,
                           X509_REQ *csr, apr_pool_t *pool,
                           scep_ca_answer_t *answer, scep_result_t *res)
{
    static const scep_answers_t answers = {
        .reasons = of_issue,
        .refused = SCEP_R_CA_REFUSED,
        .unavailable = SCEP_R_CA_UNAVAILABLE,
        .pending = true,
        .not_found = true,
    };
    scep_status_e status;

    memset(answer, 0, sizeof(*answer));
    if (backend->poll == NULL) {
        return scep_fail(res, SCEP_R_INTERNAL, "%s cannot be polled",
                         backend_label(backend, res));
    }
    status = settle(backend, backend->poll(ca, env, ticket, pool, answer, res),
                    &answers, res);
    if (status == SCEP_PENDING && answer->ticket != NULL) {
        status = check_ticket(backend, answer->ticket, res);
    }
    else if (status == SCEP_OK) {
        status = check_cert(backend, answer, csr, res);
    }
    return drop_unused(status, answer);
}

scep_status_e scep_ca_crl(const scep_ca_backend_t *backend, void *ca,
                          const scep_env_t *env,
                          const scep_ca_crl_request_t *request,
                          apr_pool_t *pool, X509_CRL **crl, scep_result_t *res)
{
    static const scep_answers_t answers = {
        .reasons = of_crl,
        .refused = SCEP_R_NO_CRL,
        .unavailable = SCEP_R_CA_UNAVAILABLE,
    };
    scep_status_e status;

    *crl = NULL;
    if (!SCEP_HAS(backend, crl)) {
        return scep_fail(res, SCEP_R_NO_CRL, "%s signs no CRLs",
                         backend_label(backend, res));
    }
    status = settle(backend, backend->crl(ca, env, request, pool, crl, res),
                    &answers, res);
    return status == SCEP_OK && *crl == NULL
               ? scep_fail(res, SCEP_R_INTERNAL, "%s gave no CRL",
                           backend_label(backend, res))
               : status;
}
