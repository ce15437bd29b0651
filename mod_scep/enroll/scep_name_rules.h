/* Licensed under the Apache License, Version 2.0; see LICENSE. */
/**
 * @file scep_name_rules.h
 * The rules for names in a certificate: DER, and what RFC 5280 says of strings,
 * attributes and alternative names. (enroll layer: no I/O)
 *
 * Devices in the field break some rules, so these are accepted, too:
 * PrintableString with any character of ASCII; T61String as Latin-1 or UTF-8;
 * attributes in another type of string than RFC 5280 asks for; underscores in
 * host names; addresses as host names.
 */
#ifndef SCEP_NAME_RULES_H
#define SCEP_NAME_RULES_H

#include <openssl/x509v3.h>

#include "scep_crypto.h"

/** The rules that are not applied (ScepNameRelax). */
typedef struct scep_name_rules_t {
    bool any_length; /* the upper bounds of RFC 5280 appendix A */
    bool any_syntax; /* the forms of scep_name_syntax.h, and of a country */
} scep_name_rules_t;

/**
 * Each gives NULL, or what is wrong, with the attribute, its value and why;
 * from POOL: `CN "a\x0ab" has a control character (U+000A)`.
 * @param had names that are not judged again (of a certificate that is
 *     renewed); NULL: none
 */
const char *scep_name_fault(const X509_NAME *name, const X509_NAME *had,
                            const scep_name_rules_t *rules, apr_pool_t *pool);
const char *scep_san_fault(const GENERAL_NAMES *names, const GENERAL_NAMES *had,
                           const scep_name_rules_t *rules, apr_pool_t *pool);

#endif
