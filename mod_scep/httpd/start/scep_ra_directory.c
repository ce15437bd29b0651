/* Licensed under the Apache License, Version 2.0; see LICENSE. */
/*
 * scep_ra_directory.c: finds RA pairs by their names, for the RA and for the
 * passphrase dialog, which the RA uses. (httpd layer)
 */
#include "scep_ra_directory.h"

#include <apr_strings.h>

#include "scep_file.h"

static scep_status_e add_directory(const char *dir, apr_pool_t *pool,
                                   apr_array_header_t *certs,
                                   apr_array_header_t *keys, scep_result_t *res)
{
    apr_array_header_t *names;
    int i;

    if (scep_dir_list(dir, ".crt", pool, &names, res) != SCEP_OK) {
        return scep_fail(res, SCEP_R_SETUP,
                         "ScepRADirectory: %s; make it, for root alone "
                         "(scepctl ra renew does)",
                         res->detail);
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
