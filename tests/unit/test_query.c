/* Licensed under the Apache License, Version 2.0; see LICENSE. */
/* scep_query.c: what clients put into a URL (Q1-Q4, Q39-Q45, Q56). */
#include "fixture.h"

#include <apr_lib.h>

#include "scep_query.h"

static scep_query_t parse(fixture_t *f, const char *args)
{
    scep_query_t query;

    memset(&query, 0x55, sizeof(query));
    assert_int_equal(scep_query_parse(args, f->pool, &query, &f->res), SCEP_OK);
    assert_non_null(query.message);
    assert_non_null(query.name);
    return query;
}

static void refused(fixture_t *f, const char *args, scep_reason_e reason)
{
    scep_query_t query;

    assert_int_equal(scep_query_parse(args, f->pool, &query, &f->res),
                     SCEP_REFUSED);
    assert_int_equal(f->res.reason, reason);
}

static void test_no_operation(void **state)
{
    static const char *const none[] = {
        NULL, "", "&", "&&", "x=y", "operatio=GetCACaps", "=GetCACaps"};
    size_t i;

    for (i = 0; i < sizeof(none) / sizeof(none[0]); i++) {
        scep_query_t query = parse(*state, none[i]);

        assert_int_equal(query.operation, SCEP_OP_NONE);
        assert_false(query.has_message);
        assert_string_equal(query.message, "");
        assert_string_equal(query.name, "-");
    }
}

static void test_operations(void **state)
{
    static const struct {
        const char *args;
        scep_operation_e operation;
    } rows[] = {
        {"operation=GetCACaps", SCEP_OP_GETCACAPS},
        {"operation=GetCACert&message=0", SCEP_OP_GETCACERT},
        {"operation=GetCACertChain&message=0", SCEP_OP_GETCACERTCHAIN},
        {"operation=GetNextCACert", SCEP_OP_GETNEXTCACERT},
        {"operation=PKIOperation", SCEP_OP_PKIOPERATION},
        {"operation=NDESGenerateChallenge", SCEP_OP_NDES_CHALLENGE},
        {"operation=ndesgetcacertthumbprint", SCEP_OP_NDES_THUMBPRINT},
        {"OPERATION=pkioperation", SCEP_OP_PKIOPERATION},
        {"Operation=GETCACAPS&Message=x", SCEP_OP_GETCACAPS},
        {"%6fperation=%47etCACaps", SCEP_OP_GETCACAPS},
        {"message=x&operation=GetCACert", SCEP_OP_GETCACERT},
        {"&operation=GetCACert&", SCEP_OP_GETCACERT},
        /* a URL with "?", or a query, at its end */
        {"?operation=GetCACert", SCEP_OP_GETCACERT},
        {"???operation=GetCACert", SCEP_OP_GETCACERT},
        {"%3Foperation=GetCACert", SCEP_OP_GETCACERT},
        {"&?operation=GetCACert", SCEP_OP_GETCACERT},
        {"ca=1?operation=GetCACert", SCEP_OP_GETCACERT},
        {"ca=1?Operation=GetCACert?message=x", SCEP_OP_GETCACERT},
        {"message=x&amp;operation=GetCACert", SCEP_OP_GETCACERT},
        {"%20operation%20=%0D%0AGetCACert%0D%0A", SCEP_OP_GETCACERT},
        {"operation=GetCACert/", SCEP_OP_GETCACERT},
        {"operation=GetCACert?", SCEP_OP_GETCACERT},
        {"operation=GetCACert&&operation=getcacert", SCEP_OP_GETCACERT},
        {"operation=&operation=GetCACert&operation", SCEP_OP_GETCACERT},
        /* what is wrong elsewhere does not matter */
        {"%00=1&x=%zz&operation=GetCACert&%=%&y=%0", SCEP_OP_GETCACERT},
    };
    size_t i;

    for (i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        assert_int_equal(parse(*state, rows[i].args).operation,
                         rows[i].operation);
    }
}

