/* Licensed under the Apache License, Version 2.0; see LICENSE. */
/*
 * scep_csrf.c: reads what browsers say about a request: Sec-Fetch-Site, -Mode
 * and -Dest (only over HTTPS, and to localhost), Sec-Purpose, Origin, Referer.
 * (httpd layer)
 */
#include "scep_csrf.h"

#include <stdbool.h>
#include <string.h>

#include <apr_lib.h>
#include <apr_strings.h>

#include "scep_str.h"

enum { VALUE_IN_LOG = 256, PORT_DIGITS = 5 };

/* NULL if the header is missing or empty. */
static const char *header(const apr_table_t *headers, const char *name)
{
    const char *value = apr_table_get(headers, name);

    return value != NULL && *value != '\0' ? value : NULL;
}

static bool is(const char *value, const char *text)
{
    return value != NULL && strcasecmp(value, text) == 0;
}

static const char *fault(apr_pool_t *pool, const char *name, const char *value)
{
    return apr_psprintf(pool, "%s: %s", name,
                        scep_printable(pool, value, VALUE_IN_LOG));
}

/* ---- where it comes from ---- */

typedef struct authority_t {
    const char *host; /* not terminated */
    size_t host_len;
    const char *port; /* "" if there is none */
    size_t port_len;
} authority_t;

/* "host", "host:port", "[::1]:port". */
static authority_t split(const char *text, size_t len)
{
    authority_t a = {text, len, "", 0};
    size_t i = len;

    while (i > 0 && apr_isdigit(text[i - 1])) {
        i--;
    }
    if (i > 0 && text[i - 1] == ':' && len - i <= PORT_DIGITS) {
        a.host_len = i - 1;
        a.port = text + i;
        a.port_len = len - i;
    }
    return a;
}

static bool same_port(authority_t a, const char *port)
{
    return a.port_len == strlen(port) && memcmp(a.port, port, a.port_len) == 0;
}

/*
 * Is URL (or an origin, which is a URL without a path) on HOST? The scheme does
 * not count, because TLS may end at a proxy. A missing port is that of the
 * URL's scheme, or unknown.
 */
static bool is_own(const char *url, const char *host)
{
    const char *scheme_end = strstr(url, "://");
    const char *usual;
    authority_t theirs, ours;

    if (scheme_end == NULL || host == NULL) {
        return false;
    }
    usual = strncasecmp(url, "https:", 6) == 0 ? "443" : "80";
    url = scheme_end + 3;
    theirs = split(url, strcspn(url, "/?#"));
    ours = split(host, strlen(host));
    if (theirs.host_len == 0 || theirs.host_len != ours.host_len ||
        strncasecmp(theirs.host, ours.host, ours.host_len) != 0) {
        return false;
    }
    if (theirs.port_len == ours.port_len) {
        return memcmp(theirs.port, ours.port, ours.port_len) == 0;
    }
    return theirs.port_len == 0
               ? same_port(ours, usual)
               : ours.port_len == 0 && same_port(theirs, usual);
}

/* A browser hides the origin of our own form if a policy forbids Referer. The
 * form is ours nevertheless if the browser says same-origin. */
static bool is_own_origin(const apr_table_t *headers, const char *origin)
{
    return is(origin, "null")
               ? is(header(headers, "Sec-Fetch-Site"), "same-origin")
               : is_own(origin, header(headers, "Host"));
}

static const char *foreign(const apr_table_t *headers, apr_pool_t *pool)
{
    const char *site = header(headers, "Sec-Fetch-Site");
    const char *origin = header(headers, "Origin");
    const char *referer = header(headers, "Referer");

    /* "none": a typed address, or a bookmark. */
    if (site != NULL && !is(site, "same-origin") && !is(site, "none")) {
        return fault(pool, "Sec-Fetch-Site", site);
    }
    if (origin != NULL && !is_own_origin(headers, origin)) {
        return fault(pool, "Origin", origin);
    }
    if (referer != NULL && !is_own(referer, header(headers, "Host"))) {
        return fault(pool, "Referer", referer);
    }
    return NULL;
}

/* ---- what it is for ---- */

static const char *speculative(const apr_table_t *headers, apr_pool_t *pool)
{
    static const char *const names[] = {"Sec-Purpose", "Purpose", "X-Purpose",
                                        "X-Moz"};
    size_t i;

    for (i = 0; i < sizeof(names) / sizeof(*names); i++) {
        const char *value = header(headers, names[i]);

        if (value != NULL) {
            return fault(pool, names[i], value);
        }
    }
    return NULL;
}

/* Chromium, Firefox, Safari and what is built on them. */
static bool is_browser(const apr_table_t *headers)
{
    const char *agent = header(headers, "User-Agent");

    return agent != NULL && header(headers, "Accept-Language") != NULL &&
           (strstr(agent, "AppleWebKit/") != NULL ||
            strstr(agent, "Gecko/") != NULL);
}

static bool is_image_or_style(const char *accept)
{
    static const char *const types[] = {"image/", "text/css", "audio/",
                                        "video/"};
    size_t i;

    for (i = 0; i < sizeof(types) / sizeof(*types); i++) {
        if (strncasecmp(accept, types[i], strlen(types[i])) == 0) {
            return true;
        }
    }
    return false;
}

/*
 * Over plain HTTP there is no Sec-Fetch-Dest, and a page can suppress the
 * Referer of its images and scripts. But a browser asks for a page as
 * text/html, and scripts of our own host send Referer.
 */
static bool is_hidden_part(const apr_table_t *headers)
{
    const char *accept = header(headers, "Accept");

    return accept != NULL && is_browser(headers) &&
           header(headers, "Sec-Fetch-Site") == NULL &&
           (is_image_or_style(accept) || (header(headers, "Origin") == NULL &&
                                          header(headers, "Referer") == NULL &&
                                          strstr(accept, "text/html") == NULL));
}

static const char *part(const apr_table_t *headers, apr_pool_t *pool)
{
    const char *mode = header(headers, "Sec-Fetch-Mode");
    const char *dest = header(headers, "Sec-Fetch-Dest");

    if (mode != NULL && !is(mode, "navigate") && !is(mode, "cors") &&
        !is(mode, "same-origin")) {
        return fault(pool, "Sec-Fetch-Mode", mode);
    }
    if (dest != NULL && !is(dest, "document") && !is(dest, "empty")) {
        return fault(pool, "Sec-Fetch-Dest", dest);
    }
    return is_hidden_part(headers)
               ? fault(pool, "Accept", header(headers, "Accept"))
               : NULL;
}

const char *scep_csrf_fault(const apr_table_t *headers, apr_pool_t *pool)
{
    const char *found = foreign(headers, pool);

    if (found == NULL) {
        found = speculative(headers, pool);
    }
    return found != NULL ? found : part(headers, pool);
}
