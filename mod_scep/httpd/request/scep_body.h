/* Licensed under the Apache License, Version 2.0; see LICENSE. */
/**
 * @file scep_body.h
 * A request's body, whole, up to a limit. (httpd layer)
 */
#ifndef SCEP_BODY_H
#define SCEP_BODY_H

#include <stdbool.h>

#include <httpd.h>

#include "scep.h"

/** How long a body may be. */
typedef struct scep_body_limit_t {
    apr_size_t max;    /* octets */
    const char *cause; /* for the log: whose limit it is */
} scep_body_limit_t;

/**
 * Read the body of R, chunked or not, HTTP/1 or 2. Octets are counted as they
 * come; what Content-Length says only saves reading.
 * @param filter_status set when an input filter has answered the client
 *     itself: the handler must return it and send nothing
 * @return SCEP_OK; SCEP_REFUSED (SCEP_R_TOO_LARGE, SCEP_R_BODY)
 */
scep_status_e scep_body_read(request_rec *r, const scep_body_limit_t *limit,
                             scep_octets_t *body, int *filter_status,
                             scep_result_t *res);

#endif
