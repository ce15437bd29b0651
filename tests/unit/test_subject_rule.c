/* Licensed under the Apache License, Version 2.0; see LICENSE. */
/* test_subject_rule.c: subjects of a rule, in all forms in which they can be
 * written. */
#include "subject_fixture.h"

static void test_subject(void **state)
{
    static const char *const parts[] = {
        "C",  "DE", "O",  "Example & Co, Ltd", "OU", "b",
        "OU", "a",  "CN", "router-17",         NULL};
    fixture_t *f = *state;
    const X509_NAME *name = name_of(f, parts);

    assert_true(
        fits(f, "CN=router-17,OU=a,OU=b,O=Example & Co\\, Ltd,C=DE", name));
    assert_true(fits(f, scep_name_text(f->pool, name), name));
    assert_true(fits(f, "*", name));
    assert_true(fits(f, " cn = ROUTER-* , OU=a,OU=b,O=*,C=de ", name));
    assert_true(
        fits(f, "O=*,2.5.4.3=router-17,OU=a,countryName=DE,OU=b", name));
    /* an attribute more, one less, another one, another order */
    assert_false(fits(f, "CN=router-17,OU=a,OU=b,O=*,C=DE,L=*", name));
    assert_false(fits(f, "CN=router-17,OU=a,OU=b,O=*", name));
    assert_false(fits(f, "CN=router-17,OU=a,OU=b,O=*,ST=DE", name));
    assert_false(fits(f, "CN=router-17,OU=b,OU=a,O=*,C=DE", name));
    assert_false(fits(f, "CN=router-17,CN=*,OU=a,O=*,C=DE", name));
    assert_false(fits(f, "CN=router-1,OU=a,OU=b,O=*,C=DE", name));
    assert_false(fits(f, "CN=*", name));
    assert_false(fits(f, "", name));
}

/* "CN", "a", "+O", "b", ... as name_of(), a plus joining the last RDN */
static const X509_NAME *joined(fixture_t *f, const char *const *parts)
{
    X509_NAME *name = X509_NAME_new();

    scep_own(f->pool, name, free_subject);
    for (; *parts != NULL; parts += 2) {
        bool join = *parts[0] == '+';

        assert_int_equal(
            X509_NAME_add_entry_by_txt(name, parts[0] + join, MBSTRING_UTF8,
                                       (const unsigned char *)parts[1], -1, -1,
                                       join ? -1 : 0),
            1);
    }
    return name;
}

static void test_values(void **state)
{
    static const char *const spaced[] = {"CN", "  a   b ", NULL};
    static const char *const umlaut[] = {"CN", "\xc3\xa4*", NULL};
    static const char *const quoted[] = {"O", "a, \"b\"", NULL};
    static const char *const control[] = {"CN", "a\nb", NULL};
    static const char *const none[] = {NULL};
    fixture_t *f = *state;
    X509_NAME *nul = X509_NAME_new();

    scep_own(f->pool, nul, free_subject);
    assert_true(fits(f, "CN=a  b", name_of(f, spaced)));
    assert_true(fits(f, "CN=\\ a b ", name_of(f, spaced)));
    assert_true(fits(f, "CN=\" a b\" ", name_of(f, spaced)));
    assert_false(fits(f, "CN=ab", name_of(f, spaced)));
    assert_true(fits(f, "CN=\xc3\xa4\\*", name_of(f, umlaut)));
    assert_true(fits(f, "CN=\\C3\\A4\\2a", name_of(f, umlaut)));
    assert_true(fits(f, "CN=\\xc3\\xa4\\2a", name_of(f, umlaut)));
    assert_false(fits(f, "CN=\xc3\xa4*", name_of(f, umlaut)));
    assert_true(fits(f, "O=\"a, \\\"b\\\"\"", name_of(f, quoted)));
    assert_true(fits(f, "O=a\\, \\\"b\\\"", name_of(f, quoted)));
    assert_true(fits(f, "O=\"a*b*\"", name_of(f, quoted)));
    assert_false(fits(f, "CN=a*b", name_of(f, control)));
    assert_true(fits(f, "CN=a\\0Ab", name_of(f, control)));
    assert_true(fits(f, "", name_of(f, none)));
    assert_false(fits(f, "CN=*", name_of(f, none)));
    /* "admin", a NUL, and more */
    assert_int_equal(
        X509_NAME_add_entry_by_txt(nul, "CN", MBSTRING_UTF8,
                                   (const unsigned char *)"admin\0x", 7, -1, 0),
        1);
    assert_false(fits(f, "CN=admin", nul));
    assert_false(fits(f, "CN=*", nul));
    assert_true(fits(f, "CN=admin\\00x", nul));
}

