/* Licensed under the Apache License, Version 2.0; see LICENSE. */
/* test_names.c: subjects and alternative names that a renewal keeps. */
#include "fixture.h"

#include "scep_names.h"

/* "CN=a|O=b": single-valued RDNs; "CN=a+O=b": one RDN of two. TYPE: MBSTRING_
 * or V_ASN1_ of the values. */
static X509_NAME *name_of(fixture_t *f, const char *text, int type)
{
    X509_NAME *name = X509_NAME_new();
    char *copy = apr_pstrdup(f->pool, text), *last, *rdn;

    assert_non_null(name);
    for (rdn = apr_strtok(copy, "|", &last); rdn != NULL;
         rdn = apr_strtok(NULL, "|", &last)) {
        char *end, *ava;
        int set = 0;

        for (ava = apr_strtok(rdn, "+", &end); ava != NULL;
             ava = apr_strtok(NULL, "+", &end), set = -1) {
            char *value = strchr(ava, '=');

            assert_non_null(value);
            *value++ = '\0';
            assert_int_equal(
                X509_NAME_add_entry_by_txt(
                    name, ava, type, (const unsigned char *)value, -1, -1, set),
                1);
        }
    }
    return name;
}

static bool same_hash(fixture_t *f, const X509_NAME *a, const X509_NAME *b)
{
    unsigned char one[SCEP_HASH_SIZE], two[SCEP_HASH_SIZE];

    assert_true(scep_names_subject_hash(a, f->pool, one));
    assert_true(scep_names_subject_hash(b, f->pool, two));
    return memcmp(one, two, sizeof(one)) == 0;
}

static const char *subject_difference(fixture_t *f, const char *before,
                                      const char *after)
{
    X509_NAME *a = name_of(f, before, MBSTRING_UTF8);
    X509_NAME *b = name_of(f, after, MBSTRING_UTF8);
    const char *difference = NULL;
    bool kept = scep_names_subject_kept(a, b, f->pool, &difference);

    assert_non_null(difference);
    assert_int_equal(kept, *difference == '\0');
    assert_int_equal(kept, same_hash(f, a, b));
    X509_NAME_free(a);
    X509_NAME_free(b);
    return difference;
}

static void test_equal_subjects(void **state)
{
    fixture_t *f = *state;

    assert_string_equal(subject_difference(f, "O=x|CN=a", "O=x|CN=a"), "");
    assert_string_equal(subject_difference(f, "O=x|CN=a", "O=X|CN= A "), "");
    assert_string_equal(subject_difference(f, "CN=a  b", "CN=A b"), "");
    assert_string_equal(subject_difference(f, "CN=a+O=x", "O=x+CN=a"), "");
    /* a CA put them into its own order */
    assert_string_equal(subject_difference(f, "C=XX|O=x|CN=a", "CN=a|O=x|C=XX"),
                        "");
    assert_string_equal(subject_difference(f, "CN=a|O=x|CN=b", "O=x|CN=a|CN=b"),
                        "");
    assert_string_equal(
        subject_difference(f, "CN=\t a \n\r b\v|O= x", "CN=A B|O=x"), "");
    assert_string_equal(
        subject_difference(f, "CN=J\xc3\xa4ger", "CN=j\xc3\xa4GER"), "");
}

static void test_string_types(void **state)
{
    fixture_t *f = *state;
    X509_NAME *a = name_of(f, "CN=device", V_ASN1_PRINTABLESTRING);
    X509_NAME *b = name_of(f, "CN=Device", V_ASN1_UTF8STRING);
    const char *difference;

    assert_true(scep_names_subject_kept(a, b, f->pool, &difference));
    assert_true(same_hash(f, a, b));
    X509_NAME_free(b);
    b = name_of(f, "CN=device", V_ASN1_BIT_STRING); /* is no text */
    assert_false(scep_names_subject_kept(a, b, f->pool, &difference));
    assert_false(same_hash(f, a, b));
    X509_NAME_free(a);
    X509_NAME_free(b);
}

static void test_different_subjects(void **state)
{
    fixture_t *f = *state;

    assert_string_equal(subject_difference(f, "O=x|CN=a", "O=x|CN=b"),
                        "\"CN=a\" became \"CN=b\" in the subject");
    assert_string_equal(subject_difference(f, "O=x|CN=a", "CN=a"),
                        "\"O=x\" is missing in the subject");
    assert_string_equal(subject_difference(f, "CN=a", "CN=a|O=x"),
                        "\"O=x\" is new in the subject");
    assert_string_equal(subject_difference(f, "CN=a|CN=b", "CN=a"),
                        "\"CN=b\" is missing in the subject");
    /* which of several CN counts depends on who reads (S8) */
    assert_string_equal(subject_difference(f, "CN=a|CN=b", "CN=b|CN=a"),
                        "\"CN=a\" became \"CN=b\" in the subject");
    assert_string_not_equal(subject_difference(f, "CN=a+O=x", "CN=a|O=x"), "");
    assert_string_not_equal(subject_difference(f, "CN=a|O=x", "CN=a+O=x"), "");
    assert_string_equal(subject_difference(f, "CN=a", ""),
                        "\"CN=a\" is missing in the subject");
    assert_string_not_equal(subject_difference(f, "CN=ab", "CN=a b"), "");
    assert_string_not_equal(subject_difference(f, "CN=a|O=b", "CN=b|O=a"), "");
    assert_string_not_equal(subject_difference(f, "CN=\xc3\xa4", "CN=\xc3\x84"),
                            "");
}

