/* Licensed under the Apache License, Version 2.0; see LICENSE. */
/*
 * Fuzz target: the messageData of GetCert and GetCRL.
 */
#include <string.h>

#include <apr_general.h>

#include "fuzz.h"
#include "scep_issuer_serial.h"

unsigned long fuzz_accepted;

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static bool ready;
    scep_octets_t der = {data, size};
    scep_issuer_serial_t id = {NULL, NULL};
    scep_result_t res;
    apr_pool_t *pool;

    if (!ready) {
        apr_initialize();
        ready = true;
    }
    apr_pool_create(&pool, NULL);
    scep_result_init(&res, pool);
    if (scep_issuer_serial_parse(der, pool, &id, &res) == SCEP_OK) {
        FUZZ_CHECK(size <= SCEP_MAX_ISSUER_SERIAL);
        FUZZ_CHECK(strlen(id.serial) <= 2 * SCEP_MAX_SERIAL + 1);
        FUZZ_CHECK(strspn(id.serial, "-0123456789ABCDEF") == strlen(id.serial));
        FUZZ_CHECK(scep_name_text(pool, id.issuer) != NULL);
        fuzz_accepted++;
    }
    else {
        FUZZ_CHECK(res.reason == SCEP_R_CONTENT);
    }
    FUZZ_CHECK(*scep_crypto_errors(pool) == '\0');
    apr_pool_destroy(pool);
    return 0;
}
