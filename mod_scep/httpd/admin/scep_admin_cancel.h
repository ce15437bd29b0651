/* Licensed under the Apache License, Version 2.0; see LICENSE. */
/**
 * @file scep_admin_cancel.h
 * Cancel passwords by API or form, if the user may. (httpd layer)
 */
#ifndef SCEP_ADMIN_CANCEL_H
#define SCEP_ADMIN_CANCEL_H

#include "scep_exchange.h"

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
