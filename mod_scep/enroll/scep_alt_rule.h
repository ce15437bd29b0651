/* Licensed under the Apache License, Version 2.0; see LICENSE. */
/**
 * @file scep_alt_rule.h
 * Patterns for alternative names that are text: DNS, email, UPN, URI.
 * (enroll layer: no I/O)
 *
 * A star stays within the component in which it stands: a label of a host, what
 * is before an at sign, the scheme, user, port, path segment, query or fragment
 * of a URI. It stands only for characters that are allowed there and that no
 * program can take for the end of the component: in hosts letters, digits and
 * hyphens. A name that is not well-formed fits no pattern with a star.
 */
#ifndef SCEP_ALT_RULE_H
#define SCEP_ALT_RULE_H

#include <stdbool.h>

#include "scep_pattern.h"

/**
 * TEXT as a pattern for KIND ("DNS", "email", "UPN", "URI").
 * @return NULL, or what is wrong with it, in words that follow "DNS:...":
 *     no name could ever fit
 */
const char *scep_alt_rule(apr_pool_t *pool, const char *kind, const char *text,
                          scep_pattern_t *pattern);

/** Does VALUE, a name of KIND, fit PATTERN, which scep_alt_rule() has made? */
bool scep_alt_rule_fits(const char *kind, scep_pattern_t pattern,
                        const char *value, apr_pool_t *pool);

#endif
