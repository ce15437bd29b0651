/* Licensed under the Apache License, Version 2.0; see LICENSE. */
/**
 * @file scep_draw.h
 * Drawing a one-time password: random, recorded in the store, put into the
 * shared table; and filling that table from the store at start. (enroll layer)
 */
#ifndef SCEP_DRAW_H
#define SCEP_DRAW_H

#include "scep_service.h"

/**
 * Draw for USER (never NULL or empty: invariant 1).
 * @param password upper-case hex, wiped with the request's pool
 * @return SCEP_OK once it is durable; SCEP_UNAVAILABLE with
 *     SCEP_R_CACHE_FULL, _LOCK or _STORE_UNAVAILABLE; SCEP_REFUSED with
 *     SCEP_R_ADMIN_NO_USER or _NO_CHALLENGE_SOURCE; SCEP_BROKEN. Logged.
 */
scep_status_e scep_draw(scep_request_t *req, const char *user,
                        const char **password, scep_result_t *res);

/**
 * Put every outstanding password of STORE into TABLE; those already there
 * stay as they are. Logs how many, and warns when not all fit.
 */
scep_status_e scep_draw_rebuild(scep_store_t *store,
                                scep_challenge_table_t *table,
                                const scep_env_t *env, apr_pool_t *pool,
                                scep_result_t *res);

#endif
