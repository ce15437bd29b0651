/* Licensed under the Apache License, Version 2.0; see LICENSE. */
/**
 * @file scepctl_places.h
 * Where a server keeps what is backed up and restored: the options that
 * `backup', `restore' and `begin-anew' share. (scepctl)
 */
#ifndef SCEPCTL_PLACES_H
#define SCEPCTL_PLACES_H

#include <sys/types.h>

#include "scepctl.h"

typedef struct scepctl_places_t {
    const char *backup; /* its directory; NULL for begin-anew */
    const char *state_dir;
    const char *conf_dir;
    const char *database; /* NULL: not given */
    bool with_keys;
    bool ignore_httpd;
    bool help;
    uid_t uid; /* httpd's user; -1: who runs this */
    gid_t gid;
} scepctl_places_t;

/** Read the command line of COMMAND (ARGV[0]).
 * @param options which of "state-dir" and so on it has; each once, with a
 *     blank before and after
 * @param directory it takes the directory of a backup */
scepctl_exit_e scepctl_places_read(scepctl_t *ctl, int argc, char **argv,
                                   const char *options, bool directory,
                                   scepctl_places_t *places);

/** True if nothing is in the directory PATH but what a new file system has;
 * also if there is none. */
bool scepctl_is_empty(const char *path);

#endif
