/* Licensed under the Apache License, Version 2.0; see LICENSE. */
/**
 * @file scep_crl_issue.h
 * The CRL of a CA as it is now: the one in the store while that tells all, or
 * else a new one. (enroll layer)
 */
#ifndef SCEP_CRL_ISSUE_H
#define SCEP_CRL_ISSUE_H

#include "scep_service.h"
#include "scep_store_crl.h"

/**
 * The newest CRL. One is signed when there is none, when something was revoked
 * since, and when less than a quarter of its time is left. Any number of
 * threads and processes may come here at once: one number is given to one CRL,
 * and all get the same. On one machine one of them signs, and the others wait.
 * @return SCEP_OK; SCEP_REFUSED (SCEP_R_NO_CRL): the CA signs none;
 *     SCEP_UNAVAILABLE with SCEP_R_STORE_UNAVAILABLE or SCEP_R_OVERTAKEN (others
 *     signed one at the same moment each time); SCEP_BROKEN
 */
scep_status_e scep_crl_current(const scep_service_t *service,
                               const scep_env_t *env, apr_pool_t *pool,
                               scep_crl_row_t **row, scep_result_t *res);

#endif
