/* Licensed under the Apache License, Version 2.0; see LICENSE. */
/**
 * @file scep_sql.h
 * The seam between the store and a database: what a driver has to offer.
 * (store layer)
 *
 * The SQL is one for all drivers: columns are TEXT, BIGINT and octets only, and
 * the parameters are $1, $2, ... in rising order, each standing exactly once.
 * Results come as text, numbers in decimal, octets in lower-case hex.
 *
 * A connection is used by one thread at a time and never by two processes.
 */
#ifndef SCEP_SQL_H
#define SCEP_SQL_H

#include <stdbool.h>
#include <sys/types.h>

#include <apr_time.h>

#include "scep.h"
#include "scep_env.h"

/** How a statement ended. After LOST and ERROR the connection must be closed;
 * a new one may work. */
typedef enum {
    SCEP_SQL_OK = 0,
    SCEP_SQL_BUSY,       /* locked by others for longer than allowed */
    SCEP_SQL_FULL,       /* no room on the disk */
    SCEP_SQL_CONSTRAINT, /* breaks a UNIQUE, NOT NULL or foreign key rule */
    SCEP_SQL_LOST,       /* the database is away: I/O, access, file gone */
    SCEP_SQL_ERROR       /* wrong SQL, not a database, damaged */
} scep_sql_status_e;

/** The most parameters that a statement has. */
#define SCEP_SQL_MAX_PARAMS 24

/** Places for prepared statements on a connection. */
#define SCEP_SQL_SLOTS 128

/** A statement. */
typedef struct scep_sql_query_t {
    int slot;           /* 0..SCEP_SQL_SLOTS-1, its own: prepared once a
                         * connection; -1: prepared for this one time */
    const char *params; /* a letter for each: 't' text, 'n' number, 'x' octets
                         * in hex, 'p' a text for LIKE, by which the statement
                         * is planned each time */
    const char *text;
} scep_sql_query_t;

/** The value of a parameter; the query's letter tells which one counts. */
typedef struct scep_sql_value_t {
    const char *text; /* NULL: the SQL NULL */
    apr_int64_t number;
} scep_sql_value_t;

/** Called per row. A column is NULL for the SQL NULL, and lives only during
 * the call. @return false to end the statement early */
typedef bool scep_sql_row_fn(void *baton, const char *const *columns,
                             int count);

/** A file on this machine, whatever its name. */
typedef struct scep_sql_file_t {
    apr_uint64_t device;
    apr_uint64_t inode;
} scep_sql_file_t;

/** What tables are made of, as the database at hand has it. */
typedef struct scep_sql_dialect_t {
    const char *octets;  /* type of octets */
    const char *key;     /* type of a number that is a primary key */
    const char *compact; /* after the columns of a table whose rows lie in the
                          * order of its primary key */
} scep_sql_dialect_t;

/** A driver's connection. */
typedef struct scep_sql_conn_t scep_sql_conn_t;

typedef struct scep_sql_driver_t {
    const char *name; /* as in ScepDatabase */
    bool shared;      /* several machines may work on one database */
    scep_sql_dialect_t dialect;

    /** Are PARAMS understood, and is all there that the driver needs? Nothing
     * is connected to. Fills RES with SCEP_R_SETUP and the cure. */
    scep_status_e (*check)(const char *params, apr_pool_t *pool,
                           scep_result_t *res);

    /** What of PARAMS may be shown: never a password. */
    const char *(*display)(const char *params, apr_pool_t *pool);

    /** True if a password stands in PARAMS. */
    bool (*secret)(const char *params, apr_pool_t *pool);

    /** PARAMS without a password, for another program on this machine. */
    const char *(*open_params)(const char *params, apr_pool_t *pool);

    /** True if both PARAMS name the same database, as far as they tell. */
    bool (*same)(const char *params, const char *other, apr_pool_t *pool);

    /** See scep_store_look(). NULL: there are no files. */
    scep_status_e (*look)(const char *params, uid_t uid, apr_pool_t *pool,
                          scep_result_t *res);

    /** The file that PARAMS name. NULL: there are no files.
     * @return 0, or errno */
    int (*file)(const char *params, scep_sql_file_t *file);

    /** Parent: make the database if need be and give it to UID and GID (see
     * scep_store_prepare); fills RES with SCEP_R_SETUP. */
    scep_status_e (*provide)(const char *params, uid_t uid, gid_t gid,
                             apr_pool_t *pool, scep_result_t *res);

    /** Connect to a database that exists. Never waits longer than a statement
     * does. CONN is set unless memory is out: error() tells why it failed,
     * and it has to be closed in any case.
     * @param env to log to what the database says besides its answers */
    scep_sql_status_e (*open)(const char *params, const scep_env_t *env,
                              scep_sql_conn_t **conn);
    void (*close)(scep_sql_conn_t *conn);

    /** Parent: once after open(), what is kept in the database itself. A
     * migration may follow: statements then take as long as they take. */
    scep_sql_status_e (*configure)(scep_sql_conn_t *conn);

    /** Inside the write transaction of a migration, or one of its own: make
     * the index of subjects (scep_store_search.h) unless it is there. A
     * database that cannot have one is in order. */
    scep_sql_status_e (*index_subjects)(scep_sql_conn_t *conn);

    /** False: what the connection leads to is no longer the database that
     * PARAMS name (moved away or replaced). */
    bool (*usable)(scep_sql_conn_t *conn);

    /** Begin a transaction that may write, and have the right to write at
     * once. @param wait for other writers; microseconds */
    scep_sql_status_e (*begin)(scep_sql_conn_t *conn, apr_interval_time_t wait);

    /** Durable when it returns SCEP_SQL_OK. */
    scep_sql_status_e (*commit)(scep_sql_conn_t *conn);

    /** @return false if the connection must be closed */
    bool (*rollback)(scep_sql_conn_t *conn);

    /** Go on in the open transaction with what can be undone alone; and its
     * end, which undoes it unless KEEP. NULL: each writer has a transaction of
     * its own. After a failure of leave() the whole transaction is lost. */
    scep_sql_status_e (*join)(scep_sql_conn_t *conn);
    scep_sql_status_e (*leave)(scep_sql_conn_t *conn, bool keep);

    /**
     * Run a statement.
     * @param values one for each letter of the query's params
     * @param row NULL: rows are passed over
     * @param changed rows inserted or updated; may be NULL
     */
    scep_sql_status_e (*run)(scep_sql_conn_t *conn,
                             const scep_sql_query_t *query,
                             const scep_sql_value_t *values,
                             scep_sql_row_fn *row, void *baton,
                             apr_int64_t *changed);

    /** What the last failure was, for the log. Never NULL; lives until the
     * connection is used again. */
    const char *(*error)(scep_sql_conn_t *conn);
} scep_sql_driver_t;

/** "busy", "full", ... for logs. Constant; never NULL. */
const char *scep_sql_status_name(scep_sql_status_e status);

/** A column's number; false if it is no decimal number. */
bool scep_sql_number(const char *column, apr_int64_t *number);

/** A clock for waiting, which nobody sets. Microseconds. */
apr_time_t scep_sql_clock(void);

/** True if QUERY holds to the rules above and has a letter a parameter. */
bool scep_sql_query_ok(const scep_sql_query_t *query);

#endif
