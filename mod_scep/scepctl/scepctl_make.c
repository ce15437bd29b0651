/* Licensed under the Apache License, Version 2.0; see LICENSE. */
/*
 * scepctl_make.c: the keys and certificates of `scepctl init`. (scepctl)
 */
#include "scepctl_init.h"

#include <string.h>
#include <unistd.h>

#include <apr_lib.h>
#include <apr_strings.h>

#include "scep_cert_build.h"
#include "scep_password.h"
#include "scepctl_name.h"
#include "scepctl_pairs.h"

/* One making: what its steps share. */
typedef struct make_t {
    const scepctl_wish_t *wish;
    apr_time_t now;
    apr_pool_t *pool;
    scepctl_file_t *files;
    scep_result_t *res;
    X509_NAME *ca_name;
} make_t;

static scep_status_e make_key(const make_t *m, const scepctl_key_t *kind,
                              EVP_PKEY **key)
{
    *key = kind->bits > 0
               ? EVP_PKEY_Q_keygen(NULL, NULL, "RSA", (size_t)kind->bits)
               : EVP_PKEY_Q_keygen(NULL, NULL, "EC", kind->curve);
    scep_pkey_own(m->pool, *key);
    return *key != NULL
               ? SCEP_OK
               : scep_fail(m->res, SCEP_R_INTERNAL, "cannot make a key");
}

/* The subject given as TEXT, else the CA's with SUFFIX. */
static scep_status_e subject(const make_t *m, const char *text,
                             const char *suffix, X509_NAME **name)
{
    return text != NULL
               ? scepctl_name_parse(text, m->pool, name, m->res)
               : scepctl_name_derive(m->ca_name, suffix, m->pool, name, m->res);
}

/* A pair for the two FILES from KEY_FILE on: first the key, then its
 * certificate. */
static scep_status_e make_pair(const make_t *m, scep_cert_kind_e kind,
                               scepctl_file_e key_file,
                               const scepctl_key_t *key_kind, X509_NAME *name,
                               const scep_keypair_t *issuer, int days,
                               scep_keypair_t *pair)
{
    scep_status_e status;

    if ((status = make_key(m, key_kind, &pair->key)) != SCEP_OK ||
        (status = scep_cert_make(kind, pair->key, name, issuer, days, m->now,
                                 m->pool, &pair->cert, m->res)) != SCEP_OK ||
        (status = scepctl_key_pem(m->pool, pair->key, &m->files[key_file].data,
                                  m->res)) != SCEP_OK) {
        return status;
    }
    return scepctl_cert_pem(m->pool, pair->cert, &m->files[key_file + 1].data,
                            m->res);
}

static scep_status_e make_root(const make_t *m, scep_keypair_t *root)
{
    X509_NAME *name;
    scep_status_e status = subject(m, m->wish->root_subject, "Root", &name);

    if (status == SCEP_OK) {
        status =
            make_pair(m, SCEP_CERT_ROOT_CA, SCEPCTL_ROOT_KEY, &m->wish->ca_kind,
                      name, NULL, 2 * m->wish->days, root);
    }
    return status != SCEP_OK
               ? status
               : scepctl_cert_pem(m->pool, root->cert,
                                  &m->files[SCEPCTL_CHAIN].data, m->res);
}

static scep_status_e make_ra(const make_t *m, const scep_keypair_t *ca,
                             scep_cert_kind_e kind, scepctl_file_e key_file,
                             const char *suffix)
{
    scep_keypair_t pair;
    X509_NAME *name;
    scep_status_e status = subject(m, m->wish->ra_subject, suffix, &name);

    return status != SCEP_OK ? status
                             : make_pair(m, kind, key_file, &m->wish->ra_kind,
                                         name, ca, m->wish->ra_days, &pair);
}

static scep_octets_t octets_of(const char *text)
{
    return (scep_octets_t){(const unsigned char *)text, strlen(text)};
}

/* The next start is a first one, and an empty state directory after it is
 * one that is not mounted. */
static void make_marks(const make_t *m)
{
    m->files[SCEPCTL_FIRST_START].data = octets_of(
        "The next start of httpd makes what is missing in this directory, and "
        "removes this file.\n");
    m->files[SCEPCTL_STATE_DIRECTORY].data =
        octets_of(apr_pstrcat(m->pool, m->wish->state_dir, "\n", NULL));
}

static scep_status_e make_challenge_key(const make_t *m)
{
    unsigned char *key = scep_secret_alloc(m->pool, SCEP_PASSWORD_KEY_SIZE);

    m->files[SCEPCTL_CHALLENGE_KEY].data =
        (scep_octets_t){key, SCEP_PASSWORD_KEY_SIZE};
    return scep_random(key, SCEP_PASSWORD_KEY_SIZE, true)
               ? SCEP_OK
               : scep_fail(m->res, SCEP_R_INTERNAL, "no random octets");
}

/* Two CAs with one name confuse clients, so a default has the host's in it. */
static const char *default_subject(apr_pool_t *pool)
{
    char host[64] = "";
    char *p;

    if (gethostname(host, sizeof(host) - 1) != 0) {
        host[0] = '\0';
    }
    for (p = host; apr_isalnum(*p) || *p == '-'; p++) {
        ;
    }
    *p = '\0'; /* the first label; 64 characters is all a CN may have */
    if (strlen(host) > 32) {
        host[32] = '\0';
    }
    return apr_pstrcat(pool, "CN=SCEP CA of ", *host != '\0' ? host : "a host",
                       NULL);
}

static scep_status_e make_ras(const make_t *m, const scep_keypair_t *ca)
{
    scep_status_e status;

    if (!m->wish->split_ra) {
        return make_ra(m, ca, SCEP_CERT_RA, SCEPCTL_RA_KEY, "RA");
    }
    status = make_ra(m, ca, SCEP_CERT_RA_SIGN, SCEPCTL_RA_KEY, "RA Signing");
    return status != SCEP_OK ? status
                             : make_ra(m, ca, SCEP_CERT_RA_ENCRYPT,
                                       SCEPCTL_RA2_KEY, "RA Encryption");
}

scep_status_e scepctl_make(const scepctl_wish_t *wish, apr_time_t now,
                           apr_pool_t *pool,
                           scepctl_file_t files[SCEPCTL_FILES], X509 **ca,
                           scep_result_t *res)
{
    make_t m = {wish, now, pool, files, res, NULL};
    scep_keypair_t root = {NULL, NULL}, pair = {NULL, NULL};
    const char *text =
        wish->subject != NULL ? wish->subject : default_subject(pool);
    scep_status_e status = scepctl_name_parse(text, pool, &m.ca_name, res);

    if (status == SCEP_OK && wish->with_root) {
        status = make_root(&m, &root);
    }
    if (status == SCEP_OK) {
        status = make_pair(&m, SCEP_CERT_ISSUING_CA, SCEPCTL_CA_KEY,
                           &wish->ca_kind, m.ca_name,
                           wish->with_root ? &root : NULL, wish->days, &pair);
    }
    if (status == SCEP_OK) {
        status = make_ras(&m, &pair);
    }
    make_marks(&m);
    *ca = pair.cert;
    return status == SCEP_OK ? make_challenge_key(&m) : status;
}
