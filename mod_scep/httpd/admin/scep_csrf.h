/* Licensed under the Apache License, Version 2.0; see LICENSE. */
/**
 * @file scep_csrf.h
 * Finds out from a request's headers whether a browser sends it without its
 * user's intention. (httpd layer; APR only)
 */
#ifndef SCEP_CSRF_H
#define SCEP_CSRF_H

#include <apr_tables.h>

/**
 * Look for a sign that HEADERS come from a page of another host, from a part of
 * a page (an image, a frame), or from a browser that loads ahead. Programs send
 * none of these headers, and pass.
 * @return NULL: no such sign; else what was found, for the log, from POOL
 */
const char *scep_csrf_fault(const apr_table_t *headers, apr_pool_t *pool);

#endif
