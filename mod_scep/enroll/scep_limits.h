/* Licensed under the Apache License, Version 2.0; see LICENSE. */
/**
 * @file scep_limits.h
 * The constraints of a drawn challenge, or of a provider's answer: a JSON
 * object
 *
 *     {"subject": "CN=router-17,O=Example",
 *      "subjectAltNames": ["DNS:router-17.example.com", "IP:192.0.2.0/28"],
 *      "networks": ["192.0.2.0/24", "2001:db8::/32"],
 *      "profile": "device"}
 *
 * Each member may be left out; docs/guide.md has the rules. An unknown member
 * is an error, so that a typing error never widens anything. If only one of
 * subject and subjectAltNames is given, the other allows none ("*" and ["*"]
 * allow any), since both identify a device. (enroll layer)
 */
#ifndef SCEP_LIMITS_H
#define SCEP_LIMITS_H

#include "scep_alt_names.h"
#include "scep_service.h"

typedef struct scep_limits_t scep_limits_t;

/** The most octets of the JSON text. */
#define SCEP_MAX_LIMITS 8192

/**
 * Read TEXT.
 * @param error set when NULL is returned: what is wrong, for the text's author
 * @return NULL if it is malformed
 */
const scep_limits_t *scep_limits_parse(apr_pool_t *pool, const char *text,
                                       const char **error);

/** The JSON in one line of ASCII with sorted keys, as it is recorded. */
const char *scep_limits_text(const scep_limits_t *limits);

/** The name of the profile that LIMITS asks for; NULL: none. */
const char *scep_limits_profile(const scep_limits_t *limits);

/** Does an entry of LIMITS other than "*" allow NAME, with its star if it has
 * one? */
bool scep_limits_name(const scep_limits_t *limits, const scep_alt_name_t *name,
                      apr_pool_t *pool);

/** Does LIMITS allow its subject by more than "*"? */
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
