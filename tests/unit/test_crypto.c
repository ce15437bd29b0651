/* Licensed under the Apache License, Version 2.0; see LICENSE. */
/* scep_crypto.c: objects owned by pools, the error queue, hashes, names as
 * text. */
#include "fixture_certs.h"

#include <limits.h>

#include <openssl/bn.h>
#include <openssl/err.h>
#include <openssl/rand.h>

static int fail_random;

int __real_RAND_bytes(unsigned char *buf, int num);
int __wrap_RAND_bytes(unsigned char *buf, int num);
int __real_RAND_priv_bytes(unsigned char *buf, int num);
int __wrap_RAND_priv_bytes(unsigned char *buf, int num);

int __wrap_RAND_bytes(unsigned char *buf, int num)
{
    return fail_random == 1 ? -1 : __real_RAND_bytes(buf, num);
}

int __wrap_RAND_priv_bytes(unsigned char *buf, int num)
{
    return fail_random == 2 ? 0 : __real_RAND_priv_bytes(buf, num);
}

static scep_octets_t octets(const char *text)
{
    return (scep_octets_t){(const unsigned char *)text, strlen(text)};
}

static void is_hex(fixture_t *f, const unsigned char *data, size_t len,
                   const char *expected)
{
    assert_string_equal(scep_hex_lower(f->pool, data, len), expected);
}

static void note(void *object)
{
    char **at = object;

    *(*at)++ = '.';
}

/* Freed once, and with the pool; a missing object has no owner. */
static void test_own(void **state)
{
    fixture_t *f = *state;
    char calls[4] = "";
    char *at = calls;
    apr_pool_t *pool;

    apr_pool_create(&pool, f->pool);
    assert_ptr_equal(scep_own(pool, &at, note), &at);
    assert_null(scep_own(pool, NULL, note));
    assert_string_equal(calls, "");
    apr_pool_clear(pool);
    assert_string_equal(calls, ".");
    apr_pool_destroy(pool);
    assert_string_equal(calls, ".");
}

/* Leaks and double frees show under ASan and valgrind. */
static void test_owners(void **state)
{
    fixture_t *f = *state;
    apr_pool_t *pool;
    X509 *cert = X509_new();
    scep_certs_t *certs = sk_X509_new_null();

    apr_pool_create(&pool, f->pool);
    assert_non_null(scep_bio_own(pool, BIO_new(BIO_s_mem())));
    assert_non_null(scep_cms_own(pool, CMS_ContentInfo_new()));
    assert_non_null(scep_pkcs7_own(pool, PKCS7_new()));
    assert_non_null(scep_x509_req_own(pool, X509_REQ_new()));
    assert_non_null(scep_pkey_own(pool, EVP_PKEY_new()));
    assert_non_null(scep_libctx_own(pool, OSSL_LIB_CTX_new()));
    assert_ptr_equal(scep_x509_own(pool, cert), cert);
    assert_int_equal(X509_up_ref(cert), 1);
    assert_int_equal(sk_X509_push(certs, cert), 1);
    assert_ptr_equal(scep_x509s_own(pool, certs), certs);
    assert_null(scep_bio_own(pool, NULL));
    assert_null(scep_x509_own(pool, NULL));
    assert_null(scep_x509s_own(pool, NULL));
    apr_pool_destroy(pool);
}

static void test_errors(void **state)
{
    fixture_t *f = *state;
    const char *text, *p;
    int i, count = 1;

    scep_crypto_clear_errors();
    assert_string_equal(scep_crypto_errors(f->pool), "");
    for (i = 0; i < 6; i++) {
        ERR_raise(ERR_LIB_USER, ERR_R_INTERNAL_ERROR);
    }
    text = scep_crypto_errors(f->pool);
    for (p = text; (p = strstr(p, "; ")) != NULL; p += 2) {
        count++;
    }
    assert_int_equal(count, 4);
    assert_int_equal(strncmp(text, "error:", 6), 0);
    assert_int_equal(ERR_peek_error(), 0);
    ERR_raise(ERR_LIB_USER, ERR_R_INTERNAL_ERROR);
    assert_null(strstr(scep_crypto_errors(f->pool), "; "));
    ERR_raise(ERR_LIB_USER, ERR_R_INTERNAL_ERROR);
    scep_crypto_clear_errors();
    assert_string_equal(scep_crypto_errors(f->pool), "");
}

