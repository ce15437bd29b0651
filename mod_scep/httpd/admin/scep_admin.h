/* Licensed under the Apache License, Version 2.0; see LICENSE. */
/**
 * @file scep_admin.h
 * The admin page's request: who may draw, and which page is shown; and NDES's
 * own two operations. (httpd layer)
 */
#ifndef SCEP_ADMIN_H
#define SCEP_ADMIN_H

#include "scep_exchange.h"

/** Is it the page, or an operation that only the admin page has? */
bool scep_admin_is(scep_operation_e operation);

/**
 * Answer a GET, HEAD or POST for which scep_admin_is(). Without an
 * authenticated user nothing is rendered (invariant 1).
 */
int scep_admin_answer(scep_exchange_t *exchange);

#endif
