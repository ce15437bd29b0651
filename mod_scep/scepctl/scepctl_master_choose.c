/* Licensed under the Apache License, Version 2.0; see LICENSE. */
/*
 * scepctl_master_choose.c: which file, document and RA pairs `scepctl master'
 * works with, so that httpd can open what it writes. (scepctl)
 */
#include "scepctl_master.h"

#include <string.h>
#include <unistd.h>

#include <apr_strings.h>

#include "scep_service.h"

/* --- without httpd's record ----------------------------------------------- */

static void add_pair(scepctl_master_wish_t *wish, const char *cert,
                     const char *key)
{
    APR_ARRAY_PUSH(wish->certs, const char *) = cert;
    APR_ARRAY_PUSH(wish->keys, const char *) = key;
}

/* What `scepctl init' makes in DIR. */
static void add_initial(scepctl_t *ctl, const char *dir,
                        scepctl_master_wish_t *wish)
{
    const char *name = apr_pstrcat(ctl->pool, dir, "/ra-encrypt", NULL);
    const char *cert = apr_pstrcat(ctl->pool, name, ".crt", NULL);

    if (access(cert, F_OK) != 0) {
        name = apr_pstrcat(ctl->pool, dir, "/ra", NULL);
        cert = apr_pstrcat(ctl->pool, name, ".crt", NULL);
    }
    add_pair(wish, cert, apr_pstrcat(ctl->pool, name, ".key", NULL));
}

/* A guess is good only as long as httpd has never run here. */
static scepctl_exit_e guess(scepctl_t *ctl, scepctl_master_wish_t *wish)
{
    scepctl_exit_e status = SCEPCTL_OK;

    if (wish->conf_dir == NULL && wish->dir == NULL &&
        wish->given.server.writes) {
        status = scepctl_server_known(ctl, &wish->given.server);
    }
    add_initial(ctl,
                wish->conf_dir != NULL ? wish->conf_dir
                : wish->dir != NULL    ? wish->dir
                                       : SCEPCTL_CONF_DIR,
                wish);
    return status;
}

/* --- with it -------------------------------------------------------------- */

/* The RA's, newest first; the CA's own pair serves where there is no RA. */
static scepctl_exit_e add_used(scepctl_t *ctl, scepctl_master_wish_t *wish)
{
    const apr_array_header_t *pairs = wish->ca->pairs;
    int own, i;

    for (own = 0; own < 2 && wish->certs->nelts == 0; own++) {
        for (i = 0; i < pairs->nelts; i++) {
            const scep_in_use_pair_t *pair =
                &APR_ARRAY_IDX(pairs, i, scep_in_use_pair_t);

            if (pair->decrypts && pair->own == (own == 1)) {
                add_pair(wish, pair->cert, pair->key);
            }
        }
    }
    return wish->certs->nelts > 0
               ? SCEPCTL_OK
               : scepctl_error(ctl,
                               SCEPLOGNO(0574) "httpd could not load the RA of "
                                               "this CA: its error log says "
                                               "why (SCEP0014); mend that and "
                                               "restart it, or name --ra-cert "
                                               "and --ra-key");
}

static scepctl_exit_e choose_file(scepctl_t *ctl, scepctl_master_wish_t *wish)
{
    if (wish->file == NULL && wish->ca != NULL) {
        wish->file = wish->ca->master_file;
    }
    else if (wish->file == NULL) {
        wish->file =
            apr_pstrcat(ctl->pool, scepctl_server_dir(&wish->given.server),
                        "/master-password.cms", NULL);
    }
    if (wish->ca != NULL && wish->given.server.writes && !wish->in_database &&
        scepctl_server_binding(&wish->given.server) &&
        !scepctl_same_file(wish->file, wish->ca->master_file)) {
        return scepctl_error(ctl,
                             SCEPLOGNO(0569) "httpd does not use %s but %s: "
                                             "leave --file out, or choose "
                                             "another CA by --ca; "
                                             "--ignore-httpd writes it all "
                                             "the same",
                             wish->file, wish->ca->master_file);
    }
    return SCEPCTL_OK;
}