static void test_names(void **state)
{
    (void)state;
    assert_string_equal(scep_operation_name(SCEP_OP_NONE), "none");
    assert_string_equal(scep_operation_name(SCEP_OP_GETCACAPS), "GetCACaps");
    assert_string_equal(scep_operation_name(SCEP_OP_GETCACERT), "GetCACert");
    assert_string_equal(scep_operation_name(SCEP_OP_GETCACERTCHAIN),
                        "GetCACertChain");
    assert_string_equal(scep_operation_name(SCEP_OP_GETNEXTCACERT),
                        "GetNextCACert");
    assert_string_equal(scep_operation_name(SCEP_OP_PKIOPERATION),
                        "PKIOperation");
    assert_string_equal(scep_operation_name(SCEP_OP_NDES_CHALLENGE),
                        "NDESGenerateChallenge");
}

static void test_message(void **state)
{
    static const struct {
        const char *args;
        const char *message;
    } rows[] = {
        {"operation=GetCACert&message=CAIdentifier", "CAIdentifier"},
        {"operation=GetCACert&message=SCEP%20Authority", "SCEP Authority"},
        {"operation=GetCACert&message=", ""},
        {"operation=GetCACert&message", ""},
        {"operation=PKIOperation&message=a+b%2Bc d", "a+b+c d"},
        {"operation=PKIOperation&message=MII%0AQQ==", "MII\nQQ=="},
        {"operation=PKIOperation&message=MIIQQ%3d%3D", "MIIQQ=="},
        {"operation=GetCACert&message=a%26b%3Dc", "a&b=c"},
        {"operation=GetCACert?message=a", "a"},
        {"??operation=GetCACert&?message=a", "a"},
        {"message=&operation=GetCACert&message=a", "a"},
        {"message=a&operation=GetCACert&message=a&message=", "a"},
        {"operation=GetCACert&message=what?", "what?"},
        {"operation=GetCACert&message=a?b=c", "a?b=c"},
    };
    size_t i;

    for (i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        scep_query_t query = parse(*state, rows[i].args);

        assert_true(query.has_message);
        assert_string_equal(query.message, rows[i].message);
    }
    assert_false(parse(*state, "operation=GetCACert").has_message);
}

static void test_others_are_ignored(void **state)
{
    scep_query_t query =
        parse(*state, "a=1&a=2&operation=GetCACaps&messages=x&_=%41&flag");

    assert_int_equal(query.operation, SCEP_OP_GETCACAPS);
    assert_false(query.has_message);
}

static void test_malformed(void **state)
{
    static const char *const bad[] = {
        "operation=GetCACaps&message=%",
        "operation=GetCACaps&message=%4",
        "operation=GetCACaps&message=%4&x=1", /* not across the '&' */
        "operation=GetCACaps&message=%G0",
        "operation=GetCACaps&message=%00",
        "operation=GetCACaps%00&message=x",
        "operation=PKIOperation&message=QUJD%00QUJD",
        "operation=GetCACaps&Operation=PKIOperation",
        "operation=GetCACaps?operation=PKIOperation",
        "operation=GetCACaps&%3foperation=PKIOperation",
        "operation=GetCACaps&amp;operation=PKIOperation",
        "operation=GetCACaps&operation=&operation=PKIOperation",
        "message=a&operation=GetCACert&message=b",
        "message=a&operation=GetCACert?message=A",
    };
    size_t i;

    for (i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
        refused(*state, bad[i], SCEP_R_QUERY);
    }
}

/* The log says that it was cut off, where it ends. */
static void test_cut_off_escape(void **state)
{
    fixture_t *f = *state;

    refused(f, "operation=PKIOperation&message=MII%2", SCEP_R_QUERY);
    assert_non_null(strstr(f->res.detail, "incomplete"));
    refused(f, "operation=PKIOperation&message=MII%", SCEP_R_QUERY);
    assert_non_null(strstr(f->res.detail, "incomplete"));
    refused(f, "operation=PKIOperation&message=%zzII", SCEP_R_QUERY);
    assert_null(strstr(f->res.detail, "incomplete"));
}

