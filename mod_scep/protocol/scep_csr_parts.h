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

/** The parts of a PKCS#10; they point into it. */
typedef struct scep_csr_parts_t {
    scep_octets_t info;           /* what is signed, as received */
    scep_ber_reader_t attributes; /* reads them, one after the other */
    scep_ber_t version, subject, key, algorithm, signature;
} scep_csr_parts_t;

/**
 * Take apart DER, which has passed scep_preflight_csr().
 * @return false if the CertificationRequestInfo is malformed
 */
bool scep_csr_take_apart(scep_octets_t der, scep_csr_parts_t *parts);

/** The octets of the PKCS#10 without any attribute, from POOL. */
scep_octets_t scep_csr_bare_der(const scep_csr_parts_t *parts,
                                apr_pool_t *pool);

/**
 * The PKCS#10 without any attribute, for OpenSSL.
 * @return owned by POOL; NULL if it does not parse, and OpenSSL's error queue
 *     may hold why
 */
X509_REQ *scep_csr_bare(const scep_csr_parts_t *parts, OSSL_LIB_CTX *libctx,
                        apr_pool_t *pool);

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
