/* Licensed under the Apache License, Version 2.0; see LICENSE. */
/**
 * @file scep_subject_rule.h
 * Which subjects a challenge is good for. (enroll layer: no I/O)
 */
#ifndef SCEP_SUBJECT_RULE_H
#define SCEP_SUBJECT_RULE_H

#include <stdbool.h>

#include <openssl/x509.h>

#include "scep.h"

typedef struct scep_subject_rule_t scep_subject_rule_t;

/**
 * Read TEXT: "*", which fits every subject, or a name as RFC 4514 writes it,
 * whose values are patterns ("CN=router-*,O=Example"). The text of
 * scep_name_text() fits its name and no other. Also understood are quoted
 * values (RFC 2253), the text as the error log escapes it, and OpenSSL's forms,
 * the most general part first: "/C=DE/CN=a" and "C = DE, CN = a".
 * @param error set when NULL is returned
 */
const scep_subject_rule_t *scep_subject_rule(apr_pool_t *pool, const char *text,
                                             const char **error);

/**
 * Does SUBJECT have exactly the RDNs of RULE, each with exactly its attributes,
 * and does each value fit? RDNs of different types may come in any order, those
 * of the same type (OU, DC) may not. White space counts as in RFC 5280 7.1:
 * none at the ends, one within. A star stays within its value, and matches no
 * control character.
 */
bool scep_subject_fits(const scep_subject_rule_t *rule,
                       const X509_NAME *subject, apr_pool_t *pool);

#endif
