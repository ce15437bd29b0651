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

#include <stdbool.h>

#include <httpd.h>
#include <http_core.h>

#include "scep.h"

typedef enum {
    SCEP_ENDPOINT_NONE = 0,
    SCEP_ENDPOINT_DEVICE, /* SCEP operations */
    SCEP_ENDPOINT_CRL,    /* the CRL; by SetHandler only */
    SCEP_ENDPOINT_ADMIN   /* draws passwords; SCEP operations also */
} scep_endpoint_e;

/** A path of ours. */
typedef struct scep_location_t {
    scep_endpoint_e kind;
    char *uri;        /* as it is to be */
    char *path_info;  /* what follows the endpoint's path; points into uri */
    bool slash_added; /* the client's had none at its end */
} scep_location_t;

/**
 * Is URI (decoded and normalised) one of ours? The admin page's path gets a
 * slash at its end, so that a section written with or without one applies.
 * @return true: LOCATION is filled, from POOL
 */
bool scep_location_match(const char *uri, apr_pool_t *pool,
                         scep_location_t *location);

/**
 * What of R's path follows that of its admin page, if R is served by
 * `SetHandler scep-admin`: "" or something that starts with a slash. The last
 * <Location>, or else <Directory>, with that handler tells where the page's
 * path ends, so that nothing that stands between can evade a narrower section.
 */
const char *scep_location_below(request_rec *r, const char *handler);

/**
 * Refuse a <Location> or <LocationMatch> of server S that is written for one
 * of the endpoints but would leave it unguarded: because of its upper-case
 * letters it would never apply, or it would apply to some of the paths by
 * which the same is served.
 */
scep_status_e scep_location_check(const server_rec *s, apr_pool_t *pool,
                                  scep_result_t *res);

#endif
