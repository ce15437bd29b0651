/* Licensed under the Apache License, Version 2.0; see LICENSE. */
/* scep_str.c: hex, comparison, wiping, text for logs. */
#include "fixture.h"

#include "scep_str.h"

static void test_hex(void **state)
{
    fixture_t *f = *state;
    static const unsigned char data[] = {0x00, 0x01, 0x7f, 0x80, 0xab, 0xff};

    assert_string_equal(scep_hex(f->pool, data, sizeof(data)), "00017F80ABFF");
    assert_string_equal(scep_hex_lower(f->pool, data, sizeof(data)),
                        "00017f80abff");
    assert_string_equal(scep_hex(f->pool, data, 0), "");
    assert_string_equal(scep_hex_lower(f->pool, NULL, 0), "");
}

static void test_hex_into(void **state)
{
    static const unsigned char data[] = {0x00, 0xab, 0xff};
    char out[8] = "xxxxxxx";

    (void)state;
    scep_hex_into(out, data, 3);
    assert_string_equal(out, "00ABFF");
    assert_int_equal(out[7], '\0'); /* and no further */
    scep_hex_lower_into(out, data + 1, 2);
    assert_string_equal(out, "abff");
    assert_int_equal(out[5], 'F');
    scep_hex_into(out, NULL, 0);
    assert_string_equal(out, "");
}

static void test_unhex(void **state)
{
    static const char *const bad[] = {"",     "0",     "00ff1",  "00ff1122",
                                      "00fg", "00f ",  "0x00",   "-1ff",
                                      "00:f", "00f\n", "\2600ff"};
    unsigned char out[3] = {9, 9, 9};
    size_t i;

    (void)state;
    assert_true(scep_unhex("00fF", out, 2));
    assert_int_equal(out[0], 0x00);
    assert_int_equal(out[1], 0xff);
    assert_int_equal(out[2], 9);
    assert_true(scep_unhex("AbCdEf", out, 3));
    assert_memory_equal(out, "\xab\xcd\xef", 3);
    assert_true(scep_unhex("", out, 0));
    for (i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
        assert_false(scep_unhex(bad[i], out, 2));
    }
}

/* Every octet there and back, and no other digit. */
static void test_hex_round(void **state)
{
    fixture_t *f = *state;
    unsigned char back;
    int c;

    for (c = 0; c < 256; c++) {
        const unsigned char octet = (unsigned char)c;
        const char text[] = {'1', (char)c, '\0'};

        assert_true(scep_unhex(scep_hex(f->pool, &octet, 1), &back, 1));
        assert_int_equal(back, octet);
        assert_true(scep_unhex(scep_hex_lower(f->pool, &octet, 1), &back, 1));
        assert_int_equal(back, octet);
        assert_int_equal(scep_unhex(text, &back, 1),
                         c != 0 && strchr("0123456789abcdefABCDEF", c) != NULL);
    }
}

static void test_equal(void **state)
{
    const unsigned char *abc = (const unsigned char *)"abc";
    const unsigned char *abd = (const unsigned char *)"abd";

    (void)state;
    assert_true(scep_equal_ct(abc, (const unsigned char *)"abcd", 3));
    assert_false(scep_equal_ct(abc, abd, 3));
    assert_true(scep_equal_ct(abc, abd, 2));
    assert_true(scep_equal_ct(abc, abd, 0));
    assert_true(
        scep_octets_equal((scep_octets_t){abc, 3}, (scep_octets_t){abc, 3}));
    assert_false(
        scep_octets_equal((scep_octets_t){abc, 3}, (scep_octets_t){abd, 3}));
    assert_false(
        scep_octets_equal((scep_octets_t){abc, 3}, (scep_octets_t){abc, 2}));
    assert_true(
        scep_octets_equal((scep_octets_t){NULL, 0}, (scep_octets_t){abc, 0}));
}

static void test_copy(void **state)
{
    fixture_t *f = *state;
    unsigned char data[] = {1, 0, 3};
    scep_octets_t copy = scep_octets_copy(f->pool, (scep_octets_t){data, 3});

    data[0] = 9;
    assert_int_equal(copy.len, 3);
    assert_memory_equal(copy.data, "\1\0\3", 3);
    copy = scep_octets_copy(f->pool, (scep_octets_t){NULL, 0});
    assert_int_equal(copy.len, 0);
    assert_null(copy.data);
}

static void test_wipe(void **state)
{
    unsigned char data[] = {1, 2, 3};

    (void)state;
    scep_wipe(data, 2);
    assert_int_equal(data[0] | data[1], 0);
    assert_int_equal(data[2], 3);
}

