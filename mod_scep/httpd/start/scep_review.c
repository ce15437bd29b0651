/* Licensed under the Apache License, Version 2.0; see LICENSE. */
/* scep_review.c: see scep_review.h. (httpd layer) */
#include "scep_review.h"

#include <apr_strings.h>

#include <openssl/x509v3.h>

#include <http_core.h>
#include <http_log.h>
#include <mpm_common.h>

#include "scep_location.h"
#include "scep_place.h"
#include "scep_runtime.h"
#include "scep_sections.h"

APLOG_USE_MODULE(scep);

/* A pkiMessage in the URL of a GET: 12 KB with long keys and a chain. */
enum { LINE_NEEDED = 12288 };

typedef struct review_t {
    server_rec *main_server;
    server_rec *s;
    apr_hash_t *told; /* texts */
    apr_pool_t *pool;
} review_t;

/* TEXT with its place AT (NULL: that of ScepEngine). NULL: told already. */
static const char *text_of(const review_t *r, const char *at, const char *text)
{
    scep_result_t res;

    scep_result_init(&res, r->pool);
    res.place = at;
    res.detail = text;
    return scep_place_fault(r->s, scep_config_server(r->s), &res, r->told);
}

/* ---- LimitRequestLine ---- */

static bool has_address(const server_rec *s, const server_addr_rec *addr)
{
    const server_addr_rec *own;

    for (own = s->addrs; own != NULL; own = own->next) {
        if (own->host_port == addr->host_port &&
            apr_sockaddr_equal(own->host_addr, addr->host_addr)) {
            return true;
        }
    }
    return false;
}

/* httpd does not know the Host yet when it reads the request line. It uses the
 * limit of the first virtual host of the address. Its list has the last one
 * first. */
static const server_rec *first_of(const review_t *r,
                                  const server_addr_rec *addr)
{
    const server_rec *s, *first = r->s;

    for (s = r->main_server->next; s != NULL; s = s->next) {
        if (has_address(s, addr)) {
            first = s;
        }
    }
    return first;
}

static void review_line(const review_t *r, const server_rec *first)
{
    const char *cure = "set LimitRequestLine 65536";
    const char *text;

    if (first->limit_req_line >= LINE_NEEDED) {
        return;
    }
    if (first->is_virtual) {
        cure = apr_psprintf(
            r->pool,
            "set LimitRequestLine 65536 in %s, whose limit counts for all "
            "virtual hosts of its address, or in the main server before that",
            scep_place_server(first, r->pool));
    }
    text = text_of(
        r, NULL,
        apr_psprintf(r->pool,
                     "devices that send their requests by GET need request "
                     "lines of up to 12 KB, but httpd takes %d octets and "
                     "answers 414; %s",
                     first->limit_req_line, cure));
    if (text != NULL) {
        ap_log_error(APLOG_MARK, APLOG_WARNING, 0, r->s, SCEPLOGNO(0046) "%s",
                     text);
    }
}

/* Do virtual hosts take all addresses, so that the main server serves none? */
static bool is_covered(const server_rec *main_server)
{
    const server_rec *s;
    const server_addr_rec *addr;

    for (s = main_server->next; s != NULL; s = s->next) {
        for (addr = s->addrs; addr != NULL; addr = addr->next) {
            if (strcmp(addr->virthost, "*") == 0 ||
                strcasecmp(addr->virthost, "_default_") == 0) {
                return true;
            }
        }
    }
    return false;
}

static void review_lines(const review_t *r)
{
    const server_addr_rec *addr;

    if (!r->s->is_virtual) {
        if (!is_covered(r->main_server)) {
            review_line(r, r->s);
        }
        return;
    }
    for (addr = r->s->addrs; addr != NULL; addr = addr->next) {
        review_line(r, first_of(r, addr));
    }
}

/* ---- who may draw ---- */

typedef struct page_t {
    const review_t *r;
    const char *pattern; /* of the section for the page */
    bool type;           /* AuthType, other than None */
    bool require;        /* a Require that only a user can meet */
    bool name;           /* another module sets the user */
    bool closed;         /* Require all denied */
} page_t;

static bool needs_no_user(const char *word)
{
    static const char *const words[] = {
        "all",   "ip",          "host",
        "local", "method",      "env",
        "ssl",   "forward-dns", "ssl-verify-client"};
    size_t i;

    for (i = 0; i < sizeof(words) / sizeof(words[0]); i++) {
        if (strcasecmp(word, words[i]) == 0) {
            return true;
        }
    }
    return false;
}

static bool look_inside(void *baton, const ap_directive_t *d)
{
    page_t *page = baton;
    const char *value = scep_directive_value(d, page->r->pool);

    if (scep_directive_is(d, "AuthType")) {
        page->type |= strcasecmp(value, "None") != 0;
    }
    else if (scep_directive_is(d, "Require")) {
        page->require |= !needs_no_user(value);
        page->closed |= strcasecmp(d->args, "all denied") == 0;
    }
    else if (scep_directive_is(d, "SSLUserName")) {
        page->name = true;
    }
    return false;
}

