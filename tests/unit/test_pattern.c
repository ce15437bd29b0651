/* Licensed under the Apache License, Version 2.0; see LICENSE. */
/* test_pattern.c: what fits a pattern, and what must not. */
#include "fixture.h"

#include "scep_crypto.h"
#include "scep_pattern.h"

static void test_stars(void **state)
{
    static const struct {
        const char *pattern, *text;
        char stop;
        bool fits;
    } rows[] = {
        {"", "", '\0', true},
        {"", "a", '\0', false},
        {"a", "", '\0', false},
        {"*", "", '\0', true},
        {"*", "anything", '\0', true},
        {"Router-17", "rOUTER-17", '\0', true},
        {"router-*", "router-", '\0', true},
        {"router-*", "router", '\0', false},
        {"*-17", "router-17", '\0', true},
        {"*-17", "router-171", '\0', false},
        {"a*b*c", "aXbbYc", '\0', true},
        {"a*b*c", "aXcYb", '\0', false},
        {"**a", "xa", '\0', true},
        /* separators */
        {"*.example.com", "a.example.com", '.', true},
        {"*.example.com", "a.b.example.com", '.', false},
        {"*.example.com", ".example.com", '.', true},
        {"*.*.example.com", "a.b.example.com", '.', true},
        {"*@example.com", "a@b@example.com", '@', false},
        /* a wildcard is not for those who asked for a host's name */
        {"*.example.com", "*.example.com", '.', false},
        {"*", "*", '\0', false},
        {"\\*.example.com", "*.example.com", '.', true},
        {"\\*.example.com", "a.example.com", '.', false},
        {"a\\\\b", "a\\b", '\0', true},
        {"a\\", "a\\", '\0', true},
    };
    size_t i;

    (void)state;
    for (i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        if (scep_pattern_fits(rows[i].pattern, rows[i].text, rows[i].stop) !=
            rows[i].fits) {
            fail_msg("%s, %s", rows[i].pattern, rows[i].text);
        }
    }
}

/* Many stars cost no more than one. */
static void test_stars_cost_little(void **state)
{
    fixture_t *f = *state;
    char *pattern = apr_palloc(f->pool, 4001);
    char *text = apr_palloc(f->pool, 8193);
    int i;

    for (i = 0; i < 4000; i += 2) {
        memcpy(pattern + i, "*a", 2);
    }
    pattern[4000] = '\0';
    memset(text, 'a', 8192);
    text[8191] = 'b';
    text[8192] = '\0';
    assert_false(scep_pattern_fits(pattern, text, '\0'));
}

/* ---- subjects ---- */

static void free_name(void *name)
{
    X509_NAME_free(name);
}

/* "CN", "a", "O", "b", ..., NULL in the order of the encoding */
static const X509_NAME *name_of(fixture_t *f, const char *const *parts)
{
    X509_NAME *name = X509_NAME_new();

    scep_own(f->pool, name, free_name);
    for (; *parts != NULL; parts += 2) {
        assert_int_equal(X509_NAME_add_entry_by_txt(
                             name, parts[0], MBSTRING_UTF8,
                             (const unsigned char *)parts[1], -1, -1, 0),
                         1);
    }
    return name;
}

static bool fits(fixture_t *f, const char *text, const X509_NAME *name)
{
    const char *error = NULL;
    const scep_subject_rule_t *rule = scep_subject_rule(f->pool, text, &error);

    if (rule == NULL) {
        fail_msg("%s: %s", text, error);
    }
    return scep_subject_fits(rule, name);
}

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
    assert_true(fits(f, " cn = ROUTER-* , OU=a+OU=b,O=*,C=de ", name));
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

static void test_subject_values(void **state)
{
    static const char *const spaced[] = {"CN", "  a   b ", NULL};
    static const char *const umlaut[] = {"CN", "\xc3\xa4*", NULL};
    static const char *const none[] = {NULL};
    fixture_t *f = *state;
    X509_NAME *nul = X509_NAME_new();

    scep_own(f->pool, nul, free_name);
    assert_true(fits(f, "CN=a  b", name_of(f, spaced)));
    assert_true(fits(f, "CN=a b ", name_of(f, spaced)));
    assert_false(fits(f, "CN=ab", name_of(f, spaced)));
    assert_true(fits(f, "CN=\xc3\xa4\\*", name_of(f, umlaut)));
    assert_true(fits(f, "CN=\\C3\\A4\\2a", name_of(f, umlaut)));
    assert_true(fits(f, scep_name_text(f->pool, name_of(f, umlaut)),
                     name_of(f, umlaut)) == false); /* its star is a pattern */
    assert_true(fits(f, "", name_of(f, none)));
    assert_false(fits(f, "CN=*", name_of(f, none)));
    /* "admin", a NUL, and more */
    assert_int_equal(
        X509_NAME_add_entry_by_txt(nul, "CN", MBSTRING_UTF8,
                                   (const unsigned char *)"admin\0x", 7, -1, 0),
        1);
    assert_false(fits(f, "CN=admin", nul));
    assert_false(fits(f, "CN=*", nul));
}

static void test_malformed_subject(void **state)
{
    static const char *const bad[] = {
        "router",     "CN=a,",          "CN=a,b",   "=a",
        "nonsense=a", "CN=#0403666f6f", "CN=\"a\"", "CN=a\\",
        "CN=a\\00",   ",CN=a",          "**",
    };
    fixture_t *f = *state;
    size_t i;

    for (i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
        const char *error = NULL;

        if (scep_subject_rule(f->pool, bad[i], &error) != NULL) {
            fail_msg("%s", bad[i]);
        }
        assert_non_null(error);
    }
}

/* ---- networks ---- */

static void test_networks(void **state)
{
    static const struct {
        const char *network, *address;
        bool has;
    } rows[] = {
        {"192.0.2.0/24", "192.0.2.255", true},
        {"192.0.2.7/24", "192.0.2.255", true},
        {"192.0.2.0/24", "192.0.3.0", false},
        {"192.0.2.0/24", "::ffff:192.0.2.1", true},
        {"192.0.2.1", "192.0.2.1", true},
        {"192.0.2.1", "192.0.2.2", false},
        {"2001:db8::/32", "2001:db8:1::1", true},
        {"2001:db8::/32", "2001:db9::1", false},
        {"2001:db8::1", "2001:db8:0:0::1", true},
        {"192.0.2.0/24", "2001:db8::1", false},
        {"192.0.2.0/24", "localhost", false},
        {"192.0.2.0/24", "", false},
    };
    static const char *const bad[] = {"",
                                      "192.0.2",
                                      "192.0.2.0/",
                                      "10.0.0.0/33",
                                      "10.0.0.0/a",
                                      "example.com",
                                      "*",
                                      "2001:db8::/129",
                                      "10.0.0.0/255.0.0.0",
                                      "10.0.0.0/-1"};
    fixture_t *f = *state;
    size_t i;

    for (i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        apr_ipsubnet_t *network = scep_network(f->pool, rows[i].network);

        assert_non_null(network);
        if (scep_network_has(network, rows[i].address, f->pool) !=
            rows[i].has) {
            fail_msg("%s, %s", rows[i].network, rows[i].address);
        }
    }
    for (i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
        if (scep_network(f->pool, bad[i]) != NULL) {
            fail_msg("%s", bad[i]);
        }
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        FIXTURE_TEST(test_stars),
        FIXTURE_TEST(test_stars_cost_little),
        FIXTURE_TEST(test_subject),
        FIXTURE_TEST(test_subject_values),
        FIXTURE_TEST(test_malformed_subject),
        FIXTURE_TEST(test_networks),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
