/* Licensed under the Apache License, Version 2.0; see LICENSE. */
/**
 * @file scep_file.h
 * Reads files with keys and secrets, and checks owner and mode on the opened
 * descriptor. Writes files by temporary file, fsync and rename. Makes and lists
 * directories. (base layer: APR, POSIX)
 */
#ifndef SCEP_FILE_H
#define SCEP_FILE_H

#include <sys/types.h>

#include <apr_tables.h>

#include "scep.h"
#include "scep_str.h"

/**
 * How closed a file must be.
 *
 * SCEP_FILE_PUBLIC: any owner and mode.
 *
 * SCEP_FILE_SECRET: no symbolic link; owned by root or by the effective user;
 * no access for group and others.
 *
 * SCEP_FILE_KEY: a secret that an administrator provides. Symbolic links are
 * followed, and the file that they lead to is checked. Group and others may be
 * able to read it if nobody here could change that: on a file system that is
 * mounted read-only (there any owner will do), or if it is root's and this
 * process is not root. Container platforms mount secrets in this way.
 *
 * SCEP_FILE_TRUSTED: no symbolic link and no second hard link; owned by root or
 * by the effective user; nobody else may write.
 */
typedef enum {
    SCEP_FILE_PUBLIC,
    SCEP_FILE_SECRET,
    SCEP_FILE_KEY,
    SCEP_FILE_TRUSTED
} scep_file_kind_e;

/**
 * Read a whole file of at most MAX octets.
 * @param out contents plus a NUL octet that is not counted; from POOL. For
 *     SCEP_FILE_SECRET and SCEP_FILE_KEY the memory is wiped when POOL is
 *     cleared.
 * @return SCEP_OK; SCEP_NOT_FOUND when there is no such file (RES filled,
 *     SCEP_R_SETUP); SCEP_BROKEN with a detail that names the file, what is
 *     wrong and the cure.
 */
scep_status_e scep_file_read(const char *path, scep_file_kind_e kind,
                             size_t max, apr_pool_t *pool, scep_octets_t *out,
                             scep_result_t *res);

/**
 * scep_file_read() of a SCEP_FILE_SECRET that may also belong to OWNER: root
 * reads files that the server's children write.
 */
scep_status_e scep_file_read_owned(const char *path, uid_t owner, size_t max,
                                   apr_pool_t *pool, scep_octets_t *out,
                                   scep_result_t *res);

/**
 * Write DATA to a temporary file beside PATH, fsync it, give it MODE and
 * owner (uid or gid -1: unchanged), rename it to PATH and fsync the directory.
 * @param replace false: PATH must not exist; an existing file is SCEP_REFUSED
 *     and is left as it is, also when two writers race.
 */
scep_status_e scep_file_write(const char *path, scep_octets_t data, mode_t mode,
                              uid_t uid, gid_t gid, int replace,
                              apr_pool_t *pool, scep_result_t *res);

/**
 * Remove the temporary files (NAME.XXXXXX.tmp) of killed writers from directory
 * PATH. Files that a scep_file_write() is still writing stay.
 * @return how many
 */
int scep_dir_sweep(const char *path);

/** Make directory PATH (its parents must exist) with MODE and owner, whatever
 * the umask is. An existing directory gets them, too. A symlink is
 * SCEP_BROKEN. */
scep_status_e scep_dir_make(const char *path, mode_t mode, uid_t uid, gid_t gid,
                            apr_pool_t *pool, scep_result_t *res);

/**
 * The names NAME of the files NAME.EXTENSION in directory PATH, in descending
 * order; those that begin with a dot are left out.
 * @param extension with its dot
 * @param names const char *, from POOL
 * @return SCEP_OK, also if there are none; SCEP_NOT_FOUND when there is no
 *     such directory, SCEP_BROKEN when it cannot be read (RES filled,
 *     SCEP_R_SETUP)
 */
scep_status_e scep_dir_list(const char *path, const char *extension,
                            apr_pool_t *pool, apr_array_header_t **names,
                            scep_result_t *res);

#endif
