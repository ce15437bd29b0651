/* Licensed under the Apache License, Version 2.0; see LICENSE. */
/*
 * scep_store_group.c: see scep_store_group.h. (store layer)
 */
#include "scep_store_group.h"

apr_status_t scep_group_init(scep_store_group_t *group, apr_pool_t *pool)
{
    apr_status_t rv =
        apr_thread_mutex_create(&group->turn, APR_THREAD_MUTEX_DEFAULT, pool);

    group->slot = -1;
    if (rv == APR_SUCCESS) {
        rv = apr_thread_mutex_create(&group->lock, APR_THREAD_MUTEX_DEFAULT,
                                     pool);
    }
    return rv == APR_SUCCESS ? apr_thread_cond_create(&group->ended, pool) : rv;
}

/* Whoever has the turn and sees that somebody waits may rely on it. */
void scep_group_enter(scep_store_group_t *group)
{
    atomic_fetch_add(&group->waiting, 1);
    apr_thread_mutex_lock(group->turn);
    atomic_fetch_sub(&group->waiting, 1);
}

void scep_group_add(scep_store_group_t *group, scep_store_session_t *s)
{
    if (group->slot < 0) {
        group->slot = s->slot;
        group->count = 0;
        group->spoilt = false;
        group->until = scep_sql_clock() + SCEP_GROUP_TIME;
    }
    s->ended = false;
    s->next = group->members;
    group->members = s;
    group->count++;
}

bool scep_group_is_over(scep_store_group_t *group)
{
    return atomic_load(&group->waiting) == 0 ||
           group->count >= SCEP_GROUP_MOST || scep_sql_clock() >= group->until;
}

void scep_group_close(scep_store_group_t *group, scep_sql_status_e outcome)
{
    scep_store_session_t *s, *next;

    apr_thread_mutex_lock(group->lock);
    for (s = group->members; s != NULL; s = next) {
        next = s->next; /* S is gone once it has ended */
        s->outcome = outcome;
        s->ended = true;
    }
    apr_thread_cond_broadcast(group->ended);
    apr_thread_mutex_unlock(group->lock);
    group->members = NULL;
    group->slot = -1;
}

void scep_group_leave(scep_store_group_t *group)
{
    apr_thread_mutex_unlock(group->turn);
}

scep_sql_status_e scep_group_wait(scep_store_group_t *group,
                                  scep_store_session_t *s)
{
    apr_thread_mutex_lock(group->lock);
    while (!s->ended) {
        apr_thread_cond_wait(group->ended, group->lock);
    }
    apr_thread_mutex_unlock(group->lock);
    return s->outcome;
}