static void test_unknown_operation(void **state)
{
    fixture_t *f = *state;
    scep_query_t query;

    refused(f, "operation=", SCEP_R_OPERATION);
    refused(f, "operation", SCEP_R_OPERATION);
    refused(f, "operation=GetCACapsX", SCEP_R_OPERATION);
    refused(f, "operation=GetCACap", SCEP_R_OPERATION);
    refused(f, "operation=GetCACaps+", SCEP_R_OPERATION);
    refused(f, "operation=NDESGenerate", SCEP_R_OPERATION);
    /* What goes to the log has been defused and cut. */
    assert_int_equal(
        scep_query_parse("operation=a%0Ab%22", f->pool, &query, &f->res),
        SCEP_REFUSED);
    assert_string_equal(query.name, "a\\x0ab\\x22");
    assert_string_equal(f->res.detail, "unknown operation \"a\\x0ab\\x22\"");
    assert_int_equal(
        scep_query_parse(apr_pstrcat(f->pool, "operation=",
                                     apr_psprintf(f->pool, "%0200d", 1), NULL),
                         f->pool, &query, &f->res),
        SCEP_REFUSED);
    assert_int_equal(strlen(query.name), 64);
}

static scep_octets_t decode(fixture_t *f, const char *text)
{
    scep_octets_t der = {NULL, 0};

    assert_int_equal(scep_query_message(text, 4096, f->pool, &der, &f->res),
                     SCEP_OK);
    return der;
}

static void decodes(fixture_t *f, const char *text, const char *to)
{
    scep_octets_t der = decode(f, text);

    assert_int_equal(der.len, strlen(to));
    assert_memory_equal(der.data, to, der.len);
}

static void test_base64(void **state)
{
    decodes(*state, "QQ==", "A");
    decodes(*state, "QUI=", "AB");
    decodes(*state, "QUJD", "ABC");
    decodes(*state, "QUJDRA==", "ABCD");
    decodes(*state, "Pj4+Pz8/fn5+", ">>>???~~~");
}

/* Q1-Q4, and what shows up when they are combined. */
static void test_lenient(void **state)
{
    fixture_t *f = *state;
    static const unsigned char all_ones[] = {0xfb, 0xef, 0xbe,
                                             0xff, 0xff, 0xff};
    static const char *const forms[] = {
        "++++////", "----____", "+-+-/_/_", "    ////", "\n+\r\n++\t+////\r\n",
    };
    size_t i;

    for (i = 0; i < sizeof(forms) / sizeof(forms[0]); i++) {
        scep_octets_t der = decode(f, forms[i]);

        assert_int_equal(der.len, sizeof(all_ones));
        assert_memory_equal(der.data, all_ones, sizeof(all_ones));
    }
    decodes(f, "QQ", "A");     /* padding left out */
    decodes(f, "QUI", "AB");   /* likewise */
    decodes(f, "QQ==\n", "A"); /* Cisco ends with a line break */
    decodes(f, "QQ=\n=\n", "A");
    decodes(f, "QQ==  ", "A");
    decodes(f, "QQ= = ", "A");
    decodes(f, "Q%51==", "A"); /* encoded once more */
    decodes(f, "QUJD%0A", "ABC");
    decodes(f, "QR==", "A"); /* bits that mean nothing */
    decodes(f, "QUJ", "AB");
}

static void test_not_base64(void **state)
{
    fixture_t *f = *state;
    static const char *const bad[] = {
        "Q",      "QUJDR",    "QUJDRQ=", "QUI==",     "QUJD=",
        "QUJD==", "QUJD====", "QQ===",   "=",         "==",
        "=QQ=",   "QQ==QQ==", "QQ==Q",   "Q%5",       "QU!D",
        "QUJD.",  "QUJD%0",   "QU\x80G", "QU,D",      "QU\vD",
        "QU\fD",  "Q\x01QQ",  "~~~~",    "QUJD&QUJD", "\xc3\x84QUI",
    };
    size_t i;

    for (i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
        scep_octets_t der = {NULL, 0};

        assert_int_equal(
            scep_query_message(bad[i], 4096, f->pool, &der, &f->res),
            SCEP_REFUSED);
        assert_int_equal(f->res.reason, SCEP_R_BASE64);
        assert_null(der.data);
    }
}

