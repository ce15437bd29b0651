/* Licensed under the Apache License, Version 2.0; see LICENSE. */
/**
 * @file scepctl_master.h
 * What the command line of `scepctl master' wants. (scepctl)
 */
#ifndef SCEPCTL_MASTER_H
#define SCEPCTL_MASTER_H

#include <apr_tables.h>
#include <apr_time.h>

#include "scepctl_server.h"

typedef enum {
    SCEPCTL_MASTER_SHOW,
    SCEPCTL_MASTER_ROTATE,
    SCEPCTL_MASTER_SET,
    SCEPCTL_MASTER_REKEY,
    SCEPCTL_MASTER_HELP
} scepctl_master_action_e;

typedef struct scepctl_master_wish_t {
    scepctl_master_action_e action;
    scepctl_server_t server;
    const scep_in_use_ca_t *ca; /* httpd's; NULL: not known */
    const char *file;
    bool in_database;          /* FILE is the name of a document there */
    apr_array_header_t *certs; /* const char *; at least one */
    apr_array_header_t *keys;  /* as many, or none */
    bool certs_given;          /* CERTS come from the command line */
    const char *to;            /* of rekey: the new certificate */
    size_t length;             /* of rotate: random octets */
    apr_interval_time_t overlap;
} scepctl_master_wish_t;

/** What of the command line names files; NULL: not given. */
typedef struct scepctl_master_files_t {
    const char *file, *dir, *conf_dir;
} scepctl_master_files_t;

/** Choose the CA, the file or document and the RA pairs: those of the command
 * line, those that httpd uses, or those that `scepctl init' makes. */
scepctl_exit_e scepctl_master_choose(scepctl_t *ctl,
                                     const scepctl_master_files_t *given,
                                     scepctl_master_wish_t *wish);

/** Refuse to encrypt to RECIPIENT what httpd then could not open. */
scepctl_exit_e scepctl_master_check_recipient(scepctl_t *ctl,
                                              const scepctl_master_wish_t *wish,
                                              X509 *recipient);

/** Read the command line; ARGV[0] is "master". */
scepctl_exit_e scepctl_master_options(scepctl_t *ctl, int argc, char **argv,
                                      scepctl_master_wish_t *wish);

#endif
