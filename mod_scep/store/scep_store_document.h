/* Licensed under the Apache License, Version 2.0; see LICENSE. */
/**
 * @file scep_store_document.h
 * Small documents that all servers of one database share: a name, a version
 * that rises by one at each change, a text. (store layer)
 */
#ifndef SCEP_STORE_DOCUMENT_H
#define SCEP_STORE_DOCUMENT_H

#include "scep_store.h"

typedef struct scep_document_t {
    apr_int64_t version; /* 1 or more */
    const char *text;
} scep_document_t;

/** The document of that name. SCEP_NOT_FOUND without filling RES. */
scep_status_e scep_store_document_find(scep_store_t *store, const char *name,
                                       apr_pool_t *pool,
                                       scep_document_t **document,
                                       scep_result_t *res);

/**
 * Write TEXT, unless somebody else has written in between.
 * @param version that of the document to be replaced; 0: there is none yet
 * @param stored false: the document has another version; nothing was written
 * @return SCEP_OK: durable, if STORED
 */
scep_status_e scep_store_document_put(scep_store_t *store, const char *name,
                                      apr_int64_t version, const char *text,
                                      apr_time_t now, bool *stored,
                                      scep_result_t *res);

#endif
