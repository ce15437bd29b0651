/* Licensed under the Apache License, Version 2.0; see LICENSE. */
/**
 * @file scep_issuer_serial.h
 * The messageData of GetCert and GetCRL: an IssuerAndSerialNumber
 * (RFC 8894 3.3.4, RFC 5652 10.2.4). (protocol layer)
 */
#ifndef SCEP_ISSUER_SERIAL_H
#define SCEP_ISSUER_SERIAL_H

#include "scep_crypto.h"

enum {
    SCEP_MAX_ISSUER_SERIAL = 4096, /* octets of the whole */
    SCEP_MAX_SERIAL = 64 /* octets; RFC 5280 allows 20, others wrote more */
};

typedef struct scep_issuer_serial_t {
    X509_NAME *issuer;
    const char *serial; /* upper-case hex */
} scep_issuer_serial_t;

/**
 * Read DER (it may be BER): exactly a SEQUENCE of a name and an integer, with
 * nothing after it.
 * @param id its members live in POOL
 * @return SCEP_OK; SCEP_REFUSED (SCEP_R_CONTENT), as for a PKCS#10 that
 *     cannot be read
 */
scep_status_e scep_issuer_serial_parse(scep_octets_t der, apr_pool_t *pool,
                                       scep_issuer_serial_t *id,
                                       scep_result_t *res);

#endif
