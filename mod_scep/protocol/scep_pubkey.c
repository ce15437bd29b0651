/* Licensed under the Apache License, Version 2.0; see LICENSE. */
/*
 * scep_pubkey.c: bounds on the public keys of peers. (protocol layer)
 */
#include "scep_pubkey.h"

#include <string.h>

#include <apr_strings.h>

#include <openssl/bn.h>
#include <openssl/core_names.h>
#include <openssl/err.h>
#include <openssl/objects.h>

enum { MAX_EXPONENT_BITS = 33 }; /* up to 2^32 (S23) */

EVP_PKEY *scep_pubkey_of(X509 *cert, apr_pool_t *pool)
{
    ASN1_OBJECT *type = NULL;
    const unsigned char *octets;
    EVP_PKEY *key = NULL;
    int len;

    ERR_set_mark();
    if (X509_PUBKEY_get0_param(&type, &octets, &len, NULL,
                               X509_get_X509_PUBKEY(cert)) == 1 &&
        OBJ_obj2nid(type) == NID_rsaEncryption) {
        key = scep_rsa_public_key(pool, (scep_octets_t){octets, (size_t)len});
    }
    ERR_pop_to_mark(); /* X509_get0_pubkey() finds any fault again */
    return key != NULL ? key : X509_get0_pubkey(cert);
}

static const char *rsa_fault(const EVP_PKEY *key, int min_bits)
{
    BIGNUM *e = NULL;
    const char *fault = NULL;

    if (EVP_PKEY_get_bits(key) < min_bits) {
        return "RSA key is too short";
    }
    if (EVP_PKEY_get_bits(key) > SCEP_MAX_RSA_BITS) {
        return "RSA key is too long";
    }
    if (EVP_PKEY_get_bn_param(key, OSSL_PKEY_PARAM_RSA_E, &e) != 1) {
        return "RSA key has no exponent";
    }
    if (BN_num_bits(e) > MAX_EXPONENT_BITS || !BN_is_odd(e) || BN_is_one(e)) {
        fault = "RSA exponent is out of bounds";
    }
    BN_free(e);
    return fault;
}

static const char *ec_fault(const EVP_PKEY *key)
{
    static const char *const curves[] = {"prime256v1", "secp384r1",
                                         "secp521r1"};
    char name[32];
    int explicit = 0;
    size_t i;

    if (EVP_PKEY_get_int_param(key,
                               OSSL_PKEY_PARAM_EC_DECODED_FROM_EXPLICIT_PARAMS,
                               &explicit) != 1 ||
        explicit != 0 ||
        EVP_PKEY_get_utf8_string_param(key, OSSL_PKEY_PARAM_GROUP_NAME, name,
                                       sizeof(name), NULL) != 1) {
        return "EC key has no named curve"; /* RFC 5480 2.1.1 */
    }
    for (i = 0; i < sizeof(curves) / sizeof(curves[0]); i++) {
        if (strcmp(name, curves[i]) == 0) {
            return NULL;
        }
    }
    return "EC curve is not P-256, P-384 or P-521";
}

static bool is_edwards(const EVP_PKEY *key)
{
    return EVP_PKEY_is_a(key, "ED25519") || EVP_PKEY_is_a(key, "ED448");
}

const char *scep_pubkey_fault(const EVP_PKEY *key, int min_rsa_bits)
{
    if (EVP_PKEY_is_a(key, "RSA") || EVP_PKEY_is_a(key, "RSA-PSS")) {
        return rsa_fault(key, min_rsa_bits);
    }
    if (EVP_PKEY_is_a(key, "EC")) {
        return ec_fault(key);
    }
    return is_edwards(key) ? NULL : "key is neither RSA nor EC nor EdDSA";
}

const char *scep_pubkey_text(const EVP_PKEY *key, apr_pool_t *pool)
{
    const char *name = EVP_PKEY_get0_type_name(key);
    BIGNUM *e = NULL;
    const char *text;
    char curve[32];

    if (EVP_PKEY_is_a(key, "EC")) {
        return EVP_PKEY_get_group_name(key, curve, sizeof(curve), NULL) == 1
                   ? apr_psprintf(pool, "EC on %s", curve)
                   : "EC on no named curve";
    }
    text = apr_psprintf(pool, "%s of %d bits", name != NULL ? name : "?",
                        EVP_PKEY_get_bits(key));
    ERR_set_mark();
    if (EVP_PKEY_get_bn_param(key, OSSL_PKEY_PARAM_RSA_E, &e) == 1) {
        text = apr_psprintf(pool, "%s, its exponent of %d bits", text,
                            BN_num_bits(e));
    }
    BN_free(e);
    ERR_pop_to_mark(); /* not every key has an exponent */
    return text;
}

const char *scep_pubkey_signer_fault(const EVP_PKEY *key)
{
    return is_edwards(key) ? "key is neither RSA nor EC"
                           : scep_pubkey_fault(key, 0);
}
