/* Licensed under the Apache License, Version 2.0; see LICENSE. */
/* test_pattern.c: texts that match a pattern, and texts that must not;
 * networks. */
#include "fixture.h"

#include "scep_pattern.h"

/* Any octet but a dot and a star. */
static size_t takes(scep_pattern_t text)
{
    return text.tokens[0] != '.' && text.tokens[0] != '*';
}

static bool fits(fixture_t *f, const char *pattern, const char *text)
{
    return scep_pattern_fits(
        scep_pattern_make(f->pool, pattern),
        scep_pattern_text(f->pool, (scep_octets_t){(const unsigned char *)text,
                                                   strlen(text)}),
        takes);
}

static void test_stars(void **state)
{
    static const struct {
        const char *pattern, *text;
        bool fits;
    } rows[] = {
        {"", "", true},
        {"", "a", false},
        {"a", "", false},
        {"*", "", true},
        {"*", "anything", true},
        {"Router-17", "rOUTER-17", true},
        {"router-*", "router-", true},
        {"router-*", "router", false},
        {"*-17", "router-17", true},
        {"*-17", "router-171", false},
        {"a*b*c", "aXbbYc", true},
        {"a*b*c", "aXcYb", false},
        {"**a", "xa", true},
        /* what a star does not take */
        {"*.example.com", "a.example.com", true},
        {"*.example.com", "a.b.example.com", false},
        {"*.example.com", ".example.com", true},
        {"*.*.example.com", "a.b.example.com", true},
        {"*a.*", "xa.y.z", false},
        {"*.example.com", "*.example.com", false},
        {"*", "*", false},
        /* escapes */
        {"\\*.example.com", "*.example.com", true},
        {"\\*.example.com", "a.example.com", false},
        {"\\x2a\\x2E", "*.", true},
        {"\\xg", "xg", true},
        {"a\\\\b", "a\\b", true},
        {"a\\", "a\\", true},
    };
    fixture_t *f = *state;
    size_t i;

    for (i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        if (fits(f, rows[i].pattern, rows[i].text) != rows[i].fits) {
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
    assert_false(fits(f, pattern, text));
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
        FIXTURE_TEST(test_networks),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
