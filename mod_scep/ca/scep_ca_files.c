/* Licensed under the Apache License, Version 2.0; see LICENSE. */
/*
 * scep_ca_files.c: see scep_ca_files.h. (ca layer)
 */
#include "scep_ca_files.h"

#include <apr_strings.h>

#include <openssl/x509v3.h>

#include "scep_ca_chain.h"
#include "scep_ra_check.h"

/* What the steps of one load share. */
typedef struct load_t {
    const scep_ca_config_t *config;
    const scep_env_t *env;
    apr_pool_t *pool;
    scep_result_t *res;
    scep_certs_t *chain; /* the issuing CA's certificate first */
    scep_certs_t *extra; /* of the certificate file, without its first one */
} load_t;

static const char *cert_directive(const scep_ca_config_t *config)
{
    return config->next ? "ScepNextCACertificateFile" : "ScepCACertificateFile";
}

const char *scep_ca_key_directive(const scep_ca_config_t *config)
{
    return config->next ? "ScepNextCAKey" : "ScepCAKey";
}

const char *scep_ca_cert_source(const scep_ca_config_t *config,
                                apr_pool_t *pool)
{
    return apr_pstrcat(pool, cert_directive(config), " ", config->cert_file,
                       NULL);
}

static scep_status_e check_ca_cert(const load_t *l)
{
    X509 *cert = sk_X509_value(l->chain, 0);
    EVP_PKEY *key = X509_get0_pubkey(cert);
    const char *source = scep_ca_cert_source(l->config, l->pool);

    /* 1: by basicConstraints, and keyUsage, if any, has keyCertSign */
    if (X509_check_ca(cert) != 1) {
        return scep_fail(l->res, SCEP_R_SETUP,
                         "%s: \"%s\" is no CA certificate (basicConstraints "
                         "CA:TRUE and keyUsage keyCertSign): name that of the "
                         "issuing CA",
                         source,
                         scep_name_text(l->pool, X509_get_subject_name(cert)));
    }
    if (key == NULL ||
        (!EVP_PKEY_is_a(key, "RSA") && !EVP_PKEY_is_a(key, "EC"))) {
        return scep_fail(l->res, SCEP_R_SETUP,
                         "%s: its key is neither RSA nor EC; use a CA of one "
                         "of these kinds",
                         source);
    }
    scep_ra_check_validity(l->env, cert, source);
    return SCEP_OK;
}

static scep_status_e load_cert(load_t *l)
{
    scep_certs_t *certs;
    scep_status_e status =
        scep_certs_load(l->config->cert_file, NULL, l->pool, &certs, l->res);
    int i;

    if (status != SCEP_OK) {
        return scep_fail(l->res, SCEP_R_SETUP,
                         "%s: %s: name the CA certificate in PEM or DER",
                         cert_directive(l->config), l->res->detail);
    }
    l->chain = scep_x509s_own(l->pool, sk_X509_new_null());
    l->extra = scep_x509s_own(l->pool, sk_X509_new_null());
    if (l->chain == NULL || l->extra == NULL) {
        return scep_fail(l->res, SCEP_R_INTERNAL, "no memory");
    }
    for (i = 0; i < sk_X509_num(certs); i++) {
        scep_certs_t *to = i == 0 ? l->chain : l->extra;

        if (X509_add_cert(to, sk_X509_value(certs, i), X509_ADD_FLAG_UP_REF) !=
            1) {
            return scep_fail(l->res, SCEP_R_INTERNAL, "no memory");
        }
    }
    return check_ca_cert(l);
}

static scep_status_e add_chain(load_t *l, const scep_certs_t *heap,
                               const char *source)
{
    X509 *stranger;

    if (!scep_ca_chain_build(l->chain, heap, &stranger)) {
        return scep_fail(l->res, SCEP_R_INTERNAL, "no memory");
    }
    if (stranger != NULL) {
        return scep_fail(
            l->res, SCEP_R_SETUP,
            "%s: \"%s\" is no issuer of the CA certificate or of one of its "
            "issuers: remove it",
            source, scep_name_text(l->pool, X509_get_subject_name(stranger)));
    }
    return SCEP_OK;
}

static scep_status_e load_chain(load_t *l)
{
    const char *file = l->config->chain_file;
    scep_certs_t *heap;
    scep_status_e status;

    if (file == NULL) {
        return add_chain(l, l->extra, scep_ca_cert_source(l->config, l->pool));
    }
    status = scep_certs_load(file, NULL, l->pool, &heap, l->res);
    if (status != SCEP_OK) {
        return scep_fail(l->res, SCEP_R_SETUP,
                         "ScepCAChainFile: %s: name a file with the "
                         "certificates above the CA's, in PEM",
                         l->res->detail);
    }
    if (X509_add_certs(heap, l->extra, X509_ADD_FLAG_UP_REF) != 1) {
        return scep_fail(l->res, SCEP_R_INTERNAL, "no memory");
    }
    return add_chain(l, heap,
                     apr_pstrcat(l->pool, "ScepCAChainFile ", file, NULL));
}

static void review_chain(const load_t *l)
{
    int last = sk_X509_num(l->chain) - 1, i;
    X509 *top = sk_X509_value(l->chain, last);

    for (i = 1; i <= last; i++) {
        X509 *cert = sk_X509_value(l->chain, i);

        scep_ra_check_validity(
            l->env, cert,
            apr_psprintf(l->pool, "ScepCAChainFile: \"%s\"",
                         scep_name_text(l->pool, X509_get_subject_name(cert))));
    }
    if (!scep_ca_issued(top, top)) {
        scep_log(l->env, SCEP_LOG_NOTICE,
                 SCEPLOGNO(0354) "The chain of the CA certificate ends at "
                                 "\"%s\", which is no root; clients must have "
                                 "the rest, or add it to ScepCAChainFile",
                 scep_name_text(l->pool, X509_get_subject_name(top)));
    }
}

scep_status_e scep_ca_files_load(const scep_ca_config_t *config,
                                 const scep_env_t *env, apr_pool_t *pool,
                                 scep_certs_t **certs, scep_result_t *res)
{
    load_t l = {.config = config, .env = env, .pool = pool, .res = res};
    scep_status_e status;

    *certs = NULL;
    if (config->cert_file == NULL) {
        return scep_fail(res, SCEP_R_SETUP,
                         "ScepCACertificateFile is not set: name the file of "
                         "the CA certificate (scepctl init makes one)");
    }
    if ((status = load_cert(&l)) != SCEP_OK ||
        (status = load_chain(&l)) != SCEP_OK) {
        return status;
    }
    review_chain(&l);
    *certs = l.chain;
    return SCEP_OK;
}
