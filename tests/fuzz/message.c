/* Licensed under the Apache License, Version 2.0; see LICENSE. */
/* message.c: see message.h. */
#include "message.h"

#include <apr_general.h>
#include <apr_strings.h>

#include <openssl/pem.h>

#include "scep_csr.h"
#include "scep_issuer_serial.h"

scep_algs_t *fuzz_algs;
static apr_array_header_t *pairs;

BIO *fuzz_file(apr_pool_t *pool, const char *name)
{
    BIO *bio = BIO_new_file(apr_pstrcat(pool, SRCDIR "/", name, NULL), "r");

    FUZZ_CHECK(bio != NULL);
    return scep_bio_own(pool, bio);
}

void fuzz_set_up(void)
{
    scep_keypair_t *pair;
    scep_result_t res;
    OSSL_LIB_CTX *libctx;
    apr_pool_t *pool;

    if (fuzz_algs != NULL) {
        return;
    }
    FUZZ_KEEP(1);
    apr_initialize();
    apr_pool_create(&pool, NULL);
    scep_result_init(&res, pool);
    FUZZ_CHECK(scep_algs_legacy_context(pool, &libctx, &res) == SCEP_OK);
    FUZZ_CHECK(scep_algs_make(SCEP_LEVEL_LEGACY, libctx, pool, &fuzz_algs,
                              &res) == SCEP_OK);
    pair = apr_pcalloc(pool, sizeof(*pair));
    pair->cert = X509_new_ex(libctx, NULL);
    FUZZ_CHECK(PEM_read_bio_X509(fuzz_file(pool, "tests/fuzz/ra.crt"),
                                 &pair->cert, NULL, NULL) != NULL);
    scep_x509_own(pool, pair->cert);
    pair->key =
        scep_pkey_own(pool, PEM_read_bio_PrivateKey_ex(
                                fuzz_file(pool, "tests/data/protocol/ra.key"),
                                NULL, NULL, NULL, libctx, NULL));
    FUZZ_CHECK(pair->key != NULL);
    pairs = apr_array_make(pool, 1, sizeof(const scep_keypair_t *));
    APR_ARRAY_PUSH(pairs, const scep_keypair_t *) = pair;
    FUZZ_KEEP(0);
}

/* As a handler reads it. */
static scep_status_e read_data(const scep_pkimessage_t *msg, scep_result_t *res)
{
    scep_issuer_serial_t id;
    scep_csr_t *csr = NULL;

    switch (msg->message_type) {
    case SCEP_MSG_GETCERT:
    case SCEP_MSG_GETCRL:
        return scep_issuer_serial_parse(msg->data, msg->pool, &id, res);
    default:
        return scep_csr_parse(msg->data, fuzz_algs, 1024, msg->pool, &csr, res);
    }
}

void fuzz_open(scep_pkimessage_t *msg, scep_result_t *res)
{
    bool ours = scep_pkimessage_address(msg, fuzz_algs, pairs, res) == SCEP_OK;

    FUZZ_CHECK(!ours || (msg->recipient != NULL && msg->cipher != NULL));
    FUZZ_CHECK(*scep_crypto_errors(msg->pool) == '\0');
    if (scep_pkimessage_open(msg, fuzz_algs, pairs, res) == SCEP_OK) {
        FUZZ_CHECK(ours);
        FUZZ_CHECK(msg->data.len > 0 && msg->data.len < msg->envelope.len);
        if (read_data(msg, res) == SCEP_OK) {
            fuzz_accepted++;
        }
    }
    else {
        FUZZ_CHECK(msg->data.len == 0);
        FUZZ_CHECK(res->http_status == 200);
    }
    FUZZ_CHECK(*scep_crypto_errors(msg->pool) == '\0');
}

scep_pkimessage_t *fuzz_decode(scep_octets_t der, apr_pool_t *pool,
                               scep_result_t *res)
{
    scep_pkimessage_t *msg = NULL;

    if (scep_pkimessage_decode(der, fuzz_algs, pool, &msg, res) == SCEP_OK) {
        FUZZ_CHECK(msg != NULL && msg->verified && msg->signer != NULL &&
                   msg->signer_key != NULL && msg->digest != NULL);
        FUZZ_CHECK(*scep_crypto_errors(pool) == '\0');
        return msg;
    }
    FUZZ_CHECK(res->status == SCEP_REFUSED);
    FUZZ_CHECK((msg != NULL) == (res->http_status == 200));
    FUZZ_CHECK(*scep_crypto_errors(pool) == '\0');
    return NULL;
}