/* Every character on its own, against the two alphabets. */
static void test_alphabet(void **state)
{
    fixture_t *f = *state;
    int c;

    for (c = 1; c < 256; c++) {
        const char text[] = {'Q', 'U', (char)c, 'D', '\0'};
        scep_octets_t der = {NULL, 0};
        bool digit = c < 128 && (apr_isalnum(c) || strchr("+/-_ ", c) != NULL);
        bool skipped = strchr("\r\n\t", c) != NULL;

        assert_int_equal(scep_query_message(text, 4096, f->pool, &der, &f->res),
                         digit || skipped ? SCEP_OK : SCEP_REFUSED);
        assert_int_equal(der.len, digit ? 3 : skipped ? 2 : 0);
    }
}

/* A SEQUENCE of 300 octets, cut off after so many. */
static void test_cut_off(void **state)
{
    fixture_t *f = *state;
    char text[401];
    scep_octets_t der;
    size_t len;

    memset(text, 'A', sizeof(text));
    memcpy(text, "MIIBKAAA", 8);
    for (len = 9; len < 400; len += 4) { /* by one digit too many */
        text[len] = '\0';
        assert_int_equal(scep_query_message(text, 4096, f->pool, &der, &f->res),
                         SCEP_REFUSED);
        assert_int_equal(f->res.reason, SCEP_R_BASE64);
        assert_non_null(strstr(
            f->res.detail, apr_psprintf(f->pool, "incomplete: %d of 300 octets",
                                        (int)(len / 4 * 3))));
        text[len] = 'A';
    }
}

static void test_no_message(void **state)
{
    fixture_t *f = *state;
    static const char *const empty[] = {NULL, "", "\n", "\r\n\t"};
    size_t i;

    for (i = 0; i < sizeof(empty) / sizeof(empty[0]); i++) {
        scep_octets_t der;

        assert_int_equal(
            scep_query_message(empty[i], 4096, f->pool, &der, &f->res),
            SCEP_REFUSED);
        assert_int_equal(f->res.reason, SCEP_R_NO_MESSAGE);
    }
}

static void test_limit(void **state)
{
    fixture_t *f = *state;
    scep_octets_t der;
    size_t len;

    /* Lengths that end in each kind of padding. */
    for (len = 1; len <= 9; len++) {
        const char *text =
            apr_pstrmemdup(f->pool, "QUJDREVGR0hJ", (len * 8 + 5) / 6);

        assert_int_equal(scep_query_message(text, len, f->pool, &der, &f->res),
                         SCEP_OK);
        assert_int_equal(der.len, len);
        assert_int_equal(
            scep_query_message(text, len - 1, f->pool, &der, &f->res),
            SCEP_REFUSED);
        assert_int_equal(f->res.reason, SCEP_R_TOO_LARGE);
        assert_int_equal(f->res.http_status, 413);
    }
}

/* A message of all octet values, through the query as Cisco sends it. */
static void test_whole_way(void **state)
{
    fixture_t *f = *state;
    const char *args = "operation=PKIOperation&message="
                       "AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8gISIjJCUm"
                       "JygpKissLS4v%0A"
                       "MDEyMzQ1Njc4OTo7PD0+Pw%3D%3D%0A";
    scep_octets_t der = decode(f, parse(f, args).message);
    size_t i;

    assert_int_equal(der.len, 64);
    for (i = 0; i < der.len; i++) {
        assert_int_equal(der.data[i], i);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        FIXTURE_TEST(test_no_operation),
        FIXTURE_TEST(test_operations),
        FIXTURE_TEST(test_names),
        FIXTURE_TEST(test_message),
        FIXTURE_TEST(test_others_are_ignored),
        FIXTURE_TEST(test_malformed),
        FIXTURE_TEST(test_cut_off_escape),
        FIXTURE_TEST(test_unknown_operation),
        FIXTURE_TEST(test_base64),
        FIXTURE_TEST(test_lenient),
        FIXTURE_TEST(test_not_base64),
        FIXTURE_TEST(test_alphabet),
        FIXTURE_TEST(test_cut_off),
        FIXTURE_TEST(test_no_message),
        FIXTURE_TEST(test_limit),
        FIXTURE_TEST(test_whole_way),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
