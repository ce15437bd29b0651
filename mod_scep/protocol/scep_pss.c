/* Licensed under the Apache License, Version 2.0; see LICENSE. */
/*
 * scep_pss.c: the parameters of RSASSA-PSS. (protocol layer)
 */
#include "scep_pss.h"

#include <openssl/asn1t.h>
#include <openssl/err.h>
#include <openssl/objects.h>
#include <openssl/rsa.h>

/* OpenSSL signs with the longest salt that the key has room for. */
enum { DEFAULT_SALT = 20, MAX_SALT = SCEP_MAX_RSA_BITS / 8, TRAILER = 1 };

/* A hash function; one left out is SHA-1. */
static const scep_digest_t *digest_of(const X509_ALGOR *algorithm,
                                      const scep_algs_t *algs)
{
    const ASN1_OBJECT *oid = NULL;

    if (algorithm == NULL) {
        return scep_algs_digest(algs, NID_sha1);
    }
    X509_ALGOR_get0(&oid, NULL, NULL, algorithm);
    return scep_algs_digest(algs, OBJ_obj2nid(oid));
}

/* The hash function of MGF1; a mask generation left out is MGF1 with SHA-1. */
static const scep_digest_t *mgf1_digest(const X509_ALGOR *algorithm,
                                        const scep_algs_t *algs)
{
    const ASN1_OBJECT *oid = NULL;
    const void *value = NULL;
    const scep_digest_t *digest = NULL;
    X509_ALGOR *hash;
    int type = V_ASN1_UNDEF;

    if (algorithm == NULL) {
        return digest_of(NULL, algs);
    }
    X509_ALGOR_get0(&oid, &type, &value, algorithm);
    if (OBJ_obj2nid(oid) != NID_mgf1 || type != V_ASN1_SEQUENCE) {
        return NULL;
    }
    hash = ASN1_item_unpack(value, ASN1_ITEM_rptr(X509_ALGOR));
    if (hash != NULL) {
        digest = digest_of(hash, algs);
    }
    X509_ALGOR_free(hash);
    return digest;
}

static bool within(const ASN1_INTEGER *number, apr_int64_t otherwise,
                   apr_int64_t least, apr_int64_t most)
{
    int64_t value = otherwise;

    return (number == NULL || ASN1_INTEGER_get_int64(&value, number) == 1) &&
           value >= least && value <= most;
}

const scep_digest_t *scep_pss_digest(const X509_ALGOR *algorithm,
                                     const scep_algs_t *algs)
{
    const scep_digest_t *digest = NULL;
    const void *value = NULL;
    RSA_PSS_PARAMS *params;
    int type = V_ASN1_UNDEF;

    X509_ALGOR_get0(NULL, &type, &value, algorithm);
    ERR_set_mark();
    params = type == V_ASN1_SEQUENCE
                 ? ASN1_item_unpack(value, ASN1_ITEM_rptr(RSA_PSS_PARAMS))
                 : NULL;
    if (params != NULL && mgf1_digest(params->maskGenAlgorithm, algs) != NULL &&
        within(params->saltLength, DEFAULT_SALT, 0, MAX_SALT) &&
        within(params->trailerField, TRAILER, TRAILER, TRAILER)) {
        digest = digest_of(params->hashAlgorithm, algs);
    }
    RSA_PSS_PARAMS_free(params);
    ERR_pop_to_mark(); /* parameters that do not parse are not allowed */
    return digest;
}
