/* Licensed under the Apache License, Version 2.0; see LICENSE. */
/**
 * @file scep_alt_names.h
 * The subject alternative names that a request asks for, as text.
 * (enroll layer)
 */
#ifndef SCEP_ALT_NAMES_H
#define SCEP_ALT_NAMES_H

#include <apr_tables.h>

#include "scep_crypto.h"

/** One of them. */
typedef struct scep_alt_name_t {
    const char *kind;  /* "DNS", "email", "URI", "IP", "UPN", or "other" */
    const char *value; /* of "other": its form only; printable */
    const char *text;  /* "kind:value", printable ASCII */
} scep_alt_name_t;

/**
 * Those in EXTENSIONS (may be NULL) that may get into a certificate.
 * @param names scep_alt_name_t, from POOL; empty if there are none
 * @return as scep_cert_san()
 */
scep_status_e scep_alt_names(const scep_extensions_t *extensions,
                             apr_pool_t *pool, apr_array_header_t **names,
                             scep_result_t *res);

/** The texts of NAMES, NULL-terminated. */
const char *const *scep_alt_name_texts(const apr_array_header_t *names,
                                       apr_pool_t *pool);

#endif
