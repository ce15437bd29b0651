/* Licensed under the Apache License, Version 2.0; see LICENSE. */
/**
 * @file scep_master_document.h
 * The master password of servers that share a database: its envelope (see
 * scep_master.h) is a document there, so that all of them see a change at
 * once. The document has the name of the file that would hold it, without its
 * directory. Where the document exists, the file is not read.
 * (enroll layer)
 */
#ifndef SCEP_MASTER_DOCUMENT_H
#define SCEP_MASTER_DOCUMENT_H

#include "scep_service.h"

/** What was read from the document. */
typedef struct scep_master_found_t {
    scep_master_t *master;
    apr_int64_t version; /* 0: there is no document */
} scep_master_found_t;

/** The document's name, from that of the file. */
const char *scep_master_document_name(const char *path);

/**
 * Read and decrypt. FOUND's version is set if there is a document, even if it
 * cannot be decrypted.
 * @return SCEP_OK; SCEP_NOT_FOUND: there is none, RES untouched;
 *     SCEP_UNAVAILABLE; SCEP_BROKEN as scep_master_decrypt()
 */
scep_status_e scep_master_document_read(scep_store_t *store, const char *path,
                                        const apr_array_header_t *pairs,
                                        apr_pool_t *pool,
                                        scep_master_found_t *found,
                                        scep_result_t *res);

/**
 * Encrypt MASTER and replace VERSION of the document (0: there is none yet).
 * @param stored false: another server has written meanwhile
 */
scep_status_e scep_master_document_write(scep_store_t *store, const char *path,
                                         apr_int64_t version, X509 *recipient,
                                         const scep_master_t *master,
                                         apr_time_t now, apr_pool_t *pool,
                                         bool *stored, scep_result_t *res);

/**
 * A view of the document for SERVICE, whose store may be opened later.
 * @param path of the file; it must live as long as POOL
 * @param database its name, for messages
 */
scep_status_e scep_master_document_view(const scep_service_t *service,
                                        const char *path, const char *database,
                                        apr_pool_t *pool,
                                        scep_master_view_t **view,
                                        scep_result_t *res);

#endif
