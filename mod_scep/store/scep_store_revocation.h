/* Licensed under the Apache License, Version 2.0; see LICENSE. */
/**
 * @file scep_store_revocation.h
 * Revoked certificates in the durable record, also ones that were issued
 * before there was a record. Conventions of scep_store.h. (store layer)
 */
#ifndef SCEP_STORE_REVOCATION_H
#define SCEP_STORE_REVOCATION_H

#include "scep_store.h"

/** CRLReason, RFC 5280 5.3.1. certificateHold and removeFromCRL are not among
 * them, because a revocation cannot be undone here. */
typedef enum {
    SCEP_REVOKED_UNSPECIFIED = 0,
    SCEP_REVOKED_KEY_COMPROMISE = 1,
    SCEP_REVOKED_CA_COMPROMISE = 2,
    SCEP_REVOKED_AFFILIATION_CHANGED = 3,
    SCEP_REVOKED_SUPERSEDED = 4,
    SCEP_REVOKED_CESSATION_OF_OPERATION = 5,
    SCEP_REVOKED_PRIVILEGE_WITHDRAWN = 9,
    SCEP_REVOKED_AA_COMPROMISE = 10
} scep_revocation_reason_e;

/** "keyCompromise", ... (RFC 5280 5.3.1). Constant; NULL for none of these. */
const char *scep_revocation_reason_name(int reason);

/** The reason of that name, in any case. False: there is none. */
bool scep_revocation_reason_of(const char *name,
                               scep_revocation_reason_e *reason);

/** A revocation. */
typedef struct scep_revocation_row_t {
    const char *ca_id;
    const char *serial;   /* upper-case hex */
    apr_time_t effective; /* if in the future: not revoked yet */
    scep_revocation_reason_e reason;
    apr_time_t not_after; /* of the certificate; 0: not known. The store knows
                           * it for certificates on record */
    apr_time_t created;   /* when it was recorded */
    const char *actor;    /* who revoked; NULL: the server itself */
    apr_int64_t seq;      /* order of recording; set by the store */
} scep_revocation_row_t;

/** The revocation of that certificate. SCEP_NOT_FOUND without filling RES. */
scep_status_e scep_store_revocation_find(scep_store_t *store, const char *ca_id,
                                         const char *serial, apr_pool_t *pool,
                                         scep_revocation_row_t **row,
                                         scep_result_t *res);

/** A certificate to be revoked. */
typedef struct scep_revoke_t {
    scep_revocation_row_t row; /* seq does not count */
    bool unknown;              /* also if no such certificate is recorded */
    const char *peer;          /* address, for the audit row */
    const char *detail;        /* for the audit row: why, and who wanted it */
} scep_revoke_t;

typedef enum {
    SCEP_REVOKE_RECORDED = 0, /* committed and synced, with its audit row */
    SCEP_REVOKE_ALREADY,      /* it is revoked at least as early, for a reason
                               * that weighs at least as much; nothing was
                               * written */
    SCEP_REVOKE_UNKNOWN       /* no such certificate is recorded */
} scep_revoke_outcome_e;

/**
 * Revoke a certificate. If it is revoked already, the earlier time counts, and
 * the reason that weighs more. A compromise weighs most; superseded, which says
 * nothing against the holder, weighs least.
 */
scep_status_e scep_store_revoke(scep_store_t *store,
                                const scep_revoke_t *revoke, apr_pool_t *pool,
                                scep_revoke_outcome_e *outcome,
                                scep_result_t *res);

/** Called per row; a result other than SCEP_OK ends the walk and becomes its
 * result. ROW lives only during the call. */
typedef scep_status_e scep_revocation_each_fn(void *baton,
                                              const scep_revocation_row_t *row);

/** All revocations of CA_ID that are effective at NOW, of certificates that
 * expire at or after ALIVE, in the order of their serials as texts. Memory does
 * not grow with their number. A revocation that is recorded in between may be
 * missed: see scep_crl_state_t. EACH must not use STORE. */
scep_status_e scep_store_revocations_each(scep_store_t *store,
                                          const char *ca_id, apr_time_t now,
                                          apr_time_t alive,
                                          scep_revocation_each_fn *each,
                                          void *baton, scep_result_t *res);

#endif