static void test_random(void **state)
{
    unsigned char a[16] = {0}, b[16] = {0}, zero[16] = {0};

    (void)state;
    assert_true(scep_random(a, sizeof(a), false));
    assert_true(scep_random(b, sizeof(b), true));
    assert_memory_not_equal(a, zero, sizeof(a));
    assert_memory_not_equal(b, zero, sizeof(b));
    assert_memory_not_equal(a, b, sizeof(a));
    assert_false(scep_random(a, (size_t)INT_MAX + 1, false));
    fail_random = 1;
    assert_false(scep_random(a, sizeof(a), false));
    assert_true(scep_random(a, sizeof(a), true));
    fail_random = 2;
    assert_false(scep_random(a, sizeof(a), true));
    fail_random = 0;
}

/* FIPS 180-4 and RFC 1321 examples. */
static void test_hashes(void **state)
{
    fixture_t *f = *state;
    unsigned char out[EVP_MAX_MD_SIZE];

    assert_true(scep_sha256(octets("abc"), out));
    is_hex(f, out, SCEP_HASH_SIZE,
           "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad");
    assert_true(scep_sha256((scep_octets_t){NULL, 0}, out));
    is_hex(f, out, SCEP_HASH_SIZE,
           "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855");
    assert_int_equal(scep_digest("MD5", octets("abc"), out), 16);
    is_hex(f, out, 16, "900150983cd24fb0d6963f7d28e17f72");
    assert_int_equal(scep_digest("SHA1", octets("abc"), out), 20);
    is_hex(f, out, 20, "a9993e364706816aba3e25717850c26c9cd0d89d");
    assert_int_equal(scep_digest("SHA512", octets(""), out), 64);
    assert_int_equal(scep_digest("no such digest", octets(""), out), 0);
    scep_crypto_clear_errors();
}

/* RFC 4231 test cases 1, 2 and 6. */
static void test_hmac(void **state)
{
    fixture_t *f = *state;
    unsigned char out[SCEP_HASH_SIZE], key[131];

    memset(key, 0x0b, 20);
    assert_true(scep_hmac((scep_octets_t){key, 20}, octets("Hi There"), out));
    is_hex(f, out, sizeof(out),
           "b0344c61d8db38535ca8afceaf0bf12b881dc200c9833da726e9376c2e32cff7");
    assert_true(
        scep_hmac(octets("Jefe"), octets("what do ya want for nothing?"), out));
    is_hex(f, out, sizeof(out),
           "5bdcc146bf60754e6a042426089575c75a003f089d2739839dec58b964ec3843");
    memset(key, 0xaa, 131);
    assert_true(scep_hmac(
        (scep_octets_t){key, 131},
        octets("Test Using Larger Than Block-Size Key - Hash Key First"), out));
    is_hex(f, out, sizeof(out),
           "60e431591ee0b67f0d8a26aacbf5b77f8e0bc6213728c5140546040f0ee37f54");
    assert_true(
        scep_hmac((scep_octets_t){key, 131}, (scep_octets_t){NULL, 0}, out));
    /* A key that is not there must not go unnoticed. */
    assert_false(scep_hmac((scep_octets_t){NULL, 0}, octets("Hi There"), out));
    scep_crypto_clear_errors();
    assert_false(
        scep_hmac((scep_octets_t){key, (size_t)INT_MAX + 1}, octets(""), out));
}

/* Of the public key alone: the same for the pair and for its certificate. */
static void test_key_hash(void **state)
{
    fixture_t *f = *state;
    scep_keypair_t pair = certs_pair(f, "device", "x", NULL);
    scep_keypair_t other = certs_pair(f, "P-256", "x", NULL);
    unsigned char a[SCEP_HASH_SIZE], b[SCEP_HASH_SIZE];
    unsigned char *spki = NULL;
    int len = i2d_PUBKEY(pair.key, &spki);
    EVP_PKEY *empty = scep_pkey_own(f->pool, EVP_PKEY_new());

    assert_true(len > 0);
    assert_true(scep_sha256((scep_octets_t){spki, (size_t)len}, b));
    OPENSSL_free(spki);
    assert_true(scep_key_hash(pair.key, a));
    assert_memory_equal(a, b, sizeof(a));
    assert_true(scep_key_hash(X509_get0_pubkey(pair.cert), b));
    assert_memory_equal(a, b, sizeof(a));
    assert_true(scep_key_hash(other.key, b));
    assert_memory_not_equal(a, b, sizeof(a));
    assert_false(scep_key_hash(empty, a));
    scep_crypto_clear_errors();
}

