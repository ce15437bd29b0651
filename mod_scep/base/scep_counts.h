/* Licensed under the Apache License, Version 2.0; see LICENSE. */
/**
 * @file scep_counts.h
 * How often what has happened, in memory that all children of all generations
 * share: for mod_status. One atomic step each; nothing to lock or to repair.
 * (base layer: APR)
 */
#ifndef SCEP_COUNTS_H
#define SCEP_COUNTS_H

#include <apr_pools.h>

typedef struct scep_counts_t scep_counts_t;

/** What is counted. */
typedef enum {
    SCEP_COUNT_ISSUED = 0,  /* certificates, new ones */
    SCEP_COUNT_RENEWED,     /* certificates in the place of others */
    SCEP_COUNT_PENDING,     /* requests that began to wait */
    SCEP_COUNT_REFUSED,     /* requests that were refused */
    SCEP_COUNT_UNAVAILABLE, /* requests that could not be served */
    SCEP_COUNT_UNRECORDED,  /* refusals that were left out of the audit log,
                             * since the last that was not */
    SCEP_COUNT_KINDS
} scep_count_e;

/** Octets of shared memory. */
apr_size_t scep_counts_size(void);

/** Lay it out, all zero, in MEMORY of that size, aligned to 8. */
void scep_counts_format(void *memory);

/** Use formatted memory. @return NULL if it is none of this version */
scep_counts_t *scep_counts_attach(void *memory, apr_size_t size,
                                  apr_pool_t *pool);

/** One more. @param counts NULL: nothing is counted */
void scep_counts_add(scep_counts_t *counts, scep_count_e what);

/** How many there were, and start again at 0. @param counts NULL: none */
apr_uint64_t scep_counts_take(scep_counts_t *counts, scep_count_e what);

/** How many so far. */
apr_uint64_t scep_counts_get(const scep_counts_t *counts, scep_count_e what);

#endif
