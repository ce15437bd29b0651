/* Licensed under the Apache License, Version 2.0; see LICENSE. */
/*
 * scep_crl_page.c: serve the CRL. A cache may keep it for a short while only,
 * for the next revocation makes another one. (httpd layer)
 */
#include "scep_crl_page.h"

#include <apr_strings.h>

#include <http_protocol.h>
#include <http_request.h>

#include "scep_crl_issue.h"

enum { MAX_AGE = 300 /* seconds */ };

static void set_freshness(request_rec *r, const scep_crl_row_t *row)
{
    apr_time_t left = apr_time_sec(row->next_update - r->request_time);

    if (left > MAX_AGE) {
        left = MAX_AGE;
    }
    apr_table_setn(
        r->headers_out, "Cache-Control",
        apr_psprintf(r->pool, "max-age=%d", left > 0 ? (int)left : 0));
    apr_table_setn(
        r->headers_out, "ETag",
        apr_psprintf(r->pool, "\"%" APR_INT64_T_FMT "\"", row->number));
    ap_update_mtime(r, row->this_update);
    ap_set_last_modified(r);
}

int scep_crl_answer(scep_exchange_t *exchange)
{
    request_rec *r = exchange->r;
    scep_answer_t answer = {.http_status = HTTP_OK,
                            .content_type = "application/pkix-crl",
                            .cacheable = true};
    scep_crl_row_t *row;
    int status;

    apr_table_setn(r->notes, "SCEP_OPERATION", "crl");
    if (scep_crl_current(exchange->request.service, &exchange->request.env,
                         r->pool, &row, &exchange->res) != SCEP_OK) {
        if (exchange->res.status == SCEP_REFUSED) {
            exchange->res.http_status = HTTP_NOT_FOUND; /* no CertRep here */
        }
        return scep_exchange_refuse(exchange);
    }
    set_freshness(r, row);
    status = ap_meets_conditions(r);
    if (status != OK) {
        return status;
    }
    answer.body = row->der;
    return scep_exchange_send(exchange, &answer);
}
