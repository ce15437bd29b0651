/* Licensed under the Apache License, Version 2.0; see LICENSE. */
/**
 * @file scep_name_string.h
 * What is in the strings of ASN.1 that names are made of. (enroll layer: no
 * I/O)
 */
#ifndef SCEP_NAME_STRING_H
#define SCEP_NAME_STRING_H

#include <openssl/asn1.h>

#include "scep_str.h"

/** Is TYPE (V_ASN1_...) one of text? */
bool scep_string_is_text(int type);

/**
 * Does TEXT hold what a string of TYPE may: its characters, and none that
 * controls anything? Emptiness is not looked at. What is no text is good.
 * @param count set to how many characters it has
 * @return NULL, or what is wrong in words that follow the value; from POOL
 */
const char *scep_string_fault(int type, scep_octets_t text, apr_pool_t *pool,
                              size_t *count);

/** Is there nothing in it but blanks? */
bool scep_string_is_blank(int type, scep_octets_t text);

/** TEXT for a message: in UTF-8, escaped once, cut where it is very long; in
 * hex if it cannot be read as TYPE. From POOL. */
const char *scep_string_shown(int type, scep_octets_t text, apr_pool_t *pool);

/**
 * All strings in the element DER, at any depth.
 * @param name it is a Name: its SETs are SET OF, and must be sorted
 * @return NULL, or what is wrong in words that follow the value; from POOL
 */
const char *scep_string_walk(scep_octets_t der, bool name, apr_pool_t *pool);

#endif
