/* Licensed under the Apache License, Version 2.0; see LICENSE. */
/*
 * scep_ca_local.c: the `local` backend. start() finds every configuration error
 * and names directive, file and cure. (ca layer)
 */
#include "scep_ca_local.h"

#include <apr_strings.h>

#include "scep_ca_files.h"
#include "scep_cert_build.h"
#include "scep_crl.h"

typedef struct local_t {
    scep_keypair_t pair; /* key is NULL when a probe cannot decrypt it */
    scep_certs_t *chain; /* pair.cert first */
} local_t;

static scep_status_e check_config(const scep_ca_config_t *config,
                                  scep_result_t *res)
{
    if (config->args != NULL && *config->args != '\0') {
        return scep_fail(res, SCEP_R_SETUP,
                         "ScepCABackend local takes no arguments, but has "
                         "\"%s\": remove them",
                         config->args);
    }
    if (config->cert_file != NULL && config->key == NULL) {
        return scep_fail(res, SCEP_R_SETUP,
                         "ScepCAKey is not set beside ScepCACertificateFile "
                         "%s: name the file or URI of the CA key (scepctl "
                         "init makes one)",
                         config->cert_file);
    }
    return SCEP_OK;
}

/* For a probe: note that the key needs a passphrase, and give none. */
static int note_question(void *baton, const char *source, char *buf, int size)
{
    int *asked = baton;

    (void)source;
    (void)buf;
    (void)size;
    *asked = 1;
    return -1;
}

static scep_status_e load_key(local_t *local, const scep_ca_config_t *config,
                              apr_pool_t *pool, scep_result_t *res)
{
    const char *directive = scep_ca_key_directive(config);
    int probe = config->probe;
    int asked = 0;
    scep_status_e status = scep_key_load(
        config->key, NULL, probe ? note_question : config->passphrase,
        probe ? &asked : config->passphrase_baton, pool, &local->pair.key, res);

    if (status != SCEP_OK && asked) {
        scep_result_init(res, res->pool);
        return SCEP_OK; /* a probe cannot look into an encrypted key */
    }
    if (status != SCEP_OK) {
        return scep_fail(res, SCEP_R_SETUP, "%s: %s: name the CA's private key",
                         directive, res->detail);
    }
    if (X509_check_private_key(local->pair.cert, local->pair.key) != 1) {
        return scep_fail(res, SCEP_R_SETUP,
                         "%s %s is not the key of %s: name the key that "
                         "belongs to this certificate",
                         directive, scep_source_text(pool, config->key),
                         scep_ca_cert_source(config, pool));
    }
    return SCEP_OK;
}

static scep_status_e local_start(const scep_host_t *host,
                                 const scep_ca_config_t *config,
                                 const scep_env_t *env, apr_pool_t *pool,
                                 void **ca, scep_result_t *res)
{
    local_t *local = apr_pcalloc(pool, sizeof(*local));
    scep_status_e status;

    (void)host; /* inside mod_scep, the functions are called directly */
    *ca = NULL;
    if ((status = check_config(config, res)) != SCEP_OK ||
        (status = scep_ca_files_load(config, env, pool, &local->chain, res)) !=
            SCEP_OK) {
        return status;
    }
    local->pair.cert = sk_X509_value(local->chain, 0);
    if ((status = load_key(local, config, pool, res)) == SCEP_OK) {
        *ca = local;
    }
    return status;
}

static scep_certs_t *local_certificates(void *ca)
{
    local_t *local = ca;

    return local->chain;
}

static int local_ra_pair(void *ca, X509 **cert, EVP_PKEY **key)
{
    local_t *local = ca;

    if (local->pair.key == NULL || !EVP_PKEY_is_a(local->pair.key, "RSA")) {
        return 0;
    }
    *cert = local->pair.cert;
    *key = local->pair.key;
    return 1;
}

static scep_status_e local_issue(void *ca, const scep_env_t *env,
                                 const scep_ca_request_t *request,
                                 apr_pool_t *pool, scep_ca_answer_t *answer,
                                 scep_result_t *res)
{
    local_t *local = ca;
    scep_status_e status;
    int left_out;

    answer->cert = NULL;
    answer->ticket = NULL;
    if (local->pair.key == NULL) {
        return scep_fail(res, SCEP_R_INTERNAL, "the CA key is not loaded");
    }
    status = scep_cert_issue(&local->pair, request, scep_env_now(env), pool,
                             &answer->cert, &left_out, res);
    if (status == SCEP_OK && left_out > 0) {
        /* The requester may miss these names in the certificate. */
        scep_log(env, SCEP_LOG_WARNING,
                 SCEPLOGNO(0355) "%d subjectAltName(s) with a Windows SID left "
                                 "out of the certificate: nothing has checked "
                                 "that the SID is the requester's",
                 left_out);
    }
    return status;
}

static scep_status_e local_crl(void *ca, const scep_env_t *env,
                               const scep_ca_crl_request_t *request,
                               apr_pool_t *pool, X509_CRL **crl,
                               scep_result_t *res)
{
    local_t *local = ca;

    (void)env;
    *crl = NULL;
    if (local->pair.key == NULL) {
        return scep_fail(res, SCEP_R_INTERNAL, "the CA key is not loaded");
    }
    return scep_crl_build(&local->pair, request, pool, crl, res);
}

const scep_ca_backend_t scep_ca_local = {
    .abi = SCEP_CA_ABI,
    .size = sizeof(scep_ca_backend_t),
    .name = "local",
    .abilities = SCEP_CA_NEXT,
    .start = local_start,
    .child_start = NULL,
    .certificates = local_certificates,
    .ra_pair = local_ra_pair,
    .issue = local_issue,
    .poll = NULL,
    .crl = local_crl,
};