static bool look_at(void *baton, const ap_directive_t *d)
{
    page_t *page = baton;
    bool section = scep_directive_is(d, "<Location") ||
                   scep_directive_is(d, "<LocationMatch");

    if (section &&
        strcmp(scep_directive_value(d, page->r->pool), page->pattern) == 0) {
        scep_sections_walk_in(d, look_inside, page);
    }
    return false;
}

static bool look_at_directories(void *baton, const ap_directive_t *d)
{
    if (strncasecmp(d->directive, "<Directory", 10) == 0) {
        scep_sections_walk_in(d, look_inside, baton);
    }
    return false;
}

static bool gives_passwords(const scep_sources_t *sources)
{
    int i;

    for (i = 0; i < sources->count; i++) {
        if (sources->source[i] == SCEP_SOURCE_ONE_TIME ||
            sources->source[i] == SCEP_SOURCE_SINGLE) {
            return true;
        }
    }
    return false;
}

/* @param section that of `SetHandler scep-admin`; NULL: ScepEngine's own
 * page */
static void review_page(const review_t *r, const char *path,
                        const char *section)
{
    const core_server_config *core =
        ap_get_core_module_config(r->s->module_config);
    const scep_dir_config_t *policy = scep_sections_policy(r->s, path, r->pool);
    page_t page = {.r = r};
    const char *text;
    int i;

    for (i = 0; core->sec_url != NULL && i < core->sec_url->nelts; i++) {
        const core_dir_config *location = ap_get_core_module_config(
            APR_ARRAY_IDX(core->sec_url, i, ap_conf_vector_t *));

        if (scep_section_applies(location, path)) {
            page.pattern = location->d;
            scep_sections_walk(r->s, look_at, &page);
        }
    }
    if (section != NULL) { /* httpd also maps it to a file */
        bool closed = page.closed;

        scep_sections_walk(r->s, look_at_directories, &page);
        page.closed = closed;
    }
    if (!gives_passwords(&policy->policy.sources) || page.name ||
        (page.type && page.require) || (page.closed && !page.type)) {
        return;
    }
    /* A tested part of a configuration may lack the page's section. */
    if (page.pattern == NULL && section == NULL &&
        ap_state_query(AP_SQ_RUN_MODE) == AP_SQ_RM_CONFIG_TEST) {
        return;
    }
    text = text_of(
        r, section != NULL ? scep_sections_at(r->s, section, r->pool) : NULL,
        apr_psprintf(
            r->pool,
            "nobody can draw passwords at %s, because httpd authenticates no "
            "users there; give it AuthType and Require in a <Location>, or "
            "\"Require all denied\" if nobody is to draw",
            path));
    if (text != NULL) {
        ap_log_error(APLOG_MARK, APLOG_WARNING, 0, r->s, SCEPLOGNO(0047) "%s",
                     text);
    }
}

static bool is_page(void *baton, const ap_directive_t *d)
{
    const review_t *r = baton;

    return scep_directive_is(d, "SetHandler") &&
           strcmp(scep_directive_value(d, r->pool), "scep-admin") == 0;
}

/* Nobody can say which paths an expression applies to. */
static bool review_section(void *baton, const ap_directive_t *d)
{
    review_t *r = baton;

    if (scep_directive_is(d, "<Location") && strchr(d->args, '~') == NULL &&
        strpbrk(d->args, "*?[") == NULL &&
        scep_sections_walk_in(d, is_page, r)) {
        const char *path = scep_directive_value(d, r->pool);

        review_page(r, path, path);
    }
    return false;
}

static void review_pages(review_t *r)
{
    review_page(r, "/certsrv/mscep_admin/", NULL);
    scep_sections_walk(r->s, review_section, r);
}

/* ---- what is open ---- */

static bool has_none(const scep_sources_t *sources)
{
    return sources->count > 0 &&
           sources->source[sources->count - 1] == SCEP_SOURCE_NONE;
}

static void review_policy(const review_t *r, const scep_policy_section_t *one)
{
    const scep_dir_config_t *own = one->own, *policy = one->policy;
    const char *text;

    if (policy->policy.approval.manual) {
        return;
    }
    if (has_none(&own->policy.sources)) {
        text = text_of(r, scep_places_find(own->places, "ScepChallenge"),
                       "ScepChallenge none: anybody who can reach it gets "
                       "certificates for any name; limit access with Require, "
                       "or set ScepApproval manual");
        if (text != NULL) {
            ap_log_error(APLOG_MARK, APLOG_WARNING, 0, r->s,
                         SCEPLOGNO(0019) "%s", text);
        }
    }
    if (own->policy.renewal.any_name && policy->policy.renewal.on) {
        text = text_of(
            r,
            scep_places_find(own->places, "ScepDisableRenewalSubjectNameMatch"),
            "ScepDisableRenewalSubjectNameMatch On: anybody who has a "
            "certificate can renew it for any other name; set this to Off when "
            "the devices have been renamed, or set ScepApproval manual");
        if (text != NULL) {
            ap_log_error(APLOG_MARK, APLOG_WARNING, 0, r->s,
                         SCEPLOGNO(0048) "%s", text);
        }
    }
}

