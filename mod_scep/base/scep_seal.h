/* Licensed under the Apache License, Version 2.0; see LICENSE. */
/**
 * @file scep_seal.h
 * Seals stored secrets: CMS AuthEnvelopedData (RFC 5083) with AES-256-GCM to
 * one certificate, whose key is RSA or EC. (base layer: APR, OpenSSL)
 */
#ifndef SCEP_SEAL_H
#define SCEP_SEAL_H

#include <apr_tables.h>

#include "scep_crypto.h"

/** Octets of the longest secret. */
#define SCEP_SEAL_MAX SCEP_MAX_CSR

typedef enum {
    SCEP_UNSEAL_OK = 0,
    SCEP_UNSEAL_NO_CMS,     /* does not parse */
    SCEP_UNSEAL_NOT_SEALED, /* not AuthEnvelopedData */
    SCEP_UNSEAL_NO_PAIR,    /* for another recipient */
    SCEP_UNSEAL_CHANGED,    /* not as scep_seal() writes it */
    SCEP_UNSEAL_DAMAGED     /* cannot be decrypted */
} scep_unseal_e;

/** Encrypt DATA to RECIPIENT. @param der from POOL. @return false on failure */
bool scep_seal(X509 *recipient, scep_octets_t data, apr_pool_t *pool,
               scep_octets_t *der);

/**
 * Open what scep_seal() has made. If any octet of the envelope was changed, it
 * is not opened, even if CMS itself does not protect that octet.
 * @param pairs const scep_keypair_t *: the possible recipients
 * @param data followed by a NUL that LEN does not count; wiped with POOL
 */
scep_unseal_e scep_unseal(scep_octets_t der, const apr_array_header_t *pairs,
                          apr_pool_t *pool, unsigned char **data, size_t *len);

#endif
