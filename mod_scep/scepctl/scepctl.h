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
    apr_pool_t *row;  /* for what is printed; cleared after each row */
    scep_result_t res;
    const char *command; /* its name; NULL: none yet */
    const char *actor;   /* who runs this, also by sudo; scepctl_store_open()
                          * sets it */
    FILE *out;
    FILE *err;
} scepctl_t;

/** A command: scepctl_options.h. */
typedef struct scepctl_command_t scepctl_command_t;

extern const scepctl_command_t scepctl_init, scepctl_decode, scepctl_master,
    scepctl_audit, scepctl_certs, scepctl_crl, scepctl_prune, scepctl_ra,
    scepctl_requests, scepctl_challenge, scepctl_backup, scepctl_restore,
    scepctl_begin_anew;

/** Say what is wrong with the command line. @return SCEPCTL_USAGE */
scepctl_exit_e scepctl_usage(scepctl_t *ctl, const char *fmt, ...)
    __attribute__((format(printf, 2, 3)));

/** Say why it could not be done. @return SCEPCTL_FAILED */
scepctl_exit_e scepctl_error(scepctl_t *ctl, const char *fmt, ...)
    __attribute__((format(printf, 2, 3)));

/** The same for what CTL->res tells. @return SCEPCTL_FAILED */
scepctl_exit_e scepctl_fail(scepctl_t *ctl);

/** Write what is still in a buffer; @return SCEPCTL_FAILED, which was said, if
 * that or an earlier write has failed. */
scepctl_exit_e scepctl_written(scepctl_t *ctl);

#endif
