/* Licensed under the Apache License, Version 2.0; see LICENSE. */
/**
 * @file scepctl_master.h
 * What the command line of `scepctl master' wants. (scepctl)
 */
#ifndef SCEPCTL_MASTER_H
#define SCEPCTL_MASTER_H

#include "scepctl_options.h"

typedef enum {
    SCEPCTL_MASTER_SHOW,
    SCEPCTL_MASTER_ROTATE,
    SCEPCTL_MASTER_SET,
    SCEPCTL_MASTER_REKEY
} scepctl_master_action_e;

typedef struct scepctl_master_wish_t {
    scepctl_given_t given;
    const char *file; /* always set, once it is chosen */
    const char *dir, *conf_dir;
    apr_array_header_t *certs; /* const char *; at least one */
    apr_array_header_t *keys;  /* as many, or none */
    const char *to;            /* of rekey: the new certificate */
    int length;                /* of rotate: random octets */
    apr_interval_time_t overlap;
    /* not of the command line: */
    const scep_in_use_ca_t *ca; /* httpd's; NULL: not known */
    bool in_database;           /* FILE is the name of a document there */
    bool certs_given;           /* CERTS come from the command line */
} scepctl_master_wish_t;

/** Choose the CA, the file or document and the RA pairs: those of the command
 * line, those that httpd uses, or those that `scepctl init' makes. */
scepctl_exit_e scepctl_master_choose(scepctl_t *ctl,
                                     scepctl_master_wish_t *wish);

/** Refuse to encrypt to RECIPIENT what httpd then could not open. */
scepctl_exit_e scepctl_master_check_recipient(scepctl_t *ctl,
                                              const scepctl_master_wish_t *wish,
                                              X509 *recipient);

#endif
