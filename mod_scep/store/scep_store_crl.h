/* Licensed under the Apache License, Version 2.0; see LICENSE. */
/**
 * @file scep_store_crl.h
 * The newest CRL of each CA in the durable record. Conventions of
 * scep_store.h. (store layer)
 */
#ifndef SCEP_STORE_CRL_H
#define SCEP_STORE_CRL_H

#include "scep_store.h"

/** A CRL. */
typedef struct scep_crl_row_t {
    const char *ca_id;
    apr_int64_t number; /* CRLNumber */
    apr_time_t this_update;
    apr_time_t next_update;
    apr_int64_t covers; /* seq of the newest revocation that it knew of */
    scep_octets_t der;
} scep_crl_row_t;

/** What there is. */
typedef struct scep_crl_state_t {
    scep_crl_row_t *row; /* the newest; NULL: there is none yet */
    bool stale;          /* something was revoked since, or became so */
    apr_int64_t seq;     /* of the newest revocation: whoever walks them after
                          * this call sees all up to it */
} scep_crl_state_t;

/** Look at what there is at NOW. */
scep_status_e scep_store_crl_state(scep_store_t *store, const char *ca_id,
                                   apr_time_t now, apr_pool_t *pool,
                                   scep_crl_state_t *state, scep_result_t *res);

/**
 * Put ROW in the place of the CRL numbered OLD (0: of none).
 * @param stored false: another one was put there meanwhile; nothing was
 *     written, and no two CRLs have the same number
 */
scep_status_e scep_store_crl_replace(scep_store_t *store,
                                     const scep_crl_row_t *row, apr_int64_t old,
                                     apr_pool_t *pool, bool *stored,
                                     scep_result_t *res);

#endif