static void review_policies(const review_t *r)
{
    const apr_array_header_t *list = scep_sections_policies(r->s, r->pool);
    int i;

    for (i = 0; i < list->nelts; i++) {
        review_policy(r, &APR_ARRAY_IDX(list, i, scep_policy_section_t));
    }
}

/* ---- CoreDumpDirectory ---- */

void scep_review_forbid_dumps(const server_rec *main_server)
{
    if (scep_config_wanted(main_server)) {
        ap_coredumpdir_configured = 0;
    }
}

static bool review_dumps(void *baton, const ap_directive_t *d)
{
    const review_t *r = baton;

    if (scep_directive_is(d, "CoreDumpDirectory")) {
        ap_log_error(APLOG_MARK, APLOG_WARNING, 0, r->main_server,
                     SCEPLOGNO(0045) "%s: CoreDumpDirectory has no effect "
                                     "while ScepEngine is On: it would let "
                                     "every process of httpd's user read the "
                                     "CA's key from httpd's memory; remove it",
                     scep_directive_at(d, r->pool));
    }
    return false;
}

/* ---- all ---- */

void scep_review(server_rec *main_server, apr_pool_t *ptemp)
{
    review_t r = {main_server, main_server, apr_hash_make(ptemp), ptemp};

    if (!scep_config_wanted(main_server)) {
        return;
    }
    scep_sections_walk(main_server, review_dumps, &r);
    for (; r.s != NULL; r.s = r.s->next) {
        if (scep_config_server(r.s)->engine == 1) {
            review_lines(&r);
            review_pages(&r);
            review_policies(&r);
        }
    }
}

void scep_review_ca(const scep_env_t *env, const scep_server_config_t *conf,
                    X509 *cert)
{
    if (conf->crl_url != NULL &&
        (X509_get_key_usage(cert) & KU_CRL_SIGN) == 0) {
        scep_log(env, SCEP_LOG_WARNING,
                 SCEPLOGNO(0049) "ScepCRLDistributionPoint %s: the keyUsage of "
                                 "the CA certificate lacks cRLSign, so that "
                                 "there is no CRL for it; name one that the "
                                 "CA publishes elsewhere, or renew the CA "
                                 "certificate",
                 conf->crl_url);
    }
}

/* ---- handlers ---- */

typedef struct handlers_t {
    server_rec *main_server;
    server_rec *s; /* whose <VirtualHost> is checked */
    apr_pool_t *pool;
    bool quiet;
    bool good;
} handlers_t;

static bool check_handler(void *baton, const ap_directive_t *d)
{
    handlers_t *h = baton;
    const char *value = scep_directive_value(d, h->pool);
    scep_result_t res;
    bool off;

    if ((!scep_directive_is(d, "SetHandler") &&
         !scep_directive_is(d, "AddHandler")) ||
        (strcasecmp(value, "scep") != 0 &&
         strcasecmp(value, "scep-admin") != 0 &&
         strcasecmp(value, "scep-crl") != 0)) {
        return false;
    }
    /* An explicit Off may be there to be switched on again later. */
    off = scep_places_find(scep_config_server(h->s)->places, "ScepEngine") !=
          NULL;
    if (off && h->quiet) {
        return false;
    }
    scep_result_init(&res, h->pool);
    scep_fail(&res, SCEP_R_SETUP,
              "%s %s needs ScepEngine On in this server; set it, or remove the "
              "handler",
              d->directive, value);
    res.place = scep_directive_at(d, h->pool);
    ap_log_error(APLOG_MARK, off ? APLOG_WARNING : APLOG_EMERG, 0, h->s,
                 SCEPLOGNO(0050) "%s",
                 scep_place_fault(h->s, scep_config_server(h->s), &res, NULL));
    h->good = h->good && off;
    return false;
}

bool scep_review_handlers(server_rec *main_server, apr_pool_t *ptemp,
                          bool quiet)
{
    handlers_t h = {main_server, main_server, ptemp, quiet, true};

    if (!scep_config_wanted(main_server)) {
        scep_sections_walk(main_server, check_handler, &h);
    }
    for (h.s = main_server->next; h.s != NULL; h.s = h.s->next) {
        if (scep_config_server(h.s)->engine != 1) {
            scep_sections_walk_host(h.s, check_handler, &h);
        }
    }
    return h.good;
}
