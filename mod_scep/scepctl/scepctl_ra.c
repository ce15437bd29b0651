/* Licensed under the Apache License, Version 2.0; see LICENSE. */
/*
 * scepctl_ra.c: RA pairs in a directory (ScepRADirectory): renewed in time, and
 * listed. (scepctl)
 */
#include <errno.h>
#include <getopt.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include <apr_strings.h>

#include "scep_cert_build.h"
#include "scep_cert_time.h"
#include "scep_file.h"
#include "scepctl_name.h"
#include "scepctl_pairs.h"
#include "scepctl_ra.h"
#include "scepctl_time.h"

enum {
    LONGEST = 64,
    RA_BITS = 2048, /* every request costs a private operation */
    DAYS = 730,
    BEFORE = 60, /* days; twice what the server warns by */
    MAX_DAYS = 36500,
    DAY = 86400 /* seconds */
};

static const char usage_text[] =
    "Usage: scepctl ra renew [options]\n"
    "       scepctl ra list [options]\n"
    "\n"
    "renew makes the next RA pair when the newest one is about to expire, and\n"
    "keeps the others, which still decrypt; pairs that httpd uses outside of\n"
    "the directory are copied into it. A graceful restart takes the new one\n"
    "into use. list prints what there is, the newest first.\n"
    "\n"
    "  --dir DIR         ScepRADirectory (that of httpd, or\n"
    "                    /etc/mod_scep/ra.d)\n" SCEPCTL_SERVER_USAGE "renew:\n"
    "  --ca-cert FILE    the CA's certificate (that of httpd's CA, or\n"
    "                    /etc/mod_scep/ca.crt)\n"
    "  --ca-key FILE     its key: path or URI (that of httpd's CA, or\n"
    "                    /etc/mod_scep/ca.key)\n"
    "  --before DAYS     how long before it expires (60)\n"
    "  --days DAYS       validity of the new certificate (730)\n"
    "  --subject DN      its name (as the newest one's)\n"
    "  --force           now, whatever there is\n";

typedef enum {
    OPT_DIR = 256,
    OPT_CA_CERT,
    OPT_CA_KEY,
    OPT_BEFORE,
    OPT_DAYS,
    OPT_SUBJECT,
    OPT_FORCE,
    OPT_HELP
} option_e;

static const struct option options[] = {
    {"dir", required_argument, NULL, OPT_DIR},
    {"ca-cert", required_argument, NULL, OPT_CA_CERT},
    {"ca-key", required_argument, NULL, OPT_CA_KEY},
    {"before", required_argument, NULL, OPT_BEFORE},
    {"days", required_argument, NULL, OPT_DAYS},
    {"subject", required_argument, NULL, OPT_SUBJECT},
    {"force", no_argument, NULL, OPT_FORCE},
    {"help", no_argument, NULL, OPT_HELP},
    SCEPCTL_SERVER_OPTIONS,
    {NULL, 0, NULL, 0},
};

/* --- the command line ----------------------------------------------------- */

static scepctl_exit_e read_days(scepctl_t *ctl, const char *name, int *days)
{
    char *end;
    long number;

    errno = 0;
    number = strtol(optarg, &end, 10);
    if (errno != 0 || end == optarg || *end != '\0' || number < 1 ||
        number > MAX_DAYS) {
        return scepctl_usage(ctl, "ra: --%s takes 1 to %d", name, MAX_DAYS);
    }
    *days = (int)number;
    return SCEPCTL_OK;
}

static scepctl_exit_e keep(scepctl_t *ctl, int option, scepctl_ra_wish_t *wish)
{
    switch (option) {
    case OPT_DIR:
        wish->dir = optarg;
        break;
    case OPT_CA_CERT:
        wish->ca_cert = optarg;
        break;
    case OPT_CA_KEY:
        wish->ca_key = optarg;
        break;
    case OPT_BEFORE:
        return read_days(ctl, "before", &wish->before);
    case OPT_DAYS:
        return read_days(ctl, "days", &wish->days);
    case OPT_SUBJECT:
        wish->subject = optarg;
        break;
    case OPT_FORCE:
        wish->force = true;
        break;
    default:
        wish->help = true;
        break;
    }
    return SCEPCTL_OK;
}

static scepctl_exit_e read_wish(scepctl_t *ctl, int argc, char **argv,
                                scepctl_ra_wish_t *wish)
{
    const char *action = argc > 1 ? argv[1] : "";
    int option;

    wish->help = strcmp(action, "--help") == 0;
    wish->list = strcmp(action, "list") == 0;
    if (wish->help) {
        return SCEPCTL_OK;
    }
    if (!wish->list && strcmp(action, "renew") != 0) {
        return scepctl_usage(ctl, "ra: give renew or list");
    }
    opterr = 0;
    argc--;
    argv++;
    while ((option = getopt_long(argc, argv, ":", options, NULL)) != -1) {
        scepctl_exit_e status;

        if (option == '?' || option == ':') {
            return scepctl_bad_option(ctl, "ra", option, argv);
        }
        if (scepctl_server_option(&wish->server, option, optarg)) {
            continue;
        }
        status = keep(ctl, option, wish);
        if (status != SCEPCTL_OK) {
            return status;
        }
    }
    return optind == argc
               ? SCEPCTL_OK
               : scepctl_usage(
                     ctl, "ra: unexpected argument `%s'",
                     scep_printable(ctl->pool, argv[optind], LONGEST));
}

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
               ? scepctl_time_iso(ctl->pool, apr_time_from_sec(last))
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

