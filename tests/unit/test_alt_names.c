/* Licensed under the Apache License, Version 2.0; see LICENSE. */
/* test_alt_names.c: alternative names as text. */
#include "fixture.h"

#include <openssl/x509v3.h>

#include "scep_alt_names.h"

static void free_extensions(void *stack)
{
    sk_X509_EXTENSION_pop_free(stack, X509_EXTENSION_free);
}

/* VALUE as openssl.cnf has it */
static scep_extensions_t *extensions(fixture_t *f, const char *value)
{
    scep_extensions_t *stack = sk_X509_EXTENSION_new_null();
    X509_EXTENSION *extension =
        X509V3_EXT_conf_nid(NULL, NULL, NID_subject_alt_name, value);

    assert_non_null(extension);
    assert_true(sk_X509_EXTENSION_push(stack, extension) > 0);
    return scep_own(f->pool, stack, free_extensions);
}

static void test_kinds(void **state)
{
    static const char *const wanted[] = {"DNS:host.example",
                                         "email:a@example.com",
                                         "URI:https://example.com/a",
                                         "IP:192.0.2.1",
                                         "IP:2001:db8::1",
                                         "UPN:user@example.com",
                                         "other:registeredID 1.2.3",
                                         "other:otherName 1.2.3.4"};
    fixture_t *f = *state;
    apr_array_header_t *names;
    const char *const *texts;
    size_t i;

    assert_int_equal(
        scep_alt_names(extensions(f, "DNS:host.example,email:a@example.com,"
                                     "URI:https://example.com/a,IP:192.0.2.1,"
                                     "IP:2001:db8::1,"
                                     "otherName:1.3.6.1.4.1.311.20.2.3;UTF8:"
                                     "user@example.com,RID:1.2.3,"
                                     "otherName:1.2.3.4;UTF8:x"),
                       f->pool, &names, &f->res),
        SCEP_OK);
    texts = scep_alt_name_texts(names, f->pool);
    for (i = 0; i < sizeof(wanted) / sizeof(wanted[0]); i++) {
        assert_string_equal(texts[i], wanted[i]);
    }
    assert_null(texts[i]);
}

static void test_none_and_malformed(void **state)
{
    fixture_t *f = *state;
    apr_array_header_t *names;

    assert_int_equal(scep_alt_names(NULL, f->pool, &names, &f->res), SCEP_OK);
    assert_int_equal(names->nelts, 0);
    assert_null(scep_alt_name_texts(names, f->pool)[0]);
    assert_int_equal(
        scep_alt_names(extensions(f, "DNS:a\x01"), f->pool, &names, &f->res),
        SCEP_REFUSED);
    assert_int_equal(f->res.reason, SCEP_R_CA_REFUSED);
}

/* An account's name of another type or with line ends is no text. */
static void test_odd_principal(void **state)
{
    fixture_t *f = *state;
    apr_array_header_t *names;

    assert_int_equal(
        scep_alt_names(extensions(f, "otherName:1.3.6.1.4.1.311.20.2.3;IA5:a,"
                                     "otherName:1.3.6.1.4.1.311.20.2.3;UTF8:"
                                     "a\"\x01"),
                       f->pool, &names, &f->res),
        SCEP_OK);
    assert_string_equal(scep_alt_name_texts(names, f->pool)[0],
                        "other:otherName 1.3.6.1.4.1.311.20.2.3");
    assert_string_equal(scep_alt_name_texts(names, f->pool)[1],
                        "UPN:a\\x22\\x01");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        FIXTURE_TEST(test_kinds),
        FIXTURE_TEST(test_none_and_malformed),
        FIXTURE_TEST(test_odd_principal),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
