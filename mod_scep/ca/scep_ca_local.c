/* Licensed under the Apache License, Version 2.0; see LICENSE. */
/*
 * scep_ca_local.c: the `local` backend. Everything that can be wrong is found
 * in start(), and said with directive, file and cure. (ca layer)
 */
#include "scep_ca_local.h"

#include <apr_strings.h>

#include <openssl/x509v3.h>

#include "scep_ca_chain.h"
#include "scep_cert_build.h"
#include "scep_crl.h"
#include "scep_ra_check.h"

typedef struct local_t {
    scep_keypair_t pair; /* key is NULL when only probing an encrypted one */
    scep_certs_t *chain; /* pair.cert first */
} local_t;

/* One start(): what its steps share. */
typedef struct start_t {
    const scep_ca_config_t *config;
    const scep_env_t *env;
    apr_pool_t *pool;
    scep_result_t *res;
    local_t *local;
    scep_certs_t *extra; /* after the first one of the certificate file */
} start_t;

static const char *cert_directive(const start_t *s)
{
    return s->config->next ? "ScepNextCACertificateFile"
                           : "ScepCACertificateFile";
}

static const char *key_directive(const start_t *s)
{
    return s->config->next ? "ScepNextCAKey" : "ScepCAKey";
}

static const char *cert_source(const start_t *s)
{
    return apr_pstrcat(s->pool, cert_directive(s), " ", s->config->cert_file,
                       NULL);
}

static const char *key_source(const start_t *s)
{
    return apr_pstrcat(s->pool, key_directive(s), " ",
                       scep_source_text(s->pool, s->config->key), NULL);
}

static scep_status_e check_config(const start_t *s)
{
    if (s->config->args != NULL && *s->config->args != '\0') {
        return scep_fail(s->res, SCEP_R_SETUP,
                         "ScepCABackend local takes no arguments, but has "
                         "\"%s\": remove them",
                         s->config->args);
    }
    if (s->config->cert_file == NULL) {
        return scep_fail(s->res, SCEP_R_SETUP,
                         "ScepCACertificateFile is not set: name the file of "
                         "the CA certificate (scepctl init makes one)");
    }
    if (s->config->key == NULL) {
        return scep_fail(s->res, SCEP_R_SETUP,
                         "ScepCAKey is not set beside ScepCACertificateFile "
                         "%s: name the file or URI of the CA key (scepctl "
                         "init makes one)",
                         s->config->cert_file);
    }
    return SCEP_OK;
}

static scep_status_e check_ca_cert(const start_t *s)
{
    X509 *cert = s->local->pair.cert;
    EVP_PKEY *key = X509_get0_pubkey(cert);
    const char *source = cert_source(s);

    /* 1: by basicConstraints, and keyUsage, if any, has keyCertSign */
    if (X509_check_ca(cert) != 1) {
        return scep_fail(s->res, SCEP_R_SETUP,
                         "%s: \"%s\" is no CA certificate (basicConstraints "
                         "CA:TRUE and keyUsage keyCertSign): name the issuing "
                         "CA's",
                         source,
                         scep_name_text(s->pool, X509_get_subject_name(cert)));
    }
    if (key == NULL ||
        (!EVP_PKEY_is_a(key, "RSA") && !EVP_PKEY_is_a(key, "EC"))) {
        return scep_fail(s->res, SCEP_R_SETUP,
                         "%s: its key is neither RSA nor EC; use a CA of one "
                         "of these kinds",
                         source);
    }
    scep_ra_check_validity(s->env, cert, source);
    return SCEP_OK;
}

static scep_status_e load_cert(start_t *s)
{
    scep_certs_t *certs;
    scep_status_e status =
        scep_certs_load(s->config->cert_file, NULL, s->pool, &certs, s->res);
    int i;

    if (status != SCEP_OK) {
        return scep_fail(s->res, SCEP_R_SETUP,
                         "%s: %s: name the CA certificate in PEM or DER",
                         cert_directive(s), s->res->detail);
    }
    s->local->chain = scep_x509s_own(s->pool, sk_X509_new_null());
    s->extra = scep_x509s_own(s->pool, sk_X509_new_null());
    if (s->local->chain == NULL || s->extra == NULL) {
        return scep_fail(s->res, SCEP_R_INTERNAL, "no memory");
    }
    for (i = 0; i < sk_X509_num(certs); i++) {
        scep_certs_t *to = i == 0 ? s->local->chain : s->extra;

        if (X509_add_cert(to, sk_X509_value(certs, i), X509_ADD_FLAG_UP_REF) !=
            1) {
            return scep_fail(s->res, SCEP_R_INTERNAL, "no memory");
        }
    }
    s->local->pair.cert = sk_X509_value(s->local->chain, 0);
    return check_ca_cert(s);
}

