/* Licensed under the Apache License, Version 2.0; see LICENSE. */
/**
 * @file scep_location.h
 * The paths of ScepEngine. They match in any case, and are then written in
 * lower case into r->uri. So the <Location> that guards an endpoint applies
 * however a client spells the path. (httpd layer)
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

/** The path of an endpoint. */
typedef struct scep_location_t {
    scep_endpoint_e kind;
    char *uri;        /* as r->uri is to be */
    char *path_info;  /* what follows the endpoint's path; points into uri */
    bool slash_added; /* the client sent none at the end */
} scep_location_t;

/**
 * Is URI (decoded and normalised) the path of an endpoint? The admin page's
 * path gets a slash at its end, so that a section with or without one applies.
 * @return true: LOCATION is filled, from POOL
 */
bool scep_location_match(const char *uri, apr_pool_t *pool,
                         scep_location_t *location);

/**
 * What follows the path of the admin page in R's path, if `SetHandler
 * scep-admin` serves R: "" or something that starts with a slash. The last
 * <Location> with that handler, or the last <Directory> if there is none, says
 * where the page's path ends, so that no path in between can evade a narrower
 * section.
 */
const char *scep_location_below(request_rec *r, const char *handler);

/**
 * Refuse a <Location> or <LocationMatch> of server S that is meant for an
 * endpoint but leaves it unguarded: it has upper-case letters and so never
 * applies, or it applies to only some of the endpoint's paths.
 */
scep_status_e scep_location_check(const server_rec *s, apr_pool_t *pool,
                                  scep_result_t *res);

#endif
