/* Licensed under the Apache License, Version 2.0; see LICENSE. */
/**
 * @file scep_alt_names.h
 * The subject alternative names that a request asks for, as text.
 * (enroll layer)
 */
#ifndef SCEP_ALT_NAMES_H
#define SCEP_ALT_NAMES_H

#include <apr_tables.h>

#include <openssl/x509v3.h>

#include "scep_crypto.h"

/** One alternative name. */
typedef struct scep_alt_name_t {
    const char *kind;  /* "DNS", "email", "URI", "IP", "UPN", or "other" */
    const char *value; /* "host.example"; escaped if it is malformed */
    const char *text;  /* "kind:value", complete, in UTF-8; invisible
                        * characters, quotes, and commas before a blank are
                        * escaped */
    const char *label; /* as KIND, or "otherName 1.2.3.4", for messages */
    const char *shown; /* the value, for messages: cut if it is very long */
} scep_alt_name_t;

/** Describe NAME in OUT, whose members are from POOL. */
void scep_alt_name_describe(const GENERAL_NAME *name, apr_pool_t *pool,
                            scep_alt_name_t *out);

/**
 * The names in EXTENSIONS (may be NULL) that a certificate may have.
 * @param names scep_alt_name_t, from POOL; empty if there are none
 * @return as scep_cert_san()
 */
scep_status_e scep_alt_names(const scep_extensions_t *extensions,
                             apr_pool_t *pool, apr_array_header_t **names,
                             scep_result_t *res);

/** The texts of NAMES, NULL-terminated. */
const char *const *scep_alt_name_texts(const apr_array_header_t *names,
                                       apr_pool_t *pool);

/** The texts of NAMES with ", " between them; "" for none. */
const char *scep_alt_names_list(const apr_array_header_t *names,
                                apr_pool_t *pool);

#endif
