/* Licensed under the Apache License, Version 2.0; see LICENSE. */
/* scep_caps.c: the words of GetCACaps at each level. */
#include "fixture.h"

#include "scep_caps.h"

static const char *caps(fixture_t *f, scep_level_e level, bool renewal,
                        bool next_ca)
{
    scep_features_t features = {renewal, next_ca};
    OSSL_LIB_CTX *libctx = NULL;
    scep_algs_t *algs;

    if (level == SCEP_LEVEL_LEGACY) {
        assert_int_equal(scep_algs_legacy_context(f->pool, &libctx, &f->res),
                         SCEP_OK);
    }
    assert_int_equal(scep_algs_make(level, libctx, f->pool, &algs, &f->res),
                     SCEP_OK);
    return scep_caps_text(algs, &features, f->pool);
}

static void test_compatible(void **state)
{
    assert_string_equal(caps(*state, SCEP_LEVEL_COMPATIBLE, true, true),
                        "AES\nDES3\nPOSTPKIOperation\nRenewal\nSHA-1\n"
                        "SHA-256\nSHA-384\nSHA-512\nGetNextCACert\n"
                        "SCEPStandard\n");
}

static void test_modern(void **state)
{
    assert_string_equal(caps(*state, SCEP_LEVEL_MODERN, true, false),
                        "AES\nPOSTPKIOperation\nRenewal\nSHA-256\nSHA-384\n"
                        "SHA-512\nSCEPStandard\n");
}

/* MD5 and single DES are served, but never announced; and what serves them
 * is not what RFC 8894 2.9 calls standard. */
static void test_legacy(void **state)
{
    assert_string_equal(caps(*state, SCEP_LEVEL_LEGACY, true, false),
                        "AES\nDES3\nPOSTPKIOperation\nRenewal\nSHA-1\n"
                        "SHA-256\nSHA-384\nSHA-512\n");
}

static void test_features(void **state)
{
    const char *none = caps(*state, SCEP_LEVEL_COMPATIBLE, false, false);

    assert_null(strstr(none, "Renewal"));
    assert_null(strstr(none, "GetNextCACert"));
    assert_non_null(strstr(none, "\nPOSTPKIOperation\n"));
}

/* certmonger reads 1,024 octets (Q44). */
static void test_size(void **state)
{
    assert_true(strlen(caps(*state, SCEP_LEVEL_COMPATIBLE, true, true)) <=
                1024);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        FIXTURE_TEST(test_compatible), FIXTURE_TEST(test_modern),
        FIXTURE_TEST(test_legacy),     FIXTURE_TEST(test_features),
        FIXTURE_TEST(test_size),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