static void test_der(void **state)
{
    static const char *const parts[] = {"1.2.3.4", "abc", NULL};
    static const char *const other[] = {"1.2.3.4", "abd", NULL};
    fixture_t *f = *state;

    assert_true(fits(f, "1.2.3.4=#0C03616263", name_of(f, parts)));
    assert_true(fits(f, "OID.1.2.3.4 = #0c03616263 ", name_of(f, parts)));
    assert_true(fits(f, "1.2.3.4=abc", name_of(f, parts)));
    assert_false(fits(f, "1.2.3.4=#0C03616263", name_of(f, other)));
    assert_false(fits(f, "1.2.3.4=#1303616263", name_of(f, parts)));
}

static void test_rdns(void **state)
{
    static const char *const parts[] = {"O",  "a", "CN",  "b", "+UID", "c",
                                        "OU", "d", "+OU", "e", NULL};
    static const char *const flat[] = {"CN", "a", "O", "b", NULL};
    static const char *const multi[] = {"CN", "a", "+O", "b", NULL};
    static const char *const identifier[] = {"uid", "a", NULL};
    fixture_t *f = *state;
    const X509_NAME *name = joined(f, parts);

    assert_true(fits(f, scep_name_text(f->pool, name_of(f, identifier)),
                     name_of(f, identifier)));

    assert_true(fits(f, "OU=d+OU=e,CN=b+UID=c,O=a", name));
    assert_true(fits(f, "O=a,UID=c+CN=b,OU=e+OU=d", name));
    assert_true(fits(f, "/O=a/CN=b+UID=c/OU=d+OU=e", name));
    assert_false(fits(f, "OU=d+OU=d,CN=b+UID=c,O=a", name));
    assert_false(fits(f, "OU=d,OU=e,CN=b+UID=c,O=a", name));
    assert_false(fits(f, "OU=d+OU=e,CN=b,UID=c,O=a", name));
    assert_false(fits(f, "OU=d+OU=e,CN=b+O=a,UID=c", name));
    assert_true(fits(f, "CN=a,O=b", joined(f, flat)));
    assert_false(fits(f, "CN=a+O=b", joined(f, flat)));
    assert_true(fits(f, "CN=a+O=b", joined(f, multi)));
    assert_false(fits(f, "CN=*,O=*", joined(f, multi)));
    assert_false(fits(f, "CN=*", joined(f, multi)));
    assert_false(fits(f, "CN=*", joined(f, flat)));
    assert_false(fits(f, "CN=a\\,O=*", joined(f, flat)));
    assert_false(fits(f, "CN=a\\+O=*", joined(f, multi)));
}

/* ---- whatever a list or the log shows ---- */

static unsigned int draw(unsigned int *seed, unsigned int below)
{
    *seed = *seed * 1103515245U + 12345U;
    return (*seed >> 16) % below;
}

