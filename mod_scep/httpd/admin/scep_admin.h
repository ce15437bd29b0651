/* Licensed under the Apache License, Version 2.0; see LICENSE. */
/**
 * @file scep_admin.h
 * The admin wing: NDES's page and its two operations, the form page and the
 * API, at endpoints of `SetHandler scep-admin`. It may use all of the glue; none
 * of that uses it. (httpd layer)
 */
#ifndef SCEP_ADMIN_H
#define SCEP_ADMIN_H

#include <apr_pools.h>

/** For register_hooks. Without an authenticated user nothing is rendered
 * (invariant 1). */
void scep_admin_register(apr_pool_t *pool);

#endif
