/* Licensed under the Apache License, Version 2.0; see LICENSE. */
/**
 * @file scep_exchange.h
 * One HTTP request to one of our handlers: the core's request, its body, and
 * how its answer is sent. (httpd layer)
 */
#ifndef SCEP_EXCHANGE_H
#define SCEP_EXCHANGE_H

#include <httpd.h>

#include "scep_runtime.h"

typedef struct scep_exchange_t {
    request_rec *r;
    scep_site_t *site; /* NULL: ScepEngine is off here */
    bool slash_added;  /* r->uri ends with a slash that the client left out */
    const char *below; /* what follows an admin page's path; never NULL */
    const char *allow; /* the methods of this path, for the header Allow */
    scep_policy_t policy;
    scep_request_t request;
    scep_query_t query;
    scep_result_t res;
} scep_exchange_t;

/** Fill the parts of EXCHANGE that come from the configuration. */
void scep_exchange_init(scep_exchange_t *exchange, request_rec *r);

/** Check that the CA and all else that a request needs is ready.
 * @return SCEP_OK, or EXCHANGE's result is filled */
scep_status_e scep_exchange_ready(scep_exchange_t *exchange);

/** The HTTP status of a refusal outside of a CertRep. */
int scep_exchange_status(const scep_result_t *res);

/** Refuse as EXCHANGE's result says, and log it.
 * @return the handler's result, as for all that follow */
int scep_exchange_refuse(scep_exchange_t *exchange);

/** The same for a refusal that has been logged already. */
int scep_exchange_refuse_quietly(scep_exchange_t *exchange);

/** Send the client to LOCATION, an absolute URL or a reference relative to the
 * request's. */
int scep_exchange_redirect(scep_exchange_t *exchange, int http_status,
                           const char *location);

/** Answer OPTIONS. */
int scep_exchange_options(scep_exchange_t *exchange);

/** Send ANSWER with its body. For a HEAD, httpd sends only the headers. */
int scep_exchange_send(scep_exchange_t *exchange, const scep_answer_t *answer);

/** Answer a HEAD without making the body. */
int scep_exchange_head(scep_exchange_t *exchange, const char *content_type);

/** Send a page for browsers. It may not run scripts, be framed, fetch anything,
 * or send forms. */
int scep_exchange_page(scep_exchange_t *exchange, const char *content_type,
                       scep_octets_t body);

/** The same in UTF-8; its forms may be sent to this server. */
int scep_exchange_form_page(scep_exchange_t *exchange, int http_status,
                            scep_octets_t body);

/** How long a body may be. */
typedef struct scep_body_limit_t {
    apr_size_t max;    /* octets */
    const char *cause; /* for the log: the directive with the limit */
} scep_body_limit_t;

/**
 * Read the body of R, chunked or not, HTTP/1 or 2. Octets are counted as they
 * come; Content-Length only saves reading.
 * @param filter_status set if an input filter has answered the client itself:
 *     the handler must return it and send nothing
 * @return SCEP_OK; SCEP_REFUSED (SCEP_R_TOO_LARGE, SCEP_R_BODY)
 */
scep_status_e scep_body_read(request_rec *r, const scep_body_limit_t *limit,
                             scep_octets_t *body, int *filter_status,
                             scep_result_t *res);

#endif
