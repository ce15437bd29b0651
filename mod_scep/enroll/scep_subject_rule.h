/* Licensed under the Apache License, Version 2.0; see LICENSE. */
/**
 * @file scep_subject_rule.h
 * Which subjects a password is good for. (enroll layer: no I/O)
 */
#ifndef SCEP_SUBJECT_RULE_H
#define SCEP_SUBJECT_RULE_H

#include <stdbool.h>

#include <openssl/x509.h>

#include "scep.h"

typedef struct scep_subject_rule_t scep_subject_rule_t;

/**
 * TEXT as RFC 4514 writes it ("CN=router-*,O=Example"), its values patterns, or
 * "*", which fits every subject. What scep_name_text() gives fits its name and
 * no other. Likewise understood: quoted values (RFC 2253), what the error log
 * makes of such a text, and what OpenSSL prints: "/C=DE/CN=a" and
 * "C = DE, CN = a", the most general part first.
 * @param error set when NULL is returned
 */
const scep_subject_rule_t *scep_subject_rule(apr_pool_t *pool, const char *text,
                                             const char **error);

/**
 * Has SUBJECT just the RDNs of RULE, each with just its attributes, and each
 * value fitting? RDNs of different types may come in any order, those of the
 * same (OU, DC) may not. White space counts as in RFC 5280 7.1: none at the
 * ends, one within. A star stays within its value, and stands for no control
 * character.
 */
bool scep_subject_fits(const scep_subject_rule_t *rule,
                       const X509_NAME *subject, apr_pool_t *pool);

#endif