static scepctl_exit_e load_ca(scepctl_t *ctl, const scepctl_ra_wish_t *wish,
                              const scep_keypair_t **ca)
{
    apr_array_header_t *certs = apr_array_make(ctl->pool, 1, sizeof(char *));
    apr_array_header_t *keys = apr_array_make(ctl->pool, 1, sizeof(char *));
    apr_array_header_t *pairs = apr_array_make(ctl->pool, 1, sizeof(*ca));
    scepctl_exit_e status;

    APR_ARRAY_PUSH(certs, const char *) = wish->ca_cert;
    APR_ARRAY_PUSH(keys, const char *) = wish->ca_key;
    status = scepctl_pairs_load(ctl, certs, keys, NULL, pairs);
    if (status == SCEPCTL_OK) {
        *ca = APR_ARRAY_IDX(pairs, 0, const scep_keypair_t *);
    }
    return status;
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
 * another purpose, too; but who could write in it could put another pair in
 * the place of ours. */
static scepctl_exit_e prepare(scepctl_t *ctl, const char *dir)
{
    struct stat st;

    if (stat(dir, &st) != 0) {
        return scep_dir_make(dir, 0700, (uid_t)-1, (gid_t)-1, ctl->pool,
                             &ctl->res) == SCEP_OK
                   ? SCEPCTL_OK
                   : scepctl_fail(ctl);
    }
    if ((st.st_uid != 0 && st.st_uid != geteuid()) ||
        (st.st_mode & (S_IWGRP | S_IWOTH)) != 0) {
        return scepctl_error(ctl,
                             SCEPLOGNO(0599) "others can write in %s (owner "
                                             "%lu, mode %03o): chown it to "
                                             "root and chmod it to 700, or "
                                             "name another --dir",
                             dir, (unsigned long)st.st_uid,
                             (unsigned int)(st.st_mode & 0777));
    }
    return SCEPCTL_OK;
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

/* By its time, which sorts. */
static const char *name_of(scepctl_t *ctl, const scepctl_ra_wish_t *wish)
{
    apr_time_exp_t t;

    apr_time_exp_gmt(&t, wish->now);
    return apr_psprintf(ctl->pool, "%04d-%02d-%02d-%02d%02d%02d",
                        t.tm_year + 1900, t.tm_mon + 1, t.tm_mday, t.tm_hour,
                        t.tm_min, t.tm_sec);
}

static scepctl_exit_e renew_by(scepctl_t *ctl, const scepctl_ra_wish_t *wish,
                               const apr_array_header_t *names, X509 *newest)
{
    const char *last =
        names->nelts > 0 ? APR_ARRAY_IDX(names, 0, const char *) : NULL;
    const char *report = "";
    const char *name = name_of(ctl, wish);
    const scep_keypair_t *ca = NULL;
    scep_keypair_t pair = {NULL, NULL};
    scepctl_exit_e status;

    status = load_ca(ctl, wish, &ca);
    if (status != SCEPCTL_OK) {
        return status;
    }
    if (newest != NULL && !wish->force &&
        seconds_left(wish, ca->cert) <= seconds_left(wish, newest) + DAY) {
        return scepctl_error(ctl,
                             SCEPLOGNO(0598) "the RA's certificate expires "
                                             "with the CA's, on %s: the CA has "
                                             "to be renewed first",
                             expiry(ctl, ca->cert));
    }
    if (last != NULL && strcmp(name, last) <= 0) {
        return scepctl_error(ctl,
                             SCEPLOGNO(0597) "%s/%s.crt would count as newer "
                                             "than %s.crt: give the pair a "
                                             "name that sorts before",
                             wish->dir, last, name);
    }
    if (make(ctl, wish, newest, ca, &pair) != SCEP_OK) {
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
    if (newest == NULL &&
        (status = scepctl_server_known(ctl, &wish->server)) != SCEPCTL_OK) {
        return status;
    }
    return renew_by(ctl, wish, names, newest);
}

scepctl_exit_e scepctl_ra(scepctl_t *ctl, int argc, char **argv)
{
    scepctl_ra_wish_t wish = {
        .before = BEFORE, .days = DAYS, .now = apr_time_now()};
    apr_array_header_t *names;
    scepctl_exit_e status = read_wish(ctl, argc, argv, &wish);

    if (status == SCEPCTL_OK && wish.help) {
        fputs(usage_text, ctl->out);
        return SCEPCTL_OK;
    }
    if (status == SCEPCTL_OK) {
        status = scepctl_ra_choose(ctl, &wish);
    }
    if (status == SCEPCTL_OK) {
        status = find(ctl, wish.dir, &names);
    }
    if (status != SCEPCTL_OK) {
        return status;
    }
    return wish.list ? list(ctl, &wish, names) : renew(ctl, &wish, names);
}
