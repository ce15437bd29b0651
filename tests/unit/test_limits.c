/* Licensed under the Apache License, Version 2.0; see LICENSE. */
/* test_limits.c: limits as JSON, and requests that keep or break them. */
#include "enroll_fixture.h"

#include <openssl/x509v3.h>

#include "scep_limits.h"

static const scep_limits_t *parse(enroll_fixture_t *f, const char *text)
{
    const char *error = NULL;
    const scep_limits_t *limits = scep_limits_parse(f->base.pool, text, &error);

    if (limits == NULL) {
        fail_msg("%s: %s", text, error);
    }
    return limits;
}

static scep_csr_t *csr_of(enroll_fixture_t *f, const char *cn, const char *san)
{
    scep_csr_t *csr;
    scep_octets_t der = enroll_csr(f, f->device.key, cn, "x");
    X509_EXTENSION *extension;

    enroll_reset_result(f);
    assert_int_equal(scep_csr_parse(der, f->policy.algs, 2048, f->base.pool,
                                    &csr, &f->base.res),
                     SCEP_OK);
    if (san != NULL) {
        extension = X509V3_EXT_conf_nid(NULL, NULL, NID_subject_alt_name, san);
        assert_non_null(extension);
        csr->extensions = sk_X509_EXTENSION_new_null();
        assert_true(sk_X509_EXTENSION_push(csr->extensions, extension) > 0);
    }
    return csr;
}

/* 0, or the number of the reason */
static unsigned int judge(enroll_fixture_t *f, const char *limits,
                          const char *cn, const char *san)
{
    scep_csr_t *csr = csr_of(f, cn, san);
    scep_status_e status =
        scep_limits_check(parse(f, limits), &f->req, csr, &f->base.res);

    if (san != NULL) {
        sk_X509_EXTENSION_pop_free(csr->extensions, X509_EXTENSION_free);
    }
    assert_int_equal(status, f->base.res.status);
    return status == SCEP_OK ? 0 : f->base.res.log_number;
}

static void test_text_is_canonical(void **state)
{
    enroll_fixture_t *f = *state;
    const scep_limits_t *limits =
        parse(f, " {\"subject\": \"CN=a\",\n \"networks\": [\"10.0.0.0/8\"],"
                 "\"profile\":\"device\"}");

    assert_string_equal(scep_limits_text(limits),
                        "{\"networks\":[\"10.0.0.0/8\"],"
                        "\"profile\":\"device\",\"subject\":\"CN=a\"}");
    assert_string_equal(scep_limits_profile(limits), "device");
    assert_null(scep_limits_profile(parse(f, "{}")));
    assert_string_equal(scep_limits_text(parse(f, "{}")), "{}");
}

/* A typing error never widens. */
static void test_malformed(void **state)
{
    static const char *const bad[] = {
        "",
        "[]",
        "{",
        "{\"Subject\":\"CN=a\"}",
        "{\"subject\":\"CN=a\",\"uses\":2}",
        "{\"subject\":null}",
        "{\"subject\":\"a\"}",
        "{\"subject\":\"CN=a\",\"subject\":\"*\"}",
        "{\"subjectAltNames\":\"DNS:a\"}",
        "{\"subjectAltNames\":[\"a\"]}",
        "{\"subjectAltNames\":[\"DNS:\"]}",
        "{\"subjectAltNames\":[\"dirName:a\"]}",
        "{\"subjectAltNames\":[\"IP:host\"]}",
        "{\"subjectAltNames\":[1]}",
        "{\"networks\":[]}",
        "{\"networks\":[\"10\"]}",
        "{\"networks\":\"10.0.0.0/8\"}",
        "{\"profile\":1}",
    };
    enroll_fixture_t *f = *state;
    char *text = apr_palloc(f->base.pool, SCEP_MAX_LIMITS + 2);
    const char *error;
    size_t i;

    for (i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
        error = NULL;
        if (scep_limits_parse(f->base.pool, bad[i], &error) != NULL) {
            fail_msg("%s", bad[i]);
        }
        assert_non_null(error);
    }
    memset(text, ' ', SCEP_MAX_LIMITS + 1);
    memcpy(text, "{}", 2);
    text[SCEP_MAX_LIMITS + 1] = '\0';
    assert_null(scep_limits_parse(f->base.pool, text, &error));
    text[SCEP_MAX_LIMITS] = '\0';
    assert_non_null(scep_limits_parse(f->base.pool, text, &error));
}

