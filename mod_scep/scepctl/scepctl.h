/* Licensed under the Apache License, Version 2.0; see LICENSE. */
/**
 * @file scepctl.h
 * What the commands of scepctl share. (scepctl: the command-line tool)
 */
#ifndef SCEPCTL_H
#define SCEPCTL_H

#include <stdio.h>

#include "scep_crypto.h"
#include "scep_env.h"

/** Exit statuses. */
typedef enum {
    SCEPCTL_OK = 0,
    SCEPCTL_USAGE = 1, /* the command line makes no sense */
    SCEPCTL_FAILED = 2 /* it does, but could not be done */
} scepctl_exit_e;

/** One run. */
typedef struct scepctl_t {
    apr_pool_t *pool; /* lives until the end */
    scep_result_t res;
    FILE *out;
    FILE *err;
} scepctl_t;

/** A command: ARGV[0] is its name. */
typedef scepctl_exit_e scepctl_command_fn(scepctl_t *ctl, int argc,
                                          char **argv);

scepctl_command_fn scepctl_init;
scepctl_command_fn scepctl_decode;
scepctl_command_fn scepctl_master;
scepctl_command_fn scepctl_audit;
scepctl_command_fn scepctl_certs;
scepctl_command_fn scepctl_crl;
scepctl_command_fn scepctl_prune;
scepctl_command_fn scepctl_ra;
scepctl_command_fn scepctl_requests;
scepctl_command_fn scepctl_challenge;
scepctl_command_fn scepctl_backup;
scepctl_command_fn scepctl_restore;
scepctl_command_fn scepctl_begin_anew;

/** Say what is wrong with the command line. @return SCEPCTL_USAGE */
scepctl_exit_e scepctl_usage(scepctl_t *ctl, const char *fmt, ...)
    __attribute__((format(printf, 2, 3)));

/** The same for what getopt_long() has just found wrong in ARGV.
 * @param option what it returned: ':' or '?' */
scepctl_exit_e scepctl_bad_option(scepctl_t *ctl, const char *command,
                                  int option, char **argv);

/** Say why it could not be done. @return SCEPCTL_FAILED */
scepctl_exit_e scepctl_error(scepctl_t *ctl, const char *fmt, ...)
    __attribute__((format(printf, 2, 3)));

/** The same for what CTL->res tells. @return SCEPCTL_FAILED */
scepctl_exit_e scepctl_fail(scepctl_t *ctl);

#endif
