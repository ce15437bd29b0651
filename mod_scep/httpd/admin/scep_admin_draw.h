/* Licensed under the Apache License, Version 2.0; see LICENSE. */
/**
 * @file scep_admin_draw.h
 * The only way to draw a password, for the page, NDES's operation, the form and
 * the API; and how to cancel it. (httpd layer)
 */
#ifndef SCEP_ADMIN_DRAW_H
#define SCEP_ADMIN_DRAW_H

#include <apr_tables.h>

#include "scep_exchange.h"
#include "scep_draw.h"
#include "scep_json_read.h"

/**
 * Ask ScepAdminRequire, which sees the parameters as SCEP_DRAW_..., and draw
 * for r->user.
 * @param params all zero: as the page draws
 * @return SCEP_OK; else EXCHANGE's result is filled and logged
 */
scep_status_e scep_admin_draw(scep_exchange_t *exchange,
                              const scep_draw_params_t *params,
                              scep_drawn_t *drawn);

/** Are these the parameters of the page? */
bool scep_admin_draw_is_plain(const scep_draw_params_t *params);

/** Read the parameters in the JSON object BODY: "label", "uses", "validity"
 * (seconds) and "limits". @return SCEP_OK; SCEP_REFUSED (SCEP_R_API_REQUEST) */
scep_status_e scep_admin_draw_json(scep_json_t *body, apr_pool_t *pool,
                                   scep_draw_params_t *params,
                                   scep_result_t *res);

/** Read the parameters of NDESGenerateChallenge. keyUsage, in hex, chooses a
 * profile of ScepProfileByKeyUsage; params becomes the label.
 * @return as above */
scep_status_e scep_admin_draw_ndes(const scep_exchange_t *exchange,
                                   const apr_table_t *fields,
                                   scep_draw_params_t *params,
                                   scep_result_t *res);

/** Cancel the password with ID. A failure is in EXCHANGE's result. */
scep_status_e scep_admin_cancel(scep_exchange_t *exchange, const char *id);

/**
 * Cancel all passwords of the CA that USER has drawn and that have LABEL. NULL:
 * of any user, with any label or none. To cancel passwords of others, a user
 * needs permission to list, too.
 * @param count how many were cancelled
 */
scep_status_e scep_admin_cancel_many(scep_exchange_t *exchange,
                                     const char *user, const char *label,
                                     apr_int64_t *count);

#endif
