/* Licensed under the Apache License, Version 2.0; see LICENSE. */
/*
 * scepctl_ra.c: RA pairs in a directory (ScepRADirectory): renewed in time, and
 * listed. (scepctl)
 */
#include <string.h>
#include <sys/stat.h>

#include <apr_strings.h>

#include "scep_cert_build.h"
#include "scep_cert_time.h"
#include "scep_file.h"
#include "scepctl_name.h"
#include "scepctl_owner.h"
#include "scepctl_pairs.h"
#include "scepctl_ra.h"
#include "scep_span.h"

enum {
    LONGEST = 64,
    RA_BITS = 2048, /* every request costs a private operation */
    DAYS = 730,
    BEFORE = 60, /* days; twice what the server warns by */
    MAX_DAYS = 36500,
    DAY = 86400 /* seconds */
};

#define AT(member) offsetof(scepctl_ra_wish_t, member)

enum { ON_RENEW = SCEPCTL_FOR(SCEPCTL_RA_RENEW) };

static const scepctl_option_t options[] = {
    {"dir", "DIR", SCEPCTL_TEXT, AT(dir),
     .help = "ScepRADirectory (that of httpd, or /etc/mod_scep/ra.d)"},
    SCEPCTL_SERVER_OPTIONS,
    SCEPCTL_CA_CERT_OPTION("the CA's certificate (that of httpd's CA, or "
                           "/etc/mod_scep/ca.crt)"),
    {"ca-key", "FILE", SCEPCTL_TEXT, AT(ca_key),
     .help = "its key: path or URI (that of httpd's CA, or "
             "/etc/mod_scep/ca.key)",
     .actions = ON_RENEW},
    {"before", "DAYS", SCEPCTL_NUMBER, AT(before),
     .help = "how long before it expires (60)", .actions = ON_RENEW, .min = 1,
     .max = MAX_DAYS},
    {"days", "DAYS", SCEPCTL_NUMBER, AT(days),
     .help = "validity of the new certificate (730)", .actions = ON_RENEW,
     .min = 1, .max = MAX_DAYS},
    {"subject", "DN", SCEPCTL_TEXT, AT(subject),
     .help = "its name (as the newest one's)", .actions = ON_RENEW},
    {"force", NULL, SCEPCTL_FLAG, AT(force), .help = "now, whatever there is",
     .actions = ON_RENEW},
    {.name = NULL}};

/* --- what there is -------------------------------------------------------- */

/* Names NAME of NAME.crt, newest first; no directory: none. */
static scepctl_exit_e find(scepctl_t *ctl, const char *dir,
                           apr_array_header_t **names)
{
    scep_status_e status =
        scep_dir_list(dir, ".crt", ctl->pool, names, &ctl->res);

    if (status == SCEP_NOT_FOUND) {
        scep_result_init(&ctl->res, ctl->res.pool);
        return SCEPCTL_OK;
    }
    return status == SCEP_OK
               ? SCEPCTL_OK
               : scepctl_error(ctl, SCEPLOGNO(0596) "%s", ctl->res.detail);
}

static const char *file_of(scepctl_t *ctl, const char *dir, const char *name,
                           const char *extension)
{
    return apr_pstrcat(ctl->pool, dir, "/", name, extension, NULL);
}

static const char *expiry(scepctl_t *ctl, X509 *cert)
{
    apr_int64_t last;

    return scep_cert_time(X509_get0_notAfter(cert), &last)
               ? scep_time_iso(ctl->pool, apr_time_from_sec(last))
               : "?";
}

static scepctl_exit_e list(scepctl_t *ctl, const scepctl_ra_wish_t *wish,
                           const apr_array_header_t *names)
{
    int i;

    for (i = 0; i < names->nelts; i++) {
        const char *name = APR_ARRAY_IDX(names, i, const char *);
        X509 *cert;
        scepctl_exit_e status = scepctl_cert_load(
            ctl, file_of(ctl, wish->dir, name, ".crt"), NULL, &cert);

        if (status != SCEPCTL_OK) {
            return status;
        }
        fprintf(ctl->out, "%s\t%s\t%s\n",
                scep_printable(ctl->pool, name, LONGEST), expiry(ctl, cert),
                scep_name_text(ctl->pool, X509_get_subject_name(cert)));
    }
    return SCEPCTL_OK;
}

/* --- renew ---------------------------------------------------------------- */

