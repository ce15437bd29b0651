/* Licensed under the Apache License, Version 2.0; see LICENSE. */
/**
 * @file scep_sqlite.h
 * The driver for an embedded database: one file, through libsqlite3.
 * Params: the file's path. (store layer: libsqlite3)
 */
#ifndef SCEP_SQLITE_H
#define SCEP_SQLITE_H

#include "scep_sql.h"

extern const scep_sql_driver_t scep_sqlite_driver;

/** How long a statement outside a write transaction waits for a lock. */
#define SCEP_SQLITE_WAIT (4 * APR_USEC_PER_SEC)

/** The driver's look(): see scep_store_look(), and the warning below. */
scep_status_e scep_sqlite_look(const char *path, uid_t uid, apr_pool_t *pool,
                               scep_result_t *res);

/**
 * The driver's provide(): see scep_store_prepare(). Must not be called while
 * this very process has the database open: POSIX drops all of a process's
 * locks on a file as soon as it closes any descriptor of it.
 */
scep_status_e scep_sqlite_provide(const char *path, uid_t uid, gid_t gid,
                                  apr_pool_t *pool, scep_result_t *res);

/** The driver's file(). */
int scep_sqlite_identify(const char *path, scep_sql_file_t *file);

/** PATH with a canonical directory, in malloc()ed memory, or NULL with errno
 * set. The last component stays as it is, even if it is a symlink. */
char *scep_sqlite_canonical(const char *path);

#endif
