/* Licensed under the Apache License, Version 2.0; see LICENSE. */
/*
 * scep_location.c: the endpoints' paths, and the sections that guard them.
 * (httpd layer)
 */
#include "scep_location.h"

#include <apr_strings.h>

#include <ap_expr.h>
#include <http_core.h>

#include "scep_sections.h"

typedef struct endpoint_t {
    const char *path;
    scep_endpoint_e kind;
} endpoint_t;

static const endpoint_t endpoints[] = {
    {"/cgi-bin/pkiclient.exe", SCEP_ENDPOINT_DEVICE},
    {"/certsrv/mscep_admin", SCEP_ENDPOINT_ADMIN},
    {"/certsrv/mscep", SCEP_ENDPOINT_DEVICE},
};

/* What may follow a path, longest first. Anything else is path-info. */
typedef struct tail_t {
    const char *text;
    bool device; /* of which endpoints */
    bool admin;
} tail_t;

static const tail_t tails[] = {{"/mscep.dll/pkiclient.exe", true, true},
                               {"/mscep.dll", true, true},
                               {"/pkiclient.exe", true, true},
                               {"/api", false, true},
                               {"/form", false, true},
                               {"", true, true}};

enum { TAILS = sizeof(tails) / sizeof(*tails) };

static bool is_tail_of(const tail_t *tail, scep_endpoint_e kind)
{
    return kind == SCEP_ENDPOINT_ADMIN ? tail->admin : tail->device;
}

/* What follows PREFIX in TEXT: "", or a slash and more. NULL: neither. */
static const char *after(const char *text, const char *prefix)
{
    size_t len = strlen(prefix);

    if (strncasecmp(text, prefix, len) != 0 ||
        (text[len] != '\0' && text[len] != '/')) {
        return NULL;
    }
    return text + len;
}

bool scep_location_match(const char *uri, apr_pool_t *pool,
                         scep_location_t *location)
{
    const char *rest = NULL, *end = NULL;
    size_t i, j;

    for (i = 0; i < sizeof(endpoints) / sizeof(*endpoints); i++) {
        rest = after(uri, endpoints[i].path);
        if (rest != NULL) {
            break;
        }
    }
    if (rest == NULL) {
        return false;
    }
    for (j = 0; !is_tail_of(&tails[j], endpoints[i].kind) ||
                (end = after(rest, tails[j].text)) == NULL;
         j++) {
        /* the last tail, "", always fits */
    }
    location->kind = endpoints[i].kind;
    location->slash_added =
        location->kind == SCEP_ENDPOINT_ADMIN && *end == '\0';
    location->uri = apr_pstrcat(pool, endpoints[i].path, tails[j].text, end,
                                location->slash_added ? "/" : "", NULL);
    location->path_info = location->uri + strlen(endpoints[i].path);
    return true;
}

/* ---- sections ---- */

/* A section under test. */
typedef struct section_t {
    const core_dir_config *core;
    const ap_regex_t *any_case; /* its expression, if it is one */
    apr_pool_t *pool;
    scep_result_t *res;
} section_t;

static bool applies(const section_t *section, const char *uri, bool any_case)
{
    return any_case ? scep_section_applies_any_case(section->core,
                                                    section->any_case, uri)
                    : scep_section_applies(section->core, uri);
}

static scep_status_e check_case(const section_t *section, const char *uri)
{
    if (applies(section, uri, false) || !applies(section, uri, true)) {
        return SCEP_OK;
    }
    return scep_fail(section->res, SCEP_R_SETUP,
                     "the section <Location%s %s> would never apply to %s: "
                     "the paths of the SCEP endpoints count as lower case, "
                     "whatever a client writes; write it in lower case, or "
                     "begin an expression with (?i)",
                     section->core->r != NULL ? "Match" : "", section->core->d,
                     uri);
}

static scep_status_e check_both(const section_t *section, const char *uri,
                                const char *other)
{
    if (!applies(section, uri, false) || applies(section, other, false)) {
        return SCEP_OK;
    }
    return scep_fail(section->res, SCEP_R_SETUP,
                     "the section <Location%s %s> would apply to %s but not "
                     "to %s, which leads to the same: write it without a "
                     "wildcard, a slash or a $ at its end",
                     section->core->r != NULL ? "Match" : "", section->core->d,
                     uri, other);
}

/*
 * PATH is that of ENDPOINT, with or without a tail. A section for the admin
 * page must apply to its path with a slash, and to all paths below, which draw
 * passwords as well. An expression for devices may apply to only some of their
 * paths, because none of these gives anything away.
 */
static scep_status_e check_path(const section_t *section,
                                const endpoint_t *endpoint, const char *path)
{
    const char *slash = apr_pstrcat(section->pool, path, "/", NULL);
    const char *below = apr_pstrcat(section->pool, path, "/-", NULL);
    const char *page = apr_pstrcat(section->pool, endpoint->path, "/", NULL);
    scep_status_e status = check_case(section, path);

    if (status == SCEP_OK) {
        status = check_case(section, slash);
    }
    if (status == SCEP_OK && endpoint->kind == SCEP_ENDPOINT_ADMIN) {
        if ((status = check_both(section, path, slash)) == SCEP_OK &&
            (status = check_both(section, page, slash)) == SCEP_OK) {
            status = check_both(section, page, below);
        }
        return status;
    }
    if (status == SCEP_OK && section->core->r == NULL &&
        (status = check_both(section, path, slash)) == SCEP_OK) {
        status = check_both(section, slash, path);
    }
    return status;
}

