/* Licensed under the Apache License, Version 2.0; see LICENSE. */
/**
 * @file scep_pattern.h
 * Patterns for text, and networks, for the constraints of a challenge.
 * (enroll layer: no I/O)
 *
 * A `*` matches any number of characters that are allowed there, or none, but
 * never a `*`. ASCII letters match in either case. A text is kept as a pattern
 * without stars, so that the same code splits both.
 */
#ifndef SCEP_PATTERN_H
#define SCEP_PATTERN_H

#include <stdbool.h>

#include <apr_network_io.h>

#include "scep.h"

/** The token that is a star; all others are octets. */
enum { SCEP_PATTERN_STAR = 0x100 };

typedef struct scep_pattern_t {
    const unsigned short *tokens;
    size_t len;
} scep_pattern_t;

/** TEXT as a pattern, from POOL. A backslash takes the next character as it is;
 * `\xNN` is an octet. */
scep_pattern_t scep_pattern_make(apr_pool_t *pool, const char *text);

/** TEXT as it is, from POOL. */
scep_pattern_t scep_pattern_text(apr_pool_t *pool, scep_octets_t text);

/** The tokens from FROM up to TO, which are not copied. */
scep_pattern_t scep_pattern_part(scep_pattern_t pattern, size_t from,
                                 size_t to);

/** The index of the first character of SET (ASCII), or PATTERN.len. */
size_t scep_pattern_find(scep_pattern_t pattern, const char *set);

bool scep_pattern_has_star(scep_pattern_t pattern);

/** How many octets at the start of TEXT, which is not empty, make a character
 * that a star may match; 0: it may not. */
typedef size_t scep_star_fn(scep_pattern_t text);

/** Does TEXT fit PATTERN? The cost is at most the product of their lengths. */
bool scep_pattern_fits(scep_pattern_t pattern, scep_pattern_t text,
                       scep_star_fn *takes);

/** A network ("10.0.0.0/8", "2001:db8::/32") or one address; NULL if TEXT is
 * none. */
apr_ipsubnet_t *scep_network(apr_pool_t *pool, const char *text);

/** Is ADDRESS, in text, in NETWORK? IPv4 inside IPv6 counts as IPv4. */
bool scep_network_has(apr_ipsubnet_t *network, const char *address,
                      apr_pool_t *pool);

#endif
