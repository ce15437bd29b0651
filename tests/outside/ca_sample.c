/* Licensed under the Apache License, Version 2.0; see LICENSE. */
/*
 * ca_sample.c: a small CA backend, as an httpd module of its own:
 *
 *     LoadModule outside_ca_module ca_sample.so
 *     ScepCABackend sample /etc/sample/ca.crt /etc/sample/ca.key /var/lib/sample
 *
 * with the CA's certificate and key in PEM, and a folder where httpd's user may
 * write, all as absolute paths. What it answers depends on the beginning of the
 * request's common name:
 *
 *     refuse   refused
 *     away     unavailable
 *     later    pending; issued when asked for the second time
 *     other    issued
 *
 * Its certificates have little in them. A real one also heeds key_usage and
 * ext_key_usage of the profile, and crl_url.
 */
#include <stdio.h>
#include <string.h>

#include <httpd.h>
#include <http_config.h>
#include <ap_provider.h>
#include <apr_strings.h>

#include <openssl/pem.h>
#include <openssl/rand.h>
#include <openssl/sha.h>
#include <openssl/x509v3.h>

#include <mod_scep.h>

enum {
    SERIAL_OCTETS = 16,
    MAX_NAME = 256,
    HASH_TEXT = 2 * SHA256_DIGEST_LENGTH
};

typedef struct sample_t {
    const scep_host_t *host;
    scep_certs_t *certs; /* the one certificate */
    X509 *cert;
    EVP_PKEY *key;
    const char *folder; /* requests that wait, by the hash in their ticket */
} sample_t;

/* ---- what the pool is to free ---- */

static void free_cert(void *object)
{
    X509_free(object);
}
static void free_certs(void *object)
{
    sk_X509_free(object);
}
static void free_crl(void *object)
{
    X509_CRL_free(object);
}
static void free_csr(void *object)
{
    X509_REQ_free(object);
}
static void free_key(void *object)
{
    EVP_PKEY_free(object);
}

/* ---- start ---- */

static scep_status_e load(sample_t *sample, const char *cert, const char *key,
                          apr_pool_t *pool, scep_result_t *res)
{
    const scep_host_t *host = sample->host;
    FILE *file = fopen(cert, "r");

    if (file != NULL) {
        sample->cert =
            host->own(pool, PEM_read_X509(file, NULL, NULL, NULL), free_cert);
        fclose(file);
    }
    if (sample->cert == NULL) {
        return host->fail(res, SCEP_CAUSE_SETUP,
                          "ScepCABackend sample: there is no certificate in "
                          "%s: name a file in PEM that root can read",
                          cert);
    }
    file = fopen(key, "r");
    if (file != NULL) {
        sample->key = host->own(
            pool, PEM_read_PrivateKey(file, NULL, NULL, NULL), free_key);
        fclose(file);
    }
    if (sample->key == NULL ||
        X509_check_private_key(sample->cert, sample->key) != 1) {
        return host->fail(res, SCEP_CAUSE_SETUP,
                          "ScepCABackend sample: %s does not hold the key of "
                          "%s: name its file in PEM",
                          key, cert);
    }
    sample->certs = host->own(pool, sk_X509_new_null(), free_certs);
    return sample->certs != NULL &&
                   sk_X509_push(sample->certs, sample->cert) > 0
               ? SCEP_OK
               : host->fail(res, SCEP_CAUSE_INTERNAL, "no memory");
}

static scep_status_e start(const scep_host_t *host,
                           const scep_ca_config_t *config,
                           const scep_env_t *env, apr_pool_t *pool, void **ca,
                           scep_result_t *res)
{
    sample_t *sample = apr_pcalloc(pool, sizeof(*sample));
    char **words;
    int count = 0;
    scep_status_e status;

    sample->host = host;
    if (apr_tokenize_to_argv(config->args, &words, pool) == APR_SUCCESS) {
        while (words[count] != NULL) {
            count++;
        }
    }
    if (count != 3) {
        return host->fail(res, SCEP_CAUSE_SETUP,
                          "ScepCABackend sample takes certificate, key and "
                          "folder, but has %d argument(s): name these three",
                          count);
    }
    sample->folder = words[2];
    status = load(sample, words[0], words[1], pool, res);
    if (status == SCEP_OK) {
        *ca = sample;
        host->log(env, SCEP_LOG_INFO, "The sample signs; mod_scep is %s",
                  host->version);
    }
    return status;
}

