/* Licensed under the Apache License, Version 2.0; see LICENSE. */
/**
 * @file scep_store_identity.h
 * Which database it is, and how far it has come, so that one that is replaced
 * while the server runs is noticed before anything is answered from it.
 * (store layer)
 *
 * A database has a random id, made with it, and counts its write transactions
 * in the same row. Parent and children share the highest count that they have
 * seen: another database has another id, and an older copy of this one a lower
 * count. A file has its inode besides, since connections stay with a file that
 * was moved away.
 *
 * A database that several machines share is known by its id alone: there, a
 * standby that takes over may lack the last transactions.
 */
#ifndef SCEP_STORE_IDENTITY_H
#define SCEP_STORE_IDENTITY_H

#include <stdatomic.h>
#include <stdint.h>

#include "scep_sql.h"

/** Hexadecimal digits and a NUL. */
#define SCEP_STORE_IDENTITY_SIZE 33

/** The count when the database was found replaced: nothing passes any more. */
#define SCEP_STORE_CLOSED UINT64_MAX

/** The name of the row in the table of documents. */
#define SCEP_STORE_IDENTITY "database-id"

/** What the parent found. The memory must be shared with the children. */
typedef struct scep_store_identity_t {
    char id[SCEP_STORE_IDENTITY_SIZE];
    scep_sql_file_t file;      /* inode 0: the driver has no files */
    _Atomic uint64_t position; /* write transactions that were seen */
} scep_store_identity_t;

/** How what is there compares to what was found at start. */
typedef enum {
    SCEP_IDENTITY_SAME = 0,
    SCEP_IDENTITY_MOVED,   /* another file, or none, has the name */
    SCEP_IDENTITY_FOREIGN, /* another database */
    SCEP_IDENTITY_OLDER    /* an older copy of the same */
} scep_identity_e;

/** "another database ..." for logs. Constant; never NULL. */
const char *scep_identity_text(scep_identity_e found);

/**
 * Parent, after the migration: read the id, or make one where there is none
 * yet, and fill IDENTITY.
 */
scep_sql_status_e scep_identity_make(const scep_sql_driver_t *driver,
                                     scep_sql_conn_t *conn, const char *params,
                                     apr_time_t now,
                                     scep_store_identity_t *identity);

/** Without a connection: is the file still the one of IDENTITY? True as well
 * where one cannot look: opening it then tells why. */
bool scep_identity_in_place(const scep_sql_driver_t *driver, const char *params,
                            const scep_store_identity_t *identity);

/**
 * On a connection, inside the write transaction if there is one: is it the
 * database of IDENTITY, and not an older copy? One that is not closes IDENTITY
 * for all processes.
 */
scep_sql_status_e scep_identity_compare(const scep_sql_driver_t *driver,
                                        scep_sql_conn_t *conn,
                                        scep_store_identity_t *identity,
                                        scep_identity_e *found,
                                        uint64_t *position);

/** Inside a write transaction that is about to be committed: count it. */
scep_sql_status_e scep_identity_count(const scep_sql_driver_t *driver,
                                      scep_sql_conn_t *conn);

/** POSITION is durable: nothing older is this database from now on. */
void scep_identity_reached(scep_store_identity_t *identity, uint64_t position);

#endif