static apr_int64_t seconds_left(const scepctl_ra_wish_t *wish, X509 *cert)
{
    apr_int64_t last;

    return scep_cert_time(X509_get0_notAfter(cert), &last)
               ? last - apr_time_sec(wish->now)
               : 0;
}

static scep_status_e choose_subject(scepctl_t *ctl,
                                    const scepctl_ra_wish_t *wish, X509 *newest,
                                    X509 *ca, X509_NAME **name)
{
    if (wish->subject != NULL) {
        return scepctl_name_parse(wish->subject, ctl->pool, name, &ctl->res);
    }
    if (newest != NULL) {
        *name = X509_get_subject_name(newest);
        return SCEP_OK;
    }
    return scepctl_name_derive(X509_get_subject_name(ca), "RA", ctl->pool, name,
                               &ctl->res);
}

static scep_status_e make(scepctl_t *ctl, const scepctl_ra_wish_t *wish,
                          X509 *newest, const scep_keypair_t *ca,
                          scep_keypair_t *pair)
{
    X509_NAME *name;
    scep_status_e status = choose_subject(ctl, wish, newest, ca->cert, &name);

    if (status != SCEP_OK) {
        return status;
    }
    pair->key = scep_pkey_own(
        ctl->pool, EVP_PKEY_Q_keygen(NULL, NULL, "RSA", (size_t)RA_BITS));
    if (pair->key == NULL) {
        return scep_fail(&ctl->res, SCEP_R_INTERNAL, "cannot make a key");
    }
    return scep_cert_make(SCEP_CERT_RA, pair->key, name, ca, wish->days,
                          wish->now, ctl->pool, &pair->cert, &ctl->res);
}

/* A new one is for us alone. One that is there stays as it is, as it may have
 * another purpose, too. */
static scepctl_exit_e prepare(scepctl_t *ctl, const char *dir)
{
    struct stat st;

    if (stat(dir, &st) != 0) {
        return scep_dir_make(dir, 0700, (uid_t)-1, (gid_t)-1, ctl->pool,
                             &ctl->res) == SCEP_OK
                   ? SCEPCTL_OK
                   : scepctl_fail(ctl);
    }
    return scepctl_check_private(ctl, SCEPLOGNO(0599), dir, &st, 0700, "--dir");
}

/* The key first: a certificate without its key would keep httpd from
 * starting. */
static scepctl_exit_e write_pair(scepctl_t *ctl, const scepctl_ra_wish_t *wish,
                                 const char *name, const scep_keypair_t *pair)
{
    scep_octets_t key, cert;
    const char *path = file_of(ctl, wish->dir, name, ".crt");
    scep_status_e status =
        scepctl_key_pem(ctl->pool, pair->key, &key, &ctl->res);

    if (status == SCEP_OK) {
        status = scepctl_cert_pem(ctl->pool, pair->cert, &cert, &ctl->res);
    }
    if (status == SCEP_OK) {
        status =
            scep_file_write(file_of(ctl, wish->dir, name, ".key"), key, 0600,
                            (uid_t)-1, (gid_t)-1, 0, ctl->pool, &ctl->res);
    }
    if (status == SCEP_OK) {
        status = scep_file_write(path, cert, 0644, (uid_t)-1, (gid_t)-1, 0,
                                 ctl->pool, &ctl->res);
    }
    if (status != SCEP_OK) {
        return scepctl_fail(ctl);
    }
    fprintf(ctl->out, "Made %s, valid until %s. ", path,
            expiry(ctl, pair->cert));
    if (wish->ca == NULL || wish->ca->ra_dir != NULL) {
        fputs("A graceful restart of httpd takes it into use.\n", ctl->out);
    }
    else {
        fprintf(ctl->out,
                "To take it into use, write\n    ScepRADirectory %s\ninto "
                "httpd's configuration in the place of ScepRACertificateFile "
                "and ScepRAKey, and restart it gracefully.\n",
                wish->dir);
    }
    return SCEPCTL_OK;
}

