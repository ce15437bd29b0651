/* Licensed under the Apache License, Version 2.0; see LICENSE. */
/**
 * @file scep_endpoint.h
 * The hooks of a request: its path is recognised, kept away from the file
 * system and from other modules, and handled. (httpd layer)
 */
#ifndef SCEP_ENDPOINT_H
#define SCEP_ENDPOINT_H

#include "scep_exchange.h"
#include "scep_location.h"

/** Serves an exchange at an endpoint of KIND.
 * @return what httpd's handler is to return; DECLINED: it is for another one */
typedef int scep_serve_fn(scep_exchange_t *exchange, scep_endpoint_e kind);

/** For register_hooks: all hooks of a request, and the handler of the SCEP
 * operations, which also takes what other handlers for an endpoint decline. */
void scep_endpoint_register(apr_pool_t *pool);

/** A handler for r->handler of ours: make the exchange, have SERVE_IT serve it,
 * and record what was refused. */
int scep_endpoint_serve(request_rec *r, scep_serve_fn *serve_it);

/** What a GET or POST needs first: all is ready, and its query is read.
 * @return SCEP_OK, or EXCHANGE's result is filled */
scep_status_e scep_endpoint_begin(scep_exchange_t *exchange);

#endif
