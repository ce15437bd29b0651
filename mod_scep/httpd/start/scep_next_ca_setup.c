/* Licensed under the Apache License, Version 2.0; see LICENSE. */
/* scep_next_ca_setup.c: loads the next CA. (httpd layer) */
#include "scep_next_ca_setup.h"

#include <apr_strings.h>

#include "scep_ca_call.h"

/* Certificates to be shown. There is no key, or it is not loaded yet. */
static scep_status_e load_certs(const scep_ra_source_t *source,
                                apr_pool_t *pool, scep_next_ca_t *next,
                                scep_result_t *res)
{
    const char *path = source->conf->next_cert;
    scep_status_e status = scep_certs_load(path, NULL, pool, &next->certs, res);

    if (status != SCEP_OK) {
        return scep_fail(res, SCEP_R_SETUP,
                         "ScepNextCACertificateFile: %s: name the next CA's "
                         "certificate in PEM or DER",
                         res->detail);
    }
    if (X509_check_ca(sk_X509_value(next->certs, 0)) != 1) {
        return scep_fail(res, SCEP_R_SETUP,
                         "ScepNextCACertificateFile %s: the first certificate "
                         "is no CA's: name the CA that takes over",
                         path);
    }
    return SCEP_OK;
}

static scep_status_e start(const scep_ra_source_t *source, apr_pool_t *pool,
                           scep_next_ca_t *next, scep_result_t *res)
{
    scep_ca_config_t config = {
        .args = "",
        .cert_file = source->conf->next_cert,
        .key = source->conf->next_key,
        .passphrase = scep_dialog_passphrase,
        .passphrase_baton = source->dialog,
        .next = 1,
        .probe = source->probe,
    };
    scep_status_e status;

    if ((source->backend->abilities & SCEP_CA_NEXT) == 0) {
        return scep_fail(
            res, SCEP_R_SETUP,
            "ScepNextCAKey: ScepCABackend %s cannot use the next CA's key: "
            "remove it, and set only ScepNextCACertificateFile",
            source->backend->name);
    }
    status = scep_ca_start(source->backend, &config, source->env, pool,
                           &next->ca, res);
    if (status == SCEP_OK) {
        next->certs = source->backend->certificates(next->ca);
    }
    else if (source->dialog->problem != NULL) {
        res->detail = apr_pstrcat(res->pool, res->detail, "; ",
                                  source->dialog->problem, NULL);
    }
    return status;
}

scep_status_e scep_next_ca_setup(const scep_ra_source_t *source,
                                 apr_pool_t *pool, const scep_next_ca_t **out,
                                 scep_result_t *res)
{
    const scep_server_config_t *conf = source->conf;
    scep_next_ca_t *next = apr_pcalloc(pool, sizeof(*next));
    scep_status_e status;
    X509 *current;

    *out = NULL;
    if (conf->next_cert == NULL) {
        return conf->next_key == NULL
                   ? SCEP_OK
                   : scep_fail(res, SCEP_R_SETUP,
                               "ScepNextCAKey is set without "
                               "ScepNextCACertificateFile: name the "
                               "certificate, too");
    }
    status = conf->next_key != NULL ? start(source, pool, next, res)
                                    : load_certs(source, pool, next, res);
    if (status != SCEP_OK) {
        return status;
    }
    current = sk_X509_value(source->backend->certificates(source->ca), 0);
    if (X509_cmp(current, sk_X509_value(next->certs, 0)) == 0) {
        return scep_fail(res, SCEP_R_SETUP,
                         "ScepNextCACertificateFile %s is the certificate of "
                         "the current CA: name the one that takes over, or "
                         "remove the directive",
                         conf->next_cert);
    }
    next->ca_id = scep_service_ca_id(sk_X509_value(next->certs, 0), pool);
    *out = next;
    return next->ca_id != NULL
               ? SCEP_OK
               : scep_fail(res, SCEP_R_INTERNAL, "SHA-256 failed");
}
