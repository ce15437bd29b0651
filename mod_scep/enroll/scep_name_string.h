/* Licensed under the Apache License, Version 2.0; see LICENSE. */
/**
 * @file scep_name_string.h
 * The ASN.1 strings that names are made of. (enroll layer: no I/O)
 */
#ifndef SCEP_NAME_STRING_H
#define SCEP_NAME_STRING_H

#include <openssl/asn1.h>

#include "scep_str.h"

/** Is TYPE (V_ASN1_...) a type of text? */
bool scep_string_is_text(int type);

/**
 * Check that TEXT has only characters that a string of TYPE may have, and no
 * control characters. It may be empty. A TYPE that is no text is good.
 * @param count set to how many characters it has
 * @return NULL, or what is wrong in words that follow the value; from POOL
 */
const char *scep_string_fault(int type, scep_octets_t text, apr_pool_t *pool,
                              size_t *count);

/** Is TEXT empty, or nothing but blanks? */
bool scep_string_is_blank(int type, scep_octets_t text);

/** TEXT for a message: in UTF-8, escaped once, cut where it is very long; in
 * hex if it cannot be read as TYPE. From POOL. */
const char *scep_string_shown(int type, scep_octets_t text, apr_pool_t *pool);

/**
 * Check all strings in the element DER, at any depth.
 * @param name DER is a Name: its SETs are SET OF, and must be sorted
 * @return NULL, or what is wrong in words that follow the value; from POOL
 */
const char *scep_string_walk(scep_octets_t der, bool name, apr_pool_t *pool);

#endif
