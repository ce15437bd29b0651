/* Licensed under the Apache License, Version 2.0; see LICENSE. */
/**
 * @file scep_admin_draw.h
 * The one way to a password: from the page, NDES's operation, a form or the
 * API; and how it is cancelled again. (httpd layer)
 */
#ifndef SCEP_ADMIN_DRAW_H
#define SCEP_ADMIN_DRAW_H

#include <apr_tables.h>

#include "scep_exchange.h"
#include "scep_draw.h"
#include "scep_json_read.h"

/**
 * Ask ScepAdminRequire, to which what is drawn is shown as SCEP_DRAW_...,
 * and draw for r->user.
 * @param params all zero: as the page does
 * @return SCEP_OK; else EXCHANGE's result is filled and logged
 */
scep_status_e scep_admin_draw(scep_exchange_t *exchange,
                              const scep_draw_params_t *params,
                              scep_drawn_t *drawn);

/** Is it what the page draws? */
bool scep_admin_draw_is_plain(const scep_draw_params_t *params);

/** The parameters in the JSON object BODY: "label", "uses", "validity"
 * (seconds) and "limits". @return SCEP_OK; SCEP_REFUSED (SCEP_R_API_REQUEST) */
scep_status_e scep_admin_draw_json(scep_json_t *body, apr_pool_t *pool,
                                   scep_draw_params_t *params,
                                   scep_result_t *res);

/** The parameters of NDESGenerateChallenge: keyUsage, in hex, chooses the
 * profile that ScepProfileByKeyUsage names for it; params becomes the label.
 * @return as above */
scep_status_e scep_admin_draw_ndes(const scep_exchange_t *exchange,
                                   const apr_table_t *fields,
                                   scep_draw_params_t *params,
                                   scep_result_t *res);

/** The password with ID. A failure is in EXCHANGE's result. */
scep_status_e scep_admin_cancel(scep_exchange_t *exchange, const char *id);

/**
 * All passwords of the CA that USER has drawn and that have LABEL; NULL: of
 * anybody, and with any label or none. Those of others than the user who
 * asks are only for those who may also list them.
 * @param count how many were cancelled
 */
scep_status_e scep_admin_cancel_many(scep_exchange_t *exchange,
                                     const char *user, const char *label,
                                     apr_int64_t *count);

#endif
