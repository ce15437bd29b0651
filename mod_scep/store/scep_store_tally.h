/* Licensed under the Apache License, Version 2.0; see LICENSE. */
/**
 * @file scep_store_tally.h
 * Knows how many passwords are outstanding without counting a large table at
 * each draw. (store layer, private)
 *
 * Up to SCEP_TALLY_EXACT rows each draw counts. Beyond that, a count is used
 * for SCEP_TALLY_SHARE times as long as it took, and at most for
 * SCEP_TALLY_MOST. So even drawing without a pause spends only a small part of
 * the time on counting, however large the table is. Draws of this process are
 * added in between. Draws of others, and passwords that are spent or expire,
 * show at the next count. One thread counts at a time; the others use the last
 * count.
 */
#ifndef SCEP_STORE_TALLY_H
#define SCEP_STORE_TALLY_H

#include <stdbool.h>

#include <apr_pools.h>
#include <apr_thread_mutex.h>
#include <apr_time.h>

/** Counting this many rows takes less time than a commit. */
#define SCEP_TALLY_EXACT 2000
#define SCEP_TALLY_SHARE 32
#define SCEP_TALLY_MOST (10 * APR_USEC_PER_SEC)

/** Threads: any, through the calls below. */
typedef struct scep_store_tally_t {
    apr_thread_mutex_t *lock;
    apr_int64_t count; /* including draws since; -1: not known */
    apr_time_t until;  /* by scep_sql_clock() */
    bool counting;
} scep_store_tally_t;

apr_status_t scep_store_tally_init(scep_store_tally_t *tally, apr_pool_t *pool);

/**
 * May one more password be drawn if MOST may be outstanding?
 * @param full set if the count is known
 * @return true: the count is known, and the draw was added if it is allowed;
 *     false: the caller must count, and call scep_store_tally_set()
 */
bool scep_store_tally_draw(scep_store_tally_t *tally, apr_time_t clock,
                           apr_int64_t most, bool *full);

/**
 * Report the caller's count.
 * @param count -1: counting failed
 * @param from,to when counting began and ended, by the same clock
 */
void scep_store_tally_set(scep_store_tally_t *tally, apr_int64_t count,
                          apr_int64_t most, apr_time_t from, apr_time_t to);

#endif
