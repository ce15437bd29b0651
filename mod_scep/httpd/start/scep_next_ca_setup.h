/* Licensed under the Apache License, Version 2.0; see LICENSE. */
/**
 * @file scep_next_ca_setup.h
 * Loads the next CA of a service from ScepNextCACertificateFile and
 * ScepNextCAKey. (httpd layer)
 */
#ifndef SCEP_NEXT_CA_SETUP_H
#define SCEP_NEXT_CA_SETUP_H

#include "scep_ra_setup.h"

/**
 * Load and check the next CA. SOURCE's ca is the current one.
 * @param next NULL: none is set
 * @return SCEP_OK; SCEP_BROKEN with directive, file and cure
 */
scep_status_e scep_next_ca_setup(const scep_ra_source_t *source,
                                 apr_pool_t *pool, const scep_next_ca_t **next,
                                 scep_result_t *res);

#endif
