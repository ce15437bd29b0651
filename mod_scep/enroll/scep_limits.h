/* Licensed under the Apache License, Version 2.0; see LICENSE. */
/**
 * @file scep_limits.h
 * What a password, or the verdict of a provider, is limited to: a JSON object
 *
 *     {"subject": "CN=router-17,O=Example",
 *      "subjectAltNames": ["DNS:router-17.example.com", "IP:192.0.2.0/28"],
 *      "networks": ["192.0.2.0/24", "2001:db8::/32"],
 *      "profile": "device"}
 *
 * each member of which may be left out; docs/guide.md has the rules. A member
 * that is not known is an error, so that a typing error never widens. What
 * identifies a device is limited as a whole: with one of subject and
 * subjectAltNames given, the other, left out, allows none ("*" and ["*"]
 * allow any). (enroll layer)
 */
#ifndef SCEP_LIMITS_H
#define SCEP_LIMITS_H

#include "scep_alt_names.h"
#include "scep_service.h"

typedef struct scep_limits_t scep_limits_t;

/** Octets of the JSON text. */
#define SCEP_MAX_LIMITS 8192

/**
 * Read TEXT.
 * @param error set when NULL is returned: what is wrong, for whoever wrote it
 * @return NULL if it is malformed
 */
const scep_limits_t *scep_limits_parse(apr_pool_t *pool, const char *text,
                                       const char **error);

/** The same in one line of ASCII with sorted keys: what is recorded. */
const char *scep_limits_text(const scep_limits_t *limits);

/** The name of the profile that they ask for; NULL: none. */
const char *scep_limits_profile(const scep_limits_t *limits);

/** Do LIMITS name the alternative name, with its star if it has one, and not
 * only by "*" for any name? */
bool scep_limits_name(const scep_limits_t *limits, const scep_alt_name_t *name,
                      apr_pool_t *pool);

/** Likewise the subject that they were found to fit. */
bool scep_limits_name_subject(const scep_limits_t *limits);

/**
 * May CSR, sent by REQ's peer, be issued under LIMITS?
 * @return SCEP_OK; SCEP_REFUSED with SCEP_R_LIMIT_SUBJECT, _ALT_NAMES or
 *     _NETWORK, and what scep_cert_san() refuses; SCEP_BROKEN
 */
scep_status_e scep_limits_check(const scep_limits_t *limits,
                                const scep_request_t *req,
                                const scep_csr_t *csr, scep_result_t *res);

#endif
