/* Licensed under the Apache License, Version 2.0; see LICENSE. */
/**
 * @file scep_store_tally.h
 * How many passwords are outstanding, without counting a large table at each
 * draw. (store layer, private)
 *
 * Up to SCEP_TALLY_EXACT rows nothing is kept, and each draw counts. Beyond,
 * a figure serves for SCEP_TALLY_SHARE times as long as it took to count, and
 * at most for SCEP_TALLY_MOST: so whoever draws without a pause spends a small
 * part of the time on counting, however large the table is. What this process
 * draws meanwhile is added; what others draw, or is spent or expires, shows at
 * the next count. One thread counts at a time; the others go by the last
 * figure.
 */
#ifndef SCEP_STORE_TALLY_H
#define SCEP_STORE_TALLY_H

#include <stdbool.h>

#include <apr_pools.h>
#include <apr_thread_mutex.h>
#include <apr_time.h>

/** Rows that are counted in less time than a commit takes. */
#define SCEP_TALLY_EXACT 2000
#define SCEP_TALLY_SHARE 32
#define SCEP_TALLY_MOST (10 * APR_USEC_PER_SEC)

/** Threads: any, through the calls below. */
typedef struct scep_store_tally_t {
    apr_thread_mutex_t *lock;
    apr_int64_t count; /* with those drawn since; -1: not known */
    apr_time_t until;  /* by scep_sql_clock() */
    bool counting;
} scep_store_tally_t;

apr_status_t scep_store_tally_init(scep_store_tally_t *tally, apr_pool_t *pool);

/**
 * May one more be drawn when there may be MOST?
 * @param full set where it is known
 * @return true: it is known, and one that may be drawn is added; false: the
 *     caller counts, and scep_store_tally_set() must follow
 */
bool scep_store_tally_draw(scep_store_tally_t *tally, apr_time_t clock,
                           apr_int64_t most, bool *full);

/**
 * What the caller counted.
 * @param count -1: counting failed
 * @param from,to when counting began and ended, by the same clock
 */
void scep_store_tally_set(scep_store_tally_t *tally, apr_int64_t count,
                          apr_int64_t most, apr_time_t from, apr_time_t to);

#endif
