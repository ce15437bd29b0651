/* Licensed under the Apache License, Version 2.0; see LICENSE. */
/* test_name_string.c: the content of ASN.1 strings. */
#include "fixture.h"

#include "scep_name_string.h"

#define OCTETS(literal)                                                        \
    {                                                                          \
        (const unsigned char *)(literal), sizeof(literal) - 1                  \
    }

enum { NONE = -1 /* it is not text that fits */ };

static void test_faults(void **state)
{
    static const struct {
        int type;
        scep_octets_t text;
        int count;         /* of characters, or NONE */
        const char *shown; /* in a message */
    } cases[] = {
        {V_ASN1_UTF8STRING, OCTETS("Ger\xc3\xa4t"), 5, "Ger\xc3\xa4t"},
        {V_ASN1_UTF8STRING, OCTETS("a\0b"), NONE, "a\\x00b"},
        {V_ASN1_UTF8STRING, OCTETS("a\nb"), NONE, "a\\x0ab"},
        {V_ASN1_UTF8STRING, OCTETS("\xc3"), NONE, "\\xc3"},
        {V_ASN1_UTF8STRING, OCTETS("\xc2\x9b"), NONE, "\\xc2\\x9b"},
        {V_ASN1_UTF8STRING, OCTETS("\xe2\x80\xa8"), NONE, "\\xe2\\x80\\xa8"},
        {V_ASN1_UTF8STRING, OCTETS("\xe2\x80\xae"), NONE, "\\xe2\\x80\\xae"},
        {V_ASN1_UTF8STRING, OCTETS("\xe2\x80\x8d"), 1, "\\xe2\\x80\\x8d"},
        {V_ASN1_UTF8STRING, OCTETS("\"\\"), 2, "\\x22\\x5c"},
        {V_ASN1_PRINTABLESTRING, OCTETS("a@b_c*&"), 7, "a@b_c*&"},
        {V_ASN1_PRINTABLESTRING, OCTETS("\xe4"), NONE, "\\xe4"},
        {V_ASN1_PRINTABLESTRING, OCTETS("a\x7f"), NONE, "a\\x7f"},
        {V_ASN1_IA5STRING, OCTETS("a~"), 2, "a~"},
        {V_ASN1_IA5STRING, OCTETS("\xfc"), NONE, "\\xfc"},
        {V_ASN1_VISIBLESTRING, OCTETS("\xfc"), NONE, "\\xfc"},
        {V_ASN1_NUMERICSTRING, OCTETS("12 3"), 4, "12 3"},
        {V_ASN1_NUMERICSTRING, OCTETS("12a"), NONE, "12a"},
        {V_ASN1_T61STRING, OCTETS("M\xfcl"), 3, "M\xc3\xbcl"},
        {V_ASN1_T61STRING, OCTETS("\xc3\x84"), 2, "\xc3\x83\\xc2\\x84"},
        {V_ASN1_T61STRING, OCTETS("a\x1b"), NONE, "a\\x1b"},
        {V_ASN1_BMPSTRING, OCTETS("\0a\x20\xac"), 2, "a\xe2\x82\xac"},
        {V_ASN1_BMPSTRING, OCTETS("\0a\x20"), NONE, "00:61:20"},
        {V_ASN1_BMPSTRING, OCTETS("\xd8\x3d\xde\0"), NONE, NULL},
        {V_ASN1_BMPSTRING, OCTETS("\0\n"), NONE, "\\x0a"},
        {V_ASN1_UNIVERSALSTRING, OCTETS("\0\1\xf6\0"), 1, "\xf0\x9f\x98\x80"},
        {V_ASN1_UNIVERSALSTRING, OCTETS("\0\x11\0\0"), NONE, NULL},
        {V_ASN1_UNIVERSALSTRING, OCTETS("\0\0\0"), NONE, "00:00:00"},
        {V_ASN1_OCTET_STRING, OCTETS("\0\n"), 0, "00:0A"},
    };
    fixture_t *f = *state;
    size_t i;

    for (i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        size_t count;
        const char *fault =
            scep_string_fault(cases[i].type, cases[i].text, f->pool, &count);

        if (cases[i].count == NONE) {
            assert_non_null(fault);
        }
        else {
            assert_null(fault);
            assert_int_equal(count, cases[i].count);
        }
        if (cases[i].shown != NULL) {
            assert_string_equal(
                scep_string_shown(cases[i].type, cases[i].text, f->pool),
                cases[i].shown);
        }
    }
}

static void test_long_values_are_cut(void **state)
{
    fixture_t *f = *state;
    char text[300];
    const scep_octets_t octets = {(const unsigned char *)text, sizeof(text)};

    memset(text, 'a', sizeof(text));
    assert_int_equal(
        strlen(scep_string_shown(V_ASN1_UTF8STRING, octets, f->pool)), 259);
}

static void test_blank(void **state)
{
    const scep_octets_t none = {NULL, 0}, blanks = OCTETS("  \xc2\xa0"),
                        wide = OCTETS("\0 "), text = OCTETS(" a");

    (void)state;
    assert_true(scep_string_is_blank(V_ASN1_UTF8STRING, none));
    assert_true(scep_string_is_blank(V_ASN1_UTF8STRING, blanks));
    assert_true(scep_string_is_blank(V_ASN1_BMPSTRING, wide));
    assert_false(scep_string_is_blank(V_ASN1_UTF8STRING, text));
    assert_false(scep_string_is_blank(V_ASN1_OCTET_STRING, blanks));
    assert_true(scep_string_is_blank(V_ASN1_OCTET_STRING, none));
}

static void test_walk(void **state)
{
    static const struct {
        scep_octets_t der;
        bool name, good;
    } cases[] = {
        {OCTETS("\x30\x03\x0c\x01\x61"), false, true},
        {OCTETS("\x30\x03\x0c\x01\x0a"), false, false},
        {OCTETS("\xa0\x05\x30\x03\x16\x01\xe4"), false, false}, /* deep */
        {OCTETS("\x30\x03\x04\x01\x0a"), false, true}, /* an OCTET STRING */
        {OCTETS("\x30\x80\x00\x00"), false, false},    /* no DER */
        {OCTETS("\x31\x06\x0c\x01\x61\x0c\x01\x62"), true, true},
        {OCTETS("\x31\x06\x0c\x01\x62\x0c\x01\x61"), true, false},
        {OCTETS("\x31\x06\x0c\x01\x62\x0c\x01\x61"), false, true},
        {OCTETS("\x31\x07\x0c\x01\x62\x0c\x02\x61\x61"), true, true},
        {OCTETS("\x31\x07\x0c\x02\x61\x61\x0c\x01\x62"), true, false},
    };
    fixture_t *f = *state;
    size_t i;

    for (i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        const char *fault =
            scep_string_walk(cases[i].der, cases[i].name, f->pool);

        assert_true((fault == NULL) == cases[i].good);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        FIXTURE_TEST(test_faults),
        FIXTURE_TEST(test_long_values_are_cut),
        FIXTURE_TEST(test_blank),
        FIXTURE_TEST(test_walk),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
