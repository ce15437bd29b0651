/* Licensed under the Apache License, Version 2.0; see LICENSE. */
/**
 * @file scep_ra_directory.h
 * The files of RA pairs: those of ScepRADirectory, and after them those that
 * ScepRACertificateFile and ScepRAKey name. (httpd layer)
 */
#ifndef SCEP_RA_DIRECTORY_H
#define SCEP_RA_DIRECTORY_H

#include "scep_config.h"

/** At most this many pairs of ScepRADirectory, the newest, are used. */
enum { SCEP_RA_DIRECTORY_MAX = 16 };

/**
 * List the pairs, newest first.
 * @param certs const char *, paths
 * @param keys const char *, paths or URIs; the n-th belongs to the n-th above
 * @return SCEP_OK; SCEP_BROKEN with directive, file and cure
 */
scep_status_e scep_ra_files(const scep_server_config_t *conf, apr_pool_t *pool,
                            apr_array_header_t **certs,
                            apr_array_header_t **keys, scep_result_t *res);

#endif
