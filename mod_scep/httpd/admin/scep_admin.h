/* Licensed under the Apache License, Version 2.0; see LICENSE. */
/**
 * @file scep_admin.h
 * The admin wing: NDES's page and its two operations, the form page and the
 * API, at endpoints of `SetHandler scep-admin`. It may use all other wings of
 * this layer; none of them uses it. (httpd layer)
 */
#ifndef SCEP_ADMIN_H
#define SCEP_ADMIN_H

#include <apr_pools.h>

/** For register_hooks: register the handler. It shows nothing without an
 * authenticated user (invariant 1). */
void scep_admin_register(apr_pool_t *pool);

#endif
