/* Licensed under the Apache License, Version 2.0; see LICENSE. */
/*
 * RSA keys that are for PSS alone.
 */
#ifndef SCEP_TEST_FIXTURE_PSS_H
#define SCEP_TEST_FIXTURE_PSS_H

#include "fixture.h"

#include <openssl/evp.h>

#include "scep_crypto.h"

/* The same key as one for PSS alone. Making another key takes long under
 * valgrind. */
static inline EVP_PKEY *fixture_for_pss(fixture_t *f, EVP_PKEY *rsa)
{
    EVP_PKEY_CTX *ctx = EVP_PKEY_CTX_new_from_name(NULL, "RSA-PSS", NULL);
    EVP_PKEY *key = NULL;
    OSSL_PARAM *params;

    assert_int_equal(EVP_PKEY_todata(rsa, EVP_PKEY_KEYPAIR, &params), 1);
    assert_int_equal(EVP_PKEY_fromdata_init(ctx), 1);
    assert_int_equal(EVP_PKEY_fromdata(ctx, &key, EVP_PKEY_KEYPAIR, params), 1);
    OSSL_PARAM_free(params);
    EVP_PKEY_CTX_free(ctx);
    return scep_pkey_own(f->pool, key);
}

#endif
