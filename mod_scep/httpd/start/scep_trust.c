/* Licensed under the Apache License, Version 2.0; see LICENSE. */
/*
 * scep_trust.c: see scep_trust.h. (httpd layer)
 */
#include "scep_trust.h"

#include <apr_strings.h>

#include <openssl/x509v3.h>

#include <http_log.h>

#include "mod_scep.h"
#include "scep_place.h"

APLOG_USE_MODULE(scep);

/* Each certificate must be that of a CA. */
static scep_status_e check_cas(const char *path, const scep_certs_t *certs,
                               scep_result_t *res)
{
    int i;

    for (i = 0; i < sk_X509_num(certs); i++) {
        X509 *cert = sk_X509_value(certs, i);

        if (X509_check_ca(cert) == 0) {
            return scep_fail(
                res, SCEP_R_SETUP,
                "%s: \"%s\" is no CA's certificate; name the CAs whose "
                "certificates may be renewed here",
                path, scep_name_text(res->pool, X509_get_subject_name(cert)));
        }
    }
    return SCEP_OK;
}

static scep_status_e load_file(const scep_trust_file_t *file, apr_pool_t *pool,
                               scep_certs_t *all, scep_result_t *res)
{
    scep_certs_t *certs;
    scep_status_e status = scep_certs_load(file->path, NULL, pool, &certs, res);

    if (status == SCEP_OK) {
        status = check_cas(file->path, certs, res);
    }
    if (status == SCEP_OK &&
        X509_add_certs(all, certs, X509_ADD_FLAG_UP_REF) != 1) {
        status = scep_fail(res, SCEP_R_INTERNAL, "no memory");
    }
    if (status != SCEP_OK) {
        res->detail =
            apr_pstrcat(res->pool, "ScepRenewalTrust: ", res->detail, NULL);
        res->place = file->at;
    }
    return status;
}

static scep_status_e load(const scep_trust_t *trust, apr_pool_t *pool,
                          scep_certs_t **result, scep_result_t *res)
{
    scep_certs_t *certs = scep_x509s_own(pool, sk_X509_new_null());
    scep_status_e status = SCEP_OK;
    int i;

    if (certs == NULL) {
        return scep_fail(res, SCEP_R_INTERNAL, "no memory");
    }
    for (i = 0; i < trust->files->nelts && status == SCEP_OK; i++) {
        status = load_file(&APR_ARRAY_IDX(trust->files, i, scep_trust_file_t),
                           pool, certs, res);
    }
    *result = certs;
    return status;
}

/* The I-th trust of S, or NULL. A virtual host without directives of ours
 * shares the record of the main server. */
static scep_trust_t *trust_of(const server_rec *main_server,
                              const server_rec *s, int i)
{
    const scep_server_config_t *conf = scep_config_server(s);
    const apr_array_header_t *list = conf->trusts;

    if (s != main_server && conf == scep_config_server(main_server)) {
        return NULL;
    }
    return list != NULL && i < list->nelts
               ? APR_ARRAY_IDX(list, i, scep_trust_t *)
               : NULL;
}

bool scep_trust_check(const server_rec *main_server, apr_pool_t *ptemp)
{
    const server_rec *s;
    scep_trust_t *trust;
    scep_certs_t *certs;
    scep_result_t res;
    bool good = true;
    int i;

    for (s = main_server; s != NULL; s = s->next) {
        for (i = 0; (trust = trust_of(main_server, s, i)) != NULL; i++) {
            scep_result_init(&res, ptemp);
            if (load(trust, ptemp, &certs, &res) != SCEP_OK) {
                ap_log_error(
                    APLOG_MARK, APLOG_EMERG, 0, s, SCEPLOGNO(0029) "%s",
                    scep_place_fault(s, scep_config_server(s), &res, NULL));
                good = false;
            }
        }
    }
    scep_crypto_clear_errors();
    return good;
}

scep_status_e scep_trust_start(const server_rec *main_server,
                               const server_rec *s, apr_pool_t *pool,
                               scep_result_t *res)
{
    scep_trust_t *trust;
    scep_status_e status = SCEP_OK;
    int i;

    for (i = 0; (trust = trust_of(main_server, s, i)) != NULL; i++) {
        scep_result_t one;

        scep_result_init(&one, res->pool);
        trust->failed = load(trust, pool, &trust->certs, &one) != SCEP_OK;
        if (trust->failed && status == SCEP_OK) {
            *res = one; /* go on with the others */
            status = one.status;
        }
    }
    return status;
}
