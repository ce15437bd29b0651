/* Licensed under the Apache License, Version 2.0; see LICENSE. */
/*
 * scep_store_sql.c: the list of statements, each with its index among the
 * prepared ones. (store layer)
 */
#include "scep_store_sql.h"

#include <assert.h>

static const scep_sql_query_t queries[] = {
#define SCEP_STORE_QUERY_ROW(sym, params, text) {sym, params, text},
    SCEP_STORE_QUERIES(SCEP_STORE_QUERY_ROW)
#undef SCEP_STORE_QUERY_ROW
};

static_assert(SCEP_Q_COUNT <= SCEP_SQL_SLOTS,
              "every statement has a place on a connection");

const scep_sql_query_t *scep_store_query(scep_store_query_e query)
{
    return &queries[query];
}
