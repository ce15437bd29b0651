/* Licensed under the Apache License, Version 2.0; see LICENSE. */
/**
 * @file scep_next_ca.h
 * The answer to GetNextCACert (RFC 8894 4.7.1). (protocol layer)
 */
#ifndef SCEP_NEXT_CA_H
#define SCEP_NEXT_CA_H

#include "scep_crypto.h"

/**
 * SignedData by SIGNER with SHA-256 whose content is a certs-only SignedData
 * with CERTS. CERTS are among its own certificates as well, the signer's last:
 * sscep and jscep look for them there and nowhere else.
 *
 * The eContentType is id-data. RFC 8894 does not name one, and id-signedData
 * would make of it what no reader of PKCS#7 1.5, which knows no OCTET STRING
 * there, can parse: OpenSSL's PKCS7 and with it sscep.
 */
scep_status_e scep_next_ca_encode(scep_certs_t *certs,
                                  const scep_keypair_t *signer,
                                  apr_pool_t *pool, scep_octets_t *der,
                                  scep_result_t *res);

#endif
