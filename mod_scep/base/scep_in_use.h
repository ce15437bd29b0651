/* Licensed under the Apache License, Version 2.0; see LICENSE. */
/**
 * @file scep_in_use.h
 * in-use.json in a state directory: which files, database and CAs httpd uses.
 * httpd writes it at each start and restart; scepctl reads it instead of
 * guessing. It holds no secret. (base layer: APR, POSIX)
 *
 * The directory belongs to httpd's children, so root trusts the file only if
 * root has written it, and nobody else can write in it.
 *
 * The process that wrote the file holds a read lock (fcntl) on it for as long
 * as it lives: that is how a reader sees whether httpd runs.
 */
#ifndef SCEP_IN_USE_H
#define SCEP_IN_USE_H

#include <stdbool.h>
#include <sys/types.h>

#include <apr_tables.h>
#include <apr_time.h>

#include "scep.h"

#define SCEP_IN_USE_FILE "in-use.json"

/** A certificate and its key, as httpd loaded them. */
typedef struct scep_in_use_pair_t {
    const char *cert;        /* path */
    const char *key;         /* path, or URI without its PIN */
    const char *fingerprint; /* scep_service_ca_id() of the certificate */
    bool decrypts;           /* its keyUsage allows keyEncipherment */
    bool own;                /* the CA's own, or the next CA's: no RA pair */
} scep_in_use_pair_t;

/** How long what is over is kept (ScepRetention). */
typedef struct scep_in_use_kept_t {
    const char *kind;
    apr_int64_t seconds; /* 0: for ever */
} scep_in_use_kept_t;

/** A CA and what belongs to it. NULL: not set, or not known. */
typedef struct scep_in_use_ca_t {
    const char *name;            /* for --ca; unique in the file */
    const char *alias;           /* the name of its <ScepCA>; may be shared */
    apr_array_header_t *servers; /* const char *: who serves it, for people */
    const char *subject;
    const char *ca_id; /* under which the database keeps its certificates */
    const char *cert;
    const char *key; /* path, or URI without its PIN */
    const char *next_scope;
    const char *next_cert;
    const char *next_key;
    const char *ra_dir;        /* ScepRADirectory */
    apr_array_header_t *pairs; /* scep_in_use_pair_t, newest first */
    const char *driver;        /* of the database */
    const char *params;        /* without a password */
    bool password;             /* one was left out */
    const char *master_file;
    bool single;              /* the master password is used somewhere */
    apr_array_header_t *kept; /* scep_in_use_kept_t; empty: not known */
} scep_in_use_ca_t;

/** A file of the configuration, as httpd read it. */
typedef struct scep_in_use_conf_t {
    const char *path;
    apr_time_t modified;
} scep_in_use_conf_t;

typedef struct scep_in_use_t {
    const char *version; /* of the module */
    apr_time_t written;
    const char *state_dir;
    const char *user; /* httpd's children; with their ids */
    apr_int64_t uid;
    apr_int64_t gid;
    apr_array_header_t *state_dirs; /* const char *: all that httpd uses */
    apr_array_header_t *confs;      /* scep_in_use_conf_t */
    apr_array_header_t *cas;        /* scep_in_use_ca_t */
    /* Set by scep_in_use_read() alone: */
    bool running;        /* who wrote it holds the lock */
    const char *changed; /* a file of CONFS that was changed since, or NULL */
} scep_in_use_t;

/** A record without CAs; its arrays are made. */
scep_in_use_t *scep_in_use_make(apr_pool_t *pool);

/** Add a CA; its arrays are made. */
scep_in_use_ca_t *scep_in_use_add(scep_in_use_t *in_use, apr_pool_t *pool);

/**
 * Replace the file in IN_USE->state_dir at once or not at all, and lock it.
 * It belongs to the caller, GID may read it.
 * @param gid (gid_t)-1: the group is left
 * @param lock set to the descriptor that holds the lock; the caller keeps it,
 *     and closes it when the file no longer tells what is in use
 */
scep_status_e scep_in_use_write(const scep_in_use_t *in_use, gid_t gid,
                                apr_pool_t *pool, int *lock,
                                scep_result_t *res);

/**
 * Does another process hold the lock on the file in DIR? The caller's own lock
 * does not count, and is lost.
 * @param holder set to its process id; 0: none, or one that cannot be seen from
 *     here
 */
bool scep_in_use_held(const char *dir, apr_pool_t *pool, pid_t *holder);

/**
 * Read the file in DIR.
 * @return SCEP_OK; SCEP_NOT_FOUND if there is none; SCEP_BROKEN
 *     (SCEP_R_SETUP) with the cure when it cannot be read or trusted
 */
scep_status_e scep_in_use_read(const char *dir, apr_pool_t *pool,
                               scep_in_use_t **in_use, scep_result_t *res);

#endif
