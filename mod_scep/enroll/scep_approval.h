/* Licensed under the Apache License, Version 2.0; see LICENSE. */
/**
 * @file scep_approval.h
 * Approve and reject waiting requests: the core of `scepctl requests` and of
 * the API. (enroll layer)
 */
#ifndef SCEP_APPROVAL_H
#define SCEP_APPROVAL_H

#include "scep_store_request.h"

/** Who decides, and why. */
typedef struct scep_operator_t {
    const char *actor; /* r->user, or a user of this machine */
    const char *peer;  /* address; NULL: none */
    const char *note;  /* NULL: none */
    apr_time_t now;
} scep_operator_t;

/**
 * Approve: the device gets its certificate when it polls. It has as much time
 * for that as an operator had to decide.
 * @return SCEP_OK, recorded with its audit row; SCEP_NOT_FOUND (RES not
 *     filled): no request with that ID waits for an operator; SCEP_UNAVAILABLE
 *     (SCEP_R_STORE_UNAVAILABLE); SCEP_BROKEN
 */
scep_status_e scep_approval_give(scep_store_t *store, const char *id,
                                 const scep_operator_t *who, apr_pool_t *pool,
                                 scep_result_t *res);

/** Reject, also a request that was approved and not polled for yet; its
 * one-time challenge is good again. Results as scep_approval_give(). */
scep_status_e scep_approval_refuse(scep_store_t *store, const char *id,
                                   const scep_operator_t *who, apr_pool_t *pool,
                                   scep_result_t *res);

#endif
