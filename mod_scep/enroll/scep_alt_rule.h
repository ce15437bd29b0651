/* Licensed under the Apache License, Version 2.0; see LICENSE. */
/**
 * @file scep_alt_rule.h
 * Patterns for alternative names that are text: DNS, email, UPN, URI.
 * (enroll layer: no I/O)
 *
 * A star matches only within its component: a label of a host, what is before
 * an at sign, the scheme, user, port, path segment, query or fragment of a URI.
 * It matches only characters that are allowed there and that no program takes
 * for the end of the component: in hosts letters, digits and hyphens. A
 * malformed name fits no pattern with a star.
 */
#ifndef SCEP_ALT_RULE_H
#define SCEP_ALT_RULE_H

#include <stdbool.h>

#include "scep_pattern.h"

/**
 * Make PATTERN of TEXT for KIND ("DNS", "email", "UPN", "URI").
 * @return NULL, or why no name could ever fit, in words that follow "DNS:..."
 */
const char *scep_alt_rule(apr_pool_t *pool, const char *kind, const char *text,
                          scep_pattern_t *pattern);

/** Does VALUE, a name of KIND, fit PATTERN, which scep_alt_rule() has made? */
bool scep_alt_rule_fits(const char *kind, scep_pattern_t pattern,
                        const char *value, apr_pool_t *pool);

#endif
