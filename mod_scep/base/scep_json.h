/* Licensed under the Apache License, Version 2.0; see LICENSE. */
/**
 * @file scep_json.h
 * Text as a string of JSON (RFC 8259). (base layer: APR only)
 */
#ifndef SCEP_JSON_H
#define SCEP_JSON_H

#include <apr_pools.h>

/** TEXT with its quotes, in ASCII alone: what is not is written \uNNNN. Each
 * octet that is not part of well-formed UTF-8 becomes \ufffd. NULL gives the
 * literal null. */
const char *scep_json_string(apr_pool_t *pool, const char *text);

#endif