static void test_differences_are_printable(void **state)
{
    fixture_t *f = *state;
    const char *text = subject_difference(f, "CN=a\nb\"c", "CN=d");

    for (; *text != '\0'; text++) {
        assert_true(*text >= 0x20 && *text < 0x7f);
    }
}

/* --- alternative names ---------------------------------------------------- */

static void names_free(void *object)
{
    GENERAL_NAMES_free(object);
}

static GENERAL_NAMES *names_of(fixture_t *f, const char *text)
{
    GENERAL_NAMES *names = NULL;
    X509_EXTENSION *extension;

    if (*text == '\0') {
        return NULL;
    }
    extension = X509V3_EXT_conf_nid(NULL, NULL, NID_subject_alt_name, text);
    assert_non_null(extension);
    names = X509V3_EXT_d2i(extension);
    X509_EXTENSION_free(extension);
    assert_non_null(names);
    return scep_own(f->pool, names, names_free);
}

static const char *san_difference(fixture_t *f, const char *before,
                                  const char *after)
{
    const char *difference = NULL;
    bool kept = scep_names_san_kept(names_of(f, before), names_of(f, after),
                                    f->pool, &difference);

    assert_non_null(difference);
    assert_int_equal(kept, *difference == '\0');
    return difference;
}

static void test_equal_alternative_names(void **state)
{
    fixture_t *f = *state;

    assert_string_equal(san_difference(f, "", ""), "");
    assert_string_equal(
        san_difference(f, "DNS:a.test,IP:192.0.2.1", "IP:192.0.2.1,DNS:A.Test"),
        "");
    assert_string_equal(san_difference(f, "DNS:a,DNS:a", "DNS:a"), "");
    assert_string_equal(
        san_difference(f, "email:Joe@a.test", "email:Joe@A.TEST"), "");
    assert_string_equal(san_difference(f, "otherName:msUPN;UTF8:joe@a",
                                       "otherName:msUPN;IA5:JOE@A"),
                        "");
    assert_string_equal(
        san_difference(f, "RID:1.2.3,URI:urn:x", "URI:urn:x,RID:1.2.3"), "");
}

static void test_different_alternative_names(void **state)
{
    fixture_t *f = *state;

    assert_string_equal(san_difference(f, "DNS:a", "DNS:a,DNS:b"),
                        "\"DNS:b\" is new in the subjectAltName");
    assert_string_equal(san_difference(f, "DNS:a,DNS:b", "DNS:a"),
                        "\"DNS:b\" is missing in the subjectAltName");
    assert_string_equal(san_difference(f, "", "DNS:b"),
                        "\"DNS:b\" is new in the subjectAltName");
    assert_string_equal(san_difference(f, "DNS:b", ""),
                        "\"DNS:b\" is missing in the subjectAltName");
    assert_string_not_equal(san_difference(f, "DNS:a", "email:a"), "");
    assert_string_not_equal(
        san_difference(f, "email:Joe@a.test", "email:joe@a.test"), "");
    assert_string_not_equal(san_difference(f, "URI:urn:x", "URI:urn:X"), "");
    assert_string_not_equal(san_difference(f, "IP:192.0.2.1", "IP:192.0.2.2"),
                            "");
    assert_string_not_equal(
        san_difference(f, "otherName:msUPN;UTF8:joe", "otherName:msUPN;NULL"),
        "");
    assert_string_not_equal(san_difference(f, "otherName:1.2.3;UTF8:joe",
                                           "otherName:1.2.3;UTF8:JOE"),
                            "");
}

static GENERAL_NAMES *principal_of(fixture_t *f, const char *octets, int len)
{
    GENERAL_NAMES *names = names_of(f, "otherName:msUPN;UTF8:x");
    OTHERNAME *other = sk_GENERAL_NAME_value(names, 0)->d.otherName;

    assert_int_equal(
        ASN1_STRING_set(other->value->value.utf8string, octets, len), 1);
    return names;
}

static void test_what_follows_a_nul_counts(void **state)
{
    fixture_t *f = *state;
    const char *difference;

    assert_true(scep_names_san_kept(principal_of(f, "joe\0a", 5),
                                    principal_of(f, "JOE\0A", 5), f->pool,
                                    &difference));
    assert_false(scep_names_san_kept(principal_of(f, "joe\0a", 5),
                                     principal_of(f, "joe\0b", 5), f->pool,
                                     &difference));
}

static void test_too_many(void **state)
{
    fixture_t *f = *state;
    const char *text = "DNS:x";
    int i;

    for (i = 0; i < SCEP_NAMES_MAX; i++) {
        text = apr_psprintf(f->pool, "%s,DNS:x%d", text, i);
    }
    assert_string_equal(san_difference(f, text, text), ""); /* in order */
    assert_string_not_equal(
        san_difference(f, text, apr_psprintf(f->pool, "DNS:y,%s", text)), "");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        FIXTURE_TEST(test_equal_subjects),
        FIXTURE_TEST(test_string_types),
        FIXTURE_TEST(test_different_subjects),
        FIXTURE_TEST(test_differences_are_printable),
        FIXTURE_TEST(test_equal_alternative_names),
        FIXTURE_TEST(test_different_alternative_names),
        FIXTURE_TEST(test_what_follows_a_nul_counts),
        FIXTURE_TEST(test_too_many),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
