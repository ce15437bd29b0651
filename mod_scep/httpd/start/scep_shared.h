/* Licensed under the Apache License, Version 2.0; see LICENSE. */
/**
 * @file scep_shared.h
 * The one segment of shared memory and the one lock. They are made at the first
 * start and used by every generation of children until httpd stops (invariant
 * 2). (httpd layer)
 *
 * Both are in the process pool, and so is their record, which httpd hands back
 * after each restart. This module's code is unloaded in between, so nothing
 * there may point to it: no clean-up and no function.
 */
#ifndef SCEP_SHARED_H
#define SCEP_SHARED_H

#include <httpd.h>

#include "scep_counts.h"
#include "scep_env.h"
#include "scep_log_limit.h"
#include "scep_service.h"

typedef struct scep_shared_t scep_shared_t;

/** pre_config: make the lock known to the Mutex directive. */
apr_status_t scep_shared_register(apr_pool_t *pconf);

/**
 * Refuse a mechanism of the Mutex directive that does not release the lock when
 * its holder is killed: nobody could take the lock again. If the lock cannot be
 * made at all, scep_shared_make() says so.
 */
scep_status_e scep_shared_check(server_rec *s, apr_pool_t *pool,
                                scep_result_t *res);

/**
 * post_config of a real pass: make segment and lock, or take the existing ones.
 * If their capacity is not CAPACITY, this is logged, and the new one has to
 * wait for the next full start.
 */
scep_status_e scep_shared_make(server_rec *s, apr_uint32_t capacity,
                               const scep_env_t *env, scep_shared_t **shared,
                               scep_result_t *res);

/** Attach this generation to the content of the segment: give SERVICE the
 * password table, the rate limits and the slots. */
scep_status_e scep_shared_attach(scep_shared_t *shared, apr_pool_t *pool,
                                 scep_service_t *service, scep_result_t *res);

/** The counts of mod_status in the segment.
 * @return NULL: httpd was started with a version of this module without them */
scep_counts_t *scep_shared_counts(const scep_shared_t *shared,
                                  apr_pool_t *pool);

/** The counts of log lines in the segment.
 * @return NULL: likewise */
scep_log_limit_t *scep_shared_log_limit(const scep_shared_t *shared,
                                        apr_pool_t *pool);

/** Each child: open the lock. If that fails, every use of the table fails. */
scep_status_e scep_shared_child_init(scep_shared_t *shared, apr_pool_t *pool,
                                     scep_result_t *res);

#endif