static scep_certs_t *certificates(void *ca)
{
    return ((sample_t *)ca)->certs;
}

/* ---- certificates ---- */

static int set_serial(X509 *cert)
{
    unsigned char octets[SERIAL_OCTETS];
    BIGNUM *number = NULL;
    int done = 0;

    if (RAND_bytes(octets, sizeof(octets)) == 1) {
        octets[0] = (octets[0] & 0x7f) | 0x40; /* positive, of full length */
        number = BN_bin2bn(octets, sizeof(octets), NULL);
        done = number != NULL &&
               BN_to_ASN1_INTEGER(number, X509_get_serialNumber(cert)) != NULL;
    }
    BN_free(number);
    return done;
}

static int add_extensions(X509 *cert, const scep_extensions_t *wanted)
{
    BASIC_CONSTRAINTS *none = BASIC_CONSTRAINTS_new();
    int at = X509v3_get_ext_by_NID(wanted, NID_subject_alt_name, -1);
    int done = none != NULL &&
               X509_add1_ext_i2d(cert, NID_basic_constraints, none, 1, 0) == 1;

    BASIC_CONSTRAINTS_free(none);
    return done &&
           (at < 0 || X509_add_ext(cert, X509v3_get_ext(wanted, at), -1) == 1);
}

static scep_status_e sign(const sample_t *sample, const scep_env_t *env,
                          X509_REQ *csr, const scep_extensions_t *extensions,
                          apr_int64_t validity, apr_pool_t *pool,
                          scep_ca_answer_t *answer, scep_result_t *res)
{
    time_t now = (time_t)apr_time_sec(sample->host->now(env));
    X509 *cert = sample->host->own(pool, X509_new(), free_cert);

    if (cert == NULL || X509_set_version(cert, X509_VERSION_3) != 1 ||
        !set_serial(cert) ||
        X509_set_issuer_name(cert, X509_get_subject_name(sample->cert)) != 1 ||
        X509_set_subject_name(cert, X509_REQ_get_subject_name(csr)) != 1 ||
        X509_set_pubkey(cert, X509_REQ_get0_pubkey(csr)) != 1 ||
        ASN1_TIME_set(X509_getm_notBefore(cert), now) == NULL ||
        ASN1_TIME_set(X509_getm_notAfter(cert), now + (time_t)validity) ==
            NULL ||
        !add_extensions(cert, extensions) ||
        X509_sign(cert, sample->key, EVP_sha256()) <= 0) {
        return sample->host->fail(res, SCEP_CAUSE_INTERNAL,
                                  "the sample cannot sign");
    }
    answer->cert = cert;
    return SCEP_OK;
}

/* ---- requests that wait ---- */

/* Of the transaction and the key: the same request has the same one. */
static const char *hash_of(const scep_ca_request_t *request, apr_pool_t *pool)
{
    unsigned char digest[SHA256_DIGEST_LENGTH], *spki = NULL;
    int len = i2d_X509_PUBKEY(X509_REQ_get_X509_PUBKEY(request->csr), &spki);
    char *text = apr_palloc(pool, 2 * sizeof(digest) + 1);
    size_t i, id_len = strlen(request->transaction_id);
    unsigned char *all;

    if (len <= 0) {
        return NULL;
    }
    all = apr_palloc(pool, (size_t)len + id_len);
    memcpy(all, spki, (size_t)len);
    memcpy(all + len, request->transaction_id, id_len);
    OPENSSL_free(spki);
    SHA256(all, (size_t)len + id_len, digest);
    for (i = 0; i < sizeof(digest); i++) {
        apr_snprintf(text + 2 * i, 3, "%02x", digest[i]);
    }
    return text;
}