static const char *draw_value(fixture_t *f, unsigned int *seed)
{
    static const char *const pieces[] = {"a",
                                         "B",
                                         "7",
                                         " ",
                                         ",",
                                         "+",
                                         "\"",
                                         "\\",
                                         "<",
                                         ">",
                                         ";",
                                         "=",
                                         "#",
                                         "*",
                                         "/",
                                         "'",
                                         "\\\\",
                                         "\\x41",
                                         "5C",
                                         ", O=x",
                                         "\n",
                                         "\x7f",
                                         "\xc3\xa4",
                                         "\xe2\x82\xac",
                                         "\xe2\x80\xae",
                                         "\xf0\x90\x90\x80"};
    const char *value = "v";
    unsigned int i, count = draw(seed, 6);

    value = draw(seed, 2) ? "" : "v";
    for (i = 0; i < count; i++) {
        value = apr_pstrcat(
            f->pool, value,
            pieces[draw(seed, sizeof(pieces) / sizeof(pieces[0]))], NULL);
    }
    return *value != '\0' ? value : "e";
}

/* SPLIT: each attribute an RDN of its own; ADD, if any, behind the last value */
static X509_NAME *draw_name(fixture_t *f, unsigned int seed, bool split,
                            const char *add)
{
    static const char *const types[] = {
        "CN",    "O",      "OU",  "OU", "DC",        "serialNumber", "SN",
        "title", "street", "UID", "GN", "1.2.3.4.5", "description"};
    static const int strings[] = {V_ASN1_UTF8STRING, V_ASN1_UTF8STRING,
                                  V_ASN1_T61STRING, V_ASN1_BMPSTRING,
                                  V_ASN1_BIT_STRING};
    X509_NAME *name = X509_NAME_new();
    unsigned int i, count = 1 + draw(&seed, 4);

    scep_own(f->pool, name, free_subject);
    for (i = 0; i < count; i++) {
        const char *type = types[draw(&seed, sizeof(types) / sizeof(types[0]))];
        const char *value = draw_value(f, &seed);
        bool join = draw(&seed, 4) == 0;
        int string = strings[draw(&seed, draw(&seed, 4) == 0 ? 5 : 3)];

        if (i == count - 1) {
            value = apr_pstrcat(f->pool, value, add, NULL);
        }
        if (string == V_ASN1_BMPSTRING && strlen(value) % 2 != 0) {
            value = apr_pstrcat(f->pool, value, "y", NULL);
        }
        assert_int_equal(X509_NAME_add_entry_by_txt(
                             name, type, string, (const unsigned char *)value,
                             -1, -1, join && !split ? -1 : 0),
                         1);
    }
    return name;
}

/* As httpd writes to its error log. */
static const char *logged(fixture_t *f, const char *text)
{
    const char *out = "";

    for (; *text != '\0'; text++) {
        unsigned char c = (unsigned char)*text;

        out = c == '\\' ? apr_pstrcat(f->pool, out, "\\\\", NULL)
              : c < 0x20 || c > 0x7e
                  ? apr_psprintf(f->pool, "%s\\x%02x", out, c)
                  : apr_psprintf(f->pool, "%s%c", out, c);
    }
    return out;
}

static void test_round_trip(void **state)
{
    fixture_t *f = *state;
    unsigned int seed;

    for (seed = 1; seed <= 2000; seed += fixture_thin()) {
        const X509_NAME *name = draw_name(f, seed, false, "");
        const X509_NAME *others[] = {
            draw_name(f, seed, true, ""), draw_name(f, seed, false, "x"),
            draw_name(f, seed, false, "*"), draw_name(f, seed + 1, false, "")};
        const char *text = scep_name_text(f->pool, name);
        const char *forms[] = {text, logged(f, text)};
        size_t i, j;

        for (i = 0; i < 2; i++) {
            if (!fits(f, forms[i], name)) {
                fail_msg("%u: %s", seed, forms[i]);
            }
            for (j = 0; j < sizeof(others) / sizeof(others[0]); j++) {
                if (fits(f, forms[i], others[j]) &&
                    X509_NAME_cmp(name, others[j]) != 0) {
                    fail_msg("%u: %s also fits %s", seed, forms[i],
                             scep_name_text(f->pool, others[j]));
                }
            }
        }
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        FIXTURE_TEST(test_subject),    FIXTURE_TEST(test_values),
        FIXTURE_TEST(test_der),        FIXTURE_TEST(test_rdns),
        FIXTURE_TEST(test_round_trip),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
