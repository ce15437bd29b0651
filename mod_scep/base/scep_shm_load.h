/* Licensed under the Apache License, Version 2.0; see LICENSE. */
/**
 * @file scep_shm_load.h
 * Load in memory that all children share: how many messages were served and
 * how many were sent away in the last seconds, and which transactions were
 * answered. (base layer: APR)
 *
 * Needs no lock and no repair after a death. Every function is thread-safe.
 */
#ifndef SCEP_SHM_LOAD_H
#define SCEP_SHM_LOAD_H

#include <stdbool.h>

#include <apr_time.h>

#include "scep.h"

typedef struct scep_shm_load_t scep_shm_load_t;

/** The shortest and the longest time to come back after, in seconds. */
enum { SCEP_LOAD_MIN_WAIT = 5, SCEP_LOAD_MAX_WAIT = 300 };

/** Memory for this process and those that are forked from it. It is released
 * with POOL. @return NULL: there is no memory */
scep_shm_load_t *scep_shm_load_make(apr_pool_t *pool);

/** A message was served. */
void scep_shm_load_served(scep_shm_load_t *load, apr_time_t now);

/**
 * A client is sent away.
 * @return the seconds after which it is to come back: random, so that clients
 *     that came together do not come back together. The more clients are sent
 *     away for each that is served, the later.
 */
int scep_shm_load_sent_away(scep_shm_load_t *load, apr_time_t now);

/** Note that the transaction with KEY, a keyed hash, was answered. It is
 * forgotten when some ten thousand others have been. */
void scep_shm_load_note(scep_shm_load_t *load,
                        const unsigned char key[SCEP_HASH_SIZE]);

/** Was it answered of late? */
bool scep_shm_load_knows(const scep_shm_load_t *load,
                         const unsigned char key[SCEP_HASH_SIZE]);

#endif
