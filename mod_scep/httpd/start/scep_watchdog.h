/* Licensed under the Apache License, Version 2.0; see LICENSE. */
/**
 * @file scep_watchdog.h
 * Recurring work that mod_watchdog runs in one of the children: it signs CRLs
 * before they run out and after revocations, warns of certificates that are
 * about to expire, and deletes old rows. (httpd layer)
 */
#ifndef SCEP_WATCHDOG_H
#define SCEP_WATCHDOG_H

#include "scep_runtime.h"

/**
 * Parent: register with mod_watchdog. Without that module, CRLs are signed when
 * somebody asks for one.
 */
void scep_watchdog_start(scep_runtime_t *runtime, server_rec *s,
                         apr_pool_t *pool);

#endif
