/* Licensed under the Apache License, Version 2.0; see LICENSE. */
/*
 * scepctl_ra_take.c: take the pairs that httpd uses along into the directory
 * of RA pairs. (scepctl)
 */
#include "scepctl_ra.h"

#include <stdlib.h>
#include <string.h>

#include <apr_strings.h>

#include "scep_file.h"
#include "scep_service.h"
#include "scepctl_pairs.h"

/* Digits sort before the years of names of new pairs. */
#define OLDER_NAME "0-%02d-"

enum { MAX_FILE = 1 << 20, LONGEST_NAME = 40 };

typedef struct taker_t {
    scepctl_t *ctl;
    const char *dir;
    apr_array_header_t *there; /* const char *: fingerprints */
    int rank;                  /* of the next one */
    const char *report;
} taker_t;

/* What is there, and the highest rank of it. */
static scepctl_exit_e look(taker_t *t, const apr_array_header_t *names)
{
    int i, rank;

    for (i = 0; i < names->nelts; i++) {
        const char *name = APR_ARRAY_IDX(names, i, const char *);
        const char *path =
            apr_pstrcat(t->ctl->pool, t->dir, "/", name, ".crt", NULL);
        X509 *cert;
        scepctl_exit_e status = scepctl_cert_load(t->ctl, path, NULL, &cert);

        if (status != SCEPCTL_OK) {
            return status;
        }
        APR_ARRAY_PUSH(t->there, const char *) =
            scep_service_ca_id(cert, t->ctl->pool);
        if (strncmp(name, "0-", 2) == 0) {
            rank = (int)strtol(name + 2, NULL, 10);
            t->rank = rank >= t->rank ? rank + 1 : t->rank;
        }
    }
    return SCEPCTL_OK;
}

static bool is_there(const taker_t *t, const char *fingerprint)
{
    int i;

    for (i = 0; i < t->there->nelts; i++) {
        const char *other = APR_ARRAY_IDX(t->there, i, const char *);

        if (other != NULL && strcmp(other, fingerprint) == 0) {
            return true;
        }
    }
    return false;
}

/* "ra" of "/etc/mod_scep/ra.crt". */
static const char *base_of(const char *path, apr_pool_t *pool)
{
    const char *slash = strrchr(path, '/');
    const char *name = slash != NULL ? slash + 1 : path;
    const char *dot = strrchr(name, '.');
    size_t len =
        dot != NULL && dot != name ? (size_t)(dot - name) : strlen(name);

    return apr_pstrmemdup(pool, name, len < LONGEST_NAME ? len : LONGEST_NAME);
}

static scepctl_exit_e copy(taker_t *t, const char *from, const char *to,
                           scep_file_kind_e kind, mode_t mode)
{
    scepctl_t *ctl = t->ctl;
    scep_octets_t data;

    return scep_file_read(from, kind, MAX_FILE, ctl->pool, &data, &ctl->res) ==
                       SCEP_OK &&
                   scep_file_write(to, data, mode, (uid_t)-1, (gid_t)-1, 0,
                                   ctl->pool, &ctl->res) == SCEP_OK
               ? SCEPCTL_OK
               : scepctl_fail(ctl);
}

/* The files are copied as they are: the key may have a passphrase. It comes
 * first, since a certificate without its key would keep httpd from starting. */
static scepctl_exit_e take_pair(taker_t *t, const scep_in_use_pair_t *pair)
{
    scepctl_t *ctl = t->ctl;
    const char *name = apr_psprintf(ctl->pool, "%s/" OLDER_NAME "%s", t->dir,
                                    t->rank, base_of(pair->cert, ctl->pool));
    const char *path = apr_pstrcat(ctl->pool, name, ".crt", NULL);
    const char *fingerprint;
    scepctl_exit_e status;
    X509 *cert;

    if (scep_source_is_uri(pair->key)) {
        t->report = apr_pstrcat(
            ctl->pool, t->report, "The key of ", pair->cert,
            " is not in a file: keep its ScepRACertificateFile and ScepRAKey "
            "beside ScepRADirectory.\n",
            NULL);
        return SCEPCTL_OK;
    }
    status = scepctl_cert_load(ctl, pair->cert, NULL, &cert);
    if (status != SCEPCTL_OK) {
        return status;
    }
    fingerprint = scep_service_ca_id(cert, ctl->pool);
    if (fingerprint == NULL || strcmp(fingerprint, pair->fingerprint) != 0) {
        return scepctl_error(ctl,
                             SCEPLOGNO(0577) "%s is no longer the certificate "
                                             "that httpd has loaded, and could "
                                             "not be taken along: restart "
                                             "httpd first",
                             pair->cert);
    }
    status = copy(t, pair->key, apr_pstrcat(ctl->pool, name, ".key", NULL),
                  SCEP_FILE_SECRET, 0600);
    if (status == SCEPCTL_OK) {
        status = copy(t, pair->cert, path, SCEP_FILE_PUBLIC, 0644);
    }
    if (status == SCEPCTL_OK) {
        t->rank++;
        t->report =
            apr_pstrcat(ctl->pool, t->report, "Took ", pair->cert, " along as ",
                        path, ", for devices that hold it.\n", NULL);
    }
    return status;
}

/* Oldest first: the rank rises with age falling. */
scepctl_exit_e scepctl_ra_take_along(scepctl_t *ctl,
                                     const scepctl_ra_wish_t *wish,
                                     const apr_array_header_t *names,
                                     const char **report)
{
    taker_t t = {.ctl = ctl,
                 .dir = wish->dir,
                 .there = apr_array_make(ctl->pool, 4, sizeof(char *)),
                 .rank = 1,
                 .report = ""};
    scepctl_exit_e status = SCEPCTL_OK;
    int i;

    *report = "";
    if (wish->ca == NULL) {
        return SCEPCTL_OK;
    }
    status = look(&t, names);
    for (i = wish->ca->pairs->nelts - 1; i >= 0 && status == SCEPCTL_OK; i--) {
        const scep_in_use_pair_t *pair =
            &APR_ARRAY_IDX(wish->ca->pairs, i, scep_in_use_pair_t);

        if (!pair->own && !is_there(&t, pair->fingerprint)) {
            status = take_pair(&t, pair);
        }
    }
    *report = t.report;
    return status;
}
