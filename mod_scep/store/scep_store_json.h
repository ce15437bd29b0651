/* Licensed under the Apache License, Version 2.0; see LICENSE. */
/**
 * @file scep_store_json.h
 * Rows of the record as JSON objects in one line, from POOL: the same in the
 * API and in scepctl. docs/api.md describes their members. (store layer)
 */
#ifndef SCEP_STORE_JSON_H
#define SCEP_STORE_JSON_H

#include "scep_store_request.h"
#include "scep_store_successor.h"

/** An outstanding one-time password. */
const char *scep_challenge_json(const scep_challenge_item_t *item,
                                apr_pool_t *pool);

/** A request that waits or was decided on. */
const char *scep_request_json(const scep_request_row_t *row, apr_pool_t *pool);

/** A certificate of a list. */
const char *scep_certificate_json(const scep_certificate_row_t *row,
                                  apr_time_t now, apr_pool_t *pool);

/** All about a certificate, with its DER.
 * @param before its predecessors
 * @param after its successors: scep_store_successor.h */
const char *scep_certificate_json_all(const scep_certificate_row_t *row,
                                      const apr_array_header_t *before,
                                      const apr_array_header_t *after,
                                      apr_time_t now, apr_pool_t *pool);

/** Serial number and state of each certificate (scep_certificate_row_t), as an
 * array. */
const char *scep_certificates_json(const apr_array_header_t *certs,
                                   apr_time_t now, apr_pool_t *pool);

/** A row of the audit trail. */
const char *scep_audit_json(const scep_audit_event_t *event, apr_pool_t *pool);

#endif