static const char *path_of(const sample_t *sample, const char *hash,
                           apr_pool_t *pool)
{
    return apr_pstrcat(pool, sample->folder, "/", hash, ".csr", NULL);
}

/* Any child may be asked later, also after a restart: it must be on disk. The
 * CSR is the one without its password. */
static scep_status_e keep(const sample_t *sample,
                          const scep_ca_request_t *request, apr_pool_t *pool,
                          scep_ca_answer_t *answer, scep_result_t *res)
{
    const char *hash = hash_of(request, pool);
    FILE *file = hash != NULL ? fopen(path_of(sample, hash, pool), "w") : NULL;
    int done = file != NULL && PEM_write_X509_REQ(file, request->csr) == 1;

    if (file != NULL && fclose(file) != 0) {
        done = 0;
    }
    if (!done) {
        return sample->host->fail(res, SCEP_CAUSE_INTERNAL,
                                  "the sample cannot write to %s",
                                  sample->folder);
    }
    answer->ticket = apr_pstrcat(pool, "1-", hash, NULL);
    return SCEP_PENDING;
}

static scep_status_e issue(void *ca, const scep_env_t *env,
                           const scep_ca_request_t *request, apr_pool_t *pool,
                           scep_ca_answer_t *answer, scep_result_t *res)
{
    const sample_t *sample = ca;
    const scep_host_t *host = sample->host;
    char name[MAX_NAME] = "";

    X509_NAME_get_text_by_NID(X509_REQ_get_subject_name(request->csr),
                              NID_commonName, name, sizeof(name));
    if (strncmp(name, "refuse", 6) == 0) {
        return host->fail(res, SCEP_CAUSE_CA_REFUSED, "the sample refuses %s",
                          host->printable(pool, name, MAX_NAME));
    }
    if (strncmp(name, "away", 4) == 0) {
        host->fail(res, SCEP_CAUSE_CA_UNAVAILABLE, "the sample is away");
        host->retry_after(res, 17);
        return SCEP_UNAVAILABLE;
    }
    if (strncmp(name, "later", 5) == 0) {
        return keep(sample, request, pool, answer, res);
    }
    return sign(sample, env, request->csr, request->extensions,
                request->profile->validity, pool, answer, res);
}

/* The ticket may be another backend's, from before the configuration changed:
 * its hash goes into a path. */
static scep_status_e poll(void *ca, const scep_env_t *env, const char *ticket,
                          apr_pool_t *pool, scep_ca_answer_t *answer,
                          scep_result_t *res)
{
    const sample_t *sample = ca;
    const char *hash = ticket + 2;
    X509_REQ *csr;
    FILE *file = NULL;
    STACK_OF(X509_EXTENSION) * extensions;
    scep_status_e status;

    if (strlen(ticket) == 2 + HASH_TEXT &&
        strspn(hash, "0123456789abcdef") == HASH_TEXT) {
        file = fopen(path_of(sample, hash, pool), "r");
    }
    if (file == NULL) {
        return SCEP_NOT_FOUND;
    }
    csr = sample->host->own(pool, PEM_read_X509_REQ(file, NULL, NULL, NULL),
                            free_csr);
    fclose(file);
    if (csr == NULL) {
        return sample->host->fail(res, SCEP_CAUSE_INTERNAL,
                                  "the sample cannot read %s", hash);
    }
    if (ticket[0] == '1') {
        answer->ticket = apr_pstrcat(pool, "2-", hash, NULL);
        return SCEP_PENDING;
    }
    extensions = X509_REQ_get_extensions(csr);
    status = sign(sample, env, csr, extensions, 30 * 86400, pool, answer, res);
    sk_X509_EXTENSION_pop_free(extensions, X509_EXTENSION_free);
    return status;
}