/* The same key as OpenSSL's decoders give. */
static void test_rsa_public_key(void **state)
{
    fixture_t *f = *state;
    scep_keypair_t pair = certs_pair(f, "device", "x", NULL);
    unsigned char a[SCEP_HASH_SIZE], b[SCEP_HASH_SIZE];
    const unsigned char *at = NULL;
    unsigned char *more;
    EVP_PKEY *key;
    int len = 0;

    assert_int_equal(X509_PUBKEY_get0_param(NULL, &at, &len, NULL,
                                            X509_get_X509_PUBKEY(pair.cert)),
                     1);
    key = scep_rsa_public_key(f->pool, (scep_octets_t){at, (size_t)len});
    assert_non_null(key);
    assert_int_equal(EVP_PKEY_eq(key, pair.key), 1);
    assert_int_equal(X509_verify(pair.cert, key), 1);
    assert_true(scep_key_hash(key, a) && scep_key_hash(pair.key, b));
    assert_memory_equal(a, b, sizeof(a));

    more = apr_pcalloc(f->pool, (apr_size_t)len + 1);
    memcpy(more, at, (size_t)len);
    assert_null(
        scep_rsa_public_key(f->pool, (scep_octets_t){more, (size_t)len + 1}));
    assert_null(
        scep_rsa_public_key(f->pool, (scep_octets_t){more, (size_t)len - 1}));
    assert_null(scep_rsa_public_key(f->pool, (scep_octets_t){NULL, 0}));
    scep_crypto_clear_errors();
}

static void test_der_of(void **state)
{
    fixture_t *f = *state;
    X509 *cert = certs_pair(f, "P-256", "x", NULL).cert;
    X509_NAME *name = X509_get_subject_name(cert);
    scep_octets_t der = scep_der_of(f->pool, name, ASN1_ITEM_rptr(X509_NAME));
    X509 *empty = scep_x509_own(f->pool, X509_new());
    const unsigned char *expected;
    size_t len;

    assert_int_equal(X509_NAME_get0_der(name, &expected, &len), 1);
    assert_int_equal(der.len, len);
    assert_memory_equal(der.data, expected, len);
    assert_int_equal(scep_der_of(f->pool, empty, ASN1_ITEM_rptr(X509)).len, 0);
    assert_int_equal(scep_der_of(f->pool, NULL, ASN1_ITEM_rptr(X509)).len, 0);
    scep_crypto_clear_errors();
}

static void test_x509_der(void **state)
{
    fixture_t *f = *state;
    X509 *cert = certs_pair(f, "P-256", "x", NULL).cert;
    scep_octets_t der = scep_x509_der(f->pool, cert);
    X509 *empty = scep_x509_own(f->pool, X509_new());

    certs_assert_der(der);
    assert_int_equal(X509_cmp(certs_decode(f, cert, NULL), cert), 0);
    assert_int_equal(scep_x509_der(f->pool, empty).len, 0);
    scep_crypto_clear_errors();
}

static void test_bio_octets(void **state)
{
    fixture_t *f = *state;
    BIO *bio = scep_bio_own(f->pool, BIO_new(BIO_s_mem()));
    scep_octets_t copy;

    assert_int_equal(scep_bio_octets(f->pool, bio).len, 0);
    assert_int_equal(BIO_write(bio, "a\0b", 3), 3);
    copy = scep_bio_octets(f->pool, bio);
    assert_int_equal(BIO_reset(bio), 1);
    assert_int_equal(copy.len, 3);
    assert_memory_equal(copy.data, "a\0b", 3);
}

static void name_free(void *name)
{
    X509_NAME_free(name);
}

