/* Licensed under the Apache License, Version 2.0; see LICENSE. */
/**
 * @file scep_challenge_table.h
 * The one-time passwords that are outstanding, in memory that all children of
 * all generations share. A fast mirror of the store, which is the truth: it
 * tells who may try, the store's transaction tells who won (invariant 2).
 * (challenge layer: APR; holds hashes only)
 *
 * The memory is position-independent (indices, no pointers), is laid out in
 * the .c file's first comment, and is guarded by one lock that the caller
 * provides. A process that dies while it holds the lock leaves a mark, and
 * the next one repairs the links before it goes on. Look-up, claim and release
 * are O(1), add and remove O(log n), whatever the validities; at most 100
 * octets an entry.
 */
#ifndef SCEP_CHALLENGE_TABLE_H
#define SCEP_CHALLENGE_TABLE_H

#include <stdbool.h>

#include <apr_time.h>

#include "scep.h"

typedef struct scep_challenge_table_t scep_challenge_table_t;

/** The lock: a global mutex in httpd, anything in tests. */
typedef struct scep_lock_t {
    apr_status_t (*acquire)(void *baton);
    apr_status_t (*release)(void *baton);
    void *baton;
} scep_lock_t;

#define SCEP_CHALLENGE_MIN_CAPACITY 16
#define SCEP_CHALLENGE_MAX_CAPACITY 1000000

/** The owner of a claim: a digest of the transaction, so that the same
 * transaction may claim again. */
#define SCEP_CLAIM_OWNER_SIZE 16

typedef enum {
    SCEP_CLAIM_OK = 0,
    SCEP_CLAIM_UNKNOWN, /* not in the table (any more) */
    SCEP_CLAIM_EXPIRED,
    SCEP_CLAIM_BUSY, /* another transaction holds it */
    SCEP_CLAIM_LOCK  /* the lock failed: refuse (invariant 1) */
} scep_claim_e;

typedef enum {
    SCEP_ADD_OK = 0,
    SCEP_ADD_EXISTS,
    SCEP_ADD_FULL,
    SCEP_ADD_LOCK
} scep_add_e;

/** Octets of shared memory for CAPACITY entries. */
apr_size_t scep_challenge_table_size(apr_uint32_t capacity);

/** Make an empty table in MEMORY (zeroed or not) of SIZE octets. */
void scep_challenge_table_format(void *memory, apr_size_t size,
                                 apr_uint32_t capacity);

/**
 * Use a formatted table.
 * @return NULL if MEMORY is no table of this version and size
 */
scep_challenge_table_t *scep_challenge_table_attach(void *memory,
                                                    apr_size_t size,
                                                    const scep_lock_t *lock,
                                                    apr_pool_t *pool);

/** Add an outstanding password. Entries that have expired at NOW make room
 * first.
 * @param expires UTC microseconds */
scep_add_e scep_challenge_table_add(scep_challenge_table_t *table,
                                    const unsigned char hash[SCEP_HASH_SIZE],
                                    apr_time_t expires, apr_time_t now);

/**
 * Claim the password for OWNER until NOW + LEASE. An expired claim, one from
 * before the clock was set back, and one of the same OWNER are taken over. The
 * password itself must not have expired.
 */
scep_claim_e
scep_challenge_table_claim(scep_challenge_table_t *table,
                           const unsigned char hash[SCEP_HASH_SIZE],
                           const unsigned char owner[SCEP_CLAIM_OWNER_SIZE],
                           apr_time_t now, apr_interval_time_t lease);

/** Give back a claim of OWNER. Does nothing if it is not OWNER's. */
void scep_challenge_table_release(
    scep_challenge_table_t *table, const unsigned char hash[SCEP_HASH_SIZE],
    const unsigned char owner[SCEP_CLAIM_OWNER_SIZE]);

/** Remove a password that was spent or cancelled. */
void scep_challenge_table_remove(scep_challenge_table_t *table,
                                 const unsigned char hash[SCEP_HASH_SIZE]);

/** The number of entries that have not expired at NOW, and the capacity. The
 * time for counting grows with the number of expired entries that are still
 * there. */
apr_uint32_t scep_challenge_table_count(scep_challenge_table_t *table,
                                        apr_time_t now);
apr_uint32_t scep_challenge_table_capacity(const scep_challenge_table_t *table);

#endif
