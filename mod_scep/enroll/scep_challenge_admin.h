/* Licensed under the Apache License, Version 2.0; see LICENSE. */
/**
 * @file scep_challenge_admin.h
 * What users who may draw challenges can do besides: cancel one, and rotate the
 * master password. Also records users who were denied this. (enroll layer)
 */
#ifndef SCEP_CHALLENGE_ADMIN_H
#define SCEP_CHALLENGE_ADMIN_H

#include "scep_service.h"
#include "scep_store_cancel.h"

#define SCEP_ROTATE_MIN_LENGTH 8 /* octets of randomness */
#define SCEP_ROTATE_MAX_LENGTH 64
#define SCEP_ROTATE_LENGTH 16

/**
 * Cancel the outstanding challenge with ID: nothing is issued for it from then
 * on, unless the certificate was recorded before (invariant 2).
 * @param id its keyed hash in hex, of either case
 * @return SCEP_OK once it is durable; SCEP_NOT_FOUND (SCEP_R_API_UNKNOWN);
 *     SCEP_REFUSED (SCEP_R_API_CONFLICT: used, cancelled or expired before);
 *     SCEP_UNAVAILABLE (SCEP_R_STORE_UNAVAILABLE); SCEP_BROKEN. A success is
 *     logged.
 */
scep_status_e scep_challenge_admin_cancel(scep_request_t *req, const char *user,
                                          const char *id, scep_result_t *res);

/**
 * Cancel all outstanding challenges of the CA that match WHICH.
 * @param which its user and label are read, the rest is set
 * @param count set to how many were cancelled, also in a failure
 * @return SCEP_OK once it is durable, also for none; SCEP_UNAVAILABLE
 *     (SCEP_R_STORE_UNAVAILABLE); SCEP_BROKEN. A success is logged.
 */
scep_status_e scep_challenge_admin_cancel_many(scep_request_t *req,
                                               const char *user,
                                               scep_cancel_many_t *which,
                                               apr_int64_t *count,
                                               scep_result_t *res);

/** How to rotate the master password, and the result. */
typedef struct scep_rotated_t {
    size_t length;               /* octets of randomness */
    apr_interval_time_t overlap; /* the old one stays good; 0: not at all */
    const char *password;        /* set; wiped with the request's pool */
    apr_time_t previous_until;   /* set; 0: the old one is no longer good */
} scep_rotated_t;

/**
 * Make a new random master password, which all processes see at once. The audit
 * row comes first, so that nobody sees the password without leaving a trace.
 * @return SCEP_OK once it is durable; SCEP_REFUSED (SCEP_R_API_CONFLICT: the
 *     endpoint has none); SCEP_UNAVAILABLE (SCEP_R_MASTER_PASSWORD,
 *     SCEP_R_STORE_UNAVAILABLE); SCEP_BROKEN. A success is logged.
 */
scep_status_e scep_challenge_admin_rotate(scep_request_t *req, const char *user,
                                          scep_rotated_t *rotated,
                                          scep_result_t *res);

/** Record that USER was not allowed to do ACTION. @return SCEP_OK;
 * SCEP_UNAVAILABLE (SCEP_R_STORE_UNAVAILABLE); SCEP_BROKEN */
scep_status_e scep_challenge_admin_denied(scep_request_t *req, const char *user,
                                          const char *action,
                                          scep_result_t *res);

#endif