/* ---- the CRL ---- */

static int set_time(X509_CRL *crl, apr_time_t when,
                    int (*set)(X509_CRL *, const ASN1_TIME *))
{
    ASN1_TIME *at = ASN1_TIME_set(NULL, (time_t)apr_time_sec(when));
    int done = at != NULL && set(crl, at) == 1;

    ASN1_TIME_free(at);
    return done;
}

static int add_revoked(X509_CRL *crl, const scep_ca_revoked_t *one)
{
    X509_REVOKED *entry = X509_REVOKED_new();
    ASN1_TIME *at = ASN1_TIME_set(NULL, (time_t)apr_time_sec(one->at));
    BIGNUM *number = NULL;
    ASN1_INTEGER *serial = NULL;
    int done = BN_hex2bn(&number, one->serial) > 0 &&
               (serial = BN_to_ASN1_INTEGER(number, NULL)) != NULL &&
               entry != NULL && at != NULL &&
               X509_REVOKED_set_serialNumber(entry, serial) == 1 &&
               X509_REVOKED_set_revocationDate(entry, at) == 1 &&
               X509_CRL_add0_revoked(crl, entry) == 1;

    if (!done) {
        X509_REVOKED_free(entry);
    }
    ASN1_INTEGER_free(serial);
    BN_free(number);
    ASN1_TIME_free(at);
    return done;
}

static int add_number(X509_CRL *crl, apr_int64_t value)
{
    ASN1_INTEGER *number = ASN1_INTEGER_new();
    int done = number != NULL && ASN1_INTEGER_set_int64(number, value) == 1 &&
               X509_CRL_add1_ext_i2d(crl, NID_crl_number, number, 0, 0) == 1;

    ASN1_INTEGER_free(number);
    return done;
}

static scep_status_e make_crl(void *ca, const scep_env_t *env,
                              const scep_ca_crl_request_t *request,
                              apr_pool_t *pool, X509_CRL **made,
                              scep_result_t *res)
{
    const sample_t *sample = ca;
    X509_CRL *crl = sample->host->own(pool, X509_CRL_new(), free_crl);
    int i,
        done = crl != NULL &&
               X509_CRL_set_version(crl, X509_CRL_VERSION_2) == 1 &&
               X509_CRL_set_issuer_name(
                   crl, X509_get_subject_name(sample->cert)) == 1 &&
               set_time(crl, request->this_update, X509_CRL_set1_lastUpdate) &&
               set_time(crl, request->next_update, X509_CRL_set1_nextUpdate) &&
               add_number(crl, request->number);

    (void)env;
    for (i = 0; done && i < request->revoked->nelts; i++) {
        done = add_revoked(
            crl, &APR_ARRAY_IDX(request->revoked, i, scep_ca_revoked_t));
    }
    if (!done || X509_CRL_sort(crl) != 1 ||
        X509_CRL_sign(crl, sample->key, EVP_sha256()) <= 0) {
        return sample->host->fail(res, SCEP_CAUSE_INTERNAL,
                                  "the sample cannot sign a CRL");
    }
    *made = crl;
    return SCEP_OK;
}

/* ---- the module ---- */

static const scep_ca_backend_t backend = {
    .abi = SCEP_CA_ABI,
    .size = sizeof(scep_ca_backend_t),
    .name = "sample",
    .start = start,
    .certificates = certificates,
    .issue = issue,
    .poll = poll,
    .crl = make_crl,
};

static void register_hooks(apr_pool_t *pool)
{
    ap_register_provider(pool, SCEP_CA_PROVIDER_GROUP, "sample",
                         SCEP_CA_PROVIDER_VERSION, &backend);
}

extern module AP_MODULE_DECLARE_DATA outside_ca_module;

module AP_MODULE_DECLARE_DATA outside_ca_module = {
    STANDARD20_MODULE_STUFF,
    .register_hooks = register_hooks,
};
