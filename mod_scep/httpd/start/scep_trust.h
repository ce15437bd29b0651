/* Licensed under the Apache License, Version 2.0; see LICENSE. */
/**
 * @file scep_trust.h
 * ScepRenewalTrust: other CAs whose certificates may be renewed. The directive
 * notes the files, and a start reads them. (httpd layer)
 */
#ifndef SCEP_TRUST_H
#define SCEP_TRUST_H

#include "scep_config.h"

/** `-t`, and before a start: check the files, and log faults.
 * @return false if there are any */
bool scep_trust_check(const server_rec *main_server, apr_pool_t *ptemp);

/**
 * Parent: read the files of the sections of S. If httpd goes on after a
 * failure, endpoints of that section must refuse everything.
 * @return SCEP_OK; SCEP_BROKEN with directive, file and cure of the first
 *     failure
 */
scep_status_e scep_trust_start(const server_rec *main_server,
                               const server_rec *s, apr_pool_t *pool,
                               scep_result_t *res);

#endif
