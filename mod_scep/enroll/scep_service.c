/* Licensed under the Apache License, Version 2.0; see LICENSE. */
/*
 * scep_service.c: what is derived from a request's service and policy.
 * (enroll layer)
 */
#include "scep_service.h"

#include <string.h>

#include <apr_encode.h>

#include "scep_ca_chain.h"
#include "scep_cert_extensions.h"
#include "scep_cert_time.h"
#include "scep_pubkey.h"

scep_slot_terms_t scep_slot_terms(scep_slot_kind_e kind, int total,
                                  const unsigned char *key, int each,
                                  apr_interval_time_t lease)
{
    const scep_slot_terms_t terms = {
        .first = (int)kind * SCEP_SLOTS,
        .total = total < SCEP_SLOTS ? total : SCEP_SLOTS,
        .key = key,
        .each = each,
        .lease = lease,
    };

    return terms;
}

const char *scep_source_name(scep_source_e source)
{
    static const char *const names[] = {"none", "one-time", "single",
                                        "provider"};

    return names[source];
}

static const scep_ra_t *ra_of(const scep_request_t *req,
                              const scep_service_t *service)
{
    if (scep_algs_level(req->policy->algs) == SCEP_LEVEL_LEGACY &&
        service->ra_legacy != NULL) {
        return service->ra_legacy;
    }
    return service->ra;
}

const scep_next_ca_t *scep_service_next(const scep_service_t *service,
                                        X509 *recipient)
{
    const scep_next_ca_t *next = service->next;
    X509 *ca, *current;

    if (next == NULL || recipient == NULL) {
        return NULL;
    }
    ca = sk_X509_value(next->certs, 0);
    current = sk_X509_value(service->backend->certificates(service->ca), 0);
    if (X509_cmp(recipient, current) == 0) {
        return NULL;
    }
    return X509_cmp(recipient, ca) == 0 || (scep_ca_issued(ca, recipient) &&
                                            !scep_ca_issued(current, recipient))
               ? next
               : NULL;
}

const scep_ra_t *scep_service_ra(const scep_request_t *req)
{
    return ra_of(req, req->service);
}

static const scep_ident_t *ident_at(const scep_request_t *req, int i)
{
    return &APR_ARRAY_IDX(req->idents, i, scep_ident_t);
}

const apr_array_header_t *scep_service_pairs(const scep_request_t *req)
{
    const apr_array_header_t *pairs = scep_service_ra(req)->pairs;
    apr_array_header_t *all;
    int i;

    if (req->idents == NULL || req->idents->nelts == 0) {
        return pairs;
    }
    all = apr_array_copy(req->pool, pairs);
    for (i = 0; i < req->idents->nelts; i++) {
        apr_array_cat(all, ra_of(req, ident_at(req, i)->service)->pairs);
    }
    return all;
}

static int index_of(const apr_array_header_t *pairs, const scep_keypair_t *pair)
{
    int i;

    for (i = 0; i < pairs->nelts; i++) {
        if (APR_ARRAY_IDX(pairs, i, const scep_keypair_t *) == pair) {
            return i;
        }
    }
    return -1;
}

static bool has_pair(const apr_array_header_t *pairs,
                     const scep_keypair_t *pair)
{
    return index_of(pairs, pair) >= 0;
}

static bool is_valid(const scep_request_t *req, X509 *cert)
{
    apr_int64_t now = apr_time_sec(scep_env_now(&req->env)), first, last;

    return scep_cert_time(X509_get0_notBefore(cert), &first) &&
           scep_cert_time(X509_get0_notAfter(cert), &last) && first <= now &&
           now <= last;
}

const scep_keypair_t *scep_service_signer(const scep_request_t *req,
                                          const scep_keypair_t *recipient)
{
    const scep_ra_t *ra = scep_service_ra(req);
    const scep_keypair_t *signer;
    int index = index_of(ra->pairs, recipient);

    if (index < 0 || ra->signers == NULL) {
        return ra->signer;
    }
    signer = APR_ARRAY_IDX(ra->signers, index, const scep_keypair_t *);
    return signer != NULL && signer != ra->signer &&
                   is_valid(req, signer->cert) &&
                   scep_service_next(req->service, recipient->cert) == NULL
               ? signer
               : ra->signer;
}

void scep_service_by_recipient(scep_request_t *req,
                               const scep_keypair_t *recipient)
{
    int i;

    if (req->idents == NULL ||
        has_pair(scep_service_ra(req)->pairs, recipient)) {
        return;
    }
    for (i = 0; i < req->idents->nelts; i++) {
        const scep_service_t *service = ident_at(req, i)->service;

        if (has_pair(ra_of(req, service)->pairs, recipient)) {
            req->service = service;
            return;
        }
    }
}

