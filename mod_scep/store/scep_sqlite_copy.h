/* Licensed under the Apache License, Version 2.0; see LICENSE. */
/**
 * @file scep_sqlite_copy.h
 * A consistent copy of a database that others use at the same time. (store
 * layer)
 */
#ifndef SCEP_SQLITE_COPY_H
#define SCEP_SQLITE_COPY_H

#include <stdbool.h>

#include "scep.h"

/** Become the owner of the database (ON), or the former user again.
 * @return false: that is not possible */
typedef bool scep_sqlite_become_fn(void *baton, bool on);

/**
 * Copy database FROM into TO, which must be an empty file. BECOME (NULL: do not
 * change the user) is called after TO and before FROM is opened, so that no
 * file that SQLite makes beside FROM belongs to root; and again at the end.
 * @return SCEP_OK; SCEP_BROKEN (SCEP_R_SETUP)
 */
scep_status_e scep_sqlite_copy(const char *from, const char *to,
                               scep_sqlite_become_fn *become, void *baton,
                               scep_result_t *res);

#endif
