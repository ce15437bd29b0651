/* Licensed under the Apache License, Version 2.0; see LICENSE. */
/*
 * scep_ra_directory.c: find RA pairs by their names. (httpd layer)
 */
#include "scep_ra_directory.h"

#include <stdlib.h>

#include <apr_file_info.h>
#include <apr_strings.h>

static int newest_first(const void *a, const void *b)
{
    return strcmp(*(const char *const *)b, *(const char *const *)a);
}

/* Names NAME of NAME.crt, the last one first. */
static apr_status_t list(const char *dir, apr_pool_t *pool,
                         apr_array_header_t *names)
{
    apr_finfo_t entry;
    apr_dir_t *handle;
    apr_status_t rv = apr_dir_open(&handle, dir, pool);

    while (rv == APR_SUCCESS) {
        size_t len;

        rv = apr_dir_read(&entry, APR_FINFO_NAME, handle);
        if (rv != APR_SUCCESS && rv != APR_INCOMPLETE) {
            apr_dir_close(handle);
            rv = APR_STATUS_IS_ENOENT(rv) ? APR_SUCCESS : rv;
            break;
        }
        rv = APR_SUCCESS;
        len = strlen(entry.name);
        if (len > 4 && entry.name[0] != '.' &&
            strcmp(entry.name + len - 4, ".crt") == 0) {
            APR_ARRAY_PUSH(names, const char *) =
                apr_pstrmemdup(pool, entry.name, len - 4);
        }
    }
    qsort(names->elts, (size_t)names->nelts, sizeof(const char *),
          newest_first);
    return rv;
}

static scep_status_e add_directory(const char *dir, apr_pool_t *pool,
                                   apr_array_header_t *certs,
                                   apr_array_header_t *keys, scep_result_t *res)
{
    apr_array_header_t *names = apr_array_make(pool, 4, sizeof(const char *));
    apr_status_t rv = list(dir, pool, names);
    char text[120];
    int i;

    if (rv != APR_SUCCESS) {
        return scep_fail(res, SCEP_R_SETUP,
                         "ScepRADirectory %s: %s; make it, for root alone "
                         "(scepctl ra renew does)",
                         dir, apr_strerror(rv, text, sizeof(text)));
    }
    if (names->nelts == 0) {
        return scep_fail(res, SCEP_R_SETUP,
                         "ScepRADirectory %s: there is no NAME.crt in it; "
                         "make a pair by scepctl ra renew",
                         dir);
    }
    for (i = 0; i < names->nelts && i < SCEP_RA_DIRECTORY_MAX; i++) {
        const char *name = APR_ARRAY_IDX(names, i, const char *);

        APR_ARRAY_PUSH(certs, const char *) =
            apr_pstrcat(pool, dir, "/", name, ".crt", NULL);
        APR_ARRAY_PUSH(keys, const char *) =
            apr_pstrcat(pool, dir, "/", name, ".key", NULL);
    }
    return SCEP_OK;
}

scep_status_e scep_ra_files(const scep_server_config_t *conf, apr_pool_t *pool,
                            apr_array_header_t **certs,
                            apr_array_header_t **keys, scep_result_t *res)
{
    scep_status_e status = SCEP_OK;

    *certs = apr_array_make(pool, 4, sizeof(const char *));
    *keys = apr_array_make(pool, 4, sizeof(const char *));
    if (conf->ra_dir != NULL) {
        status = add_directory(conf->ra_dir, pool, *certs, *keys, res);
    }
    if (conf->ra_certs != NULL) {
        apr_array_cat(*certs, conf->ra_certs);
    }
    if (conf->ra_keys != NULL) {
        apr_array_cat(*keys, conf->ra_keys);
    }
    return status;
}
