/* Licensed under the Apache License, Version 2.0; see LICENSE. */
/*
 * scep_location.c: the endpoints' paths, and the sections that guard them.
 * (httpd layer)
 */
#include "scep_location.h"

#include <stdbool.h>

#include <apr_fnmatch.h>
#include <apr_strings.h>

#include <http_core.h>

typedef struct endpoint_t {
    const char *path;
    scep_endpoint_e kind;
} endpoint_t;

static const endpoint_t endpoints[] = {
    {"/cgi-bin/pkiclient.exe", SCEP_ENDPOINT_DEVICE},
    {"/certsrv/mscep_admin", SCEP_ENDPOINT_ADMIN},
    {"/certsrv/mscep", SCEP_ENDPOINT_DEVICE},
};

/* What may follow, longest first; anything else is path-info as sent. */
static const char *const tails[] = {"/mscep.dll/pkiclient.exe", "/mscep.dll",
                                    "/pkiclient.exe", ""};

/* PREFIX, and then the end or a slash. */
static bool starts_with(const char *text, const char *prefix)
{
    size_t len = strlen(prefix);

    return strncasecmp(text, prefix, len) == 0 &&
           (text[len] == '\0' || text[len] == '/');
}

scep_endpoint_e scep_location_match(const char *uri, apr_pool_t *pool,
                                    char **canonical, char **path_info)
{
    size_t i, j;

    for (i = 0; i < sizeof(endpoints) / sizeof(*endpoints); i++) {
        const char *path = endpoints[i].path;
        const char *rest = uri + strlen(path);

        if (!starts_with(uri, path)) {
            continue;
        }
        for (j = 0; !starts_with(rest, tails[j]); j++) {
            /* the last one, "", always fits */
        }
        *canonical =
            apr_pstrcat(pool, path, tails[j], rest + strlen(tails[j]), NULL);
        *path_info = *canonical + strlen(path);
        return endpoints[i].kind;
    }
    return SCEP_ENDPOINT_NONE;
}

/* ---- sections ---- */

/* As Microsoft's documents spell them; regular expressions are tried on
 * these. */
static const char *const spellings[] = {
    "/CertSrv/mscep",           "/CertSrv/mscep/",
    "/CertSrv/mscep/mscep.dll", "/CertSrv/mscep_admin",
    "/CertSrv/mscep_admin/",    "/CertSrv/mscep_admin/mscep.dll",
    "/certsrv/MSCEP",           "/certsrv/MSCEP_ADMIN",
    "/CertSrv/MSCEP",           "/CertSrv/MSCEP_ADMIN",
    "/CERTSRV/MSCEP",           "/CERTSRV/MSCEP_ADMIN",
};

/* Only an expression that speaks of the endpoints is meant for them. */
static bool names_endpoint(const char *text)
{
    return ap_strcasestr(text, "certsrv") != NULL ||
           ap_strcasestr(text, "mscep") != NULL ||
           ap_strcasestr(text, "pkiclient") != NULL;
}

static bool regex_misses(const core_dir_config *section, apr_pool_t *pool)
{
    const ap_regex_t *regex = section->r;
    size_t i;

    if (!names_endpoint(section->d)) {
        return false;
    }
    for (i = 0; i < sizeof(spellings) / sizeof(*spellings); i++) {
        char *lower = apr_pstrdup(pool, spellings[i]);

        ap_str_tolower(lower);
        if (ap_regexec(regex, spellings[i], 0, NULL, 0) == 0 &&
            ap_regexec(regex, lower, 0, NULL, 0) != 0) {
            return true;
        }
    }
    return false;
}

static bool path_misses(const core_dir_config *section, apr_pool_t *pool)
{
    size_t i, j, len = strlen(section->d);

    while (len > 0 && section->d[len - 1] == '/') {
        len--;
    }
    for (i = 0; i < sizeof(endpoints) / sizeof(*endpoints); i++) {
        for (j = 0; j < sizeof(tails) / sizeof(*tails); j++) {
            const char *full =
                apr_pstrcat(pool, endpoints[i].path, tails[j], NULL);

            if (section->d_is_fnmatch) {
                if (apr_fnmatch(section->d, full, APR_FNM_CASE_BLIND) == 0 &&
                    apr_fnmatch(section->d, full, 0) != 0) {
                    return true;
                }
            }
            else if (strncasecmp(full, section->d, len) == 0 &&
                     (full[len] == '\0' || full[len] == '/') &&
                     strncmp(full, section->d, len) != 0) {
                return true;
            }
        }
    }
    return false;
}

scep_status_e scep_location_check(const server_rec *s, apr_pool_t *pool,
                                  scep_result_t *res)
{
    const core_server_config *core =
        ap_get_core_module_config(s->module_config);
    int i;

    for (i = 0; core->sec_url != NULL && i < core->sec_url->nelts; i++) {
        const core_dir_config *section = ap_get_core_module_config(
            APR_ARRAY_IDX(core->sec_url, i, ap_conf_vector_t *));

        if (section->d == NULL) {
            continue;
        }
        if (section->r != NULL ? regex_misses(section, pool)
                               : path_misses(section, pool)) {
            return scep_fail(res, SCEP_R_SETUP,
                             "the section <Location%s %s> would never apply: "
                             "the paths of the SCEP endpoints count as lower "
                             "case, whatever a client writes; write it in "
                             "lower case",
                             section->r != NULL ? "Match" : "", section->d);
        }
    }
    return SCEP_OK;
}
