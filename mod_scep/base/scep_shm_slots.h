/* Licensed under the Apache License, Version 2.0; see LICENSE. */
/**
 * @file scep_shm_slots.h
 * Slots: how many may do something at a time, in all processes that share the
 * memory. A slot is free again when its holder gives it back, when the
 * holder's process has ended (killed, say), and when its lease has run out.
 * (base layer: APR, POSIX)
 *
 * Needs no lock, and nothing in the memory needs repair after a death: each
 * slot is one word, changed in one atomic step. Every function is thread-safe.
 */
#ifndef SCEP_SHM_SLOTS_H
#define SCEP_SHM_SLOTS_H

#include <stdbool.h>

#include <apr_time.h>

#include "scep.h"
#include "scep_env.h"

typedef struct scep_shm_slots_t scep_shm_slots_t;

/** Octets of shared memory for COUNT slots. */
apr_size_t scep_shm_slots_size(int count);

/** Lay COUNT free slots out in MEMORY of that size, aligned to 8. */
void scep_shm_slots_format(void *memory, int count);

/** Use formatted memory. @return NULL if it is none of this version and size */
scep_shm_slots_t *scep_shm_slots_attach(void *memory, apr_size_t size,
                                        apr_pool_t *pool);

/** COUNT slots in memory of their own, for this process and those that are
 * forked from it. It is released with POOL. @return NULL: there is no memory */
scep_shm_slots_t *scep_shm_slots_make(int count, apr_pool_t *pool);

/** Which slots, and for whom. */
typedef struct scep_slot_terms_t {
    int first;                 /* take one of the slots from this number on: */
    int total;                 /* so many, as far as there are */
    const unsigned char *key;  /* SCEP_HASH_SIZE octets: who takes it */
    int each;                  /* how many of them KEY may have */
    apr_interval_time_t lease; /* up to 46 hours: longer than any use */
    bool seldom; /* slots are often all taken: ask the system at most 25 times a
                  * second, of all who take, whether their holders live */
} scep_slot_terms_t;

/** Take one of the slots of TERMS until NOW + lease.
 * @return its number; -1: none is free, or KEY has all that it may have */
int scep_shm_slots_take(scep_shm_slots_t *slots, const scep_slot_terms_t *terms,
                        apr_time_t now);

/** Likewise, and wait up to WAIT for one. @param env its clock is asked */
int scep_shm_slots_wait(scep_shm_slots_t *slots, const scep_slot_terms_t *terms,
                        const scep_env_t *env, apr_interval_time_t wait);

/** Give SLOT back. Nothing happens if another process has it by now, because
 * the lease ran out. */
void scep_shm_slots_give(scep_shm_slots_t *slots, int slot);

#endif
