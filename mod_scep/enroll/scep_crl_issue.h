/* Licensed under the Apache License, Version 2.0; see LICENSE. */
/**
 * @file scep_crl_issue.h
 * The current CRL of a CA: the one in the store while that is complete, else a
 * new one. (enroll layer)
 */
#ifndef SCEP_CRL_ISSUE_H
#define SCEP_CRL_ISSUE_H

#include "scep_service.h"
#include "scep_store_crl.h"

/**
 * Get the newest CRL. A new one is signed if there is none, if something was
 * revoked since, or if less than a quarter of its time is left. Any number of
 * threads and processes may call this at once: each number is given to one CRL,
 * and all get the same. On one machine one of them signs, and the others wait.
 * @return SCEP_OK; SCEP_REFUSED (SCEP_R_NO_CRL): the CA signs none;
 *     SCEP_UNAVAILABLE with SCEP_R_STORE_UNAVAILABLE or SCEP_R_OVERTAKEN
 *     (others signed one at the same moment each time); SCEP_BROKEN
 */
scep_status_e scep_crl_current(const scep_service_t *service,
                               const scep_env_t *env, apr_pool_t *pool,
                               scep_crl_row_t **row, scep_result_t *res);

#endif
