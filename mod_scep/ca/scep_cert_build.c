/* Licensed under the Apache License, Version 2.0; see LICENSE. */
/*
 * scep_cert_build.c: make a signed certificate from a CSR and a profile, or of
 * a kind that scepctl init needs. (ca layer)
 */
#include "scep_cert_build.h"

#include "scep_cert_extensions.h"
#include "scep_cert_san.h"
#include "scep_cert_time.h"
#include "scep_der.h"
#include "scep_profile.h"

enum {
    SERIAL_SIZE = 20,     /* octets; RFC 5280 4.1.2.2 allows no more */
    MIN_REMAINING = 3600, /* seconds; less is of no use to a device */
    CA_BACKDATE = 86400   /* of scepctl's certificates, for late clocks (Q30) */
};

static scep_status_e fail_internal(scep_result_t *res, const char *what)
{
    return scep_fail(res, SCEP_R_INTERNAL, "cannot %s", what);
}

/* 159 random bits: the sign bit stays clear, because Go refuses negative
 * serials (Q76, S29). */
static bool set_serial(X509 *cert)
{
    unsigned char octets[SERIAL_SIZE] = {0};
    BIGNUM *number = NULL;
    bool ok = scep_random(octets, sizeof(octets), false);

    octets[0] &= 0x7f;
    if (ok) {
        number = BN_bin2bn(octets, sizeof(octets), NULL);
    }
    ok = number != NULL && !BN_is_zero(number) &&
         BN_to_ASN1_INTEGER(number, X509_get_serialNumber(cert)) != NULL;
    BN_free(number);
    return ok;
}

static bool set_time(ASN1_TIME *field, apr_int64_t seconds)
{
    return ASN1_TIME_set(field, (time_t)seconds) != NULL;
}

/* Cut the validity to the issuer's at both ends (S30). ISSUER may be NULL. */
static bool set_validity(X509 *cert, X509 *issuer, apr_int64_t from,
                         apr_int64_t to)
{
    if (issuer != NULL) {
        apr_int64_t first, last;

        if (!scep_cert_time(X509_get0_notBefore(issuer), &first) ||
            !scep_cert_time(X509_get0_notAfter(issuer), &last)) {
            return false;
        }
        from = from < first ? first : from;
        to = to > last ? last : to;
    }
    return from < to && set_time(X509_getm_notBefore(cert), from) &&
           set_time(X509_getm_notAfter(cert), to);
}

static X509 *start_draft(EVP_PKEY *key, const X509_NAME *subject,
                         const X509_NAME *issuer, apr_pool_t *pool)
{
    X509 *cert = scep_x509_own(pool, X509_new());

    /* X509_set_subject_name() copies the parsed encoding, so the device's
     * string types are kept. */
    if (cert == NULL || X509_set_version(cert, X509_VERSION_3) != 1 ||
        !set_serial(cert) || X509_set_subject_name(cert, subject) != 1 ||
        X509_set_issuer_name(cert, issuer) != 1 ||
        X509_set_pubkey(cert, key) != 1) {
        return NULL;
    }
    return cert;
}

/* Sign, and verify: a faulty signature (of a failing CPU or token) never
 * leaves. */
static scep_status_e sign_and_verify(X509 *draft, EVP_PKEY *key,
                                     EVP_PKEY *public_key, const char *digest,
                                     X509 **cert, scep_result_t *res)
{
    EVP_MD *md = EVP_MD_fetch(NULL, digest, NULL);
    int rc = md != NULL ? X509_sign(draft, key, md) : 0;

    EVP_MD_free(md);
    if (rc <= 0) {
        return fail_internal(res, "sign the certificate");
    }
    if (X509_verify(draft, public_key) != 1) {
        return fail_internal(res, "verify the certificate just signed");
    }
    *cert = draft;
    return SCEP_OK;
}

static bool strict_name(const X509_NAME *name)
{
    const unsigned char *data;
    size_t len;

    return X509_NAME_get0_der(name, &data, &len) == 1 &&
           scep_der_strict((scep_octets_t){data, len});
}

