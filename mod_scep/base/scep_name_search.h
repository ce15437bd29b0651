/* Licensed under the Apache License, Version 2.0; see LICENSE. */
/**
 * @file scep_name_search.h
 * Names as text, made ready to be stored and searched. (base layer: APR only)
 *
 * scep_name_text() gives UTF-8. Up to schema 4 it gave ASCII, with each octet
 * of other characters as a hex pair ("Ger\C3\A4t"), and stars, backslashes and
 * quotes without hex pairs ("*", "\\", "\"").
 */
#ifndef SCEP_NAME_SEARCH_H
#define SCEP_NAME_SEARCH_H

#include <apr_pools.h>

/** TEXT with its letters in lower case, those beyond ASCII one by one as
 * Unicode has them (so not "SS" for "ß"); from POOL. Where the C library knows
 * no locale C.UTF-8 only ASCII is folded. "\2A", "\5C" and "\22" become "*",
 * "\\" and "\"". */
const char *scep_name_fold(apr_pool_t *pool, const char *text);

/** Whether TEXT is ASCII alone. */
int scep_name_is_ascii(const char *text);

/** TEXT as scep_name_text() gives it today, whichever of both forms it is
 * in; from POOL, or TEXT itself. */
const char *scep_name_modern(apr_pool_t *pool, const char *text);

/** TEXT as scep_name_text() gave it up to schema 4; likewise. */
const char *scep_name_ascii(apr_pool_t *pool, const char *text);

#endif
