/* Licensed under the Apache License, Version 2.0; see LICENSE. */
/**
 * @file scepctl_ra.h
 * The parts of `scepctl ra`: what is wanted, which directory and CA that
 * means, and the pairs that httpd uses beside the directory. (scepctl)
 */
#ifndef SCEPCTL_RA_H
#define SCEPCTL_RA_H

#include <apr_tables.h>

#include "scepctl_options.h"

typedef enum { SCEPCTL_RA_RENEW, SCEPCTL_RA_LIST } scepctl_ra_action_e;

typedef struct scepctl_ra_wish_t {
    scepctl_given_t given;
    const char *dir, *ca_key; /* NULL: not given, not known */
    const char *subject;
    int before, days;
    bool force;
    /* not of the command line: */
    const scep_in_use_ca_t *ca; /* httpd's; NULL: not known */
    apr_time_t now;
} scepctl_ra_wish_t;

/** Choose httpd's CA and set what is not given; refuse what contradicts. */
scepctl_exit_e scepctl_ra_choose(scepctl_t *ctl, scepctl_ra_wish_t *wish);

/**
 * Copy the pairs that httpd uses into the directory, which is there, as older
 * ones than all that NAMES has: devices may hold their certificates when the
 * directory takes the place of ScepRACertificateFile.
 * @param names const char *: of the pairs that are there
 * @param report set to lines for people, "" for none
 */
scepctl_exit_e scepctl_ra_take_along(scepctl_t *ctl,
                                     const scepctl_ra_wish_t *wish,
                                     const apr_array_header_t *names,
                                     const char **report);

#endif
