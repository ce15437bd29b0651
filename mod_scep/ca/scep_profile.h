/* Licensed under the Apache License, Version 2.0; see LICENSE. */
/**
 * @file scep_profile.h
 * Named certificate profiles: the built-in `device`, those of the
 * configuration, and the words that configure them. (ca layer)
 */
#ifndef SCEP_PROFILE_H
#define SCEP_PROFILE_H

#include <apr_hash.h>

#include "scep_ca.h"
#include "scep_crypto.h"

/** The built-in profile: one year, digitalSignature and keyEncipherment,
 * clientAuth, RSA from 2,048 bits (1,024 would suit Apple's default, Q14, but
 * must be configured), SHA-256. Constant. */
extern const scep_profile_t scep_profile_device;

/**
 * The profile called NAME.
 * @param profiles name to const scep_profile_t *; may be NULL. One called
 *     "device" hides the built-in one.
 * @return NULL: there is none
 */
const scep_profile_t *scep_profile_find(apr_hash_t *profiles, const char *name);

/**
 * Draw the validity of a certificate that CA issues at NOW (seconds since
 * 1970): PROFILE's validity, or what CA's notAfter leaves of it, less a random
 * part of at most validity_jitter percent. Jitter leaves an hour at least.
 * @param validity seconds; set with true
 * @return false: no random number, or CA's notAfter cannot be read
 */
bool scep_profile_draw_validity(const scep_profile_t *profile, X509 *ca,
                                apr_int64_t now, apr_int64_t *validity);

/** The three kinds of keyUsage for which NDES has a template each. */
typedef enum {
    SCEP_USAGE_SIGNATURE = 0,
    SCEP_USAGE_ENCRYPTION,
    SCEP_USAGE_GENERAL,
    SCEP_USAGE_COUNT
} scep_usage_e;

/** The kind of the KU_* BITS that a request asks for; 0 bits: general. */
scep_usage_e scep_profile_usage(unsigned int bits);

/** The KU_* bit (openssl/x509v3.h) for NAME ("digitalSignature", ..., without
 * regard to case) if a device's certificate may have it; else 0. */
unsigned int scep_profile_key_usage(const char *name);

/** The dotted OID for NAME, an extendedKeyUsage ("clientAuth", ..., without
 * regard to case) or a dotted OID itself; NULL if it is neither. */
const char *scep_profile_ext_key_usage(const char *name);

/** The SCEP_KEY_* bit for NAME ("rsa", "ec", ..., without regard to case); 0:
 * there is none. */
unsigned int scep_profile_key_type(const char *name);

/** The SCEP_KEY_* bit of KEY; 0: KEY is of no such kind. */
unsigned int scep_profile_type_of(const EVP_PKEY *key);

#endif
