/* Licensed under the Apache License, Version 2.0; see LICENSE. */
/**
 * @file scepctl_pairs.h
 * The certificates and keys that --ra-cert and --ra-key name. (scepctl)
 */
#ifndef SCEPCTL_PAIRS_H
#define SCEPCTL_PAIRS_H

#include <apr_tables.h>

#include "scepctl.h"

/** The first certificate of the file PATH, loaded in LIBCTX. */
scepctl_exit_e scepctl_cert_load(scepctl_t *ctl, const char *path,
                                 OSSL_LIB_CTX *libctx, X509 **cert);

/** The pair of the files CERT and KEY; a passphrase is asked for. */
scepctl_exit_e scepctl_pair_load(scepctl_t *ctl, const char *cert,
                                 const char *key, OSSL_LIB_CTX *libctx,
                                 scep_keypair_t *pair);

/**
 * Load as many pairs as CERTS and KEYS (const char *) name, in their order.
 * @param pairs const scep_keypair_t *: they are added to it
 */
scepctl_exit_e scepctl_pairs_load(scepctl_t *ctl,
                                  const apr_array_header_t *certs,
                                  const apr_array_header_t *keys,
                                  OSSL_LIB_CTX *libctx,
                                  apr_array_header_t *pairs);

/** KEY as PKCS#8 in PEM; its memory is wiped with POOL. */
scep_status_e scepctl_key_pem(apr_pool_t *pool, EVP_PKEY *key,
                              scep_octets_t *pem, scep_result_t *res);

/** CERT in PEM. */
scep_status_e scepctl_cert_pem(apr_pool_t *pool, X509 *cert, scep_octets_t *pem,
                               scep_result_t *res);

#endif
