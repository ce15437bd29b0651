/* Licensed under the Apache License, Version 2.0; see LICENSE. */
/* test_form_token.c: tokens of forms. (challenge layer) */
#include "fixture.h"

#include <apr_strings.h>

#include <openssl/hmac.h>

#include "scep_form_token.h"

static const unsigned char key_octets[SCEP_HASH_SIZE] = {1, 2, 3};
static const scep_octets_t key = {key_octets, sizeof(key_octets)};

/* What fails in a wrapped call. */
static bool hmac_fails;
unsigned char *__real_HMAC(const EVP_MD *md, const void *k, int k_len,
                           const unsigned char *data, size_t len,
                           unsigned char *out, unsigned int *out_len);
unsigned char *__wrap_HMAC(const EVP_MD *md, const void *k, int k_len,
                           const unsigned char *data, size_t len,
                           unsigned char *out, unsigned int *out_len);

unsigned char *__wrap_HMAC(const EVP_MD *md, const void *k, int k_len,
                           const unsigned char *data, size_t len,
                           unsigned char *out, unsigned int *out_len)
{
    return hmac_fails ? NULL
                      : __real_HMAC(md, k, k_len, data, len, out, out_len);
}

static bool ok(fixture_t *f, const char *user, const char *token)
{
    return scep_form_token_ok(key, "ca01", user, f->now, token, f->pool);
}

static void test_good_for_its_user_and_scope(void **state)
{
    fixture_t *f = *state;
    const char *token =
        scep_form_token(key, "ca01", "CORP\\alice", f->now, f->pool);

    assert_non_null(token);
    assert_true(ok(f, "CORP\\alice", token));
    assert_false(ok(f, "CORP\\bob", token));
    assert_false(ok(f, "", token));
    assert_false(
        scep_form_token_ok(key, "ca02", "CORP\\alice", f->now, token, f->pool));
}

static void test_good_for_a_time(void **state)
{
    fixture_t *f = *state;
    const char *token = scep_form_token(key, "ca01", "alice", f->now, f->pool);
    apr_time_t made = f->now;

    f->now = made + apr_time_from_sec(SCEP_FORM_TOKEN_SECONDS);
    assert_true(ok(f, "alice", token));
    f->now += apr_time_from_sec(1);
    assert_false(ok(f, "alice", token));
    f->now = made - apr_time_from_sec(60); /* another server's clock */
    assert_true(ok(f, "alice", token));
    f->now -= apr_time_from_sec(1);
    assert_false(ok(f, "alice", token));
}

static void test_good_under_its_key(void **state)
{
    static const unsigned char other_octets[SCEP_HASH_SIZE] = {1, 2, 4};
    const scep_octets_t other = {other_octets, sizeof(other_octets)};
    fixture_t *f = *state;
    const char *token = scep_form_token(key, "ca01", "alice", f->now, f->pool);

    assert_false(
        scep_form_token_ok(other, "ca01", "alice", f->now, token, f->pool));
}

static void test_nothing_else_is_good(void **state)
{
    fixture_t *f = *state;
    const char *token = scep_form_token(key, "ca01", "alice", f->now, f->pool);
    char *changed;
    size_t i;

    for (i = 0; token[i] != '\0'; i++) {
        changed = apr_pstrdup(f->pool, token);
        changed[i] = changed[i] == '0' ? '1' : '0';
        assert_false(ok(f, "alice", changed));
        changed[i] = '\0';
        assert_false(ok(f, "alice", changed));
    }
    assert_false(ok(f, "alice", NULL));
    assert_false(ok(f, "alice", ""));
    assert_false(ok(f, "alice", "-"));
    assert_false(ok(f, "alice", apr_pstrcat(f->pool, " ", token, NULL)));
    assert_false(ok(f, "alice", apr_pstrcat(f->pool, "0", token, NULL)));
    assert_false(ok(f, "alice", apr_pstrcat(f->pool, token, "0", NULL)));
    assert_false(ok(f, "alice", "99999999999999999999999-0"));
}

static void test_fails_closed(void **state)
{
    fixture_t *f = *state;
    const char *token = scep_form_token(key, "ca01", "alice", f->now, f->pool);

    hmac_fails = true;
    assert_null(scep_form_token(key, "ca01", "alice", f->now, f->pool));
    assert_false(ok(f, "alice", token));
    hmac_fails = false;
    assert_true(ok(f, "alice", token));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        FIXTURE_TEST(test_good_for_its_user_and_scope),
        FIXTURE_TEST(test_good_for_a_time),
        FIXTURE_TEST(test_good_under_its_key),
        FIXTURE_TEST(test_nothing_else_is_good),
        FIXTURE_TEST(test_fails_closed),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
