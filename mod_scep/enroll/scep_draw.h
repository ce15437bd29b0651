/* Licensed under the Apache License, Version 2.0; see LICENSE. */
/**
 * @file scep_draw.h
 * Draw a challenge: a random one-time one, recorded in the store and put into
 * the shared table, or the master password. Also fills that table from the
 * store at start. (enroll layer)
 */
#ifndef SCEP_DRAW_H
#define SCEP_DRAW_H

#include "scep_service.h"

/** The properties of a one-time challenge; all zero: good for one certificate
 * of any device, for as long as the endpoint says. */
typedef struct scep_draw_params_t {
    const char *limits; /* JSON, see scep_limits.h; NULL: none */
    const char *label;  /* for people; UTF-8, at most SCEP_MAX_LABEL octets;
                         * NULL: none */
    int uses;           /* certificates, at most SCEP_MAX_USES; 0: one */
    apr_interval_time_t validity; /* at most SCEP_MAX_PASSWORD_VALIDITY; 0: the
                                   * endpoint's */
    bool limits_may_go; /* the master password, which LIMITS cannot bind, will
                         * do as well: NDES gives it to any request */
} scep_draw_params_t;

#define SCEP_MAX_LABEL 256
#define SCEP_MAX_USES 100000
#define SCEP_MAX_PASSWORD_VALIDITY (APR_TIME_C(366) * 86400 * APR_USEC_PER_SEC)

/** What was drawn; the password is wiped with the request's pool. */
typedef struct scep_drawn_t {
    const char *password;
    bool reusable; /* the master password, not a one-time challenge */
    /* of a one-time challenge: */
    const char *id; /* lower-case hex of its keyed hash, by which lists and
                     * audit rows name it */
    apr_time_t expires;
    const char *limits; /* as recorded; NULL: none */
} scep_drawn_t;

/**
 * Draw for USER (never NULL or empty: invariant 1) from the first source of the
 * endpoint that can give a challenge. An audit row is recorded first, also if
 * the master password is shown.
 * @param params NULL: the default. Anything else asks for a one-time challenge,
 *     whichever source comes first, because the master password is for all. A
 *     label alone also gets the master password where there is no other.
 * @return SCEP_OK once it is durable; SCEP_UNAVAILABLE with
 *     SCEP_R_CACHE_FULL, _LOCK, _STORE_UNAVAILABLE, _MASTER_PASSWORD or
 *     _CA_UNAVAILABLE (its certificate has expired, or is not valid yet);
 *     SCEP_REFUSED with SCEP_R_ADMIN_NO_USER, _NO_CHALLENGE_SOURCE,
 *     _USER_FULL (ScepPasswordMaxPerUser), or _DRAW_PARAMS (the detail says
 *     which and why, and quotes nothing that the user may not see);
 *     SCEP_BROKEN. Logged.
 */
scep_status_e scep_draw(scep_request_t *req, const char *user,
                        const scep_draw_params_t *params, scep_drawn_t *drawn,
                        scep_result_t *res);

/**
 * Put every outstanding challenge of STORE into TABLE; those already there stay
 * as they are. If several machines share STORE, do nothing. Logs how many, and
 * warns when not all fit.
 * @return SCEP_OK; SCEP_UNAVAILABLE with SCEP_R_LOCK or
 *     SCEP_R_STORE_UNAVAILABLE; SCEP_BROKEN
 */
scep_status_e scep_draw_rebuild(scep_store_t *store,
                                scep_challenge_table_t *table,
                                const scep_env_t *env, scep_result_t *res);

#endif
