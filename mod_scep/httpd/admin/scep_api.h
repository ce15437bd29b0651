/* Licensed under the Apache License, Version 2.0; see LICENSE. */
/**
 * @file scep_api.h
 * The JSON API below the admin page. scep_api.c has a table of the calls; a
 * file for each topic has the calls themselves. docs/api.md describes them.
 * (httpd layer)
 */
#ifndef SCEP_API_H
#define SCEP_API_H

#include <apr_tables.h>

#include "scep_exchange.h"
#include "scep_json.h"
#include "scep_json_read.h"

/** One call. */
typedef struct scep_api_t {
    scep_exchange_t *exchange;
    apr_pool_t *pool;  /* the request's */
    const char *arg;   /* the part for the "*" in the row's path; or NULL */
    scep_json_t *body; /* of a POST: an object; else NULL */
    const apr_table_t *query; /* of the URL, decoded */
    scep_result_t *res;       /* EXCHANGE's */
    bool logged;              /* the refusal in RES has been logged already */
    /* the answer: */
    int http_status;    /* 200 unless it is set */
    scep_octets_t json; /* not set: {} */
} scep_api_t;

/** Runs a call.
 * @return SCEP_OK: the answer is set; else RES is filled (not logged) */
typedef scep_status_e scep_api_fn(scep_api_t *api);

/** Is EXCHANGE for the API? */
bool scep_api_is(const scep_exchange_t *exchange);

/** Answer a request to the API, also with its faults, in JSON. */
int scep_api_answer(scep_exchange_t *exchange);

/* ---- for the calls: scep_api_values.c ---- */

/** Answer TEXT, a whole JSON object from the request's pool. */
scep_status_e scep_api_reply(scep_api_t *api, const char *text);

/** Read a parameter of the URL, a whole number from MIN to MAX.
 * @return SCEP_OK; *NUMBER is OTHERWISE if it is missing */
scep_status_e scep_api_number(scep_api_t *api, const char *name, int min,
                              int max, int otherwise, int *number);

/** Fail with SCEP_R_API_REQUEST for the member or parameter NAME. */
scep_status_e scep_api_bad(scep_api_t *api, const char *name,
                           const char *wanted);

/** Read the parameter "after" of a list, if there is one: CREATED in
 * microseconds and ID of the last row of the page before, as
 * scep_api_list_reply() wrote them. */
scep_status_e scep_api_after(scep_api_t *api, apr_time_t *created,
                             const char **id);

/** A page of a list. */
typedef struct scep_api_list_t {
    scep_api_t *api;
    int limit;                  /* of the page; ask the store for one more */
    apr_array_header_t *values; /* const char *: JSON */
    const char *next;           /* where the page ends */
    bool more;
} scep_api_list_t;

/** Begin a list with the parameter "limit". */
scep_status_e scep_api_list_begin(scep_api_t *api, scep_api_list_t *list);

/** Add an object; WHEN and ID of it are what scep_api_after() reads. */
void scep_api_list_add(scep_api_list_t *list, apr_time_t when, const char *id,
                       const char *json);

/** Answer {NAME: the objects, "next": where the next page begins or null}. */
scep_status_e scep_api_list_reply(scep_api_list_t *list, const char *name);

/* scep_api_challenges.c */
scep_api_fn scep_api_draw;
scep_api_fn scep_api_list;
scep_api_fn scep_api_cancel;
scep_api_fn scep_api_cancel_many;
scep_api_fn scep_api_rotate;
scep_api_fn scep_api_status;
/* scep_api_requests.c */
scep_api_fn scep_api_requests;
scep_api_fn scep_api_request;
scep_api_fn scep_api_approve;
scep_api_fn scep_api_reject;
/* scep_api_certs.c */
scep_api_fn scep_api_certs;
scep_api_fn scep_api_cert;
scep_api_fn scep_api_revoke;

#endif
