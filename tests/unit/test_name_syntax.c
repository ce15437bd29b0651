/* Licensed under the Apache License, Version 2.0; see LICENSE. */
/* test_name_syntax.c: host names, mail addresses, URIs. */
#include "fixture.h"

#include "scep_name_syntax.h"

static scep_octets_t octets(const char *text)
{
    const scep_octets_t made = {(const unsigned char *)text, strlen(text)};

    return made;
}

#define LABEL63                                                                \
    "abcdefghijklmnopqrstuvwxyzabcdefghijklmnopqrstuvwxyz12345678901"

static void test_hosts(void **state)
{
    static const char *const good[] = {"router1",
                                       "a.example.com",
                                       "A.EXAMPLE",
                                       "xn--mller-kva.example",
                                       "my_host.example.com",
                                       "192.0.2.1",
                                       "1.2.example",
                                       LABEL63 ".example",
                                       "*.example.com",
                                       "*.com",
                                       "*"};
    static const char *const bad[] = {"",
                                      ".",
                                      ".example.com",
                                      "example.com.",
                                      "a..b",
                                      "-a.example",
                                      "a-.example",
                                      "a b.example",
                                      "a,b",
                                      "m\xc3\xbcller.example",
                                      "host:8080",
                                      "a@b",
                                      "http://a",
                                      LABEL63 "x.example",
                                      "a.*.example",
                                      "a*.example",
                                      "**.example",
                                      "*.",
                                      "*.*.example",
                                      "*example.com",
                                      LABEL63 "." LABEL63 "." LABEL63
                                              "." LABEL63};
    size_t i;

    (void)state;
    for (i = 0; i < sizeof(good) / sizeof(good[0]); i++) {
        assert_null(scep_syntax_host(octets(good[i]), true));
    }
    for (i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
        assert_non_null(scep_syntax_host(octets(bad[i]), true));
    }
    assert_non_null(scep_syntax_host(octets("*.example.com"), false));
}

static void test_wildcards(void **state)
{
    static const struct {
        const char *text;
        int labels;
    } cases[] = {
        {"*", 0},
        {"*.com", 1},
        {"*.example.com", 2},
        {"*.com.", 1},
        {"*..com", 1},
        {"*.", 0},
        {"*.example.com.", 2},
        {"example.com", -1},
        {"a*.com", -1},
        {"*com", -1},
        {"", -1},
    };
    size_t i;

    (void)state;
    for (i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        assert_int_equal(scep_syntax_wildcard(octets(cases[i].text)),
                         cases[i].labels);
    }
}

static void test_mail(void **state)
{
    static const char *const good[] = {
        "a@example.com",       "first.last+tag@example",
        "o'brien@example.com", "\"a b\"@example.com",
        "a@[192.0.2.1]",       "a@[IPv6:2001:db8::1]"};
    static const char *const bad[] = {"",
                                      "a",
                                      "@",
                                      "@example.com",
                                      "a@",
                                      "a b@example.com",
                                      "a@b@example.com",
                                      "A <a@example.com>",
                                      "a,b@example.com",
                                      "\"a\"b\"@example.com",
                                      "a@ex ample.com",
                                      "a@example.com, b@example.com",
                                      "a@*.example.com",
                                      LABEL63 "xx@example.com",
                                      "a@[]"};
    size_t i;

    (void)state;
    for (i = 0; i < sizeof(good) / sizeof(good[0]); i++) {
        assert_null(scep_syntax_mail(octets(good[i])));
    }
    for (i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
        assert_non_null(scep_syntax_mail(octets(bad[i])));
    }
}

static void test_uri(void **state)
{
    static const char *const good[] = {
        "https://example.com/a?b#c",
        "https://user@example.com:8443/",
        "https://[2001:db8::1]/",
        "urn:uuid:f81d4fae-7dec-11d0-a765-00a0c91e6bf6",
        "spiffe://example.org/x",
        "sip:a@example.com",
        "ldap://192.0.2.1/cn=a,o=b",
        "tag:example.com,2022-09-14:a",
        "IntuneDeviceId://17",
        "ID:Some Product:GUID:17",
        "x:%41"};
    static const char *const bad[] = {"",
                                      "a",
                                      ":",
                                      "a:",
                                      ":a",
                                      "/relative",
                                      "1a:b",
                                      "http://",
                                      "http:///a",
                                      "http://a b/",
                                      "http://a/ b",
                                      "a:/b c",
                                      "http://a/<b>",
                                      "http://a/%4",
                                      "http://a/%zz",
                                      "http://a\\b/",
                                      "http://m\xc3\xbcller.example/",
                                      "http://[2001:db8::1/",
                                      "http://a,b/",
                                      "http://*.example.com/",
                                      "a b:c"};
    size_t i;

    (void)state;
    for (i = 0; i < sizeof(good) / sizeof(good[0]); i++) {
        assert_null(scep_syntax_uri(octets(good[i])));
    }
    for (i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
        assert_non_null(scep_syntax_uri(octets(bad[i])));
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        FIXTURE_TEST(test_hosts),
        FIXTURE_TEST(test_wildcards),
        FIXTURE_TEST(test_mail),
        FIXTURE_TEST(test_uri),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
