/* Licensed under the Apache License, Version 2.0; see LICENSE. */
/**
 * @file scep_str.h
 * Octets and short strings: hex, constant-time comparison, wiping, and octets
 * with a length. (base layer: APR and OpenSSL's crypto.h only)
 */
#ifndef SCEP_STR_H
#define SCEP_STR_H

#include <stdbool.h>
#include <stddef.h>

#include <apr_pools.h>

#include "scep.h"

/** Upper-case hex of LEN octets, from POOL. */
char *scep_hex(apr_pool_t *pool, const unsigned char *data, size_t len);

/** Lower-case hex of LEN octets, from POOL. */
char *scep_hex_lower(apr_pool_t *pool, const unsigned char *data, size_t len);

/** The same in OUT, which has room for 2 * LEN + 1. @return OUT */
char *scep_hex_into(char *out, const unsigned char *data, size_t len);
char *scep_hex_lower_into(char *out, const unsigned char *data, size_t len);

/**
 * Decode hex of either case into OUT, whose size must be exactly LEN.
 * @return false if HEX is not exactly 2 * LEN hex digits.
 */
bool scep_unhex(const char *hex, unsigned char *out, size_t len);

/** The octet of the two hex digits at TEXT.
 * @return false: TEXT does not begin with two hex digits */
bool scep_hex_pair(const char *text, unsigned char *octet);

/** Are LEN octets equal? The time depends on LEN alone. */
bool scep_equal_ct(const unsigned char *a, const unsigned char *b, size_t len);

/** Are lengths and octets equal? Not in constant time. */
bool scep_octets_equal(scep_octets_t a, scep_octets_t b);

/** A copy from POOL. */
scep_octets_t scep_octets_copy(apr_pool_t *pool, scep_octets_t octets);

/** Overwrite LEN octets. The compiler cannot leave this out. */
void scep_wipe(void *data, size_t len);

/** Memory from POOL that is overwritten when POOL is cleared (for secrets). */
void *scep_secret_alloc(apr_pool_t *pool, size_t len);

/**
 * Copy TEXT into OUT, which has room for MAX + 1 octets. If TEXT has more than
 * MAX octets, copy its beginning and "...", together at most MAX. No character
 * of UTF-8 is cut in two. NULL stays NULL.
 */
const char *scep_cut(char *out, const char *text, size_t max);

/** TEXT with control octets, quotes and non-ASCII escaped as \xNN, at most
 * MAX octets before escaping; for log lines. NULL gives "-". */
const char *scep_printable(apr_pool_t *pool, const char *text, size_t max);

/**
 * The code point of UTF-8 at *AT, which then moves behind it. END is not read.
 * @return -1 for an octet that is not part of well-formed UTF-8 (RFC 3629); *AT
 *     then moves by that octet
 */
long scep_utf8_point(const unsigned char **at, const unsigned char *end);

/** Is POINT, as scep_utf8_point() returns it, visible? Control and format
 * characters are not: those that end a line, change the direction of writing,
 * or take no room. */
bool scep_point_visible(long point);

/**
 * TEXT for a person to read, whole: visible characters of UTF-8 as they are,
 * the octets of all others, and of those in SPECIALS (ASCII), as \xNN.
 */
const char *scep_visible(apr_pool_t *pool, scep_octets_t text,
                         const char *specials);

/** The same for a whole string, for a terminal. NULL gives "-". */
const char *scep_shown(apr_pool_t *pool, const char *text);

#endif
