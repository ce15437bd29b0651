/* Licensed under the Apache License, Version 2.0; see LICENSE. */
/**
 * @file scep_json.h
 * JSON (RFC 8259) that we write: values, and objects of them. (base layer:
 * APR only)
 */
#ifndef SCEP_JSON_H
#define SCEP_JSON_H

#include <apr_pools.h>
#include <apr_tables.h>
#include <apr_time.h>

#include "scep.h"

/** TEXT with its quotes, in ASCII alone: what is not is written \uNNNN. Each
 * octet that is not part of well-formed UTF-8 becomes \ufffd. NULL gives the
 * literal null. */
const char *scep_json_string(apr_pool_t *pool, const char *text);

/** The same for a secret: the string is wiped when POOL is cleared. */
const char *scep_json_secret(apr_pool_t *pool, const char *text);

/** OCTETS in base64, with its quotes; wiped when POOL is cleared. */
const char *scep_json_base64(apr_pool_t *pool, scep_octets_t octets);

/** WHEN as scep_time_iso() writes it, with its quotes; null for 0. */
const char *scep_json_time(apr_pool_t *pool, apr_time_t when);

/** An object in one line: names, which need no escapes, each with a value that
 * is JSON already (const char *); a NULL ends them. */
const char *scep_json_members(apr_pool_t *pool, ...) __attribute__((sentinel));

/** The JSON values of VALUES (const char *) as an array in one line. */
const char *scep_json_array(apr_pool_t *pool, const apr_array_header_t *values);

/** A member of an object: VALUE is JSON already. */
typedef struct scep_json_member_t {
    const char *name; /* needs no escapes */
    const char *value;
} scep_json_member_t;

/** The object of COUNT MEMBERS and a newline; wiped when POOL is cleared. */
scep_octets_t scep_json_object(apr_pool_t *pool,
                               const scep_json_member_t *members, size_t count);

#endif
