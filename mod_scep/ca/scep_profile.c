/* Licensed under the Apache License, Version 2.0; see LICENSE. */
/*
 * scep_profile.c: the built-in certificate profile, and the tables of names.
 * (ca layer)
 */
#include "scep_profile.h"

#include <string.h>
#include <strings.h>

#include <openssl/err.h>
#include <openssl/objects.h>
#include <openssl/x509v3.h>

#include "scep_cert_time.h"

enum {
    DAY = 86400,
    YEAR = 365 * DAY,
    LEAST_VALIDITY = 3600 /* seconds that jitter leaves */
};

static const char *const client_auth[] = {"1.3.6.1.5.5.7.3.2", NULL};

/* Back-dated by a day: devices enrol before they set their clock, and would
 * refuse a certificate from the future (Q30). */
const scep_profile_t scep_profile_device = {
    .name = "device",
    .validity = YEAR,
    .backdate = DAY,
    .min_rsa_bits = 2048,
    .key_usage = KU_DIGITAL_SIGNATURE | KU_KEY_ENCIPHERMENT,
    .ext_key_usage = client_auth,
    .digest = "SHA256",
    .key_types = SCEP_KEY_RSA | SCEP_KEY_EC,
};

const scep_profile_t *scep_profile_find(apr_hash_t *profiles, const char *name)
{
    const scep_profile_t *found =
        profiles != NULL ? apr_hash_get(profiles, name, APR_HASH_KEY_STRING)
                         : NULL;

    if (found == NULL && strcmp(name, scep_profile_device.name) == 0) {
        return &scep_profile_device;
    }
    return found;
}

/* Draw a number from 0 to MOST; the bias is less than 2^-20. */
static bool draw_number(apr_int64_t most, apr_int64_t *number)
{
    apr_uint64_t drawn;

    if (!scep_random((unsigned char *)&drawn, sizeof(drawn), false)) {
        return false;
    }
    *number = (apr_int64_t)(drawn % ((apr_uint64_t)most + 1));
    return true;
}

bool scep_profile_draw_validity(const scep_profile_t *profile, X509 *ca,
                                apr_int64_t now, apr_int64_t *validity)
{
    apr_int64_t last, full = profile->validity, most, less;

    *validity = full;
    if (profile->validity_jitter <= 0) {
        return true;
    }
    if (!scep_cert_time(X509_get0_notAfter(ca), &last)) {
        return false;
    }
    if (last - now < full) {
        full = last - now;
    }
    most = full * profile->validity_jitter / 100;
    if (most > full - LEAST_VALIDITY) {
        most = full - LEAST_VALIDITY;
    }
    if (most <= 0) {
        return true; /* signing then refuses, because the CA has expired */
    }
    if (!draw_number(most, &less)) {
        return false;
    }
    *validity = full - less;
    return true;
}

scep_usage_e scep_profile_usage(unsigned int bits)
{
    const unsigned int signs = KU_DIGITAL_SIGNATURE | KU_NON_REPUDIATION;
    const unsigned int encrypts =
        KU_KEY_ENCIPHERMENT | KU_DATA_ENCIPHERMENT | KU_KEY_AGREEMENT;

    if ((bits & signs) != 0 && (bits & encrypts) == 0) {
        return SCEP_USAGE_SIGNATURE;
    }
    if ((bits & encrypts) != 0 && (bits & signs) == 0) {
        return SCEP_USAGE_ENCRYPTION;
    }
    return SCEP_USAGE_GENERAL;
}

unsigned int scep_profile_key_usage(const char *name)
{
    static const struct {
        const char *name;
        unsigned int bit;
    } usages[] = {
        {"digitalSignature", KU_DIGITAL_SIGNATURE},
        {"nonRepudiation", KU_NON_REPUDIATION},
        {"contentCommitment", KU_NON_REPUDIATION},
        {"keyEncipherment", KU_KEY_ENCIPHERMENT},
        {"dataEncipherment", KU_DATA_ENCIPHERMENT},
        {"keyAgreement", KU_KEY_AGREEMENT},
        {NULL, 0},
    };
    size_t i;

    for (i = 0; usages[i].name != NULL; i++) {
        if (strcasecmp(name, usages[i].name) == 0) {
            return usages[i].bit;
        }
    }
    return 0;
}

const char *scep_profile_ext_key_usage(const char *name)
{
    static const struct {
        const char *name;
        const char *oid;
    } usages[] = {
        {"serverAuth", "1.3.6.1.5.5.7.3.1"},
        {"clientAuth", "1.3.6.1.5.5.7.3.2"},
        {"codeSigning", "1.3.6.1.5.5.7.3.3"},
        {"emailProtection", "1.3.6.1.5.5.7.3.4"},
        {"ipsecEndSystem", "1.3.6.1.5.5.7.3.5"},
        {"ipsecTunnel", "1.3.6.1.5.5.7.3.6"},
        {"ipsecUser", "1.3.6.1.5.5.7.3.7"},
        {"timeStamping", "1.3.6.1.5.5.7.3.8"},
        {"ipsecIKE", "1.3.6.1.5.5.7.3.17"},
        {"ipsecIntermediate", "1.3.6.1.5.5.8.2.2"},
        {"smartcardLogon", "1.3.6.1.4.1.311.20.2.2"},
        {NULL, NULL},
    };
    ASN1_OBJECT *oid;
    size_t i;

    for (i = 0; usages[i].name != NULL; i++) {
        if (strcasecmp(name, usages[i].name) == 0) {
            return usages[i].oid;
        }
    }
    ERR_set_mark();
    oid = OBJ_txt2obj(name, 1);
    ERR_pop_to_mark();
    if (oid == NULL) {
        return NULL;
    }
    ASN1_OBJECT_free(oid);
    return name;
}

static const struct {
    const char *name;
    const char *openssl;
    unsigned int bit;
} key_types[] = {
    {"rsa", "RSA", SCEP_KEY_RSA},
    {"ec", "EC", SCEP_KEY_EC},
    {"rsa-pss", "RSA-PSS", SCEP_KEY_RSA_PSS},
    {"ed25519", "ED25519", SCEP_KEY_ED25519},
    {"ed448", "ED448", SCEP_KEY_ED448},
};

enum { KEY_TYPES = sizeof(key_types) / sizeof(key_types[0]) };

unsigned int scep_profile_key_type(const char *name)
{
    size_t i;

    for (i = 0; i < KEY_TYPES; i++) {
        if (strcasecmp(name, key_types[i].name) == 0) {
            return key_types[i].bit;
        }
    }
    return 0;
}

unsigned int scep_profile_type_of(const EVP_PKEY *key)
{
    size_t i;

    for (i = 0; i < KEY_TYPES; i++) {
        if (EVP_PKEY_is_a(key, key_types[i].openssl) == 1) {
            return key_types[i].bit;
        }
    }
    return 0;
}
