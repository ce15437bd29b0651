/* Licensed under the Apache License, Version 2.0; see LICENSE. */
/**
 * @file scep_master_cms.h
 * The envelope around the master password: CMS AuthEnvelopedData (RFC 5083)
 * with AES-256-GCM to one certificate, in PEM. (challenge layer: OpenSSL)
 */
#ifndef SCEP_MASTER_CMS_H
#define SCEP_MASTER_CMS_H

#include <apr_tables.h>

#include "scep_crypto.h"

/** Octets of the longest text in an envelope. */
#define SCEP_MASTER_MAX_TEXT 1024

/**
 * Encrypt TEXT to RECIPIENT, whose key is RSA or EC.
 * @param pem from POOL
 * @return SCEP_OK, or SCEP_BROKEN (SCEP_R_SETUP)
 */
scep_status_e scep_master_seal(X509 *recipient, scep_octets_t text,
                               apr_pool_t *pool, scep_octets_t *pem,
                               scep_result_t *res);

/**
 * Open what scep_master_seal() has made. An envelope of which any octet has
 * been changed is refused, also where CMS itself protects nothing.
 * @param path for messages
 * @param pairs const scep_keypair_t *: the possible recipients
 * @param text followed by a NUL that LEN does not count; wiped with POOL
 * @return SCEP_OK, or SCEP_BROKEN (SCEP_R_SETUP) with PATH and the cure
 */
scep_status_e scep_master_unseal(const char *path, scep_octets_t pem,
                                 const apr_array_header_t *pairs,
                                 apr_pool_t *pool, char **text, size_t *len,
                                 scep_result_t *res);

#endif
