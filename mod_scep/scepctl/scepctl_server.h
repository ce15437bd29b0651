/* Licensed under the Apache License, Version 2.0; see LICENSE. */
/**
 * @file scepctl_server.h
 * The server that a command works on: what in-use.json (scep_in_use.h) in its
 * state directory tells, instead of guesses. (scepctl)
 */
#ifndef SCEPCTL_SERVER_H
#define SCEPCTL_SERVER_H

#include "scep_in_use.h"
#include "scep_store.h"
#include "scepctl.h"

#define SCEPCTL_STATE_DIR "/var/lib/mod_scep"
#define SCEPCTL_CONF_DIR "/etc/mod_scep"

/** What the options of a command that works on a server say, and what httpd has written. */
typedef struct scepctl_server_t {
    const char *state_dir; /* NULL: not given */
    const char *database;  /* NULL: not given */
    const char *ca_name;   /* NULL: not given */
    bool ignore_httpd;
    bool writes; /* the command changes what httpd works with */

    const scep_in_use_t *in_use; /* NULL: there is none; scepctl_server_read()
                                  * sets it */
} scepctl_server_t;

/** Without --state-dir: the directory of PATH, if in-use.json lies there. */
void scepctl_server_beside(scepctl_t *ctl, scepctl_server_t *server,
                           const char *path);

/** True if what httpd will do can be told from IN_USE: it runs, or nothing was
 * changed since it did. */
bool scepctl_server_binding(const scepctl_server_t *server);

/** True if both paths, of which neither need be there, lead to the same file or
 * directory; false for NULL. */
bool scepctl_same_file(const char *path, const char *other);

/** Before a guess: refuse it where httpd has run, but has not written what it
 * uses, as one of an older version. */
scepctl_exit_e scepctl_server_known(scepctl_t *ctl,
                                    const scepctl_server_t *server);

/** The state directory: the one given, or the default. */
const char *scepctl_server_dir(const scepctl_server_t *server);

/**
 * Read what httpd uses, once. That httpd does not run, or its configuration was
 * changed since, is said on standard error. Not to have in-use.json is no
 * fault; to have one that is damaged or not to be trusted is.
 */
scepctl_exit_e scepctl_server_read(scepctl_t *ctl, scepctl_server_t *server);

/**
 * The CA that --ca names, or the only one; in_use must be set.
 * @param single take the only one that uses a master password, if there is one
 * @return SCEPCTL_FAILED with the names if it has to be chosen
 */
scepctl_exit_e scepctl_server_ca(scepctl_t *ctl, const scepctl_server_t *server,
                                 bool single, const scep_in_use_ca_t **ca);

/** A pair, by the fingerprint of its certificate; NULL: httpd has none. */
const scep_in_use_pair_t *scepctl_server_pair(const scep_in_use_ca_t *ca,
                                              const char *fingerprint);

/** What --database, which must be given, says; a file tells by in-use.json
 * beside it which server's it is. */
scepctl_exit_e scepctl_server_words(scepctl_t *ctl, scepctl_server_t *server,
                                    scep_store_config_t *config);

/** The database: what --database says, what httpd uses, or the default; for
 * scep_store_open(). A command that writes refuses another one than httpd's. */
scepctl_exit_e scepctl_server_database(scepctl_t *ctl, scepctl_server_t *server,
                                       scep_store_config_t *config);

#endif