/* The protocol layer accepts every kind of key that any profile may allow. */
static scep_status_e check_key(const scep_profile_t *profile, EVP_PKEY *key,
                               scep_result_t *res)
{
    unsigned int type = key != NULL ? scep_profile_type_of(key) : 0;

    if ((type & profile->key_types) == 0) {
        return scep_fail(res, SCEP_R_CSR_KEY,
                         "the request's key is of a kind that profile %s does "
                         "not allow (ScepCertKeyTypes)",
                         profile->name);
    }
    if ((type & (SCEP_KEY_RSA | SCEP_KEY_RSA_PSS)) != 0 &&
        EVP_PKEY_get_bits(key) < profile->min_rsa_bits) {
        return scep_fail(res, SCEP_R_CSR_KEY,
                         "the request's RSA key has %d bits; "
                         "ScepCertMinRSABits of profile %s requires %d",
                         EVP_PKEY_get_bits(key), profile->name,
                         profile->min_rsa_bits);
    }
    return SCEP_OK;
}

scep_status_e scep_cert_check_issuer(const scep_profile_t *profile, X509 *ca,
                                     apr_int64_t now, scep_result_t *res)
{
    apr_int64_t first, last;
    apr_int64_t needed =
        profile->validity < MIN_REMAINING ? profile->validity : MIN_REMAINING;

    if (!scep_cert_time(X509_get0_notBefore(ca), &first) ||
        !scep_cert_time(X509_get0_notAfter(ca), &last)) {
        return fail_internal(res, "read the validity of the CA certificate");
    }
    if (now < first) {
        return scep_fail(res, SCEP_R_CA_UNAVAILABLE,
                         "the CA certificate is not valid yet: check the clock "
                         "of this machine");
    }
    if (last < now + needed) {
        return scep_fail(res, SCEP_R_CA_UNAVAILABLE,
                         "the CA certificate has expired or is about to: renew "
                         "it");
    }
    return SCEP_OK;
}

static scep_status_e add_leaf_extensions(X509 *cert, X509 *ca,
                                         const scep_ca_request_t *request,
                                         unsigned int key_usage,
                                         GENERAL_NAMES *san, scep_result_t *res)
{
    /* RFC 5280 4.2.1.6: critical when there is no subject */
    int critical = X509_NAME_entry_count(X509_get_subject_name(cert)) == 0;

    if (!scep_cert_add_basic_constraints(cert, false, -1) ||
        !scep_cert_add_key_usage(cert, key_usage) ||
        !scep_cert_add_ext_key_usage(cert, request->profile->ext_key_usage) ||
        !scep_cert_add_subject_key_id(cert) ||
        !scep_cert_add_authority_key_id(cert, ca) ||
        (request->crl_url != NULL &&
         !scep_cert_add_crl_url(cert, request->crl_url)) ||
        (san != NULL && X509_add1_ext_i2d(cert, NID_subject_alt_name, san,
                                          critical, X509V3_ADD_DEFAULT) != 1)) {
        return fail_internal(res, "add the extensions");
    }
    return SCEP_OK;
}

static scep_status_e check_subject(const X509_NAME *subject,
                                   const GENERAL_NAMES *san, scep_result_t *res)
{
    if (!strict_name(subject)) {
        return scep_fail(res, SCEP_R_NAME, "the request's subject is not DER");
    }
    if (X509_NAME_entry_count(subject) == 0 && san == NULL) {
        return scep_fail(res, SCEP_R_NAME,
                         "the request has neither a subject nor a "
                         "subjectAltName that may be certified");
    }
    return SCEP_OK;
}

scep_status_e scep_cert_draft(X509 *ca, const scep_ca_request_t *request,
                              apr_time_t now, apr_pool_t *pool, X509 **cert,
                              int *left_out, scep_result_t *res)
{
    const scep_profile_t *profile = request->profile;
    EVP_PKEY *key = X509_REQ_get0_pubkey(request->csr);
    const X509_NAME *subject = X509_REQ_get_subject_name(request->csr);
    apr_int64_t seconds = apr_time_sec(now);
    unsigned int key_usage;
    GENERAL_NAMES *san;
    scep_status_e status;
    X509 *draft;

    *cert = NULL;
    *left_out = 0;
    if ((status = check_key(profile, key, res)) != SCEP_OK ||
        (status = scep_cert_check_issuer(profile, ca, seconds, res)) !=
            SCEP_OK ||
        (status = scep_cert_san(request->extensions, pool, &san, left_out,
                                res)) != SCEP_OK ||
        (status = check_subject(subject, san, res)) != SCEP_OK ||
        (status = scep_cert_key_usage(profile->key_usage, key,
                                      request->extensions, &key_usage, res)) !=
            SCEP_OK) {
        return status;
    }
    draft = start_draft(key, subject, X509_get_subject_name(ca), pool);
    if (draft == NULL || !set_validity(draft, ca, seconds - profile->backdate,
                                       seconds + profile->validity)) {
        return fail_internal(res, "fill in the certificate");
    }
    status = add_leaf_extensions(draft, ca, request, key_usage, san, res);
    if (status == SCEP_OK) {
        *cert = draft;
    }
    return status;
}

