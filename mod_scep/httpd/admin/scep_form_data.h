/* Licensed under the Apache License, Version 2.0; see LICENSE. */
/**
 * @file scep_form_data.h
 * application/x-www-form-urlencoded: bodies of forms, and query strings of
 * ours (not of SCEP, where '+' stays what it is). (httpd layer)
 */
#ifndef SCEP_FORM_DATA_H
#define SCEP_FORM_DATA_H

#include <apr_tables.h>

#include "scep.h"

/**
 * Read TEXT (LEN octets; may be NULL when LEN is 0) into *FIELDS. Upper
 * and lower case of names are the same; a value may be empty.
 * @return SCEP_OK; SCEP_REFUSED (SCEP_R_API_REQUEST): a bad %-escape, a NUL,
 *     a name twice or empty, too many
 */
scep_status_e scep_form_data(const char *text, apr_size_t len, apr_pool_t *pool,
                             apr_table_t **fields, scep_result_t *res);

#endif
