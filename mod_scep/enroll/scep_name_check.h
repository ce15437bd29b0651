/* Licensed under the Apache License, Version 2.0; see LICENSE. */
/**
 * @file scep_name_check.h
 * May a certificate have the names of a request? Whether the device may use
 * them was authorized before. (enroll layer)
 */
#ifndef SCEP_NAME_CHECK_H
#define SCEP_NAME_CHECK_H

#include "scep_enrolment.h"

/**
 * Check that subject and alternative names are well-formed (scep_name_rules.h),
 * no more than a renewal can compare, no CA's or RA's, and no wildcard for
 * everything. Names that the signer's certificate has already are good, if we
 * or a CA of ScepRenewalTrust issued that certificate (invariant 13).
 * @return SCEP_OK; SCEP_REFUSED with SCEP_R_NAME or SCEP_R_NAME_OF_CA, or what
 *     scep_cert_san() refuses; SCEP_BROKEN
 */
scep_status_e scep_name_check(const scep_enrolment_t *e, scep_result_t *res);

#endif