static scepctl_exit_e renew_by(scepctl_t *ctl, const scepctl_ra_wish_t *wish,
                               const apr_array_header_t *names, X509 *newest)
{
    const char *last =
        names->nelts > 0 ? APR_ARRAY_IDX(names, 0, const char *) : NULL;
    const char *report = "";
    /* sorts */
    const char *name = scep_time_text(ctl->pool, "%Y-%m-%d-%H%M%S", wish->now);
    scep_keypair_t ca = {NULL, NULL}, pair = {NULL, NULL};
    scepctl_exit_e status;

    status =
        scepctl_pair_load(ctl, wish->given.ca_cert, wish->ca_key, NULL, &ca);
    if (status != SCEPCTL_OK) {
        return status;
    }
    if (newest != NULL && !wish->force &&
        seconds_left(wish, ca.cert) <= seconds_left(wish, newest) + DAY) {
        return scepctl_error(ctl,
                             SCEPLOGNO(0598) "the RA's certificate expires "
                                             "with the CA's, on %s: the CA has "
                                             "to be renewed first",
                             expiry(ctl, ca.cert));
    }
    if (last != NULL && strcmp(name, last) <= 0) {
        return scepctl_error(ctl,
                             SCEPLOGNO(0597) "%s/%s.crt would count as newer "
                                             "than %s.crt: give the pair a "
                                             "name that sorts before",
                             wish->dir, last, name);
    }
    if (make(ctl, wish, newest, &ca, &pair) != SCEP_OK) {
        return scepctl_fail(ctl);
    }
    status = prepare(ctl, wish->dir);
    if (status == SCEPCTL_OK) {
        status = scepctl_ra_take_along(ctl, wish, names, &report);
    }
    if (status == SCEPCTL_OK) {
        status = write_pair(ctl, wish, name, &pair);
    }
    fputs(report, ctl->out);
    return status;
}

/* To renew, that is: an older run may have left pairs outside. */
static scepctl_exit_e nothing_to_do(scepctl_t *ctl,
                                    const scepctl_ra_wish_t *wish,
                                    const apr_array_header_t *names,
                                    X509 *newest)
{
    const char *report = "";
    scepctl_exit_e status = prepare(ctl, wish->dir);

    if (status == SCEPCTL_OK) {
        status = scepctl_ra_take_along(ctl, wish, names, &report);
    }
    if (status == SCEPCTL_OK) {
        fprintf(ctl->out, "%s/%s.crt is valid until %s: nothing to %s.\n",
                wish->dir, APR_ARRAY_IDX(names, 0, const char *),
                expiry(ctl, newest), *report != '\0' ? "renew" : "do");
    }
    fputs(report, ctl->out);
    return status;
}

static scepctl_exit_e renew(scepctl_t *ctl, const scepctl_ra_wish_t *wish,
                            const apr_array_header_t *names)
{
    const char *last = NULL;
    X509 *newest = NULL;
    scepctl_exit_e status;

    if (names->nelts > 0) {
        last = APR_ARRAY_IDX(names, 0, const char *);
        status = scepctl_cert_load(ctl, file_of(ctl, wish->dir, last, ".crt"),
                                   NULL, &newest);
        if (status != SCEPCTL_OK) {
            return status;
        }
    }
    if (newest != NULL && !wish->force &&
        seconds_left(wish, newest) > (apr_int64_t)wish->before * DAY) {
        return nothing_to_do(ctl, wish, names, newest);
    }
    if (newest == NULL && (status = scepctl_server_known(
                               ctl, &wish->given.server)) != SCEPCTL_OK) {
        return status;
    }
    return renew_by(ctl, wish, names, newest);
}

static scepctl_exit_e run(scepctl_t *ctl, void *baton)
{
    scepctl_ra_wish_t *wish = baton;
    apr_array_header_t *names;
    scepctl_exit_e status;

    wish->before = wish->before > 0 ? wish->before : BEFORE;
    wish->days = wish->days > 0 ? wish->days : DAYS;
    wish->now = apr_time_now();
    status = scepctl_ra_choose(ctl, wish);
    if (status == SCEPCTL_OK) {
        status = find(ctl, wish->dir, &names);
    }
    if (status != SCEPCTL_OK) {
        return status;
    }
    return wish->given.action == SCEPCTL_RA_LIST ? list(ctl, wish, names)
                                                 : renew(ctl, wish, names);
}

const scepctl_command_t scepctl_ra = {
    .name = "ra",
    .summary = "renew the RA in time",
    .about =
        "renew makes the next RA pair when the newest one is about to expire, "
        "and keeps the others, which still decrypt; pairs that httpd uses "
        "outside of the directory are copied into it. A graceful restart takes "
        "the new one into use. list prints what there is, the newest first.",
    .actions = {"renew", "list"},
    .options = options,
    .size = sizeof(scepctl_ra_wish_t),
    .run = run};
