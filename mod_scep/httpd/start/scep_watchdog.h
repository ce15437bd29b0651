/* Licensed under the Apache License, Version 2.0; see LICENSE. */
/**
 * @file scep_watchdog.h
 * What is done from time to time, by mod_watchdog in one of the children:
 * CRLs are signed before they run out and after revocations, and certificates
 * that are about to expire are warned of. (httpd layer)
 */
#ifndef SCEP_WATCHDOG_H
#define SCEP_WATCHDOG_H

#include "scep_runtime.h"

/**
 * Parent: have mod_watchdog call us. Without that module CRLs are signed when
 * somebody asks for one.
 */
void scep_watchdog_start(scep_runtime_t *runtime, server_rec *s,
                         apr_pool_t *pool);

#endif
