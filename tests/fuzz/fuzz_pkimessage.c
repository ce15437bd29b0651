/* Licensed under the Apache License, Version 2.0; see LICENSE. */
/*
 * Fuzz target: a pkiMessage. The input is read as a whole message, and as the
 * envelope of one, since a changed envelope no longer fits its signature.
 */
#include "message.h"

unsigned long fuzz_accepted;

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    scep_octets_t der = {data, size};
    scep_pkimessage_t *msg, envelope = {.envelope = der};
    scep_result_t res;
    apr_pool_t *pool;

    fuzz_set_up();
    apr_pool_create(&pool, NULL);
    scep_result_init(&res, pool);
    msg = fuzz_decode(der, pool, &res);
    if (msg != NULL) {
        fuzz_open(msg, &res);
    }
    envelope.pool = pool;
    fuzz_open(&envelope, &res);
    scep_pkimessage_parse_cms(der, scep_algs_libctx(fuzz_algs), pool);
    scep_crypto_clear_errors();
    apr_pool_destroy(pool);
    return 0;
}
