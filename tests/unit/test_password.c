/* Licensed under the Apache License, Version 2.0; see LICENSE. */
/*
 * test_password.c: making and hashing passwords. (challenge layer)
 */
#include "fixture.h"

#include <openssl/hmac.h>
#include <openssl/rand.h>

#include "scep_password.h"

int __real_RAND_priv_bytes(unsigned char *out, int len);
int __wrap_RAND_priv_bytes(unsigned char *out, int len);
unsigned char *__real_HMAC(const EVP_MD *md, const void *key, int key_len,
                           const unsigned char *data, size_t len,
                           unsigned char *out, unsigned int *out_len);
unsigned char *__wrap_HMAC(const EVP_MD *md, const void *key, int key_len,
                           const unsigned char *data, size_t len,
                           unsigned char *out, unsigned int *out_len);

static bool openssl_fails;

int __wrap_RAND_priv_bytes(unsigned char *out, int len)
{
    return openssl_fails ? 0 : __real_RAND_priv_bytes(out, len);
}

unsigned char *__wrap_HMAC(const EVP_MD *md, const void *key, int key_len,
                           const unsigned char *data, size_t len,
                           unsigned char *out, unsigned int *out_len)
{
    return openssl_fails
               ? NULL
               : __real_HMAC(md, key, key_len, data, len, out, out_len);
}

static const unsigned char key_a[SCEP_PASSWORD_KEY_SIZE] = {1, 2, 3};
static const unsigned char key_b[SCEP_PASSWORD_KEY_SIZE] = {1, 2, 4};
static const scep_octets_t key = {key_a, sizeof(key_a)};

static bool same(const char *a, const char *b)
{
    unsigned char hash_a[SCEP_HASH_SIZE], hash_b[SCEP_HASH_SIZE];

    assert_true(scep_password_hash(key, "scope", a, hash_a));
    assert_true(scep_password_hash(key, "scope", b, hash_b));
    return memcmp(hash_a, hash_b, sizeof(hash_a)) == 0;
}

static void test_new_is_upper_case_hex(void **state)
{
    fixture_t *f = *state;
    size_t length;

    for (length = SCEP_PASSWORD_MIN_LENGTH; length <= SCEP_PASSWORD_MAX_LENGTH;
         length++) {
        const char *password = scep_password_new(f->pool, length);

        assert_non_null(password);
        assert_int_equal(strlen(password), 2 * length);
        assert_int_equal(strspn(password, "0123456789ABCDEF"), 2 * length);
    }
}

static void test_new_never_repeats(void **state)
{
    fixture_t *f = *state;
    const char *passwords[100];
    int i, j;

    for (i = 0; i < 100; i++) {
        passwords[i] = scep_password_new(f->pool, SCEP_PASSWORD_MIN_LENGTH);
        for (j = 0; j < i; j++) {
            assert_string_not_equal(passwords[i], passwords[j]);
        }
    }
}

static void test_new_refuses_length(void **state)
{
    fixture_t *f = *state;

    assert_null(scep_password_new(f->pool, SCEP_PASSWORD_MIN_LENGTH - 1));
    assert_null(scep_password_new(f->pool, SCEP_PASSWORD_MAX_LENGTH + 1));
    assert_null(scep_password_new(f->pool, 0));
}

static void test_new_without_randomness(void **state)
{
    fixture_t *f = *state;

    openssl_fails = true;
    assert_null(scep_password_new(f->pool, SCEP_PASSWORD_MIN_LENGTH));
    openssl_fails = false;
}

/* A cleanup that was registered before the password's runs after it, while
 * the memory can still be read. */
typedef struct look_t {
    const char *password;
    bool wiped;
} look_t;

static apr_status_t look(void *baton)
{
    look_t *l = baton;
    size_t i;

    l->wiped = true;
    for (i = 0; i < 32; i++) {
        l->wiped = l->wiped && l->password[i] == '\0';
    }
    return APR_SUCCESS;
}

