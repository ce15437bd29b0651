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
                                         "other:otherName 1.2.3.4 \"x\""};
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
    /* Whoever decides sees it as it is, and it fits no pattern. */
    assert_int_equal(scep_alt_names(extensions(f, "DNS:a\x01,DNS:b"), f->pool,
                                    &names, &f->res),
                     SCEP_OK);
    assert_string_equal(APR_ARRAY_IDX(names, 0, scep_alt_name_t).value,
                        "a\\x01");
    assert_string_equal(scep_alt_names_list(names, f->pool),
                        "DNS:a\\x01, DNS:b");
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
                        "other:otherName 1.3.6.1.4.1.311.20.2.3 \"a\"");
    assert_string_equal(scep_alt_name_texts(names, f->pool)[1],
                        "UPN:a\\x22\\x01");
}

/* Nothing that a name holds looks like the next one, and nothing is cut. */
static void test_list_is_not_ambiguous(void **state)
{
    static const struct {
        const char *value, *text;
    } cases[] = {
        {"a,b", "DNS:a,b"},
        {"a, DNS:b", "DNS:a\\x2c DNS:b"},
        {"a\\, b", "DNS:a\\x5c\\x2c b"},
        {"a\\x2c b", "DNS:a\\x5cx2c b"},
        {"\xe2\x80\xae", "DNS:\\xe2\\x80\\xae"},
        {"m\xc3\xbcl", "DNS:m\xc3\xbcl"},
    };
    fixture_t *f = *state;
    char longest[5000];
    scep_alt_name_t told;
    size_t i;

    memset(longest, 'a', sizeof(longest) - 1);
    longest[sizeof(longest) - 1] = '\0';
    for (i = 0; i <= sizeof(cases) / sizeof(cases[0]); i++) {
        const char *value =
            i < sizeof(cases) / sizeof(cases[0]) ? cases[i].value : longest;
        GENERAL_NAME *name = GENERAL_NAME_new();
        ASN1_IA5STRING *string = ASN1_IA5STRING_new();

        assert_int_equal(ASN1_STRING_set(string, value, -1), 1);
        GENERAL_NAME_set0_value(name, GEN_DNS, string);
        scep_alt_name_describe(name, f->pool, &told);
        GENERAL_NAME_free(name);
        if (value == longest) {
            assert_int_equal(strlen(told.text), strlen(longest) + 4);
        }
        else {
            assert_string_equal(told.text, cases[i].text);
        }
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        FIXTURE_TEST(test_kinds),
        FIXTURE_TEST(test_none_and_malformed),
        FIXTURE_TEST(test_odd_principal),
        FIXTURE_TEST(test_list_is_not_ambiguous),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
