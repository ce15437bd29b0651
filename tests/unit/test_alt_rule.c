/* Licensed under the Apache License, Version 2.0; see LICENSE. */
/* test_alt_rule.c: alternative names, and patterns that must not widen. */
#include "fixture.h"

#include "scep_alt_rule.h"

typedef struct row_t {
    const char *pattern, *value;
    bool fits;
} row_t;

static void check(fixture_t *f, const char *kind, const row_t *rows,
                  size_t count)
{
    size_t i;

    for (i = 0; i < count; i++) {
        scep_pattern_t pattern;
        const char *error =
            scep_alt_rule(f->pool, kind, rows[i].pattern, &pattern);

        if (error != NULL) {
            fail_msg("%s %s", rows[i].pattern, error);
        }
        if (scep_alt_rule_fits(kind, pattern, rows[i].value, f->pool) !=
            rows[i].fits) {
            fail_msg("%s: %s, %s", kind, rows[i].pattern, rows[i].value);
        }
    }
}

#define CHECK(kind, rows)                                                      \
    check(*state, kind, rows, sizeof(rows) / sizeof(*rows))

static void test_dns(void **state)
{
    static const row_t rows[] = {
        {"*.example.com", "a.example.com", true},
        {"*.example.com", "A-1.EXAMPLE.com", true},
        {"*.example.com", "xn--grn-hoa.example.com", true},
        {"dev-*.lab_1.example.com", "dev-7.lab_1.example.com", true},
        {"*.*.example.com", "a.b.example.com", true},
        {"*", "host", true},
        {"*", "example.com", false},
        {"*.example.com", "evilcom,DNS:evil2.example.com", false},
        {"*.example.com", "a.b.example.com", false},
        {"*.example.com", ".example.com", false},
        {"*.example.com", "example.com", false},
        {"*.example.com", "*.example.com", false},
        {"*.example.com", "-a.example.com", false},
        {"dev-*.example.com", "dev-.example.com", false},
        {"*.example.com", "a.example.com.", false},
        {"*.example.com.", "a.example.com.", false},
        {"*.example.com", "a b.example.com", false},
        {"*.example.com", "a\n.example.com", false},
        {"*.example.com", "a\\x00.example.com", false},
        {"*.example.com", "a?.example.com", false},
        {"*.example.com", "a#.example.com", false},
        {"*.example.com", "a@b.example.com", false},
        {"*.example.com", "a\\.example.com", false},
        {"*.example.com", "a/.example.com", false},
        {"*.example.com", "a_b.example.com", false},
        {"*.example.com", "a%2Eb.example.com", false},
        {"*.example.com", "g\xc3\xbc.example.com", false},
        {"*.example.com",
         "a\xe3\x80\x82"
         "b.example.com",
         false},
        {"*.example.com",
         "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa"
         ".example.com",
         false},
        /* without a star: just the name */
        {"a.example.com", "A.example.COM", true},
        {"a.example.com", "a.example.com.", false},
        {"\\*.example.com", "*.example.com", true},
        {"\\*.example.com", "a.example.com", false},
    };

    CHECK("DNS", rows);
}

static void test_mail(void **state)
{
    static const row_t rows[] = {
        {"*@example.com", "a.b+c@Example.com", true},
        {"*@*.example.com", "a@b.example.com", true},
        {"dev-*@example.com", "DEV-1@example.com", true},
        {"*@example.com", "a@b@example.com", false},
        {"*@example.com", "@example.com", false},
        {"*@example.com", ".a@example.com", false},
        {"*@example.com", "a..b@example.com", false},
        {"*@example.com", "a.@example.com", false},
        {"*@example.com", "\"a b\"@example.com", false},
        {"*@example.com", "a%evil.com@example.com", false},
        {"*@example.com", "evil.com!a@example.com", false},
        {"*@example.com", "a,email:x@example.com", false},
        {"*@example.com", "a%40b@example.com", false},
        {"*@example.com", "a\n@example.com", false},
        {"*@example.com", "*@example.com", false},
        {"*@example.com", "a@example.com.", false},
        {"*@*.example.com", "a@b.c.example.com", false},
        {"*@*.example.com", "a@evil.com?.example.com", false},
        {"*@*.example.com", "a@b@c.example.com", false},
        {"*@*.example.com", "a@.example.com", false},
        {"a@example.com", "A@example.com", true},
        {"a@example.com", "b@example.com", false},
    };
    static const row_t principals[] = {
        {"j\xc3\xb6rg*@corp.example", "j\xc3\xb6rg1@corp.example", true},
        {"*@corp.example", "j\xc3\xb6rg@corp.example", false},
        {"*@corp.example", "a\\b@corp.example", false},
        {"*@corp.example", "CORP/a@corp.example", false},
    };

    CHECK("email", rows);
    CHECK("UPN", rows);
    CHECK("UPN", principals);
}

