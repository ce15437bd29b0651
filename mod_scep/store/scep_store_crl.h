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
    apr_int64_t covers; /* seq of the newest revocation that was considered */
    scep_octets_t der;
} scep_crl_row_t;

/** The current CRL of a CA. */
typedef struct scep_crl_state_t {
    scep_crl_row_t *row; /* the newest; NULL: there is none yet */
    bool stale;          /* a revocation was recorded since, or took effect */
    apr_int64_t seq;     /* of the newest revocation: a walk after this call
                          * sees all up to it */
} scep_crl_state_t;

/** Get the state of the CRL at NOW. */
scep_status_e scep_store_crl_state(scep_store_t *store, const char *ca_id,
                                   apr_time_t now, apr_pool_t *pool,
                                   scep_crl_state_t *state, scep_result_t *res);

/**
 * Replace the CRL with number OLD (0: there is none) by ROW.
 * @param stored false: another CRL has replaced it in between. Nothing was
 *     written, so no two CRLs have the same number
 */
scep_status_e scep_store_crl_replace(scep_store_t *store,
                                     const scep_crl_row_t *row, apr_int64_t old,
                                     apr_pool_t *pool, bool *stored,
                                     scep_result_t *res);

#endif
