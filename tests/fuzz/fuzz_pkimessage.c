/* Licensed under the Apache License, Version 2.0; see LICENSE. */
/*
 * Fuzz target: a pkiMessage. The input is read as a whole message, and as the
 * envelope of one, since a changed envelope no longer fits its signature.
 */
#include <apr_general.h>
#include <apr_strings.h>

#include <openssl/pem.h>

#include "fuzz.h"
#include "scep_csr.h"
#include "scep_pkimessage.h"
#include "scep_preflight.h"

unsigned long fuzz_accepted;

static scep_algs_t *algs; /* of the legacy level: they are all there */
static apr_array_header_t *pairs;

static BIO *data_file(apr_pool_t *pool, const char *name)
{
    BIO *bio = BIO_new_file(apr_pstrcat(pool, SRCDIR "/", name, NULL), "r");

    FUZZ_CHECK(bio != NULL);
    return scep_bio_own(pool, bio);
}

static void set_up(void)
{
    scep_keypair_t *pair;
    scep_result_t res;
    OSSL_LIB_CTX *libctx;
    apr_pool_t *pool;

    if (algs != NULL) {
        return;
    }
    FUZZ_KEEP(1);
    apr_initialize();
    apr_pool_create(&pool, NULL);
    scep_result_init(&res, pool);
    FUZZ_CHECK(scep_algs_legacy_context(pool, &libctx, &res) == SCEP_OK);
    FUZZ_CHECK(scep_algs_make(SCEP_LEVEL_LEGACY, libctx, pool, &algs, &res) ==
               SCEP_OK);
    pair = apr_pcalloc(pool, sizeof(*pair));
    pair->cert = X509_new_ex(libctx, NULL);
    FUZZ_CHECK(PEM_read_bio_X509(data_file(pool, "tests/fuzz/ra.crt"),
                                 &pair->cert, NULL, NULL) != NULL);
    scep_x509_own(pool, pair->cert);
    pair->key =
        scep_pkey_own(pool, PEM_read_bio_PrivateKey_ex(
                                data_file(pool, "tests/data/protocol/ra.key"),
                                NULL, NULL, NULL, libctx, NULL));
    FUZZ_CHECK(pair->key != NULL);
    pairs = apr_array_make(pool, 1, sizeof(const scep_keypair_t *));
    APR_ARRAY_PUSH(pairs, const scep_keypair_t *) = pair;
    FUZZ_KEEP(0);
}

/* Open what MSG has as its envelope. */
static void open_message(scep_pkimessage_t *msg, scep_result_t *res)
{
    scep_csr_t *csr = NULL;
    bool ours = scep_pkimessage_address(msg, algs, pairs, res) == SCEP_OK;

    FUZZ_CHECK(!ours || (msg->recipient != NULL && msg->cipher != NULL));
    FUZZ_CHECK(*scep_crypto_errors(msg->pool) == '\0');
    if (scep_pkimessage_open(msg, algs, pairs, res) == SCEP_OK) {
        FUZZ_CHECK(ours);
        FUZZ_CHECK(msg->data.len > 0 && msg->data.len < msg->envelope.len);
        if (scep_csr_parse(msg->data, algs, 1024, msg->pool, &csr, res) ==
            SCEP_OK) {
            fuzz_accepted++;
        }
    }
    else {
        FUZZ_CHECK(msg->data.len == 0);
        FUZZ_CHECK(res->http_status == 200);
    }
    FUZZ_CHECK(*scep_crypto_errors(msg->pool) == '\0');
}

static void whole_message(scep_octets_t der, apr_pool_t *pool,
                          scep_result_t *res)
{
    scep_pkimessage_t *msg = NULL;

    if (scep_pkimessage_decode(der, algs, pool, &msg, res) == SCEP_OK) {
        FUZZ_CHECK(msg != NULL && msg->verified && msg->signer != NULL &&
                   msg->signer_key != NULL && msg->digest != NULL);
        open_message(msg, res);
        return;
    }
    FUZZ_CHECK(res->status == SCEP_REFUSED);
    FUZZ_CHECK((msg != NULL) == (res->http_status == 200));
    FUZZ_CHECK(*scep_crypto_errors(pool) == '\0');
}

static void envelope_alone(scep_octets_t der, apr_pool_t *pool,
                           scep_result_t *res)
{
    scep_pkimessage_t msg = {.pool = pool, .envelope = der};

    open_message(&msg, res);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    scep_octets_t der = {data, size};
    scep_result_t res;
    apr_pool_t *pool;

    set_up();
    apr_pool_create(&pool, NULL);
    scep_result_init(&res, pool);
    whole_message(der, pool, &res);
    envelope_alone(der, pool, &res);
    scep_pkimessage_parse_cms(der, scep_algs_libctx(algs), pool);
    scep_crypto_clear_errors();
    apr_pool_destroy(pool);
    return 0;
}
