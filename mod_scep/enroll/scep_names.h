/* Licensed under the Apache License, Version 2.0; see LICENSE. */
/**
 * @file scep_names.h
 * Compare subjects and subject alternative names, whatever their encoding, and
 * say what differs: for renewals, which must keep their names, and to find
 * another device's subject. (enroll layer: OpenSSL, no I/O)
 */
#ifndef SCEP_NAMES_H
#define SCEP_NAMES_H

#include <stdbool.h>

#include <openssl/x509v3.h>

#include "scep_crypto.h"

/** The most alternative names that a certificate gets, and the most that are
 * compared in any order. */
#define SCEP_NAMES_MAX 256

/**
 * Compare as RFC 5280 7.1 does: case, blanks and string types do not count. If
 * all RDNs have a single value, the order of different types does not count
 * either, because CAs reorder them; the order of the same type does (of several
 * CN, programs take the first or the last).
 * @param difference set to what differs, printable, from POOL, when false
 */
bool scep_names_subject_kept(const X509_NAME *before, const X509_NAME *after,
                             apr_pool_t *pool, const char **difference);

/**
 * A hash that two subjects share if, and only if, each is kept in the other as
 * scep_names_subject_kept() compares.
 * @return false: the name cannot be read, or memory ran out
 */
bool scep_names_subject_hash(const X509_NAME *subject, apr_pool_t *pool,
                             unsigned char hash[SCEP_HASH_SIZE]);

/**
 * Compare as sets: case does not count in DNS names and in the host of a mail
 * address. NULL: no names.
 * @param difference as above
 */
bool scep_names_san_kept(const GENERAL_NAMES *before,
                         const GENERAL_NAMES *after, apr_pool_t *pool,
                         const char **difference);

/** Does NAME have ENTRY, compared as above? */
bool scep_names_has_entry(const X509_NAME *name, const X509_NAME_ENTRY *entry,
                          apr_pool_t *pool);

/** Does NAMES (NULL: none) have NAME, compared as above? */
bool scep_names_has_san(const GENERAL_NAMES *names, GENERAL_NAME *name);

#endif