/* SCEP0190 */
static void test_subject(void **state)
{
    enroll_fixture_t *f = *state;

    assert_int_equal(judge(f, "{}", "any", "DNS:any"), 0);
    assert_int_equal(judge(f, "{\"subject\":\"CN=dev-1\"}", "dev-1", NULL), 0);
    assert_int_equal(judge(f, "{\"subject\":\"CN=dev-1\"}", "dev-2", NULL),
                     190);
    assert_string_equal(f->base.res.public_text, SCEP_TEXT_NO_AUTH);
    assert_non_null(strstr(f->base.res.detail, "CN=dev-1"));
    assert_non_null(strstr(f->base.res.detail, "CN=dev-2"));
    assert_int_equal(judge(f, "{\"subject\":\"CN=dev-*\"}", "dev-2", NULL), 0);
    assert_int_equal(judge(f, "{\"subject\":\"CN=dev-*,O=a\"}", "dev-2", NULL),
                     190);
    /* alternative names alone: no subject is allowed */
    assert_int_equal(judge(f, "{\"subjectAltNames\":[\"*\"]}", "a", NULL), 190);
}

/* SCEP0191 */
static void test_alt_names(void **state)
{
    static const char limits[] =
        "{\"subject\":\"*\",\"subjectAltNames\":[\"DNS:*.example.com\","
        "\"ip:192.0.2.0/24\",\"email:*@example.com\",\"URI:https://a/*\","
        "\"UPN:dev@example.com\"]}";
    static const struct {
        const char *san;
        unsigned int reason;
    } rows[] = {
        {NULL, 0},
        {"DNS:a.example.com", 0},
        {"DNS:A.EXAMPLE.COM,IP:192.0.2.9,email:x@example.com", 0},
        {"URI:https://a/b", 0},
        {"otherName:1.3.6.1.4.1.311.20.2.3;UTF8:dev@example.com", 0},
        {"DNS:a.b.example.com", 191},
        {"DNS:*.example.com", 191},
        {"DNS:a.example.com,DNS:example.com", 191},
        {"IP:192.0.3.9", 191},
        {"email:a.example.com", 191},
        {"URI:https://a/b/c", 191},
        {"otherName:1.3.6.1.4.1.311.20.2.3;UTF8:root@example.com", 191},
        {"RID:1.2.3", 191},
    };
    enroll_fixture_t *f = *state;
    size_t i;

    for (i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        if (judge(f, limits, "dev", rows[i].san) != rows[i].reason) {
            fail_msg("%s", rows[i].san);
        }
    }
    /* a subject alone: no alternative name is allowed */
    assert_int_equal(
        judge(f, "{\"subject\":\"CN=dev\"}", "dev", "DNS:a.example.com"), 191);
    assert_int_equal(
        judge(f, "{\"subject\":\"CN=dev\",\"subjectAltNames\":[\"*\"]}", "dev",
              "DNS:a.example.com,RID:1.2.3"),
        0);
    assert_int_equal(judge(f, "{\"subject\":\"CN=dev\",\"subjectAltNames\":[]}",
                           "dev", "DNS:a.example.com"),
                     191);
}

/* SCEP0192 */
static void test_network(void **state)
{
    static const char limits[] =
        "{\"networks\":[\"198.51.100.0/24\",\"2001:db8::/32\"]}";
    enroll_fixture_t *f = *state;

    assert_int_equal(judge(f, limits, "dev", "DNS:a"), 192);
    f->req.peer = "198.51.100.7";
    assert_int_equal(judge(f, limits, "dev", "DNS:a"), 0);
    f->req.peer = "2001:db8::7";
    assert_int_equal(judge(f, limits, "dev", NULL), 0);
    f->req.peer = "198.51.101.7";
    assert_int_equal(judge(f, limits, "dev", NULL), 192);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        ENROLL_TEST(test_text_is_canonical), ENROLL_TEST(test_malformed),
        ENROLL_TEST(test_subject),           ENROLL_TEST(test_alt_names),
        ENROLL_TEST(test_network),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