/* Which database, if any, keeps the master password. */
static scepctl_exit_e choose_database(scepctl_t *ctl,
                                      scepctl_master_wish_t *wish)
{
    scep_store_config_t config;
    scepctl_exit_e status;

    wish->in_database =
        wish->ca != NULL && scep_store_driver_shared(wish->ca->driver);
    if (wish->given.server.database == NULL) {
        return SCEPCTL_OK;
    }
    status = scepctl_server_database(ctl, &wish->given.server, &config);
    if (status == SCEPCTL_OK && !scep_store_driver_shared(config.driver)) {
        return scepctl_usage(ctl, "--database takes a database that "
                                  "servers share, as in 'pgsql \"host=... "
                                  "dbname=...\"'; otherwise the master "
                                  "password is in its file");
    }
    wish->in_database = true;
    return status;
}

scepctl_exit_e scepctl_master_choose(scepctl_t *ctl,
                                     scepctl_master_wish_t *wish)
{
    scepctl_server_t *server = &wish->given.server;
    scepctl_exit_e status;

    server->writes = wish->given.action != SCEPCTL_MASTER_SHOW;
    if (server->state_dir == NULL && wish->dir != NULL) {
        server->state_dir = apr_pstrcat(ctl->pool, wish->dir, "/state", NULL);
    }
    if (wish->file != NULL) {
        scepctl_server_beside(ctl, server, wish->file);
    }
    status = scepctl_server_read(ctl, server);
    if (status == SCEPCTL_OK && server->in_use != NULL) {
        status = scepctl_server_ca(ctl, server, true, &wish->ca);
    }
    if (status == SCEPCTL_OK) {
        status = choose_database(ctl, wish);
    }
    if (status == SCEPCTL_OK) {
        status = choose_file(ctl, wish);
    }
    wish->certs_given = wish->certs->nelts > 0 || wish->keys->nelts > 0;
    if (status != SCEPCTL_OK || wish->certs_given) {
        return status;
    }
    if (wish->ca != NULL && wish->conf_dir == NULL) {
        return add_used(ctl, wish);
    }
    wish->certs_given = true;
    return guess(ctl, wish);
}

scepctl_exit_e scepctl_master_check_recipient(scepctl_t *ctl,
                                              const scepctl_master_wish_t *wish,
                                              X509 *recipient)
{
    const char *fingerprint = scep_service_ca_id(recipient, ctl->pool);
    const scep_in_use_pair_t *pair;
    bool given = wish->certs_given || wish->to != NULL;

    /* Of a CA without pairs nothing is known. */
    if (wish->ca == NULL || fingerprint == NULL ||
        wish->ca->pairs->nelts == 0) {
        return SCEPCTL_OK;
    }
    pair = scepctl_server_pair(wish->ca, fingerprint);
    if (pair != NULL && pair->decrypts) {
        return SCEPCTL_OK;
    }
    if (given && scepctl_server_binding(&wish->given.server)) {
        return scepctl_error(
            ctl, SCEPLOGNO(0567) "httpd does not use this RA certificate, and "
                                 "could not open what is encrypted to it: "
                                 "leave --ra-cert (or --conf-dir) out; a new "
                                 "pair goes into the configuration first, "
                                 "before the old one, and a restart then "
                                 "encrypts the master password to it; "
                                 "--ignore-httpd does it all the same");
    }
    if (!given && wish->given.server.in_use->running) {
        return scepctl_error(ctl,
                             SCEPLOGNO(0568) "%s is no longer the certificate "
                                             "that httpd has loaded: restart "
                                             "httpd first",
                             APR_ARRAY_IDX(wish->certs, 0, const char *));
    }
    return SCEPCTL_OK;
}
