/* Licensed under the Apache License, Version 2.0; see LICENSE. */
/*
 * scep_status.c: shows for each CA how long its certificates are valid, how
 * full the password table is, and how many requests had which outcome. (httpd
 * layer)
 */
#include "scep_status.h"

#include <apr_optional_hooks.h>
#include <apr_strings.h>
#include <mod_status.h>

#include <http_main.h>
#include <http_protocol.h>

#include "scep_cert_time.h"
#include "scep_name_search.h"
#include "scep_runtime.h"

/* One certificate; N and WHAT name it in the short form. */
typedef struct line_t {
    request_rec *r;
    bool brief;
    int n; /* of the CA */
} line_t;

static void show_cert(const line_t *line, const char *what, X509 *cert)
{
    request_rec *r = line->r;
    apr_int64_t now = apr_time_sec(r->request_time), last = 0;
    long days;

    if (!scep_cert_time(X509_get0_notAfter(cert), &last)) {
        return;
    }
    days = (long)((last - now) / 86400);
    if (last < now) {
        days = -1;
    }
    if (line->brief) {
        ap_rprintf(r, "Scep%d%sDays: %ld\n", line->n, what, days);
        return;
    }
    ap_rprintf(
        r, "<tr><td>%s</td><td>%s</td><td>%s</td></tr>\n", what,
        ap_escape_html(
            r->pool, /* the page is not UTF-8 */
            scep_name_ascii(
                r->pool, scep_name_text(r->pool, X509_get_subject_name(cert)))),
        days < 0 ? "<b>expired</b>" : apr_psprintf(r->pool, "%ld days", days));
}

static void show_site(line_t *line, const scep_site_t *site)
{
    const scep_service_t *service = &site->service;
    request_rec *r = line->r;
    scep_certs_t *ra;
    int i;

    if (line->brief) {
        ap_rprintf(r, "Scep%dReady: %d\n", line->n, site->ready ? 1 : 0);
    }
    else if (!site->ready) {
        ap_rputs("<tr><td colspan=\"3\"><b>out of order; see the error "
                 "log</b></td></tr>\n",
                 r);
    }
    if (service->ca == NULL || service->ra == NULL) {
        return;
    }
    show_cert(line, "CA",
              sk_X509_value(service->backend->certificates(service->ca), 0));
    ra = service->ra->certs;
    for (i = 0; i < sk_X509_num(ra); i++) {
        show_cert(line, i == 0 ? "RA" : "RA2", sk_X509_value(ra, i));
    }
    if (service->next != NULL) {
        show_cert(line, "NextCA", sk_X509_value(service->next->certs, 0));
    }
}

/* With a shared database, no passwords are in the table. */
static bool has_own_passwords(const scep_service_t *service)
{
    return service->store != NULL && scep_store_shared(service->store);
}

static bool same_passwords(const scep_service_t *a, const scep_service_t *b)
{
    return has_own_passwords(a) && has_own_passwords(b) &&
           strcmp(a->ca_id, b->ca_id) == 0 &&
           strcmp(scep_store_name(a->store), scep_store_name(b->store)) == 0;
}

/* Count the passwords of the I-th site in a shared database, unless a site
 * before it has the same ones. */
static scep_status_e count_shared(const request_rec *r,
                                  const scep_runtime_t *runtime, int i,
                                  apr_int64_t *count)
{
    const scep_service_t *service =
        &APR_ARRAY_IDX(runtime->sites, i, scep_site_t *)->service;
    scep_result_t res;
    int j;

    *count = 0;
    if (!has_own_passwords(service)) {
        return SCEP_OK;
    }
    for (j = 0; j < i; j++) {
        if (same_passwords(
                service,
                &APR_ARRAY_IDX(runtime->sites, j, scep_site_t *)->service)) {
            return SCEP_OK;
        }
    }
    scep_result_init(&res, r->pool);
    return scep_store_challenges_count(service->store, service->ca_id,
                                       r->request_time, count, &res);
}

/* All CAs share the password table. The passwords of shared databases are
 * added. */
static void show_passwords(const line_t *line, const scep_runtime_t *runtime,
                           scep_challenge_table_t *table)
{
    request_rec *r = line->r;
    apr_int64_t used, count;
    int i;

    if (table == NULL) {
        return;
    }
    used = scep_challenge_table_count(table, r->request_time);
    for (i = 0; i < runtime->sites->nelts; i++) {
        if (count_shared(r, runtime, i, &count) != SCEP_OK) {
            ap_rputs(line->brief ? "ScepPasswords: -1\n"
                                 : "<p>the database cannot be asked how many "
                                   "passwords are outstanding</p>\n",
                     r);
            return;
        }
        used += count;
    }
    ap_rprintf(r,
               line->brief ? "ScepPasswords: %" APR_INT64_T_FMT
                             "\nScepPasswordMax: %u\n"
                           : "<p>%" APR_INT64_T_FMT
                             " of %u passwords outstanding</p>\n",
               used, scep_challenge_table_capacity(table));
}

/* All CAs share the counts. */
static void show_counts(const line_t *line, const scep_counts_t *counts)
{
    apr_uint64_t n[SCEP_COUNT_KINDS];
    int i;

    if (counts == NULL) {
        return;
    }
    for (i = 0; i < SCEP_COUNT_KINDS; i++) {
        n[i] = scep_counts_get(counts, (scep_count_e)i);
    }
    ap_rprintf(line->r,
               line->brief ? "ScepIssued: %" APR_UINT64_T_FMT
                             "\nScepRenewed: %" APR_UINT64_T_FMT
                             "\nScepPending: %" APR_UINT64_T_FMT
                             "\nScepRefused: %" APR_UINT64_T_FMT
                             "\nScepUnavailable: %" APR_UINT64_T_FMT "\n"
                           : "<p>Since httpd was started: %" APR_UINT64_T_FMT
                             " certificates issued, %" APR_UINT64_T_FMT
                             " renewed; %" APR_UINT64_T_FMT
                             " requests made to wait, %" APR_UINT64_T_FMT
                             " refused, %" APR_UINT64_T_FMT
                             " that could not be served</p>\n",
               n[SCEP_COUNT_ISSUED], n[SCEP_COUNT_RENEWED],
               n[SCEP_COUNT_PENDING], n[SCEP_COUNT_REFUSED],
               n[SCEP_COUNT_UNAVAILABLE]);
}

static int show_status(request_rec *r, int flags)
{
    const scep_runtime_t *runtime = scep_runtime_of(ap_server_conf);
    line_t line = {r, (flags & AP_STATUS_SHORT) != 0, 0};
    const scep_site_t *site = NULL;

    if (runtime == NULL) {
        return OK;
    }
    if (!line.brief) {
        ap_rputs("<hr />\n<h2>SCEP</h2>\n<table border=\"0\">\n<tr><th>"
                 "certificate</th><th>subject</th><th>valid for</th></tr>\n",
                 r);
    }
    for (line.n = 1; line.n <= runtime->sites->nelts; line.n++) {
        site = APR_ARRAY_IDX(runtime->sites, line.n - 1, scep_site_t *);
        show_site(&line, site);
    }
    if (!line.brief) {
        ap_rputs("</table>\n", r);
    }
    if (site != NULL) {
        show_passwords(&line, runtime, site->service.challenges);
        show_counts(&line, site->service.counts);
    }
    return OK;
}

void scep_status_register(void)
{
    APR_OPTIONAL_HOOK(ap, status_hook, show_status, NULL, NULL,
                      APR_HOOK_MIDDLE);
}
