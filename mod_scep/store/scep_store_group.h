/* Licensed under the Apache License, Version 2.0; see LICENSE. */
/**
 * @file scep_store_group.h
 * Writers of one process that come at the same time share a transaction, and
 * so a commit and its sync. (store layer, private)
 *
 * Each runs its statements while it has the turn, in a savepoint unless it is
 * the first. Then it leaves the transaction open if somebody waits for the
 * turn, who joins it; else it commits for all. Nobody hears that it succeeded
 * before that commit has returned. If it fails, it fails for all of them.
 */
#ifndef SCEP_STORE_GROUP_H
#define SCEP_STORE_GROUP_H

#include <stdatomic.h>

#include <apr_thread_cond.h>
#include <apr_thread_mutex.h>

#include "scep_store_p.h"

/** Bounds of a group: its members, and how long it may have been open when one
 * more joins it. */
#define SCEP_GROUP_MOST 128
#define SCEP_GROUP_TIME 20000 /* microseconds */

typedef struct scep_store_group_t {
    apr_thread_mutex_t *turn;
    atomic_int waiting; /* for the turn */
    /* by whoever has the turn: */
    int slot; /* whose connection the open transaction has; -1: none is open */
    int count;
    apr_time_t until;
    bool spoilt; /* a member's failure: the connection is closed afterwards */
    scep_store_session_t *members;
    /* whether a member's group has ended: */
    apr_thread_mutex_t *lock;
    apr_thread_cond_t *ended;
} scep_store_group_t;

apr_status_t scep_group_init(scep_store_group_t *group, apr_pool_t *pool);

/** Wait for the turn, and have it. */
void scep_group_enter(scep_store_group_t *group);

/** With the turn: S is a member from here on; the first one opens the group. */
void scep_group_add(scep_store_group_t *group, scep_store_session_t *s);

/** With the turn: must the group's transaction end now? */
bool scep_group_is_over(scep_store_group_t *group);

/** With the turn: its transaction has ended, and its connection is not used
 * any more. Tells the members. */
void scep_group_close(scep_store_group_t *group, scep_sql_status_e outcome);

/** Give the turn away. */
void scep_group_leave(scep_store_group_t *group);

/** Without the turn: wait until the group of S has ended. @return how */
scep_sql_status_e scep_group_wait(scep_store_group_t *group,
                                  scep_store_session_t *s);

#endif