static const scep_service_t *find_ident(const scep_request_t *req,
                                        const char *ident)
{
    int i;

    for (i = 0; i < req->idents->nelts; i++) {
        if (strcmp(ident_at(req, i)->ident, ident) == 0) {
            return ident_at(req, i)->service;
        }
    }
    return NULL;
}

void scep_service_by_ident(scep_request_t *req, const char *ident)
{
    const scep_service_t *found;
    const char *decoded;

    if (req->idents == NULL || ident == NULL || *ident == '\0') {
        return;
    }
    found = find_ident(req, ident);
    if (found == NULL) {
        decoded = apr_pdecode_base64(req->pool, ident, APR_ENCODE_STRING,
                                     APR_ENCODE_NONE, NULL);
        found = decoded != NULL ? find_ident(req, decoded) : NULL;
    }
    if (found != NULL) {
        req->service = found;
    }
}

const char *scep_service_ca_id(X509 *ca, apr_pool_t *pool)
{
    enum { CA_ID_OCTETS = 16 };
    unsigned char digest[SCEP_HASH_SIZE];

    return scep_sha256(scep_x509_der(pool, ca), digest)
               ? scep_hex_lower(pool, digest, CA_ID_OCTETS)
               : NULL;
}

static void widen(scep_leniency_t *leniency, const scep_profile_t *profile)
{
    if (profile != NULL && (leniency->min_rsa_bits == 0 ||
                            profile->min_rsa_bits < leniency->min_rsa_bits)) {
        leniency->min_rsa_bits = profile->min_rsa_bits;
    }
    if (profile != NULL && profile->other_signer) {
        leniency->other_signer = true;
    }
}

scep_leniency_t scep_leniency_of(apr_hash_t *profiles, apr_pool_t *pool)
{
    scep_leniency_t leniency = {0, false};
    apr_hash_index_t *hi =
        profiles != NULL ? apr_hash_first(pool, profiles) : NULL;

    for (; hi != NULL; hi = apr_hash_next(hi)) {
        widen(&leniency, apr_hash_this_val(hi));
    }
    return leniency;
}

/* The leniency of all profiles that a request may get: those that can be named,
 * and the endpoint's own, which may be the built-in one. */
static scep_leniency_t leniency_for(const scep_policy_t *policy)
{
    scep_leniency_t leniency = policy->leniency;
    int i;

    widen(&leniency, policy->profile);
    for (i = 0; i < SCEP_USAGE_COUNT; i++) {
        widen(&leniency, policy->profile_by_usage[i]);
    }
    return leniency;
}

int scep_service_min_rsa_bits(const scep_request_t *req)
{
    return leniency_for(req->policy).min_rsa_bits;
}

bool scep_service_other_signer(const scep_request_t *req)
{
    return leniency_for(req->policy).other_signer;
}

scep_status_e scep_service_profile(const scep_request_t *req,
                                   const scep_csr_t *csr,
                                   const scep_profile_t *named,
                                   const scep_profile_t **profile,
                                   scep_result_t *res)
{
    unsigned int asked, type;
    scep_status_e status;

    *profile = named != NULL ? named : req->policy->profile;
    if (named == NULL && req->policy->profile_by_usage[0] != NULL) {
        status = scep_cert_asked_usage(csr->extensions, &asked, res);
        if (status != SCEP_OK) {
            return status;
        }
        *profile = req->policy->profile_by_usage[scep_profile_usage(asked)];
    }
    type = scep_profile_type_of(csr->key);
    if ((type & (*profile)->key_types) == 0) {
        return scep_fail(res, SCEP_R_CSR_KEY,
                         "the key, %s, is of a kind that profile %s does not "
                         "allow (ScepCertKeyTypes)",
                         scep_pubkey_text(csr->key, req->pool),
                         (*profile)->name);
    }
    if ((type & (SCEP_KEY_RSA | SCEP_KEY_RSA_PSS)) != 0 &&
        EVP_PKEY_get_bits(csr->key) < (*profile)->min_rsa_bits) {
        return scep_fail(res, SCEP_R_CSR_KEY,
                         "the RSA key has %d bits; ScepCertMinRSABits of "
                         "profile %s requires %d",
                         EVP_PKEY_get_bits(csr->key), (*profile)->name,
                         (*profile)->min_rsa_bits);
    }
    return SCEP_OK;
}
