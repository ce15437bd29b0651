/* Licensed under the Apache License, Version 2.0; see LICENSE. */
/**
 * @file scep_ca_call.h
 * Call a CA backend. All code calls those of its functions that can fail
 * through here, so that it need not trust the backend: the status and RES
 * agree, SCEP_OK comes with a certificate for the CSR's key, and OpenSSL's
 * error queue is empty. As thread-safe as the backend. (ca layer)
 */
#ifndef SCEP_CA_CALL_H
#define SCEP_CA_CALL_H

#include "scep_ca.h"

/** Can BACKEND, which ScepCABackend calls NAME, be used with this mod_scep?
 * @return SCEP_OK, or SCEP_BROKEN with SCEP_R_SETUP and the cure */
scep_status_e scep_ca_check(const scep_ca_backend_t *backend, const char *name,
                            scep_result_t *res);

/** Its start(). @param ca set with SCEP_OK. @return SCEP_OK or SCEP_BROKEN */
scep_status_e scep_ca_start(const scep_ca_backend_t *backend,
                            const scep_ca_config_t *config,
                            const scep_env_t *env, apr_pool_t *pool, void **ca,
                            scep_result_t *res);

/** Its child_start(), if there is one. @return SCEP_OK or SCEP_BROKEN */
scep_status_e scep_ca_child_start(const scep_ca_backend_t *backend, void *ca,
                                  const scep_env_t *env, apr_pool_t *pool,
                                  scep_result_t *res);

/**
 * Its issue().
 * @return SCEP_OK (certificate); SCEP_PENDING (a ticket to ask by);
 *     SCEP_REFUSED; SCEP_UNAVAILABLE; SCEP_BROKEN
 */
scep_status_e scep_ca_issue(const scep_ca_backend_t *backend, void *ca,
                            const scep_env_t *env,
                            const scep_ca_request_t *request, apr_pool_t *pool,
                            scep_ca_answer_t *answer, scep_result_t *res);

/**
 * Its poll(). SCEP_PENDING with a ticket of NULL: keep the old ticket.
 * @param csr the request that TICKET stands for
 * @return as scep_ca_issue(), or SCEP_NOT_FOUND
 */
scep_status_e scep_ca_poll(const scep_ca_backend_t *backend, void *ca,
                           const scep_env_t *env, const char *ticket,
                           X509_REQ *csr, apr_pool_t *pool,
                           scep_ca_answer_t *answer, scep_result_t *res);

/** Its crl(). @return SCEP_OK; SCEP_REFUSED with SCEP_R_NO_CRL, also where
 * BACKEND has no such function; SCEP_UNAVAILABLE; SCEP_BROKEN */
scep_status_e scep_ca_crl(const scep_ca_backend_t *backend, void *ca,
                          const scep_env_t *env,
                          const scep_ca_crl_request_t *request,
                          apr_pool_t *pool, X509_CRL **crl, scep_result_t *res);

#endif
