/* Licensed under the Apache License, Version 2.0; see LICENSE. */
/* Fuzz target: the query string of a GET, and the base64 in it. */
#include <string.h>

#include <apr_general.h>
#include <apr_strings.h>

#include "fuzz.h"
#include "scep_query.h"

enum { MAX_MESSAGE = 65536 };

unsigned long fuzz_accepted;

static int ready;

static scep_status_e decode(const char *text, apr_pool_t *pool,
                            scep_result_t *res)
{
    scep_octets_t der = {NULL, 0};
    scep_status_e status =
        scep_query_message(text, MAX_MESSAGE, pool, &der, res);

    FUZZ_CHECK(status == SCEP_OK || status == SCEP_REFUSED);
    if (status == SCEP_OK) {
        FUZZ_CHECK(der.data != NULL && der.len > 0 && der.len <= MAX_MESSAGE);
        FUZZ_CHECK(der.len <= strlen(text));
    }
    return status;
}

static void parse(const char *args, apr_pool_t *pool, scep_result_t *res)
{
    scep_query_t query;
    scep_status_e status = scep_query_parse(args, pool, &query, res);

    FUZZ_CHECK(status == SCEP_OK || status == SCEP_REFUSED);
    if (status != SCEP_OK) {
        return;
    }
    FUZZ_CHECK(query.message != NULL && query.name != NULL);
    FUZZ_CHECK(strlen(query.message) <= strlen(args));
    if (query.operation == SCEP_OP_PKIOPERATION &&
        decode(query.message, pool, res) == SCEP_OK) {
        fuzz_accepted++;
    }
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    scep_result_t res;
    apr_pool_t *pool;
    const char *text;

    if (!ready) {
        FUZZ_KEEP(1);
        apr_initialize();
        FUZZ_KEEP(0);
        ready = 1;
    }
    apr_pool_create(&pool, NULL);
    scep_result_init(&res, pool);
    text = apr_pstrmemdup(pool, (const char *)data, size);
    parse(text, pool, &res);
    decode(text, pool, &res);
    apr_pool_destroy(pool);
    return 0;
}
