/* Licensed under the Apache License, Version 2.0; see LICENSE. */
/*
 * Fuzz target: a certificate that signed a message. It has its key judged, its
 * names compared as in a renewal, and a CertRep encrypted to it in each delivery.
 * Octets behind it are a challengePassword, in Latin-1.
 */
#include <string.h>

#include <apr_general.h>
#include <apr_strings.h>

#include <openssl/pem.h>
#include <openssl/x509v3.h>

#include "fuzz.h"
#include "scep_certrep.h"
#include "scep_names.h"
#include "scep_pubkey.h"

unsigned long fuzz_accepted;

static scep_algs_t *algs;
static scep_keypair_t ra;

static BIO *data_file(apr_pool_t *pool, const char *name)
{
    BIO *bio = BIO_new_file(apr_pstrcat(pool, SRCDIR "/", name, NULL), "r");

    FUZZ_CHECK(bio != NULL);
    return scep_bio_own(pool, bio);
}

static void set_up(void)
{
    scep_result_t res;
    apr_pool_t *pool;

    if (algs != NULL) {
        return;
    }
    FUZZ_KEEP(1);
    apr_initialize();
    apr_pool_create(&pool, NULL);
    scep_result_init(&res, pool);
    FUZZ_CHECK(scep_algs_make(SCEP_LEVEL_COMPATIBLE, NULL, pool, &algs, &res) ==
               SCEP_OK);
    ra.cert = scep_x509_own(
        pool, PEM_read_bio_X509(data_file(pool, "tests/fuzz/ra.crt"), NULL,
                                NULL, NULL));
    ra.key = scep_pkey_own(
        pool,
        PEM_read_bio_PrivateKey(data_file(pool, "tests/data/protocol/ra.key"),
                                NULL, NULL, NULL));
    FUZZ_CHECK(ra.cert != NULL && ra.key != NULL);
    FUZZ_KEEP(0);
}

static void reply_to(X509 *cert, scep_key_delivery_e delivery,
                     const char *password, apr_pool_t *pool)
{
    const scep_octets_t id = {(const unsigned char *)"id", 2};
    scep_certs_t *certs = scep_x509s_own(pool, sk_X509_new_null());
    scep_octets_t der = {NULL, 0};
    scep_result_t res;
    scep_certrep_t rep = {
        .status = SCEP_PKI_SUCCESS,
        .failinfo = SCEP_FAIL_NONE,
        .transaction_id = id,
        .recipient_nonce = id,
        .certs = certs,
        .recipient = {.cert = cert, .delivery = delivery, .password = password},
        .signer = &ra,
    };
    scep_status_e status;

    FUZZ_CHECK(certs != NULL && X509_up_ref(ra.cert) == 1 &&
               sk_X509_push(certs, ra.cert) > 0);
    scep_result_init(&res, pool);
    status = scep_certrep_encode(&rep, algs, pool, &der, &res);
    /* A key that looks good may still be one nothing can be encrypted to. */
    FUZZ_CHECK(status == SCEP_OK || res.reason == SCEP_R_REPLY_KEY ||
               res.reason == SCEP_R_INTERNAL);
    FUZZ_CHECK((status == SCEP_OK) == (der.len > 0));
    FUZZ_CHECK(*scep_crypto_errors(pool) == '\0');
    /* A challenge can always be encrypted by, and none never. */
    FUZZ_CHECK(delivery != SCEP_KEY_DELIVERY_PASSWORD ||
               (status == SCEP_OK) == (password != NULL));
    if (status == SCEP_OK) {
        fuzz_accepted++;
    }
}

/* What scep_csr_parse() may find: UTF-8 without a NUL, of limited length. */
static const char *challenge(scep_octets_t latin1, apr_pool_t *pool)
{
    ASN1_STRING *value = ASN1_STRING_type_new(V_ASN1_T61STRING);
    unsigned char *text = NULL;
    const char *found = NULL;
    int len;

    FUZZ_CHECK(value != NULL &&
               ASN1_STRING_set(value, latin1.data, (int)latin1.len) == 1);
    len = ASN1_STRING_to_UTF8(&text, value);
    if (len > 0 && len <= SCEP_MAX_CHALLENGE &&
        memchr(text, '\0', (size_t)len) == NULL) {
        found = apr_pstrmemdup(pool, (const char *)text, (size_t)len);
    }
    OPENSSL_free(text);
    ASN1_STRING_free(value);
    return found;
}

/* As scep_reply_key() chooses among the ways, but all that can be. */
static void reply(X509 *cert, scep_octets_t rest, apr_pool_t *pool)
{
    const char *password = challenge(rest, pool);

    reply_to(cert, SCEP_KEY_DELIVERY_TRANSPORT, NULL, pool);
    reply_to(cert, SCEP_KEY_DELIVERY_AGREEMENT, NULL, pool);
    if (EVP_PKEY_is_a(X509_get0_pubkey(cert), "RSA") != 1) {
        reply_to(cert, SCEP_KEY_DELIVERY_PASSWORD, password, pool);
    }
}

static void compare_names(X509 *cert, apr_pool_t *pool)
{
    const char *difference = NULL;
    const X509_NAME *subject = X509_get_subject_name(cert);
    GENERAL_NAMES *san =
        X509_get_ext_d2i(cert, NID_subject_alt_name, NULL, NULL);

    (void)scep_names_subject_kept(subject, X509_get_issuer_name(cert), pool,
                                  &difference);
    (void)scep_names_subject_kept(X509_get_issuer_name(cert), subject, pool,
                                  &difference);
    (void)scep_names_san_kept(san, san, pool, &difference);
    (void)scep_names_san_kept(san, NULL, pool, &difference);
    GENERAL_NAMES_free(san);
    scep_crypto_clear_errors();
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    const unsigned char *in = data;
    apr_pool_t *pool;
    EVP_PKEY *key;
    X509 *cert;

    set_up();
    apr_pool_create(&pool, NULL);
    cert = size <= 65536 ? d2i_X509(NULL, &in, (long)size) : NULL;
    if (cert != NULL) {
        compare_names(cert, pool);
        key = X509_get0_pubkey(cert);
        scep_crypto_clear_errors();
        /* What a message's signer has to pass before anything else. */
        if (key != NULL && scep_pubkey_signer_fault(key) == NULL) {
            scep_crypto_clear_errors();
            reply(cert, (scep_octets_t){in, (size_t)(data + size - in)}, pool);
        }
    }
    scep_crypto_clear_errors();
    X509_free(cert);
    apr_pool_destroy(pool);
    return 0;
}
