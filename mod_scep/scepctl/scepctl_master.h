/* Licensed under the Apache License, Version 2.0; see LICENSE. */
/**
 * @file scepctl_master.h
 * What the command line of `scepctl master' wants. (scepctl)
 */
#ifndef SCEPCTL_MASTER_H
#define SCEPCTL_MASTER_H

#include <apr_tables.h>
#include <apr_time.h>

#include "scepctl.h"

typedef enum {
    SCEPCTL_MASTER_SHOW,
    SCEPCTL_MASTER_ROTATE,
    SCEPCTL_MASTER_SET,
    SCEPCTL_MASTER_REKEY,
    SCEPCTL_MASTER_HELP
} scepctl_master_action_e;

typedef struct scepctl_master_wish_t {
    scepctl_master_action_e action;
    const char *file;
    const char *database;      /* NULL: it is a file */
    apr_array_header_t *certs; /* const char *; at least one */
    apr_array_header_t *keys;  /* as many, or none */
    const char *to;            /* of rekey: the new certificate */
    size_t length;             /* of rotate: random octets */
    apr_interval_time_t overlap;
} scepctl_master_wish_t;

/** Read the command line; ARGV[0] is "master". */
scepctl_exit_e scepctl_master_options(scepctl_t *ctl, int argc, char **argv,
                                      scepctl_master_wish_t *wish);

#endif
