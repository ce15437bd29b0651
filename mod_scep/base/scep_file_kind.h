/* Licensed under the Apache License, Version 2.0; see LICENSE. */
/**
 * @file scep_file_kind.h
 * Recognises a file that was given as a key or a certificate but cannot be read
 * as one, and says how to convert it. (base layer)
 */
#ifndef SCEP_FILE_KIND_H
#define SCEP_FILE_KIND_H

#include "scep_str.h"

typedef enum { SCEP_WANTED_KEY, SCEP_WANTED_CERTIFICATE } scep_wanted_e;

/**
 * Recognise DATA by its first octets, its PEM labels or its structure: PFX,
 * P7B, CSR, CRL, keys and certificates in the other's place, OpenSSH's and
 * PuTTY's keys, Java's key stores, UTF-16, base64 or hex alone, ...
 * @param data followed by a NUL, which is not counted
 * @param name the file, for the command that converts it
 * @return a clause such as "it is a PKCS #12 (PFX) file: convert it by `openssl
 *     pkcs12 -in ...'", in POOL; NULL if the kind of DATA is unknown. Reveals
 *     nothing of a key. OpenSSL's error queue is left empty.
 */
const char *scep_file_kind(scep_octets_t data, const char *name,
                           scep_wanted_e wanted, apr_pool_t *pool);

#endif