static X509_NAME *name_new(fixture_t *f)
{
    X509_NAME *name = X509_NAME_new();

    assert_non_null(name);
    return scep_own(f->pool, name, name_free);
}

static void add(X509_NAME *name, const char *type, int kind, const char *value,
                int len)
{
    assert_int_equal(X509_NAME_add_entry_by_txt(name, type, kind,
                                                (const unsigned char *)value,
                                                len, -1, 0),
                     1);
}

/* A line of UTF-8 that shows whatever is in the name. */
static void test_name_text(void **state)
{
    fixture_t *f = *state;
    X509_NAME *name = name_new(f);

    assert_string_equal(scep_name_text(f->pool, NULL), "?");
    assert_string_equal(scep_name_text(f->pool, name), "");
    add(name, "O", MBSTRING_UTF8, "Org, Inc.", -1);
    add(name, "CN", MBSTRING_UTF8, "J\xc3\xbcrgen", -1);
    assert_string_equal(scep_name_text(f->pool, name),
                        "CN=J\xc3\xbcrgen,O=Org\\, Inc.");
    name = name_new(f);
    add(name, "CN", V_ASN1_UTF8STRING, "a\n\0\x1b\"b", 6);
    assert_string_equal(scep_name_text(f->pool, name), "CN=a\\0A\\00\\1B\\22b");
    /* Latin-1, UCS-2, and what would turn or hide the rest */
    name = name_new(f);
    add(name, "CN", V_ASN1_T61STRING, "\xe4", 1);
    add(name, "O", V_ASN1_BMPSTRING, "\x20\xac\0a", 4);
    add(name, "OU", V_ASN1_UTF8STRING, "a\xe2\x80\xae\xc2\x9b", 6);
    assert_string_equal(scep_name_text(f->pool, name),
                        "OU=a\\E2\\80\\AE\\C2\\9B,O=\xe2\x82\xac"
                        "a,CN=\xc3\xa4");
    /* A character beyond Unicode cannot be told in text. */
    name = name_new(f);
    add(name, "CN", V_ASN1_UNIVERSALSTRING, "\xff\xff\xff\xff", 4);
    assert_string_equal(scep_name_text(f->pool, name), "CN=#1C04FFFFFFFF");
    assert_string_equal(scep_crypto_errors(f->pool), "");
    /* which leaves an error of before, and no other */
    ERR_raise(ERR_LIB_USER, ERR_R_INTERNAL_ERROR);
    assert_string_equal(scep_name_text(f->pool, name), "CN=#1C04FFFFFFFF");
    assert_int_equal(ERR_GET_LIB(ERR_get_error()), ERR_LIB_USER);
    assert_int_equal(ERR_peek_error(), 0);
}

static void test_serial_text(void **state)
{
    static const char *const numbers[] = {
        "0",  "1",   "F",
        "10", "80",  "FF",
        "-5", "-10", "0123456789ABCDEF0123456789ABCDEF0123",
    };
    fixture_t *f = *state;
    size_t i;

    for (i = 0; i < sizeof(numbers) / sizeof(numbers[0]); i++) {
        const char *hex = numbers[i];
        BIGNUM *bn = NULL;
        ASN1_INTEGER *serial;

        assert_true(BN_hex2bn(&bn, hex) > 0);
        serial = BN_to_ASN1_INTEGER(bn, NULL);
        assert_non_null(serial);
        assert_string_equal(scep_serial_text(f->pool, serial),
                            strlen(hex) > 2 && *hex == '0' ? hex + 1 : hex);
        ASN1_INTEGER_free(serial);
        BN_free(bn);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        FIXTURE_TEST(test_own),         FIXTURE_TEST(test_owners),
        FIXTURE_TEST(test_errors),      FIXTURE_TEST(test_random),
        FIXTURE_TEST(test_hashes),      FIXTURE_TEST(test_hmac),
        FIXTURE_TEST(test_key_hash),    FIXTURE_TEST(test_rsa_public_key),
        FIXTURE_TEST(test_der_of),      FIXTURE_TEST(test_x509_der),
        FIXTURE_TEST(test_bio_octets),  FIXTURE_TEST(test_name_text),
        FIXTURE_TEST(test_serial_text),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
