/* Licensed under the Apache License, Version 2.0; see LICENSE. */
/*
 * Single answers of scep_store_recall(), and requests as they are in the store.
 */
#ifndef SCEP_TEST_RECALL_FIXTURE_H
#define SCEP_TEST_RECALL_FIXTURE_H

#include "fixture.h"

#include "scep_store_recall.h"

/* SCEP_OK if REPEAT is WHAT. */
static inline scep_status_e recalled(scep_store_t *store,
                                     const scep_repeat_t *repeat,
                                     scep_recall_e what, apr_pool_t *pool,
                                     scep_recall_t *found, scep_result_t *res)
{
    scep_status_e status = scep_store_recall(store, repeat, pool, found, res);

    return status == SCEP_OK && found->what != what ? SCEP_NOT_FOUND : status;
}

/* The certificate that the key with that hash got under ID, as a CertPoll at
 * NOW finds it; NULL: none. */
static inline scep_status_e
recalled_by_id(scep_store_t *store, const char *ca_id, const char *id,
               const unsigned char *key_hash, apr_time_t now, apr_pool_t *pool,
               scep_transaction_row_t **row, scep_result_t *res)
{
    const scep_repeat_t poll = {
        .ca_id = ca_id, .transaction_id = id, .key_hash = key_hash, .now = now};
    scep_recall_t found;
    scep_status_e status =
        recalled(store, &poll, SCEP_RECALL_ISSUED, pool, &found, res);

    *row = found.issued;
    return status;
}

/* The certificate with which the message with HASH was answered; NULL: none. */
static inline scep_status_e
recalled_by_message(scep_store_t *store, const char *ca_id,
                    const unsigned char *hash, apr_pool_t *pool,
                    scep_transaction_row_t **row, scep_result_t *res)
{
    const unsigned char other[SCEP_HASH_SIZE] = {0xff};
    const scep_repeat_t repeat = {.ca_id = ca_id,
                                  .transaction_id = "of nobody",
                                  .message_hash = hash,
                                  .key_hash = other,
                                  .csr_hash = other};
    scep_recall_t found;
    scep_status_e status =
        recalled(store, &repeat, SCEP_RECALL_MESSAGE, pool, &found, res);

    *row = found.issued;
    return status;
}

/* SCEP_OK if the message with HASH is known by a mark alone. */
static inline scep_status_e recalled_by_mark(scep_store_t *store,
                                             const unsigned char *hash,
                                             apr_pool_t *pool,
                                             scep_result_t *res)
{
    const unsigned char other[SCEP_HASH_SIZE] = {0xff};
    const scep_repeat_t repeat = {.ca_id = "of nobody",
                                  .transaction_id = "of nobody",
                                  .message_hash = hash,
                                  .key_hash = other,
                                  .csr_hash = other};
    scep_recall_t found;

    return recalled(store, &repeat, SCEP_RECALL_MARKED, pool, &found, res);
}

typedef struct request_search_t {
    const char *id;
    const unsigned char *key_hash;
    const char *newest, *open; /* NULL: none */
    apr_pool_t *pool;
} request_search_t;

static inline scep_status_e look_at_request(void *baton,
                                            const scep_request_row_t *row)
{
    request_search_t *search = baton;

    if (strcmp(row->transaction_id, search->id) != 0 ||
        (search->key_hash != NULL &&
         memcmp(row->key_hash, search->key_hash, SCEP_HASH_SIZE) != 0)) {
        return SCEP_OK;
    }
    if (search->newest == NULL) {
        search->newest = apr_pstrdup(search->pool, row->id);
    }
    if (search->open == NULL && row->state <= SCEP_REQUEST_AT_CA) {
        search->open = apr_pstrdup(search->pool, row->id);
    }
    return SCEP_OK;
}

/* The undecided request of ID and that signer's key (NULL: of any), or the
 * newest one if all are decided. */
static inline scep_status_e
request_of(scep_store_t *store, const char *ca_id, const char *id,
           const unsigned char *key_hash, apr_time_t now, apr_pool_t *pool,
           scep_request_row_t **row, scep_result_t *res)
{
    const scep_request_filter_t filter = {
        .ca_id = ca_id, .decided = true, .now = now, .limit = 1000};
    request_search_t search = {id, key_hash, NULL, NULL, pool};
    scep_status_e status = scep_store_requests_each(
        store, &filter, look_at_request, &search, pool, res);

    *row = NULL;
    if (status == SCEP_OK && search.newest == NULL) {
        return SCEP_NOT_FOUND;
    }
    return status == SCEP_OK
               ? scep_store_request_get(
                     store, search.open != NULL ? search.open : search.newest,
                     now, pool, row, res)
               : status;
}

#endif
