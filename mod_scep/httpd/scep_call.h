/* Licensed under the Apache License, Version 2.0; see LICENSE. */
/**
 * @file scep_call.h
 * One HTTP request to one of our handlers, in core terms, and the way its
 * answer leaves. (httpd layer)
 */
#ifndef SCEP_CALL_H
#define SCEP_CALL_H

#include <httpd.h>

#include "scep_runtime.h"

typedef struct scep_call_t {
    request_rec *r;
    scep_site_t *site; /* NULL: ScepEngine is off here */
    bool slash_added;  /* r->uri ends with a slash that the client left out */
    const char *below; /* of an admin page: what follows its path; never NULL */
    const char *allow; /* the methods that there are here, for Allow */
    scep_policy_t policy;
    scep_request_t request;
    scep_query_t query;
    scep_result_t res;
} scep_call_t;

/** The parts of CALL that come from configuration. */
void scep_call_init(scep_call_t *call, request_rec *r);

/** Is all there that a request needs? @return SCEP_OK, or RES is filled */
scep_status_e scep_call_ready(scep_call_t *call);

/** The HTTP status of a refusal that no CertRep can carry. */
int scep_call_status(const scep_result_t *res);

/** Refuse as CALL's result says; it is logged. @return what the handler is to
 * return */
int scep_call_refuse(scep_call_t *call);

/** The same for what has been logged already: a short text. */
int scep_call_refuse_quietly(scep_call_t *call);

/** Send the client to LOCATION, an absolute URL or a reference relative to the
 * request's. */
int scep_call_redirect(scep_call_t *call, int http_status,
                       const char *location);

/** Answer OPTIONS. */
int scep_call_options(scep_call_t *call);

/** Send ANSWER, body and all; of a HEAD httpd sends the headers alone. */
int scep_call_send(scep_call_t *call, const scep_answer_t *answer);

/** Send the headers of a HEAD whose body is not made. */
int scep_call_head(scep_call_t *call, const char *content_type);

/** A page for browsers: no scripts, no frames, nothing fetched, no forms. */
int scep_call_page(scep_call_t *call, const char *content_type,
                   scep_octets_t body);

/** The same in UTF-8, with forms that lead to ourselves. */
int scep_call_form_page(scep_call_t *call, int http_status, scep_octets_t body);

#endif
