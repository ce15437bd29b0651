/* Licensed under the Apache License, Version 2.0; see LICENSE. */
/**
 * @file scep_shm_limits.h
 * Rate limits in memory that all children of all generations share: how much of
 * its allowance each key (a source address, a password, ...) has used up.
 * (base layer: APR; holds keyed hashes only)
 *
 * The memory has one size, whatever is counted. It needs no lock, and nothing
 * in it needs repair after a death: each record is one word, changed in one
 * atomic step. A record that is no longer needed, or else the one nearest to
 * that, makes room for a new one. Every function is thread-safe.
 */
#ifndef SCEP_SHM_LIMITS_H
#define SCEP_SHM_LIMITS_H

#include <stdbool.h>

#include <apr_time.h>

#include "scep.h"

typedef struct scep_shm_limits_t scep_shm_limits_t;

/** COUNT at once, and so many again in each PER (a leaky bucket). */
typedef struct scep_allowance_t {
    apr_uint32_t count;
    apr_interval_time_t per;
} scep_allowance_t;

/** Octets of shared memory. */
apr_size_t scep_shm_limits_size(void);

/** Lay it out, empty, in MEMORY of that size, aligned to 8. */
void scep_shm_limits_format(void *memory, apr_time_t now);

/** Use formatted memory. @return NULL if it is none of this version */
scep_shm_limits_t *scep_shm_limits_attach(void *memory, apr_size_t size,
                                          apr_pool_t *pool);

/** How long until the allowance of KEY has room for one more; 0: it has. One
 * key must always come with one allowance: let a keyed hash of both be it. */
apr_interval_time_t
scep_shm_limits_wait(const scep_shm_limits_t *limits,
                     const unsigned char key[SCEP_HASH_SIZE],
                     const scep_allowance_t *allowance, apr_time_t now);

/** Count one more. @return true if it was the last for which there was room */
bool scep_shm_limits_add(scep_shm_limits_t *limits,
                         const unsigned char key[SCEP_HASH_SIZE],
                         const scep_allowance_t *allowance, apr_time_t now);

/** Count one more, unless there is no room, in one atomic step: of many who
 * come at once no more than there is room for. @return false: there was none */
bool scep_shm_limits_take(scep_shm_limits_t *limits,
                          const unsigned char key[SCEP_HASH_SIZE],
                          const scep_allowance_t *allowance, apr_time_t now);

/** What was taken was not used after all. */
void scep_shm_limits_give(scep_shm_limits_t *limits,
                          const unsigned char key[SCEP_HASH_SIZE],
                          const scep_allowance_t *allowance, apr_time_t now);

#endif
