/* Licensed under the Apache License, Version 2.0; see LICENSE. */
/**
 * @file scepctl_copy.h
 * Copies of files with their checksums, and the list of them that makes a
 * backup complete. (scepctl)
 */
#ifndef SCEPCTL_COPY_H
#define SCEPCTL_COPY_H

#include <sys/types.h>

#include <apr_tables.h>

#include "scepctl.h"

#define SCEPCTL_MANIFEST "MANIFEST"

/** A file of a backup. */
typedef struct scepctl_item_t {
    const char *name;   /* below the backup's directory */
    const char *digest; /* SHA-256, lower-case hex */
} scepctl_item_t;

/** The SHA-256 of a file; links are not followed. */
scepctl_exit_e scepctl_file_digest(scepctl_t *ctl, const char *path,
                                   const char **digest);

/** Copy FROM to TO, which must not exist, with MODE and owner (-1: unchanged),
 * and sync it.
 * @param digest of what was copied */
scepctl_exit_e scepctl_file_copy(scepctl_t *ctl, const char *from,
                                 const char *to, mode_t mode, uid_t uid,
                                 gid_t gid, const char **digest);

/** Write the list, last of all, into the backup DIR. */
scepctl_exit_e scepctl_manifest_write(scepctl_t *ctl, const char *dir,
                                      const char *driver,
                                      const apr_array_header_t *items);

/** Read the list of the backup DIR, and hold each of its files to it.
 * @param items scepctl_item_t */
scepctl_exit_e scepctl_manifest_read(scepctl_t *ctl, const char *dir,
                                     const char **driver,
                                     apr_array_header_t **items);

#endif
