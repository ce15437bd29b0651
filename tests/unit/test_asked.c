/* Licensed under the Apache License, Version 2.0; see LICENSE. */
/* test_asked.c: requested extensions as text. */
#include "fixture_ca.h"

#include "scep_asked.h"

static void test_all_but_names(void **state)
{
    fixture_t *f = *state;
    scep_extensions_t *e = fixture_extensions(f);

    assert_null(scep_asked_extensions(NULL, f->pool));
    fixture_extend(e, NID_subject_alt_name, "DNS:a.example");
    assert_null(scep_asked_extensions(e, f->pool));
    fixture_extend(e, NID_key_usage, "critical,digitalSignature,keyCertSign");
    fixture_extend(e, NID_ext_key_usage, "clientAuth,1.2.3.4");
    fixture_extend(e, NID_basic_constraints, "CA:TRUE");
    fixture_extend_raw(e, NID_netscape_comment, "\x16\x03\x61\x0a\x3b", 5);
    assert_string_equal(
        scep_asked_extensions(e, f->pool),
        "keyUsage critical Digital Signature, Certificate Sign; "
        "extendedKeyUsage TLS Web Client Authentication, 1.2.3.4; "
        "basicConstraints CA:TRUE; 2.16.840.1.113730.1.13 #1603610A3B");
}

static void test_malformed(void **state)
{
    fixture_t *f = *state;
    scep_extensions_t *e = fixture_extensions(f);

    fixture_extend_raw(e, NID_key_usage, "\x04\x00", 2);
    assert_string_equal(scep_asked_extensions(e, f->pool), "keyUsage #0400");
    assert_string_equal(scep_crypto_errors(f->pool), "");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        FIXTURE_TEST(test_all_but_names),
        FIXTURE_TEST(test_malformed),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
