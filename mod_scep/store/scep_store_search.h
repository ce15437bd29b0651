/* Licensed under the Apache License, Version 2.0; see LICENSE. */
/**
 * @file scep_store_search.h
 * The index that finds certificates by any part of their subject. (store layer,
 * private)
 *
 * PostgreSQL keeps its index up to date by itself. For SQLite the index is a
 * table of trigrams. SCEP_SEARCH_STEP certificates are added at a time, because
 * adding one would cost as much as recording a certificate. A document says
 * which certificate was added last; later ones are searched one by one.
 */
#ifndef SCEP_STORE_SEARCH_H
#define SCEP_STORE_SEARCH_H

#include "scep_store_p.h"

/** How many certificates may wait to be added. */
#define SCEP_SEARCH_STEP 512

/** Add all certificates that are not in the index yet. Call this inside a write
 * transaction. (scep_search_fill.c) */
scep_sql_status_e scep_search_fill(const scep_sql_driver_t *driver,
                                   scep_sql_conn_t *conn);

/** Row function: put the first column, a number, into the apr_int64_t BATON; -1
 * if it is none. (scep_search_fill.c) */
bool scep_search_take_last(void *baton, const char *const *columns, int count);

/** Certificate ID was recorded. From time to time this adds those that wait, in
 * a write transaction of its own. Fails silently: a later call adds them. */
void scep_search_recorded(scep_store_t *store, apr_int64_t id,
                          apr_pool_t *pool);

/** Remove certificate ID, which is about to be deleted. Call this inside a
 * write transaction. */
scep_sql_status_e scep_search_remove(scep_store_session_t *s, apr_int64_t id);

/** The last certificate in the index; 0: the index cannot be used. */
scep_sql_status_e scep_search_last(scep_store_session_t *s, apr_int64_t *last);

/** The words to look up for PART of a subject, folded by scep_name_fold(). They
 * find all subjects that contain PART, and some others. NULL: PART is too
 * short. */
const char *scep_search_words(apr_pool_t *pool, const char *part);

#endif
