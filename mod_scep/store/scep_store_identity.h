/* Licensed under the Apache License, Version 2.0; see LICENSE. */
/**
 * @file scep_store_identity.h
 * Identifies a database and its age, so that the server notices before it
 * answers anything if the database was replaced while it runs. (store layer)
 *
 * A row of the database has a random id and the count of write transactions.
 * Parent and children share the highest count that they have seen. Another
 * database has another id, and an older copy has a lower count. The inode of a
 * file is compared, too, because connections stay with a file that was moved
 * away.
 *
 * A database that several machines share is identified only by its id: a
 * standby that takes over may lack the last transactions.
 */
#ifndef SCEP_STORE_IDENTITY_H
#define SCEP_STORE_IDENTITY_H

#include <stdatomic.h>
#include <stdint.h>

#include "scep_sql.h"

/** Hexadecimal digits and a NUL. */
#define SCEP_STORE_IDENTITY_SIZE 33

/** The count after the database was found replaced: nothing is allowed then. */
#define SCEP_STORE_CLOSED UINT64_MAX

/** The name of the row in the table of documents. */
#define SCEP_STORE_IDENTITY "database-id"

/** What the parent found. The children must share this memory. */
typedef struct scep_store_identity_t {
    char id[SCEP_STORE_IDENTITY_SIZE];
    scep_sql_file_t file;      /* inode 0: the driver has no files */
    _Atomic uint64_t position; /* the highest count seen */
} scep_store_identity_t;

/** How the database compares to the one that was found at start. */
typedef enum {
    SCEP_IDENTITY_SAME = 0,
    SCEP_IDENTITY_MOVED,   /* the name belongs to another file, or to none */
    SCEP_IDENTITY_FOREIGN, /* another database */
    SCEP_IDENTITY_OLDER    /* an older copy of the same database */
} scep_identity_e;

/** "another database ..." for logs. Constant; never NULL. */
const char *scep_identity_text(scep_identity_e found);

/**
 * Parent, after the migration: read the id, or make one if there is none yet,
 * and fill IDENTITY.
 */
scep_sql_status_e scep_identity_make(const scep_sql_driver_t *driver,
                                     scep_sql_conn_t *conn, const char *params,
                                     apr_time_t now,
                                     scep_store_identity_t *identity);

/** Is the file still that of IDENTITY? Needs no connection. Also true if the
 * file cannot be looked at; opening it then says why. */
bool scep_identity_in_place(const scep_sql_driver_t *driver, const char *params,
                            const scep_store_identity_t *identity);

/**
 * Is the connection to the database of IDENTITY, and not to an older copy? Call
 * this inside the write transaction, if there is one. If it is not, IDENTITY is
 * closed for all processes.
 */
scep_sql_status_e scep_identity_compare(const scep_sql_driver_t *driver,
                                        scep_sql_conn_t *conn,
                                        scep_store_identity_t *identity,
                                        scep_identity_e *found,
                                        uint64_t *position);

/** Count a write transaction. Call this inside it, just before the commit. */
scep_sql_status_e scep_identity_count(const scep_sql_driver_t *driver,
                                      scep_sql_conn_t *conn);

/** POSITION is durable. From now on a lower count means an older copy. */
void scep_identity_reached(scep_store_identity_t *identity, uint64_t position);

#endif
