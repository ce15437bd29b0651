/* Licensed under the Apache License, Version 2.0; see LICENSE. */
/*
 * scep_body.c: reads brigades until the end of the body. (httpd layer)
 */
#include "scep_body.h"

#include <apr_strings.h>

#include <http_protocol.h>
#include <util_filter.h>

#include "scep_str.h"

typedef struct reader_t {
    request_rec *r;
    unsigned char *data;
    apr_size_t used;
    const scep_body_limit_t *limit;
    bool complete;
    int *filter_status;
    scep_result_t *res;
} reader_t;

static scep_status_e too_large(const reader_t *b)
{
    return scep_fail(b->res, SCEP_R_TOO_LARGE,
                     "the body has more than %lu octets (%s)",
                     (unsigned long)b->limit->max, b->limit->cause);
}

/* How many octets the client said that it would send. */
static const char *announced(request_rec *r)
{
    const char *length = apr_table_get(r->headers_in, "Content-Length");

    return length != NULL ? scep_printable(r->pool, length, 20) : "unknown";
}

static scep_status_e unreadable(const reader_t *b, apr_status_t rv)
{
    char text[128];
    int status = ap_map_http_request_error(rv, HTTP_BAD_REQUEST);

    if (status == HTTP_REQUEST_ENTITY_TOO_LARGE) {
        return scep_fail(b->res, SCEP_R_TOO_LARGE,
                         "the body is larger than LimitRequestBody");
    }
    if (status == AP_FILTER_ERROR) {
        *b->filter_status = status;
    }
    return scep_fail(b->res, SCEP_R_BODY,
                     "incomplete: the body ended after %lu of %s octets (%s)",
                     (unsigned long)b->used, announced(b->r),
                     apr_strerror(rv, text, sizeof(text)));
}

static scep_status_e take_brigade(reader_t *b, apr_bucket_brigade *bb)
{
    apr_bucket *e;

    for (e = APR_BRIGADE_FIRST(bb);
         e != APR_BRIGADE_SENTINEL(bb) && !b->complete;
         e = APR_BUCKET_NEXT(e)) {
        const char *data;
        apr_size_t len;
        apr_status_t rv;

        if (APR_BUCKET_IS_EOS(e)) {
            b->complete = true;
        }
        if (APR_BUCKET_IS_METADATA(e)) {
            continue;
        }
        rv = apr_bucket_read(e, &data, &len, APR_BLOCK_READ);
        if (rv != APR_SUCCESS) {
            return unreadable(b, rv);
        }
        if (len > b->limit->max - b->used) {
            return too_large(b);
        }
        memcpy(b->data + b->used, data, len);
        b->used += len;
    }
    return SCEP_OK;
}

/* Content-Length can only save reading: with an inflating input filter it says
 * nothing about what arrives here. */
static scep_status_e make_buffer(reader_t *b)
{
    const char *length = apr_table_get(b->r->headers_in, "Content-Length");
    apr_off_t size = 0;
    char *end;

    if (length != NULL &&
        apr_table_get(b->r->headers_in, "Transfer-Encoding") == NULL) {
        if (apr_strtoff(&size, length, &end, 10) != APR_SUCCESS || size < 0) {
            return scep_fail(b->res, SCEP_R_BODY, "bad Content-Length");
        }
        if (size > (apr_off_t)b->limit->max) {
            return too_large(b);
        }
    }
    b->data = apr_palloc(b->r->pool, b->limit->max);
    return SCEP_OK;
}

scep_status_e scep_body_read(request_rec *r, const scep_body_limit_t *limit,
                             scep_octets_t *body, int *filter_status,
                             scep_result_t *res)
{
    reader_t b = {r, NULL, 0, limit, false, filter_status, res};
    apr_bucket_brigade *bb =
        apr_brigade_create(r->pool, r->connection->bucket_alloc);
    scep_status_e status = make_buffer(&b);

    while (status == SCEP_OK && !b.complete) {
        apr_status_t rv =
            ap_get_brigade(r->input_filters, bb, AP_MODE_READBYTES,
                           APR_BLOCK_READ, HUGE_STRING_LEN);

        status = rv == APR_SUCCESS ? take_brigade(&b, bb) : unreadable(&b, rv);
        apr_brigade_cleanup(bb);
    }
    apr_brigade_destroy(bb);
    body->data = b.data;
    body->len = b.used;
    return status;
}