scep_status_e scep_cert_issue(const scep_keypair_t *ca,
                              const scep_ca_request_t *request, apr_time_t now,
                              apr_pool_t *pool, X509 **cert, int *left_out,
                              scep_result_t *res)
{
    X509 *draft;
    scep_status_e status =
        scep_cert_draft(ca->cert, request, now, pool, &draft, left_out, res);

    *cert = NULL;
    return status == SCEP_OK
               ? sign_and_verify(draft, ca->key, X509_get0_pubkey(ca->cert),
                                 request->profile->digest, cert, res)
               : status;
}

/* The extensions of each kind; pathlen -1: none. */
typedef struct kind_t {
    bool ca;
    int pathlen;
    unsigned int key_usage;
} kind_t;

/* An issuing CA may sign CertReps (RFC 8894 2.1.2). It has no keyEncipherment,
 * by which clients choose whom to encrypt to: that must be the RA. */
static const kind_t kinds[] = {
    [SCEP_CERT_ROOT_CA] = {true, -1, KU_KEY_CERT_SIGN | KU_CRL_SIGN},
    [SCEP_CERT_ISSUING_CA] = {true, 0,
                              KU_DIGITAL_SIGNATURE | KU_KEY_CERT_SIGN |
                                  KU_CRL_SIGN},
    [SCEP_CERT_RA] = {false, -1, KU_DIGITAL_SIGNATURE | KU_KEY_ENCIPHERMENT},
    [SCEP_CERT_RA_SIGN] = {false, -1, KU_DIGITAL_SIGNATURE},
    [SCEP_CERT_RA_ENCRYPT] = {false, -1, KU_KEY_ENCIPHERMENT},
};

const char *scep_cert_digest(EVP_PKEY *key)
{
    int bits = EVP_PKEY_is_a(key, "EC") ? EVP_PKEY_get_bits(key) : 0;

    if (bits > 384) {
        return "SHA512";
    }
    return bits > 256 ? "SHA384" : "SHA256";
}

scep_status_e scep_cert_make(scep_cert_kind_e kind, EVP_PKEY *key,
                             X509_NAME *subject, const scep_keypair_t *issuer,
                             int days, apr_time_t now, apr_pool_t *pool,
                             X509 **cert, scep_result_t *res)
{
    const kind_t *k = &kinds[kind];
    X509 *issuer_cert = issuer != NULL ? issuer->cert : NULL;
    EVP_PKEY *signer = issuer != NULL ? issuer->key : key;
    apr_int64_t seconds = apr_time_sec(now);
    X509 *draft;

    *cert = NULL;
    if ((k->key_usage & KU_KEY_ENCIPHERMENT) != 0 &&
        !EVP_PKEY_is_a(key, "RSA")) {
        return scep_fail(res, SCEP_R_SETUP,
                         "an RA that decrypts needs an RSA key");
    }
    draft = start_draft(
        key, subject,
        issuer != NULL ? X509_get_subject_name(issuer_cert) : subject, pool);
    if (draft == NULL) {
        return fail_internal(res, "fill in the certificate");
    }
    if (!set_validity(draft, issuer_cert, seconds - CA_BACKDATE,
                      seconds + (apr_int64_t)days * 86400)) {
        return scep_fail(res, SCEP_R_SETUP,
                         "a validity of %d days is outside that of the "
                         "issuer's certificate",
                         days);
    }
    if (!scep_cert_add_basic_constraints(draft, k->ca, k->pathlen) ||
        !scep_cert_add_key_usage(draft, k->key_usage) ||
        !scep_cert_add_subject_key_id(draft) ||
        (issuer != NULL &&
         !scep_cert_add_authority_key_id(draft, issuer_cert))) {
        return fail_internal(res, "add the extensions");
    }
    return sign_and_verify(draft, signer,
                           issuer != NULL ? X509_get0_pubkey(issuer_cert) : key,
                           scep_cert_digest(signer), cert, res);
}
