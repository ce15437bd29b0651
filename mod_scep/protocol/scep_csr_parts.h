/* Licensed under the Apache License, Version 2.0; see LICENSE. */
/**
 * @file scep_csr_parts.h
 * A PKCS#10 taken apart before OpenSSL sees it; private to the protocol layer.
 * OpenSSL gets it without its attributes, because it refuses the whole request
 * for one attribute of an unknown shape, and keeps a copy of the
 * challengePassword that it does not wipe (invariant 6).
 */
#ifndef SCEP_CSR_PARTS_H
#define SCEP_CSR_PARTS_H

#include "scep_ber.h"
#include "scep_crypto.h"

/** The parts of a PKCS#10; INFO and ATTRIBUTES point into it. */
typedef struct scep_csr_parts_t {
    scep_octets_t info;           /* what is signed, as received */
    scep_ber_reader_t attributes; /* reads them, one after the other */
    scep_octets_t bare;           /* a copy without any attribute */
} scep_csr_parts_t;

/**
 * Take apart DER, which has passed scep_preflight_csr().
 * @param pool holds BARE
 * @return false if the CertificationRequestInfo is malformed
 */
bool scep_csr_take_apart(scep_octets_t der, apr_pool_t *pool,
                         scep_csr_parts_t *parts);

/**
 * Go on to the next attribute that begins with an OID. Others are skipped,
 * since without an OID they mean nothing.
 * @param oid the contents of its OID
 * @param values its values, side by side; they need not be in a SET
 * @return false when there are no more
 */
bool scep_csr_next_attribute(scep_ber_reader_t *attributes, scep_octets_t *oid,
                             scep_octets_t *values);

#endif
