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
 * with CERTS. The outer certificates are CERTS as well, and the signer's last:
 * sscep and jscep look for CERTS only there.
 *
 * The eContentType is id-data. RFC 8894 does not name one, and with
 * id-signedData readers of PKCS#7 1.5, which knows no OCTET STRING there, could
 * not parse it: OpenSSL's PKCS7, and so sscep.
 */
scep_status_e scep_next_ca_encode(scep_certs_t *certs,
                                  const scep_keypair_t *signer,
                                  apr_pool_t *pool, scep_octets_t *der,
                                  scep_result_t *res);

#endif
