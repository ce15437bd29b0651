/* Licensed under the Apache License, Version 2.0; see LICENSE. */
/**
 * @file scep_store_certificate.h
 * Finds and lists issued certificates in the durable record, each with its
 * revocation. Conventions of scep_store.h. (store layer)
 */
#ifndef SCEP_STORE_CERTIFICATE_H
#define SCEP_STORE_CERTIFICATE_H

#include "scep_store.h"
#include "scep_store_revocation.h"

/** An issued certificate. */
typedef struct scep_certificate_row_t {
    const char *id; /* its position in the order of recording, from which a list
                     * continues */
    const char *ca_id;
    const char *serial;  /* upper-case hex */
    const char *subject; /* RFC 2253 */
    apr_time_t not_before;
    apr_time_t not_after;
    const char *profile;
    apr_time_t created;
    scep_octets_t der; /* scep_store_certificate_find() only */
    /* its revocation: */
    apr_time_t revoked; /* when it takes effect; 0: not revoked */
    scep_revocation_reason_e reason;
    const char *revoked_by; /* NULL: the server itself */
    /* renewals, by serial number; NULL: none */
    const char *predecessor;       /* the certificate that it renewed */
    const char *predecessor_scope; /* of the CA that issued that one */
    const char *successor;         /* the newest one that renewed it */
} scep_certificate_row_t;

/** "valid", "expired", "revoked", "revocation due" if the revocation takes
 * effect in the future, or "unknown" for a certificate that is not in the
 * database (its ID is NULL). Constant. */
const char *scep_certificate_state_name(const scep_certificate_row_t *row,
                                        apr_time_t now);

/**
 * Find the certificate with SERIAL.
 * @param ca_id NULL: of any CA
 * @param count how many there are; several have different CAs
 * @return SCEP_OK, ROW is one of them; SCEP_NOT_FOUND without filling RES
 */
scep_status_e scep_store_certificate_find(scep_store_t *store,
                                          const char *ca_id, const char *serial,
                                          apr_pool_t *pool, int *count,
                                          scep_certificate_row_t **row,
                                          scep_result_t *res);

/** Which certificates. 0 or NULL: no condition. */
typedef struct scep_certificate_filter_t {
    const char *ca_id;
    const char *subject;   /* a part of it, in any case */
    apr_time_t since;      /* issued at or after */
    apr_time_t from;       /* expires at or after */
    apr_time_t until;      /* expires before */
    apr_time_t revoked_at; /* is revoked at this time */
    apr_time_t good_at;    /* is not revoked at this time; not together with
                            * revoked_at */
    /* the last row of the page before: */
    apr_time_t created;
    const char *id;
} scep_certificate_filter_t;

/** Called per row; a result other than SCEP_OK ends the walk and becomes its
 * result. ROW lives only during the call. */
typedef scep_status_e
scep_certificate_each_fn(void *baton, const scep_certificate_row_t *row);

/** At most LIMIT certificates that fit FILTER, the last recorded first. All are
 * read into POOL before EACH runs, and no connection is held then. */
scep_status_e
scep_store_certificates_list(scep_store_t *store,
                             const scep_certificate_filter_t *filter, int limit,
                             scep_certificate_each_fn *each, void *baton,
                             apr_pool_t *pool, scep_result_t *res);

#endif
