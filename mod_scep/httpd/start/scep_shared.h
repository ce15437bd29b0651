/* Licensed under the Apache License, Version 2.0; see LICENSE. */
/**
 * @file scep_shared.h
 * The one shared-memory segment and the one lock of the server's life: made at
 * the first start, used by every generation of children until httpd stops
 * (invariant 2). (httpd layer)
 *
 * Both live in the process pool, and so does their record, which httpd hands
 * back after each restart. This module's code is unloaded in between: nothing
 * in there may point to it, no clean-up and no function.
 */
#ifndef SCEP_SHARED_H
#define SCEP_SHARED_H

#include <httpd.h>

#include "scep_challenge_table.h"
#include "scep_counts.h"
#include "scep_env.h"
#include "scep_failures.h"
#include "scep_log_limit.h"

typedef struct scep_shared_t scep_shared_t;

/** pre_config: make the lock known to the Mutex directive. */
apr_status_t scep_shared_register(apr_pool_t *pconf);

/**
 * Refuse a mechanism of the Mutex directive that does not let go of the lock
 * when the process that holds it is killed: none could be had ever after. One
 * that cannot even be made is left to scep_shared_make().
 */
scep_status_e scep_shared_check(server_rec *s, apr_pool_t *pool,
                                scep_result_t *res);

/**
 * post_config of a real pass: make segment and lock, or take those there are.
 * A CAPACITY other than theirs is told of and waits for the next full start.
 */
scep_status_e scep_shared_make(server_rec *s, apr_uint32_t capacity,
                               const scep_env_t *env, scep_shared_t **shared,
                               scep_result_t *res);

/** What is in it, for this generation. */
scep_status_e scep_shared_attach(scep_shared_t *shared, apr_pool_t *pool,
                                 scep_challenge_table_t **table,
                                 scep_failures_t **failures,
                                 scep_result_t *res);

/** The counts in it. @return NULL: httpd was started with a version of this
 * module that had none */
scep_counts_t *scep_shared_counts(const scep_shared_t *shared,
                                  apr_pool_t *pool);

/** The counts of log lines in it. @return NULL: likewise */
scep_log_limit_t *scep_shared_log_limit(const scep_shared_t *shared,
                                        apr_pool_t *pool);

/** Each child: open the lock. If that fails every use of the table does. */
scep_status_e scep_shared_child_init(scep_shared_t *shared, apr_pool_t *pool,
                                     scep_result_t *res);

#endif