/* A cleared pool keeps its first block, so the octets can be looked at. */
static void test_secret(void **state)
{
    fixture_t *f = *state;
    apr_pool_t *pool;
    unsigned char *secret;
    size_t i;

    apr_pool_create(&pool, f->pool);
    assert_non_null(scep_secret_alloc(pool, 0));
    secret = scep_secret_alloc(pool, 100);
    for (i = 0; i < 100; i++) {
        assert_int_equal(secret[i], 0);
        secret[i] = 0xaa;
    }
    apr_pool_clear(pool);
    for (i = 0; i < 100; i++) {
        assert_int_equal(secret[i], 0);
    }
}

static void test_printable(void **state)
{
    fixture_t *f = *state;

    assert_string_equal(scep_printable(f->pool, NULL, 10), "-");
    assert_string_equal(scep_printable(f->pool, "", 10), "");
    assert_string_equal(scep_printable(f->pool, "a b~!", 10), "a b~!");
    assert_string_equal(scep_printable(f->pool, "a\"b\\c", 10),
                        "a\\x22b\\x5cc");
    assert_string_equal(scep_printable(f->pool, "\r\n\x1b\x7f\x80\xff", 10),
                        "\\x0d\\x0a\\x1b\\x7f\\x80\\xff");
    assert_string_equal(scep_printable(f->pool, "abcdef", 3), "abc");
    assert_string_equal(scep_printable(f->pool, "ab\n\n", 3), "ab\\x0a");
    assert_string_equal(scep_printable(f->pool, "abc", 0), "");
}

static void test_visible(void **state)
{
    static const struct {
        const char *text, *specials, *shown;
    } cases[] = {
        {"", "", ""},
        {"a \"b\\c~", "", "a \"b\\c~"},
        {"a \"b\\c~", "\"\\", "a \\x22b\\x5cc~"},
        {"\r\n\x1b\x7f\x80\xff", "", "\\x0d\\x0a\\x1b\\x7f\\x80\\xff"},
        {"Ger\xc3\xa4t \xe2\x82\xac \xf0\x9f\x98\x80", "",
         "Ger\xc3\xa4t \xe2\x82\xac \xf0\x9f\x98\x80"},
        {"\xc2\x9b", "", "\\xc2\\x9b"},          /* CSI of a terminal */
        {"\xe2\x80\xae", "", "\\xe2\\x80\\xae"}, /* right to left */
        {"\xef\xbb\xbf", "", "\\xef\\xbb\\xbf"}, /* takes no room */
        {"\xc0\xaf", "", "\\xc0\\xaf"},          /* overlong */
        {"\xed\xa0\x80", "", "\\xed\\xa0\\x80"}, /* a surrogate */
        {"\xf4\x90\x80\x80", "", "\\xf4\\x90\\x80\\x80"}, /* beyond */
        {"\xc3", "", "\\xc3"},                            /* cut off */
        {"\xe2\x82"
         "a",
         "", "\\xe2\\x82a"},
    };
    fixture_t *f = *state;
    size_t i;

    for (i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        const scep_octets_t text = {(const unsigned char *)cases[i].text,
                                    strlen(cases[i].text)};

        assert_string_equal(scep_visible(f->pool, text, cases[i].specials),
                            cases[i].shown);
    }
    assert_string_equal(
        scep_visible(f->pool, (scep_octets_t){(const unsigned char *)"a\0b", 3},
                     ""),
        "a\\x00b");
}

static void test_cut(void **state)
{
    char out[9];

    (void)state;
    assert_null(scep_cut(out, NULL, 8));
    assert_string_equal(scep_cut(out, "", 8), "");
    assert_string_equal(scep_cut(out, "12345678", 8), "12345678");
    assert_string_equal(scep_cut(out, "123456789", 8), "12345...");
    /* what is cut is no half of a character */
    assert_string_equal(scep_cut(out,
                                 "1234\xc3\xa4"
                                 "789",
                                 8),
                        "1234...");
    assert_string_equal(scep_cut(out,
                                 "123\xc3\xa4"
                                 "6789",
                                 8),
                        "123\xc3\xa4...");
    assert_string_equal(scep_cut(out,
                                 "12\xf0\x9f\x98\x80"
                                 "789",
                                 8),
                        "12...");
    assert_string_equal(scep_cut(out, "\x80\x80\x80\x80\x80", 4), "...");
    assert_string_equal(scep_cut(out, "12345", 4), "1...");
    assert_string_equal(scep_cut(out, "12345", 2), "..");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        FIXTURE_TEST(test_visible),  FIXTURE_TEST(test_hex),
        FIXTURE_TEST(test_hex_into), FIXTURE_TEST(test_unhex),
        FIXTURE_TEST(test_equal),    FIXTURE_TEST(test_hex_round),
        FIXTURE_TEST(test_copy),     FIXTURE_TEST(test_wipe),
        FIXTURE_TEST(test_secret),   FIXTURE_TEST(test_printable),
        FIXTURE_TEST(test_cut),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
