/* Licensed under the Apache License, Version 2.0; see LICENSE. */
/**
 * @file scep_trust.h
 * ScepRenewalTrust: the CAs beside the issuing one whose certificates may be
 * renewed. The directive notes files; a start reads them. (httpd layer)
 */
#ifndef SCEP_TRUST_H
#define SCEP_TRUST_H

#include "scep_config.h"

/** `-t`, and before a start: what is wrong is logged.
 * @return false if something is */
bool scep_trust_check(const server_rec *main_server, apr_pool_t *ptemp);

/**
 * Parent: read the files of the sections of S. Endpoints of a section that
 * failed must refuse all, should httpd go on.
 * @return SCEP_OK; SCEP_BROKEN with directive, file and cure: the first that
 *     failed
 */
scep_status_e scep_trust_start(const server_rec *main_server,
                               const server_rec *s, apr_pool_t *pool,
                               scep_result_t *res);

#endif
