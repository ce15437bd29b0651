/* Licensed under the Apache License, Version 2.0; see LICENSE. */
/**
 * @file scep_json_read.h
 * Reads JSON (RFC 8259) strictly: UTF-8, no key twice in an object, no U+0000
 * in a string, nothing after the end. The caller bounds the size of the text.
 * (base layer: the only code that uses jansson)
 *
 * Thread-safety: a value is used by one thread at a time.
 */
#ifndef SCEP_JSON_READ_H
#define SCEP_JSON_READ_H

#include <stdbool.h>
#include <stddef.h>

#include <apr_pools.h>

/** A value. It lives as long as the pool that its text was parsed into. */
typedef struct json_t scep_json_t;

/**
 * Parse LEN octets: an object or an array.
 * @param error set if NULL is returned: what is wrong and where. It quotes
 *     nothing of TEXT.
 * @return NULL if it is malformed
 */
scep_json_t *scep_json_parse(apr_pool_t *pool, const char *text, size_t len,
                             const char **error);

bool scep_json_is_object(const scep_json_t *value);
bool scep_json_is_array(const scep_json_t *value);

/** A member, or NULL if OBJECT is none or has none of that name. */
scep_json_t *scep_json_get(scep_json_t *object, const char *key);

/** A key of OBJECT that is not among KNOWN (NULL-terminated); NULL: none. */
const char *scep_json_unknown_key(scep_json_t *object,
                                  const char *const *known);

/** Elements of an array; 0 for anything else. */
size_t scep_json_count(scep_json_t *array);
/** Element I, or NULL. */
scep_json_t *scep_json_at(scep_json_t *array, size_t i);

/** The characters of a string, in UTF-8; NULL for anything else. */
const char *scep_json_text(const scep_json_t *value);

/** True for null. */
bool scep_json_is_null(const scep_json_t *value);

/** The value of true or false. @return false for anything else */
bool scep_json_boolean(const scep_json_t *value, bool *truth);

/** The value of an integer. @return false for anything else */
bool scep_json_number(const scep_json_t *value, apr_int64_t *number);

/** VALUE (an object or array) in one line of ASCII, its keys sorted; from
 * POOL. NULL: no memory. */
const char *scep_json_write(apr_pool_t *pool, const scep_json_t *value);

#endif