static scep_status_e check_section(const section_t *section)
{
    scep_status_e status = SCEP_OK;
    size_t i, j;

    for (i = 0; i < sizeof(endpoints) / sizeof(*endpoints); i++) {
        for (j = 0; status == SCEP_OK && j < TAILS; j++) {
            if (is_tail_of(&tails[j], endpoints[i].kind)) {
                status =
                    check_path(section, &endpoints[i],
                               apr_pstrcat(section->pool, endpoints[i].path,
                                           tails[j].text, NULL));
            }
        }
    }
    return status;
}

scep_status_e scep_location_check(const server_rec *s, apr_pool_t *pool,
                                  scep_result_t *res)
{
    const core_server_config *core =
        ap_get_core_module_config(s->module_config);
    scep_status_e status = SCEP_OK;
    int i;

    for (i = 0;
         status == SCEP_OK && core->sec_url != NULL && i < core->sec_url->nelts;
         i++) {
        section_t section = {.core = ap_get_core_module_config(APR_ARRAY_IDX(
                                 core->sec_url, i, ap_conf_vector_t *)),
                             .pool = pool,
                             .res = res};

        if (section.core->d == NULL) {
            continue;
        }
        if (section.core->r != NULL) {
            section.any_case = ap_pregcomp(pool, section.core->d,
                                           AP_REG_EXTENDED | AP_REG_ICASE);
        }
        status = check_section(&section);
        if (status != SCEP_OK) {
            res->place = scep_sections_at(s, section.core->d, pool);
        }
    }
    return status;
}

/* What follows the shortest part of URI to which SECTION applies, from a slash
 * on. The shortest, because an expression may also match all paths below its
 * page. A path with a wildcard matches only its pages. */
static const char *rest_of(const section_t *section, const char *uri)
{
    char *part = apr_pstrdup(section->pool, uri);
    bool whole = section->core->r == NULL && section->core->d_is_fnmatch;
    size_t len = strlen(uri), i;

    for (i = whole ? len : 1; i <= len; i++) {
        if (uri[i] != '/' && uri[i] != '\0' && uri[i - 1] != '/') {
            continue;
        }
        part[i] = '\0';
        if (applies(section, part, false)) {
            return uri + i - (uri[i - 1] == '/' ? 1 : 0);
        }
        part[i] = uri[i];
    }
    return uri + len;
}

/* Does SECTION set HANDLER for R? For httpd the argument of SetHandler is an
 * expression, even if it is a plain word. */
static bool sets_handler(const section_t *section, request_rec *r,
                         const char *handler)
{
    const char *error = NULL, *set = NULL;

    if (section->core->expr_handler != NULL) {
        set = ap_expr_str_exec(r, section->core->expr_handler, &error);
    }
    return error == NULL && set != NULL && strcmp(set, handler) == 0;
}

/* What follows the shortest directory in FILE to which SECTION applies, from
 * its slash on. NULL: it applies to none. httpd ends both with a slash. */
static const char *rest_of_file(const section_t *section, const char *file)
{
    char *part = apr_pstrdup(section->pool, file);
    size_t i;

    for (i = 0; file[i] != '\0'; i++) {
        if (file[i] == '/') {
            part[i + 1] = '\0';
            if (applies(section, part, false)) {
                return file + i;
            }
            part[i + 1] = file[i + 1];
        }
    }
    return NULL;
}

/* httpd's path-info begins behind a file, even one that does not exist. So in a
 * <Directory>, the rest of the file's path comes before the path-info. */
static const char *below_directory(request_rec *r,
                                   const core_server_config *core,
                                   const char *handler)
{
    const char *path_info = r->path_info != NULL ? r->path_info : "";
    const char *below = path_info, *rest;
    int i;

    for (i = 0; r->filename != NULL && core->sec_dir != NULL &&
                i < core->sec_dir->nelts;
         i++) {
        section_t section = {.core = ap_get_core_module_config(APR_ARRAY_IDX(
                                 core->sec_dir, i, ap_conf_vector_t *)),
                             .pool = r->pool};

        if (section.core->d != NULL && sets_handler(&section, r, handler) &&
            (rest = rest_of_file(&section, r->filename)) != NULL) {
            below = apr_pstrcat(r->pool, rest, path_info, NULL);
        }
    }
    return below;
}

const char *scep_location_below(request_rec *r, const char *handler)
{
    const core_server_config *core =
        ap_get_core_module_config(r->server->module_config);
    const char *below = below_directory(r, core, handler);
    int i;

    for (i = 0; core->sec_url != NULL && i < core->sec_url->nelts; i++) {
        section_t section = {.core = ap_get_core_module_config(APR_ARRAY_IDX(
                                 core->sec_url, i, ap_conf_vector_t *)),
                             .pool = r->pool};

        if (section.core->d != NULL && applies(&section, r->uri, false) &&
            sets_handler(&section, r, handler)) {
            below = rest_of(&section, r->uri);
        }
    }
    return below;
}
