/* Licensed under the Apache License, Version 2.0; see LICENSE. */
/**
 * @file scep_name_search.h
 * Prepares names, as text, for being stored and searched. (base layer: APR
 * only)
 *
 * scep_name_text() gives UTF-8. Up to schema 4 it gave ASCII, with each octet
 * of other characters as a hex pair ("Ger\C3\A4t"), and stars, backslashes and
 * quotes without hex pairs ("*", "\\", "\"").
 */
#ifndef SCEP_NAME_SEARCH_H
#define SCEP_NAME_SEARCH_H

#include <apr_pools.h>

/** TEXT in lower case, from POOL. Letters beyond ASCII are converted one by
 * one, as Unicode defines it (so "SS" does not become "ß"). If the C library
 * has no locale C.UTF-8, only ASCII is converted. "\2A", "\5C" and "\22" become
 * "*", "\\" and "\"". */
const char *scep_name_fold(apr_pool_t *pool, const char *text);

/** Is TEXT only ASCII? */
int scep_name_is_ascii(const char *text);

/** TEXT, in either form, as scep_name_text() writes it today; from POOL, or
 * TEXT itself. */
const char *scep_name_modern(apr_pool_t *pool, const char *text);

/** TEXT as scep_name_text() wrote it up to schema 4; likewise. */
const char *scep_name_ascii(apr_pool_t *pool, const char *text);

#endif
