/* Licensed under the Apache License, Version 2.0; see LICENSE. */
/**
 * @file scep_location.h
 * The paths under which ScepEngine serves. They are matched without regard to
 * case and then written in lower case into r->uri, so that the <Location>
 * that guards an endpoint applies however a client spells the path.
 * (httpd layer)
 */
#ifndef SCEP_LOCATION_H
#define SCEP_LOCATION_H

#include <httpd.h>

#include "scep.h"

typedef enum {
    SCEP_ENDPOINT_NONE = 0,
    SCEP_ENDPOINT_DEVICE, /* SCEP operations */
    SCEP_ENDPOINT_ADMIN   /* draws passwords; SCEP operations also */
} scep_endpoint_e;

/**
 * Is URI (decoded and normalised) one of ours?
 * @param canonical its path as it is to be; from POOL
 * @param path_info what follows the endpoint's path; points into *CANONICAL
 */
scep_endpoint_e scep_location_match(const char *uri, apr_pool_t *pool,
                                    char **canonical, char **path_info);

/**
 * Refuse a <Location> or <LocationMatch> of server S that is written for one
 * of the endpoints but, because of its upper-case letters, would never apply:
 * it would leave the endpoint unguarded.
 */
scep_status_e scep_location_check(const server_rec *s, apr_pool_t *pool,
                                  scep_result_t *res);

#endif
