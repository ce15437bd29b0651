/* Licensed under the Apache License, Version 2.0; see LICENSE. */
/**
 * @file scep_exchange.h
 * One HTTP request to one of our handlers, in core terms, and the way its
 * answer leaves. (httpd layer)
 */
#ifndef SCEP_EXCHANGE_H
#define SCEP_EXCHANGE_H

#include <httpd.h>

#include "scep_runtime.h"

typedef struct scep_exchange_t {
    request_rec *r;
    scep_site_t *site; /* NULL: ScepEngine is off here */
    bool slash_added;  /* r->uri ends with a slash that the client left out */
    const char *below; /* of an admin page: what follows its path; never NULL */
    const char *allow; /* the methods that there are here, for Allow */
    scep_policy_t policy;
    scep_request_t request;
    scep_query_t query;
    scep_result_t res;
} scep_exchange_t;

/** The parts of EXCHANGE that come from configuration. */
void scep_exchange_init(scep_exchange_t *exchange, request_rec *r);

/** Is all there that a request needs? @return SCEP_OK, or RES is filled */
scep_status_e scep_exchange_ready(scep_exchange_t *exchange);

/** The HTTP status of a refusal that no CertRep can carry. */
int scep_exchange_status(const scep_result_t *res);

/** Refuse as EXCHANGE's result says; it is logged. @return what the handler is to
 * return */
int scep_exchange_refuse(scep_exchange_t *exchange);

/** The same for what has been logged already: a short text. */
int scep_exchange_refuse_quietly(scep_exchange_t *exchange);

/** Send the client to LOCATION, an absolute URL or a reference relative to the
 * request's. */
int scep_exchange_redirect(scep_exchange_t *exchange, int http_status,
                           const char *location);

/** Answer OPTIONS. */
int scep_exchange_options(scep_exchange_t *exchange);

/** Send ANSWER, body and all; of a HEAD httpd sends the headers alone. */
int scep_exchange_send(scep_exchange_t *exchange, const scep_answer_t *answer);

/** Send the headers of a HEAD whose body is not made. */
int scep_exchange_head(scep_exchange_t *exchange, const char *content_type);

/** A page for browsers: no scripts, no frames, nothing fetched, no forms. */
int scep_exchange_page(scep_exchange_t *exchange, const char *content_type,
                       scep_octets_t body);

/** The same in UTF-8, with forms that lead to ourselves. */
int scep_exchange_form_page(scep_exchange_t *exchange, int http_status,
                            scep_octets_t body);

#endif
