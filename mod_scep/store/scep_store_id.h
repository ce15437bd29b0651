/* Licensed under the Apache License, Version 2.0; see LICENSE. */
/**
 * @file scep_store_id.h
 * Who holds a transactionID. Conventions of scep_store.h. (store layer)
 *
 * An id belongs to a key at an endpoint: to the key that signed a request
 * which waits there, or which got a certificate there in the retry window.
 * Other keys cannot use it meanwhile (invariant 4). A request that proved
 * nothing (ScepChallenge none) holds its id only against others of its kind,
 * so that a stranger cannot take the id of a device that has a password or a
 * certificate. The same id with another key, or at another endpoint, is
 * another transaction: whatever is looked up by id is looked up by key, too.
 */
#ifndef SCEP_STORE_ID_H
#define SCEP_STORE_ID_H

#include "scep_store.h"

/** Who wants to use an id. */
typedef struct scep_transaction_id_t {
    const char *scope;
    const char *text;     /* the id */
    const char *endpoint; /* where; NULL is one of its own */
    bool proved;          /* by a password, a provider, or a certificate */
    apr_time_t since;     /* a certificate counts if it was issued in this time
                       * before NOW (or as much after: the clock may have been
                       * set back); APR_INT64_MAX: none does */
    apr_time_t now;       /* requests that have run out then do not count */
} scep_transaction_id_t;

/**
 * Does another key hold ID against the one with KEY_HASH?
 * @return SCEP_OK with TAKEN set
 */
scep_status_e scep_store_id_taken(scep_store_t *store,
                                  const scep_transaction_id_t *id,
                                  const unsigned char *key_hash,
                                  apr_pool_t *pool, bool *taken,
                                  scep_result_t *res);

#endif
