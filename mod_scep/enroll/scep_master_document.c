/* Licensed under the Apache License, Version 2.0; see LICENSE. */
/*
 * scep_master_document.c: the master password in the database. (enroll layer)
 */
#include "scep_master_document.h"

#include <string.h>

#include <apr_strings.h>

#include "scep_store_document.h"

typedef struct document_ref_t {
    const scep_service_t *service;
    const char *path;
} document_ref_t;

const char *scep_master_document_name(const char *path)
{
    const char *slash = strrchr(path, '/');

    return slash != NULL ? slash + 1 : path;
}

static const char *described(const char *path, const char *database,
                             apr_pool_t *pool)
{
    return apr_pstrcat(pool, "the document ", scep_master_document_name(path),
                       " in database ", database, NULL);
}

static scep_octets_t octets_of(const char *text)
{
    return (scep_octets_t){(const unsigned char *)text, strlen(text)};
}

scep_status_e scep_master_document_read(scep_store_t *store, const char *path,
                                        const apr_array_header_t *pairs,
                                        apr_pool_t *pool,
                                        scep_master_found_t *found,
                                        scep_result_t *res)
{
    scep_document_t *document;
    scep_status_e status = scep_store_document_find(
        store, scep_master_document_name(path), pool, &document, res);

    *found = (scep_master_found_t){NULL, 0};
    if (status != SCEP_OK) {
        return status;
    }
    found->version = document->version;
    return scep_master_decrypt(described(path, scep_store_name(store), pool),
                               octets_of(document->text), pairs, pool,
                               &found->master, res);
}

scep_status_e scep_master_document_write(scep_store_t *store, const char *path,
                                         apr_int64_t version, X509 *recipient,
                                         const scep_master_t *master,
                                         apr_time_t now, apr_pool_t *pool,
                                         bool *stored, scep_result_t *res)
{
    scep_octets_t pem;
    scep_status_e status =
        scep_master_encrypt(recipient, master, pool, &pem, res);

    *stored = false;
    if (status != SCEP_OK) {
        return status;
    }
    return scep_store_document_put(
        store, scep_master_document_name(path), version,
        apr_pstrmemdup(pool, (const char *)pem.data, pem.len), now, stored,
        res);
}

static scep_status_e put_document(void *baton, apr_int64_t version,
                                  scep_octets_t pem, apr_time_t now,
                                  apr_pool_t *pool, bool *stored,
                                  scep_result_t *res)
{
    const document_ref_t *ref = baton;

    return scep_store_document_put(
        ref->service->store, scep_master_document_name(ref->path), version,
        apr_pstrmemdup(pool, (const char *)pem.data, pem.len), now, stored,
        res);
}

static scep_status_e fetch_document(void *baton, apr_pool_t *pool,
                                    apr_int64_t *version, scep_octets_t *pem,
                                    scep_result_t *res)
{
    const document_ref_t *ref = baton;
    scep_store_t *store = ref->service->store;
    scep_document_t *document;
    scep_status_e status = scep_store_document_find(
        store, scep_master_document_name(ref->path), pool, &document, res);

    *version = 0;
    if (status == SCEP_NOT_FOUND) {
        scep_fail(res, SCEP_R_SETUP,
                  "there is no document %s in database %s: restart a server, "
                  "or make it with `scepctl master rotate --database'",
                  scep_master_document_name(ref->path), scep_store_name(store));
        return res->status = SCEP_NOT_FOUND;
    }
    if (status == SCEP_OK) {
        *version = document->version;
        *pem = octets_of(document->text);
    }
    return status;
}

scep_status_e scep_master_document_view(const scep_service_t *service,
                                        const char *path, const char *database,
                                        apr_pool_t *pool,
                                        scep_master_view_t **view,
                                        scep_result_t *res)
{
    document_ref_t *baton = apr_palloc(pool, sizeof(*baton));
    const scep_master_source_t source = {described(path, database, pool), baton,
                                         fetch_document, put_document};

    *baton = (document_ref_t){service, path};
    return scep_master_view_of(&source, service->ra->pairs, pool, view, res);
}
