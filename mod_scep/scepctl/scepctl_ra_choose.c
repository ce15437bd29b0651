/* Licensed under the Apache License, Version 2.0; see LICENSE. */
/*
 * scepctl_ra_choose.c: which CA and directory `scepctl ra' works with. (scepctl)
 */
#include "scepctl_ra.h"

#include <string.h>

#include <apr_strings.h>

#include "scep_service.h"
#include "scepctl_pairs.h"

#define DEFAULT_DIR SCEPCTL_CONF_DIR "/ra.d"

static bool is_scope(const char *ca_id, const char *fingerprint)
{
    return ca_id != NULL && fingerprint != NULL &&
           strcmp(ca_id, fingerprint) == 0;
}

static bool has_scope(const scep_in_use_ca_t *ca, const char *fingerprint)
{
    return is_scope(ca->ca_id, fingerprint) ||
           is_scope(ca->next_scope, fingerprint);
}

/* By --ca, or the one that --dir or --ca-cert belongs to, or the only one. */
static scepctl_exit_e choose_ca(scepctl_t *ctl, scepctl_ra_wish_t *wish,
                                const char *fingerprint)
{
    const apr_array_header_t *cas = wish->given.server.in_use->cas;
    int i;

    for (i = 0; i < cas->nelts && wish->given.server.ca_name == NULL; i++) {
        const scep_in_use_ca_t *ca = &APR_ARRAY_IDX(cas, i, scep_in_use_ca_t);

        if (scepctl_same_file(wish->dir, ca->ra_dir) ||
            (wish->dir == NULL && has_scope(ca, fingerprint))) {
            wish->ca = ca;
            return SCEPCTL_OK;
        }
    }
    return scepctl_server_ca(ctl, &wish->given.server, false, &wish->ca);
}

/* A pair of another CA in a directory would sign this one's replies; one in no
 * directory of httpd's would never be used. */
static scepctl_exit_e check_dir(scepctl_t *ctl, const scepctl_ra_wish_t *wish)
{
    const apr_array_header_t *cas = wish->given.server.in_use->cas;
    int i;

    if (scepctl_same_file(wish->dir, wish->ca->ra_dir) ||
        !scepctl_server_binding(&wish->given.server)) {
        return SCEPCTL_OK;
    }
    for (i = 0; i < cas->nelts; i++) {
        const scep_in_use_ca_t *ca = &APR_ARRAY_IDX(cas, i, scep_in_use_ca_t);

        if (wish->ca->ra_dir != NULL ||
            scepctl_same_file(wish->dir, ca->ra_dir)) {
            return scepctl_error(
                ctl,
                SCEPLOGNO(0575) "%s is not the directory in which httpd looks "
                                "for RA pairs of the CA %s (%s): %s; "
                                "--ignore-httpd makes the pair there all the "
                                "same",
                wish->dir, wish->ca->name,
                wish->ca->ra_dir != NULL ? wish->ca->ra_dir : "it has none",
                wish->ca->ra_dir != NULL
                    ? "leave --dir out, or change ScepRADirectory first"
                    : "give it one of its own by --dir");
        }
    }
    return SCEPCTL_OK;
}

static scepctl_exit_e choose_dir(scepctl_t *ctl, scepctl_ra_wish_t *wish)
{
    if (wish->dir == NULL) {
        wish->dir = wish->ca->ra_dir;
    }
    if (wish->dir == NULL && wish->given.server.in_use->cas->nelts > 1) {
        return scepctl_usage(ctl,
                             "the CA %s has no ScepRADirectory: name one "
                             "of its own by --dir",
                             wish->ca->name);
    }
    if (wish->dir == NULL) {
        wish->dir = DEFAULT_DIR;
    }
    return wish->given.action == SCEPCTL_RA_LIST ? SCEPCTL_OK
                                                 : check_dir(ctl, wish);
}

/* FINGERPRINT is that of --ca-cert, or NULL. */
static scepctl_exit_e choose_issuer(scepctl_t *ctl, scepctl_ra_wish_t *wish,
                                    const char *fingerprint)
{
    bool next = is_scope(wish->ca->next_scope, fingerprint);

    if (fingerprint != NULL && !has_scope(wish->ca, fingerprint) &&
        scepctl_server_binding(&wish->given.server)) {
        return scepctl_error(ctl,
                             SCEPLOGNO(0576) "%s is not the certificate of "
                                             "httpd's CA %s or its next CA: "
                                             "clients refuse an RA of another "
                                             "CA; leave --ca-cert out, or "
                                             "choose by --ca; --ignore-httpd "
                                             "makes the pair all the same",
                             wish->given.ca_cert, wish->ca->name);
    }
    if (wish->given.ca_cert == NULL) {
        wish->given.ca_cert = wish->ca->cert;
    }
    if (wish->ca_key == NULL) {
        wish->ca_key = next ? wish->ca->next_key : wish->ca->key;
    }
    return wish->given.ca_cert != NULL && wish->ca_key != NULL
               ? SCEPCTL_OK
               : scepctl_error(ctl,
                               SCEPLOGNO(0579) "httpd has no certificate and "
                                               "key of the CA %s in files "
                                               "(ScepCABackend): name them by "
                                               "--ca-cert and --ca-key, or "
                                               "have that CA issue an RA "
                                               "certificate",
                               wish->ca->name);
}

static scepctl_exit_e by_httpd(scepctl_t *ctl, scepctl_ra_wish_t *wish)
{
    const char *fingerprint = NULL;
    scepctl_exit_e status;
    X509 *cert;

    if (wish->given.ca_cert != NULL) {
        status = scepctl_cert_load(ctl, wish->given.ca_cert, NULL, &cert);
        if (status != SCEPCTL_OK) {
            return status;
        }
        fingerprint = scep_service_ca_id(cert, ctl->pool);
    }
    status = choose_ca(ctl, wish, fingerprint);
    if (status == SCEPCTL_OK) {
        status = choose_dir(ctl, wish);
    }
    return status == SCEPCTL_OK && wish->given.action != SCEPCTL_RA_LIST
               ? choose_issuer(ctl, wish, fingerprint)
               : status;
}

scepctl_exit_e scepctl_ra_choose(scepctl_t *ctl, scepctl_ra_wish_t *wish)
{
    scepctl_exit_e status;

    /* A list of a directory that is named needs no server. */
    status = wish->given.action == SCEPCTL_RA_LIST && wish->dir != NULL
                 ? SCEPCTL_OK
                 : scepctl_server_read(ctl, &wish->given.server);
    if (status != SCEPCTL_OK || wish->given.server.in_use != NULL) {
        return status == SCEPCTL_OK ? by_httpd(ctl, wish) : status;
    }
    if (wish->dir == NULL) {
        wish->dir = DEFAULT_DIR;
    }
    if (wish->given.ca_cert == NULL) {
        wish->given.ca_cert = SCEPCTL_CONF_DIR "/ca.crt";
    }
    if (wish->ca_key == NULL) {
        wish->ca_key = SCEPCTL_CONF_DIR "/ca.key";
    }
    return SCEPCTL_OK;
}