/* For a probe: notes that a passphrase would be needed, and has none. */
static int note_question(void *baton, const char *source, char *buf, int size)
{
    int *asked = baton;

    (void)source;
    (void)buf;
    (void)size;
    *asked = 1;
    return -1;
}

static scep_status_e load_key(start_t *s)
{
    const scep_ca_config_t *config = s->config;
    int probe = config->probe;
    int asked = 0;
    scep_status_e status = scep_key_load(
        config->key, NULL, probe ? note_question : config->passphrase,
        probe ? &asked : config->passphrase_baton, s->pool, &s->local->pair.key,
        s->res);

    if (status != SCEP_OK && asked) {
        scep_result_init(s->res, s->res->pool);
        return SCEP_OK; /* encrypted: all that a probe can see */
    }
    if (status != SCEP_OK) {
        return scep_fail(s->res, SCEP_R_SETUP,
                         "%s: %s: name the CA's private key", key_directive(s),
                         s->res->detail);
    }
    if (X509_check_private_key(s->local->pair.cert, s->local->pair.key) != 1) {
        return scep_fail(s->res, SCEP_R_SETUP,
                         "%s is not the key of %s: name the key that belongs "
                         "to this certificate",
                         key_source(s), cert_source(s));
    }
    return SCEP_OK;
}

static scep_status_e add_chain(start_t *s, const scep_certs_t *heap,
                               const char *source)
{
    X509 *stranger;

    if (!scep_ca_chain_build(s->local->chain, heap, &stranger)) {
        return scep_fail(s->res, SCEP_R_INTERNAL, "no memory");
    }
    if (stranger != NULL) {
        return scep_fail(
            s->res, SCEP_R_SETUP,
            "%s: \"%s\" is no issuer of the CA certificate or of one above "
            "it: remove it",
            source, scep_name_text(s->pool, X509_get_subject_name(stranger)));
    }
    return SCEP_OK;
}

static scep_status_e load_chain(start_t *s)
{
    scep_certs_t *heap;
    scep_status_e status;

    if (s->config->chain_file == NULL) {
        return add_chain(s, s->extra, cert_source(s));
    }
    status =
        scep_certs_load(s->config->chain_file, NULL, s->pool, &heap, s->res);
    if (status != SCEP_OK) {
        return scep_fail(s->res, SCEP_R_SETUP,
                         "ScepCAChainFile: %s: name a file with the "
                         "certificates above the CA's, in PEM",
                         s->res->detail);
    }
    if (X509_add_certs(heap, s->extra, X509_ADD_FLAG_UP_REF) != 1) {
        return scep_fail(s->res, SCEP_R_INTERNAL, "no memory");
    }
    return add_chain(
        s, heap,
        apr_pstrcat(s->pool, "ScepCAChainFile ", s->config->chain_file, NULL));
}

static void review_chain(const start_t *s)
{
    const scep_certs_t *chain = s->local->chain;
    int last = sk_X509_num(chain) - 1, i;
    X509 *top = sk_X509_value(chain, last);

    for (i = 1; i <= last; i++) {
        X509 *cert = sk_X509_value(chain, i);

        scep_ra_check_validity(
            s->env, cert,
            apr_psprintf(s->pool, "ScepCAChainFile: \"%s\"",
                         scep_name_text(s->pool, X509_get_subject_name(cert))));
    }
    if (!scep_ca_issued(top, top)) {
        scep_log(s->env, SCEP_LOG_NOTICE,
                 SCEPLOGNO(0354) "The chain of the CA certificate ends at "
                                 "\"%s\", which is no root; clients must have "
                                 "the rest, or add it to ScepCAChainFile",
                 scep_name_text(s->pool, X509_get_subject_name(top)));
    }
}

static scep_status_e local_start(const scep_host_t *host,
                                 const scep_ca_config_t *config,
                                 const scep_env_t *env, apr_pool_t *pool,
                                 void **ca, scep_result_t *res)
{
    start_t s = {config, env, pool, res, NULL, NULL};
    scep_status_e status;

    (void)host; /* it calls the functions themselves */
    *ca = NULL;
    s.local = apr_pcalloc(pool, sizeof(*s.local));
    if ((status = check_config(&s)) != SCEP_OK ||
        (status = load_cert(&s)) != SCEP_OK ||
        (status = load_key(&s)) != SCEP_OK ||
        (status = load_chain(&s)) != SCEP_OK) {
        return status;
    }
    review_chain(&s);
    *ca = s.local;
    return SCEP_OK;
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
        /* It differs from what was asked for: somebody may look for it. */
        scep_log(env, SCEP_LOG_WARNING,
                 SCEPLOGNO(0355) "%d subjectAltName(s) with a Windows SID left "
                                 "out of the certificate: nothing has checked "
                                 "them",
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
