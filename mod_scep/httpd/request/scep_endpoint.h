/* Licensed under the Apache License, Version 2.0; see LICENSE. */
/**
 * @file scep_endpoint.h
 * The hooks of a request. They recognise its path, keep it away from the file
 * system and from other modules, and handle it. (httpd layer)
 */
#ifndef SCEP_ENDPOINT_H
#define SCEP_ENDPOINT_H

#include "scep_exchange.h"
#include "scep_location.h"

/** Serves an exchange at an endpoint of KIND.
 * @return the result of httpd's handler; DECLINED: another handler must serve
 *     it */
typedef int scep_serve_fn(scep_exchange_t *exchange, scep_endpoint_e kind);

/** For register_hooks: register all hooks of a request, and the handler of the
 * SCEP operations. That handler also serves requests for an endpoint that other
 * handlers decline. */
void scep_endpoint_register(apr_pool_t *pool);

/** If r->handler is ours, make the exchange, let SERVE_IT serve it, and record
 * a refusal. */
int scep_endpoint_serve(request_rec *r, scep_serve_fn *serve_it);

/** The first steps for a GET or POST: check that all is ready, and read the
 * query.
 * @return SCEP_OK, or EXCHANGE's result is filled */
scep_status_e scep_endpoint_begin(scep_exchange_t *exchange);

#endif