static void test_new_is_wiped_with_pool(void **state)
{
    fixture_t *f = *state;
    look_t l = {NULL, false};
    apr_pool_t *pool;

    assert_int_equal(apr_pool_create(&pool, f->pool), APR_SUCCESS);
    apr_pool_cleanup_register(pool, &l, look, apr_pool_cleanup_null);
    l.password = scep_password_new(pool, 16);
    assert_non_null(l.password);
    apr_pool_destroy(pool);
    assert_true(l.wiped);
}

static void test_hash_is_hmac_of_scope_and_password(void **state)
{
    static const unsigned char message[] = "scope\0ABCDEF0123456789";
    unsigned char expected[SCEP_HASH_SIZE], hash[SCEP_HASH_SIZE];

    (void)state;
    assert_non_null(__real_HMAC(EVP_sha256(), key_a, sizeof(key_a), message,
                                sizeof(message) - 1, expected, NULL));
    assert_true(scep_password_hash(key, "scope", "ABCDEF0123456789", hash));
    assert_memory_equal(hash, expected, sizeof(hash));
}

static void test_hash_depends_on_key_and_scope(void **state)
{
    unsigned char a[SCEP_HASH_SIZE], b[SCEP_HASH_SIZE];

    (void)state;
    assert_true(scep_password_hash(key, "scope", "1234", a));
    assert_true(scep_password_hash((scep_octets_t){key_b, sizeof(key_b)},
                                   "scope", "1234", b));
    assert_memory_not_equal(a, b, sizeof(a));
    assert_true(scep_password_hash(key, "scop", "1234", b));
    assert_memory_not_equal(a, b, sizeof(a));
    assert_true(scep_password_hash(key, "scope1", "234", b));
    assert_memory_not_equal(a, b, sizeof(a));
}

static void test_hex_is_forgiving(void **state)
{
    (void)state;
    assert_true(same("ABCDEF0123456789", "abcdef0123456789"));
    assert_true(same("ABCDEF0123456789", "AbCdEf0123456789"));
    assert_true(same("ABCDEF0123456789", " \tabcdef0123456789\r\n"));
    assert_false(same("ABCDEF0123456789", "ABCDEF0123456780"));
    assert_false(same("ABCDEF0123456789", "ABCDEF01 23456789"));
    assert_false(same("ABCD", "0ABCD"));
}

static void test_other_text_is_exact(void **state)
{
    (void)state;
    assert_false(same("secret", "Secret"));
    assert_false(same("secret", " secret"));
    assert_false(same("secret", "secret "));
    assert_false(same("abcdefg", "ABCDEFG"));
    assert_false(same("", " "));
    assert_true(same("p\303\244ss", "p\303\244ss"));
}

static void test_hash_of_long_password(void **state)
{
    fixture_t *f = *state;
    char *password = apr_palloc(f->pool, SCEP_MAX_CHALLENGE + 1);
    unsigned char hash[SCEP_HASH_SIZE];

    memset(password, 'x', SCEP_MAX_CHALLENGE);
    password[SCEP_MAX_CHALLENGE] = '\0';
    assert_true(scep_password_hash(key, "scope", password, hash));
}

static void test_hash_refuses_bad_key_and_failure(void **state)
{
    unsigned char hash[SCEP_HASH_SIZE];

    (void)state;
    assert_false(scep_password_hash((scep_octets_t){NULL, 0}, "s", "p", hash));
    assert_false(scep_password_hash((scep_octets_t){key_a, sizeof(key_a) - 1},
                                    "s", "p", hash));
    openssl_fails = true;
    assert_false(scep_password_hash(key, "s", "p", hash));
    openssl_fails = false;
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        FIXTURE_TEST(test_new_is_upper_case_hex),
        FIXTURE_TEST(test_new_never_repeats),
        FIXTURE_TEST(test_new_refuses_length),
        FIXTURE_TEST(test_new_without_randomness),
        FIXTURE_TEST(test_new_is_wiped_with_pool),
        FIXTURE_TEST(test_hash_is_hmac_of_scope_and_password),
        FIXTURE_TEST(test_hash_depends_on_key_and_scope),
        FIXTURE_TEST(test_hex_is_forgiving),
        FIXTURE_TEST(test_other_text_is_exact),
        FIXTURE_TEST(test_hash_of_long_password),
        FIXTURE_TEST(test_hash_refuses_bad_key_and_failure),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
