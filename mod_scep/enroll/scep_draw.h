/* Licensed under the Apache License, Version 2.0; see LICENSE. */
/**
 * @file scep_draw.h
 * Drawing a password: a one-time one, random, recorded in the store, put into
 * the shared table; or the master password. And filling that table from the store at start. (enroll layer)
 */
#ifndef SCEP_DRAW_H
#define SCEP_DRAW_H

#include "scep_service.h"

/** What was drawn; the password is wiped with the request's pool. */
typedef struct scep_drawn_t {
    const char *password;
    bool reusable; /* the master password, not a one-time one */
} scep_drawn_t;

/**
 * Draw for USER (never NULL or empty: invariant 1): from the first source of
 * the endpoint that has passwords to give. An audit row tells of it first, also
 * of the master password's being shown.
 * @return SCEP_OK once it is durable; SCEP_UNAVAILABLE with
 *     SCEP_R_CACHE_FULL, _LOCK, _STORE_UNAVAILABLE or _MASTER_PASSWORD;
 *     SCEP_REFUSED with SCEP_R_ADMIN_NO_USER or _NO_CHALLENGE_SOURCE;
 *     SCEP_BROKEN. Logged.
 */
scep_status_e scep_draw(scep_request_t *req, const char *user,
                        scep_drawn_t *drawn, scep_result_t *res);

/**
 * Put every outstanding password of STORE into TABLE; those already there
 * stay as they are. Logs how many, and warns when not all fit.
 */
scep_status_e scep_draw_rebuild(scep_store_t *store,
                                scep_challenge_table_t *table,
                                const scep_env_t *env, apr_pool_t *pool,
                                scep_result_t *res);

#endif
