/* Licensed under the Apache License, Version 2.0; see LICENSE. */
/**
 * @file scep_store_successor.h
 * Finds out which certificates renewed which, and revokes them together.
 * Conventions of scep_store.h. (store layer)
 */
#ifndef SCEP_STORE_SUCCESSOR_H
#define SCEP_STORE_SUCCESSOR_H

#include <apr_tables.h>

#include "scep_store_certificate.h"

/** The predecessors of a certificate: the one that it renewed, then the one
 * that this renewed, and so on.
 * @param found array of scep_certificate_row_t, from POOL. If one is not in the
 *     database, it is the last, and has only its CA and its serial
 * @return SCEP_OK; SCEP_UNAVAILABLE; SCEP_BROKEN */
scep_status_e scep_store_predecessors(scep_store_t *store,
                                      const scep_certificate_row_t *cert,
                                      apr_pool_t *pool,
                                      apr_array_header_t **found,
                                      scep_result_t *res);

/** The successors of a certificate: all that renewed it or a successor of it,
 * each once and after its predecessor. The certificate itself need not be in
 * the database.
 * @param found array of scep_certificate_row_t, from POOL
 * @return SCEP_OK; SCEP_UNAVAILABLE; SCEP_BROKEN */
scep_status_e scep_store_successors(scep_store_t *store, const char *ca_id,
                                    const char *serial, apr_pool_t *pool,
                                    apr_array_header_t **found,
                                    scep_result_t *res);

/**
 * scep_store_revoke() of a certificate and of all its successors, in one write
 * transaction: all of them or, unless SCEP_OK, none.
 * @param outcome of the certificate itself; if SCEP_REVOKE_UNKNOWN, nothing was
 *     revoked
 * @param revoked array of const char *, from POOL: the serial numbers of the
 *     successors that were revoked now
 */
scep_status_e
scep_store_revoke_all(scep_store_t *store, const scep_revoke_t *revoke,
                      apr_pool_t *pool, scep_revoke_outcome_e *outcome,
                      apr_array_header_t **revoked, scep_result_t *res);

/** The serial numbers of the certificates that are neither expired nor revoked
 * at NOW.
 * @param certs array of scep_certificate_row_t
 * @return array of const char *, from POOL */
apr_array_header_t *scep_certificates_valid(const apr_array_header_t *certs,
                                            apr_time_t now, apr_pool_t *pool);

#endif
