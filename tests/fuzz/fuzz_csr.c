/* Licensed under the Apache License, Version 2.0; see LICENSE. */
/* Fuzz target: the PKCS#10, as it is, and with a new signature, so that code
 * behind the signature check is reached, too. */
#include <string.h>

#include <apr_general.h>

#include "fuzz.h"
#include "scep_csr.h"
#include "scep_preflight.h"

unsigned long fuzz_accepted;

static scep_algs_t *algs;
static EVP_PKEY *key;

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
    key = scep_pkey_own(pool, EVP_PKEY_Q_keygen(NULL, NULL, "EC", "P-256"));
    FUZZ_CHECK(key != NULL);
    FUZZ_CHECK(scep_algs_make(SCEP_LEVEL_COMPATIBLE, NULL, pool, &algs, &res) ==
               SCEP_OK);
    FUZZ_KEEP(0);
}

static void parse(scep_octets_t der, apr_pool_t *pool)
{
    scep_result_t res;
    scep_csr_t *csr = NULL;
    scep_status_e status;

    scep_result_init(&res, pool);
    status = scep_csr_parse(der, algs, 1024, pool, &csr, &res);
    FUZZ_CHECK((csr != NULL) == (status == SCEP_OK));
    FUZZ_CHECK(*scep_crypto_errors(pool) == '\0');
    if (status == SCEP_OK) {
        FUZZ_CHECK(csr->req != NULL && csr->key != NULL &&
                   csr->subject != NULL);
        FUZZ_CHECK((csr->challenge != NULL) ==
                   (csr->challenge_state == SCEP_CHALLENGE_PRESENT));
        FUZZ_CHECK(csr->challenge == NULL ||
                   (*csr->challenge != '\0' &&
                    strlen(csr->challenge) <= SCEP_MAX_CHALLENGE));
        fuzz_accepted++;
    }
    else {
        FUZZ_CHECK(res.reason == SCEP_R_CONTENT ||
                   res.reason == SCEP_R_CSR_KEY);
    }
}

/* The same with our key and signature; len 0 if it does not parse. */
static scep_octets_t sign_anew(scep_octets_t der, apr_pool_t *pool)
{
    scep_octets_t made = {NULL, 0};
    const unsigned char *in = der.data;
    X509_REQ *req =
        scep_x509_req_own(pool, d2i_X509_REQ(NULL, &in, (long)der.len));
    BIO *out = scep_bio_own(pool, BIO_new(BIO_s_mem()));

    if (req != NULL && out != NULL && X509_REQ_set_pubkey(req, key) == 1 &&
        X509_REQ_sign(req, key, EVP_sha256()) > 0 &&
        i2d_X509_REQ_bio(out, req) == 1) {
        made = scep_bio_octets(pool, out);
    }
    scep_crypto_clear_errors();
    return made;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    scep_octets_t der = {data, size}, made;
    scep_result_t res;
    apr_pool_t *pool;

    set_up();
    apr_pool_create(&pool, NULL);
    scep_result_init(&res, pool);
    parse(der, pool);
    if (scep_preflight_csr(der, &res) == SCEP_OK) {
        made = sign_anew(der, pool);
        if (made.len > 0) {
            parse(made, pool);
        }
    }
    apr_pool_destroy(pool);
    return 0;
}
