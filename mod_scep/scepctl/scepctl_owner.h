/* Licensed under the Apache License, Version 2.0; see LICENSE. */
/**
 * @file scepctl_owner.h
 * Who gets what a command makes, and where it may be made. (scepctl)
 */
#ifndef SCEPCTL_OWNER_H
#define SCEPCTL_OWNER_H

#include <sys/stat.h>

#include "scepctl.h"

/** httpd's user; -1: who runs this. */
typedef struct scepctl_owner_t {
    uid_t uid;
    gid_t gid;
    const char *name; /* NULL: who runs this */
} scepctl_owner_t;

/** What --user and --group, a name or a number each or NULL, say: by default as
 * whom distributions run httpd. Only root can name others than itself. */
scepctl_exit_e scepctl_owner(scepctl_t *ctl, const char *user,
                             const char *group, scepctl_owner_t *owner);

/** True if nothing is in the directory PATH but what a new file system has;
 * also if there is none. */
bool scepctl_is_empty(const char *path);

/** Refuse a directory in which others could put another key in the place of
 * ours.
 * @param id SCEPLOGNO() of this place
 * @param mode that it should have
 * @param option that could name another one */
scepctl_exit_e scepctl_check_private(scepctl_t *ctl, const char *id,
                                     const char *path, const struct stat *st,
                                     mode_t mode, const char *option);

#endif
