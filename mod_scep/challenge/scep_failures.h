/* Licensed under the Apache License, Version 2.0; see LICENSE. */
/**
 * @file scep_failures.h
 * What failed of late, in memory that all children of all generations share:
 * for each key (a source address, a password, ...) how much of its allowance
 * is used up. Besides, the few places for those who may wait or write at a
 * time, and a number. (challenge layer: APR; holds keyed hashes only)
 *
 * The memory has one size, whatever is sent. It needs no lock, and nothing in
 * it needs repair after a death: each record is one word, changed in one
 * atomic step, so that who has nothing to count pays for a look only. A
 * record that is no longer needed, or else the one nearest to that, makes room
 * for a new one.
 */
#ifndef SCEP_FAILURES_H
#define SCEP_FAILURES_H

#include <stdbool.h>

#include <apr_time.h>

#include "scep.h"

typedef struct scep_failures_t scep_failures_t;

/** COUNT at once, and so many again in each PER (a leaky bucket). */
typedef struct scep_allowance_t {
    apr_uint32_t count;
    apr_interval_time_t per;
} scep_allowance_t;

/** The kinds of places. */
typedef enum {
    SCEP_PLACE_WAITING = 0, /* for who is made to wait */
    SCEP_PLACE_WRITING,     /* for who writes what has no hurry */
    SCEP_PLACE_TURN,        /* for who waits for others to be done */
    SCEP_PLACE_ASKING,      /* for who asks a provider, which may be slow */
    SCEP_PLACE_KINDS
} scep_place_e;

#define SCEP_PLACES 64 /* of each kind */

/** Octets of shared memory. */
apr_size_t scep_failures_size(void);

/** Lay it out, empty, in MEMORY of that size, aligned to 8. */
void scep_failures_format(void *memory, apr_time_t now);

/** Use formatted memory. @return NULL if it is none of this version */
scep_failures_t *scep_failures_attach(void *memory, apr_size_t size,
                                      apr_pool_t *pool);

/** How long until the allowance of KEY has room for one more; 0: it has. One
 * key must always come with one allowance: let a keyed hash of both be it. */
apr_interval_time_t scep_failures_wait(const scep_failures_t *failures,
                                       const unsigned char key[SCEP_HASH_SIZE],
                                       const scep_allowance_t *allowance,
                                       apr_time_t now);

/** Count one more. @return true if it was the last for which there was room */
bool scep_failures_add(scep_failures_t *failures,
                       const unsigned char key[SCEP_HASH_SIZE],
                       const scep_allowance_t *allowance, apr_time_t now);

/** Count one more, unless there is no room, in one atomic step: of many who come
 * at once no more than there is room for. @return false: there was none */
bool scep_failures_take(scep_failures_t *failures,
                        const unsigned char key[SCEP_HASH_SIZE],
                        const scep_allowance_t *allowance, apr_time_t now);

/** What was taken was not used after all. */
void scep_failures_give(scep_failures_t *failures,
                        const unsigned char key[SCEP_HASH_SIZE],
                        const scep_allowance_t *allowance, apr_time_t now);

/**
 * Take one of the places of KIND until NOW + LEASE, should its holder die.
 * @param total how many there shall be, up to SCEP_PLACES
 * @param each how many of them KEY may have
 * @return -1: none is free
 */
int scep_failures_enter(scep_failures_t *failures, scep_place_e kind,
                        const unsigned char key[SCEP_HASH_SIZE], int each,
                        int total, apr_time_t now, apr_interval_time_t lease);

/** Give it back. */
void scep_failures_leave(scep_failures_t *failures, scep_place_e kind,
                         int place);

/** Take the turn of KEY until NOW + LEASE, should its holder die: at what many
 * processes find to be done, but one had better do. Two keys may share one.
 * @return false: another has it */
bool scep_failures_turn(scep_failures_t *failures,
                        const unsigned char key[SCEP_HASH_SIZE], apr_time_t now,
                        apr_interval_time_t lease);

/** Give it back. */
void scep_failures_turn_over(scep_failures_t *failures,
                             const unsigned char key[SCEP_HASH_SIZE]);

/** A number for what was left out: one more; take it all. */
void scep_failures_left_out(scep_failures_t *failures);
apr_uint64_t scep_failures_take_left_out(scep_failures_t *failures);

#endif
