/* Licensed under the Apache License, Version 2.0; see LICENSE. */
/*
 * scep_store_tally.c: the last count of outstanding passwords, and how long it
 * is used. (store layer)
 */
#include "scep_store_tally.h"

apr_status_t scep_store_tally_init(scep_store_tally_t *tally, apr_pool_t *pool)
{
    tally->count = -1;
    return apr_thread_mutex_create(&tally->lock, APR_THREAD_MUTEX_DEFAULT,
                                   pool);
}

bool scep_store_tally_draw(scep_store_tally_t *tally, apr_time_t clock,
                           apr_int64_t most, bool *full)
{
    bool known;

    apr_thread_mutex_lock(tally->lock);
    known = tally->count >= 0 && (clock < tally->until || tally->counting);
    if (known) {
        *full = tally->count >= most;
        if (!*full) {
            tally->count++;
        }
    }
    else {
        tally->counting = true;
    }
    apr_thread_mutex_unlock(tally->lock);
    return known;
}

void scep_store_tally_set(scep_store_tally_t *tally, apr_int64_t count,
                          apr_int64_t most, apr_time_t from, apr_time_t to)
{
    apr_interval_time_t keep = (to - from) * SCEP_TALLY_SHARE;

    apr_thread_mutex_lock(tally->lock);
    tally->count = -1;
    if (count > SCEP_TALLY_EXACT) {
        /* add the caller's own draw, if it is allowed */
        tally->count = count < most ? count + 1 : count;
        tally->until = to + (keep < SCEP_TALLY_MOST ? keep : SCEP_TALLY_MOST);
    }
    tally->counting = false;
    apr_thread_mutex_unlock(tally->lock);
}
