/* Licensed under the Apache License, Version 2.0; see LICENSE. */
/**
 * @file scep_operation.h
 * The operations of RFC 8894 4, one function each, behind one dispatcher.
 * (enroll layer)
 */
#ifndef SCEP_OPERATION_H
#define SCEP_OPERATION_H

#include "scep_service.h"

/**
 * Answer a GET or POST. Always fills ANSWER, whatever goes wrong, and logs
 * every refusal once. Leaves the OpenSSL error queue empty.
 * @param query parsed query; SCEP_OP_NONE with a body is a PKIOperation (R61)
 * @param body of a POST, else len 0
 */
void scep_operation_answer(scep_request_t *req, const scep_query_t *query,
                           scep_octets_t body, scep_answer_t *answer);

/** GetCACert (GetCACertChain when CHAIN): the bare certificate, or certs-only
 * with RA, issuing CA and chain, leaf first.
 * @return SCEP_OK; SCEP_BROKEN */
scep_status_e scep_getcacert(scep_request_t *req, bool chain,
                             scep_answer_t *answer, scep_result_t *res);

/**
 * GetNextCACert (RFC 8894 4.7): the next CA's certificates, signed by the
 * current CA, or by the RA where the CA's key is not RSA or may not sign.
 * @return SCEP_OK; SCEP_NOT_FOUND (SCEP_R_NO_NEXT_CA); SCEP_BROKEN
 */
scep_status_e scep_getnextca(scep_request_t *req, scep_answer_t *answer,
                             scep_result_t *res);

/**
 * PKIOperation (RFC 8894 4.3) with a DER message: verified, opened, decided.
 * Always fills ANSWER and logs refusals itself, since only it knows whether a
 * CertRep can carry them.
 */
void scep_pkioperation(scep_request_t *req, scep_octets_t der,
                       scep_answer_t *answer);

#endif
