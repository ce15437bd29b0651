/* Licensed under the Apache License, Version 2.0; see LICENSE. */
/**
 * @file scep_endpoint.h
 * The hooks of a request: its path is recognised, kept away from the file
 * system and from other modules, and handled. (httpd layer)
 */
#ifndef SCEP_ENDPOINT_H
#define SCEP_ENDPOINT_H

#include <httpd.h>

/** Translate, before mod_rewrite: the path is written as it counts. */
int scep_endpoint_canonicalize(request_rec *r);

/** Translate, after mod_rewrite: the request is ours. */
int scep_endpoint_translate(request_rec *r);

int scep_endpoint_map_to_storage(request_rec *r);
int scep_endpoint_fixups(request_rec *r);
int scep_endpoint_handler(request_rec *r);

#endif
