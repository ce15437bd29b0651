/* Licensed under the Apache License, Version 2.0; see LICENSE. */
/**
 * @file scep_json.h
 * JSON (RFC 8259) that we write: strings, and objects that hold a secret.
 * (base layer: APR only)
 */
#ifndef SCEP_JSON_H
#define SCEP_JSON_H

#include <apr_pools.h>

#include "scep.h"

/** TEXT with its quotes, in ASCII alone: what is not is written \uNNNN. Each
 * octet that is not part of well-formed UTF-8 becomes \ufffd. NULL gives the
 * literal null. */
const char *scep_json_string(apr_pool_t *pool, const char *text);

/** The same for a secret: the string is wiped when POOL is cleared. */
const char *scep_json_secret(apr_pool_t *pool, const char *text);

/** OCTETS in base64, with its quotes; wiped when POOL is cleared. */
const char *scep_json_base64(apr_pool_t *pool, scep_octets_t octets);

/** A member of an object: VALUE is JSON already. */
typedef struct scep_json_member_t {
    const char *name; /* needs no escapes */
    const char *value;
} scep_json_member_t;

/** The object of COUNT MEMBERS and a newline; wiped when POOL is cleared. */
scep_octets_t scep_json_object(apr_pool_t *pool,
                               const scep_json_member_t *members, size_t count);

#endif