static void test_uri_hosts(void **state)
{
    static const row_t rows[] = {
        {"https://*.example.com/x", "https://a.example.com/x", true},
        {"https://*.example.com/x", "HTTPS://A.Example.com/x", true},
        {"https://*.example.com:*/x", "https://a.example.com:8443/x", true},
        {"https://[2001:db8::*]/", "https://[2001:db8::7]/", true},
        {"https://*.example.com/x", "https://evil.com?.example.com/x", false},
        {"https://*.example.com/x", "https://evil.com#.example.com/x", false},
        {"https://*.example.com/x", "https://evil.com/.example.com/x", false},
        {"https://*.example.com/x", "https://evil.com\\.example.com/x", false},
        {"https://*.example.com/x", "https://a@b.example.com/x", false},
        {"https://*.example.com/x", "https://evil.com:1.example.com/x", false},
        {"https://*.example.com/x", "https://a.b.example.com/x", false},
        {"https://*.example.com/x", "https://a%2Eb.example.com/x", false},
        {"https://*.example.com/x", "https://a%40b.example.com/x", false},
        {"https://*.example.com/x", "https://a.example.com./x", false},
        {"https://*.example.com/x", "https://.example.com/x", false},
        {"https://*.example.com/x", "https://a.example.com:8443/x", false},
        {"https://*.example.com/x", "https://a, .example.com/x", false},
        {"https://*.example.com/x", "https:a.example.com/x", false},
        {"https://*.example.com/x", "https:///a.example.com/x", false},
        {"https://*.example.com/x", "http://a.example.com/x", false},
        {"https://a.example.com*", "https://a.example.com", true},
        {"https://a.example.com*", "https://a.example.com@evil.com", false},
        {"https://a.example.com*", "https://a.example.com.evil.com", false},
        {"https://a.example.com*", "https://a.example.com/x", false},
        {"https://a:*@b.example/", "https://a:x@b.example/", true},
        {"https://a:*@b.example/", "https://a:x@c@b.example/", false},
        {"https://a:*/", "https://a:1@evil.com/", false},
        {"*://a.example/", "https://a.example/", true},
        {"*://a.example/", "x:b://a.example/", false},
    };

    CHECK("URI", rows);
}

static void test_uri_parts(void **state)
{
    static const row_t rows[] = {
        {"https://a/*", "https://a/b;c=1,2:3@4", true},
        {"https://a/*", "https://a/", true},
        {"https://a/*/c", "https://a/b/c", true},
        {"https://a/*", "https://a/b/c", false},
        {"https://a/*", "https://a/b?c", false},
        {"https://a/*", "https://a/b#c", false},
        {"https://a/*", "https://a", false},
        {"https://a/*", "https://a/b%2Fc", false},
        {"https://a/*", "https://a/%2e%2e", false},
        {"https://a/*", "https://a/..", false},
        {"https://a/x/.*", "https://a/x/..", false},
        {"https://a/*/y", "https://a/./y", false},
        {"https://a/*", "https://a/b\\c", false},
        {"https://a/*", "https://a/b c", false},
        {"https://a/*", "https://a/*", false},
        {"https://a/%20*", "https://a/%20b", true},
        {"https://a/b?id=*", "https://a/b?id=1&x=?", true},
        {"https://a/b?id=*", "https://a/b?id=1/2", false},
        {"https://a/b?id=*", "https://a/b?id=1#2", false},
        {"https://a/b?id=*", "https://a/b?id=1%232", false},
        {"https://a/b#*", "https://a/b#c", true},
        {"https://a/b#*", "https://a/b?d#c", false},
        {"https://a/b#*", "https://a/b#c#d", false},
        {"urn:dev:*", "urn:dev:mac-1.2", true},
        {"urn:dev:*", "urn:dev:a:b", false},
        {"mailto:*@example.com", "mailto:a@example.com", true},
        {"mailto:*@example.com", "mailto:a@evil.com,b@example.com", false},
        {"mailto:*@example.com", "mailto:a@b@example.com", false},
        {"https://a/b*", "no URI", false},
        /* without a star: just the URI */
        {"https://a/b?c#d", "https://a/b?c#d", true},
        {"https://a/b/../c", "https://a/b/../c", true},
        {"https://a/b", "https://a/b?", false},
    };

    CHECK("URI", rows);
}

static void test_hopeless(void **state)
{
    static const struct {
        const char *kind, *pattern;
    } rows[] = {
        {"DNS", "*.ex ample.com"},
        {"DNS", "*.g\xc3\xbc.example"},
        {"DNS", "*,DNS:x"},
        {"email", "*"},
        {"email", "*@a@b"},
        {"email", "*@a,b"},
        {"UPN", "*"},
        {"URI", "*"},
        {"URI", "https://*,evil/"},
        {"URI", "/x*"},
        {"URI", "https://a@b@*.com/"},
        {"URI", "https:///*"},
    };
    fixture_t *f = *state;
    scep_pattern_t pattern;
    size_t i;

    for (i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        if (scep_alt_rule(f->pool, rows[i].kind, rows[i].pattern, &pattern) ==
            NULL) {
            fail_msg("%s", rows[i].pattern);
        }
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        FIXTURE_TEST(test_dns),       FIXTURE_TEST(test_mail),
        FIXTURE_TEST(test_uri_hosts), FIXTURE_TEST(test_uri_parts),
        FIXTURE_TEST(test_hopeless),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
