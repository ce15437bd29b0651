/* Licensed under the Apache License, Version 2.0; see LICENSE. */
/**
 * @file scep_store_search.h
 * The index by which certificates are found by any part of their subject.
 * (store layer, private)
 *
 * PostgreSQL keeps its own up to date. With SQLite it is a table of trigrams,
 * to which certificates are added SCEP_SEARCH_STEP at a time, as one at a time
 * would cost as much as the certificate itself. A document tells up to which
 * one it goes; those after it are searched one by one.
 */
#ifndef SCEP_STORE_SEARCH_H
#define SCEP_STORE_SEARCH_H

#include "scep_store_p.h"

/** How many certificates may wait to be added. */
#define SCEP_SEARCH_STEP 512

/** Add all that are not in it yet. Inside a write transaction. */
scep_sql_status_e scep_search_fill(const scep_sql_driver_t *driver,
                                   scep_sql_conn_t *conn);

/** Certificate ID was recorded: now and then those that wait are added, in a
 * write transaction of its own. Fails silently: the next one adds them. */
void scep_search_recorded(scep_store_t *store, apr_int64_t id,
                          apr_pool_t *pool);

/** Certificate ID is about to be deleted. Inside a write transaction. */
scep_sql_status_e scep_search_remove(scep_store_session_t *s, apr_int64_t id);

/** The last certificate that is in it; 0: it cannot be used. */
scep_sql_status_e scep_search_last(scep_store_session_t *s, apr_int64_t *last);

/** What to look up for a part of a subject, folded by scep_name_fold(): all
 * that contain PART are found, and others. NULL: PART is too short. */
const char *scep_search_words(apr_pool_t *pool, const char *part);

#endif
