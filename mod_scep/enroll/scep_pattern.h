/* Licensed under the Apache License, Version 2.0; see LICENSE. */
/**
 * @file scep_pattern.h
 * What a name must look like: patterns for values, subjects and networks, as
 * the limits of a password have them. (enroll layer: no I/O)
 *
 * In a pattern `*` stands for any run of characters, also none, but never for
 * a `*` itself, so that a pattern for hosts does not fit a wildcard's
 * certificate; a backslash takes the next character as it is. ASCII letters
 * fit in either case.
 */
#ifndef SCEP_PATTERN_H
#define SCEP_PATTERN_H

#include <stdbool.h>

#include <openssl/x509.h>

#include <apr_network_io.h>

#include "scep.h"

/** Does TEXT fit? @param stop `*` does not stand for this character either;
 * '\0': for any */
bool scep_pattern_fits(const char *pattern, const char *text, char stop);

/** Which subjects. */
typedef struct scep_subject_rule_t scep_subject_rule_t;

/**
 * RULE in RFC 4514 form ("CN=router-*,O=Example"), its values patterns; or "*",
 * which fits every subject.
 * @param error set when NULL is returned
 */
const scep_subject_rule_t *scep_subject_rule(apr_pool_t *pool, const char *rule,
                                             const char **error);

/**
 * Has SUBJECT just the attributes of RULE, each value fitting? Those of
 * different types may come in any order, those of one type (OU, DC) may not.
 * White space counts as in RFC 5280 7.1: none at the ends, one within.
 */
bool scep_subject_fits(const scep_subject_rule_t *rule,
                       const X509_NAME *subject);

/** A network ("10.0.0.0/8", "2001:db8::/32") or one address; NULL if TEXT is
 * none. */
apr_ipsubnet_t *scep_network(apr_pool_t *pool, const char *text);

/** Is ADDRESS, in text, in NETWORK? IPv4 inside IPv6 counts as IPv4. */
bool scep_network_has(apr_ipsubnet_t *network, const char *address,
                      apr_pool_t *pool);

#endif
