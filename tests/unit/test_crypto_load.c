/* Licensed under the Apache License, Version 2.0; see LICENSE. */
/* scep_crypto_load.c: every form in which people keep keys and certificates,
 * and the messages if there is none. */
#include "fixture_certs.h"

#include <sys/stat.h>
#include <unistd.h>

#include <openssl/err.h>
#include <openssl/store.h>

OSSL_STORE_CTX *__real_OSSL_STORE_open_ex(const char *uri, OSSL_LIB_CTX *libctx,
                                          const char *propq,
                                          const UI_METHOD *ui, void *ui_data,
                                          const OSSL_PARAM params[],
                                          OSSL_STORE_post_process_info_fn post,
                                          void *post_data);
OSSL_STORE_CTX *__wrap_OSSL_STORE_open_ex(const char *uri, OSSL_LIB_CTX *libctx,
                                          const char *propq,
                                          const UI_METHOD *ui, void *ui_data,
                                          const OSSL_PARAM params[],
                                          OSSL_STORE_post_process_info_fn post,
                                          void *post_data);

/* "stored:" stands for a token: OpenSSL's own store of files is behind it,
 * which scep_key_load() does not use for "file:". */
OSSL_STORE_CTX *__wrap_OSSL_STORE_open_ex(const char *uri, OSSL_LIB_CTX *libctx,
                                          const char *propq,
                                          const UI_METHOD *ui, void *ui_data,
                                          const OSSL_PARAM params[],
                                          OSSL_STORE_post_process_info_fn post,
                                          void *post_data)
{
    return __real_OSSL_STORE_open_ex(
        strncmp(uri, "stored:", 7) == 0 ? uri + 7 : uri, libctx, propq, ui,
        ui_data, params, post, post_data);
}

typedef struct asked_t {
    const char *answer; /* NULL: there is none */
    int count;
    const char *source;
} asked_t;

static int pass(void *baton, const char *source, char *buf, int size)
{
    asked_t *asked = baton;
    int len;

    asked->count++;
    asked->source = source;
    if (asked->answer == NULL) {
        return -1;
    }
    len = (int)strlen(asked->answer);
    assert_true(len <= size);
    memcpy(buf, asked->answer, (size_t)len);
    return len;
}

static const char *path_to(fixture_t *f, const char *name)
{
    return apr_pstrcat(f->pool, f->scratch, "/", name, NULL);
}

static const char *store(fixture_t *f, const char *name, BIO *bio)
{
    const char *path = path_to(f, name);
    scep_octets_t data = scep_bio_octets(f->pool, bio);
    FILE *file = fopen(path, "wb");

    assert_non_null(file);
    if (data.len > 0) {
        assert_int_equal(fwrite(data.data, 1, data.len, file), data.len);
    }
    assert_int_equal(fclose(file), 0);
    assert_int_equal(chmod(path, 0600), 0);
    return path;
}

static BIO *memory(fixture_t *f)
{
    return scep_bio_own(f->pool, BIO_new(BIO_s_mem()));
}

static EVP_PKEY *load(fixture_t *f, const char *source, asked_t *asked)
{
    EVP_PKEY *key = NULL;

    assert_int_equal(scep_key_load(source, NULL, asked != NULL ? pass : NULL,
                                   asked, f->pool, &key, &f->res),
                     SCEP_OK);
    assert_non_null(key);
    assert_int_equal(ERR_peek_error(), 0);
    return key;
}

static void loads(fixture_t *f, const char *source, EVP_PKEY *expected)
{
    BIGNUM *secret = NULL;
    EVP_PKEY *key = load(f, source, NULL);

    assert_int_equal(EVP_PKEY_eq(key, expected), 1);
    assert_int_equal(
        EVP_PKEY_get_bn_param(key, EVP_PKEY_is_a(key, "RSA") ? "d" : "priv",
                              &secret),
        1);
    BN_clear_free(secret);
}

static void fails(fixture_t *f, const char *source, asked_t *asked,
                  scep_status_e status, const char *why)
{
    EVP_PKEY *key = NULL;

    assert_int_equal(scep_key_load(source, NULL, asked != NULL ? pass : NULL,
                                   asked, f->pool, &key, &f->res),
                     status);
    assert_null(key);
    assert_int_equal(f->res.reason, SCEP_R_SETUP);
    assert_non_null(strstr(f->res.detail, why));
    assert_int_equal(ERR_peek_error(), 0);
}

static void test_plain_keys(void **state)
{
    fixture_t *f = *state;
    const char *const names[] = {"device", "P-256"};
    size_t i;

    for (i = 0; i < 2; i++) {
        EVP_PKEY *key = certs_key(f, names[i], NULL);
        BIO *bio = memory(f);

        PEM_write_bio_PKCS8PrivateKey(bio, key, NULL, NULL, 0, NULL, NULL);
        loads(f, store(f, "pkcs8.pem", bio), key);
        bio = memory(f);
        i2d_PKCS8PrivateKey_bio(bio, key, NULL, NULL, 0, NULL, NULL);
        loads(f, store(f, "pkcs8.der", bio), key);
        bio = memory(f); /* PKCS#1 or SEC1 */
        PEM_write_bio_PrivateKey_traditional(bio, key, NULL, NULL, 0, NULL,
                                             NULL);
        loads(f, store(f, "traditional.pem", bio), key);
        bio = memory(f);
        i2d_PrivateKey_bio(bio, key);
        loads(f, store(f, "traditional.der", bio), key);
    }
}

/* The key need not come first: "openssl ecparam -genkey" writes the curve's
 * parameters before it, others a certificate or a note. */
static void test_key_among_others(void **state)
{
    fixture_t *f = *state;
    scep_keypair_t pair = certs_pair(f, "P-256", "x", NULL);
    BIO *bio = memory(f);

    assert_int_equal(PEM_write_bio_Parameters(bio, pair.key), 1);
    PEM_write_bio_PrivateKey_traditional(bio, pair.key, NULL, NULL, 0, NULL,
                                         NULL);
    loads(f, store(f, "ecparam.pem", bio), pair.key);
    bio = memory(f);
    PEM_write_bio_X509(bio, pair.cert);
    PEM_write_bio_PKCS8PrivateKey(bio, pair.key, NULL, NULL, 0, NULL, NULL);
    loads(f, store(f, "after.pem", bio), pair.key);
    bio = memory(f);
    BIO_puts(bio, "Bag Attributes\n    friendlyName: x\n");
    PEM_write_bio_PKCS8PrivateKey(bio, pair.key, NULL, NULL, 0, NULL, NULL);
    PEM_write_bio_X509(bio, pair.cert);
    loads(f, store(f, "before.pem", bio), pair.key);
}

static void test_encrypted_keys(void **state)
{
    fixture_t *f = *state;
    EVP_PKEY *key = certs_key(f, "P-256", NULL);
    const EVP_CIPHER *aes = EVP_aes_128_cbc();
    const char *paths[3];
    BIO *bio = memory(f);
    size_t i;

    PEM_write_bio_PKCS8PrivateKey(bio, key, aes, "geheim", 6, NULL, NULL);
    paths[0] = store(f, "pkcs8.pem", bio);
    bio = memory(f);
    i2d_PKCS8PrivateKey_bio(bio, key, aes, "geheim", 6, NULL, NULL);
    paths[1] = store(f, "pkcs8.der", bio);
    bio = memory(f);
    PEM_write_bio_PrivateKey_traditional(
        bio, key, aes, (const unsigned char *)"geheim", 6, NULL, NULL);
    paths[2] = store(f, "traditional.pem", bio);
    for (i = 0; i < 3; i++) {
        asked_t good = {"geheim", 0, NULL};
        asked_t wrong = {"falsch", 0, NULL};
        asked_t none = {NULL, 0, NULL};

        assert_int_equal(EVP_PKEY_eq(load(f, paths[i], &good), key), 1);
        assert_int_equal(good.count, 1);
        assert_string_equal(good.source, paths[i]);
        fails(f, paths[i], &wrong, SCEP_BROKEN, "wrong passphrase");
        assert_null(strstr(f->res.detail, "falsch"));
        fails(f, paths[i], &none, SCEP_BROKEN, "is encrypted");
        assert_true(none.count > 0);
        fails(f, paths[i], NULL, SCEP_BROKEN, "is encrypted");
    }
}

/* Nobody is asked where nothing is encrypted. */
static void test_not_asked(void **state)
{
    fixture_t *f = *state;
    asked_t asked = {"geheim", 0, NULL};
    BIO *bio = memory(f);

    PEM_write_bio_PKCS8PrivateKey(bio, certs_key(f, "P-256", NULL), NULL, NULL,
                                  0, NULL, NULL);
    load(f, store(f, "key.pem", bio), &asked);
    assert_int_equal(asked.count, 0);
}

static void test_no_private_key(void **state)
{
    fixture_t *f = *state;
    scep_keypair_t pair = certs_pair(f, "P-256", "x", NULL);
    const char *why = "holds no private key";
    BIO *bio = memory(f);

    PEM_write_bio_PUBKEY(bio, pair.key);
    fails(f, store(f, "public.pem", bio), NULL, SCEP_BROKEN, why);
    bio = memory(f);
    i2d_PUBKEY_bio(bio, pair.key);
    fails(f, store(f, "public.der", bio), NULL, SCEP_BROKEN, why);
    bio = memory(f);
    PEM_write_bio_X509(bio, pair.cert);
    fails(f, store(f, "cert.pem", bio), NULL, SCEP_BROKEN, why);
    bio = memory(f);
    PEM_write_bio_Parameters(bio, pair.key);
    fails(f, store(f, "parameters.pem", bio), NULL, SCEP_BROKEN, why);
    bio = memory(f);
    BIO_puts(bio, "hello\n");
    fails(f, store(f, "text", bio), NULL, SCEP_BROKEN, why);
    bio = memory(f);
    BIO_puts(bio, "-----BEGIN PRIVATE KEY-----\nAAAA\n"
                  "-----END PRIVATE KEY-----\n");
    fails(f, store(f, "junk.pem", bio), NULL, SCEP_BROKEN, why);
    fails(f, store(f, "empty", memory(f)), NULL, SCEP_BROKEN, why);
}

/* scep_file_read() says the rest; here only that it is asked. */
static void test_file_is_checked(void **state)
{
    fixture_t *f = *state;
    BIO *bio = memory(f);
    const char *path, *link = path_to(f, "link");

    fails(f, path_to(f, "none"), NULL, SCEP_NOT_FOUND, "none");
    PEM_write_bio_PKCS8PrivateKey(bio, certs_key(f, "P-256", NULL), NULL, NULL,
                                  0, NULL, NULL);
    path = store(f, "key.pem", bio);
    assert_int_equal(chmod(path, 0640), 0);
    fails(f, path, NULL, SCEP_BROKEN, "chmod it to 600");
    fails(f, apr_pstrcat(f->pool, "file:", path, NULL), NULL, SCEP_BROKEN,
          "chmod it to 600");
    assert_int_equal(chmod(path, 0600), 0);
    assert_int_equal(symlink(path, link), 0);
    assert_non_null(load(f, link, NULL));
}

static void test_file_uris(void **state)
{
    fixture_t *f = *state;
    EVP_PKEY *key = certs_key(f, "P-256", NULL);
    BIO *bio = memory(f);
    const char *path;

    PEM_write_bio_PKCS8PrivateKey(bio, key, NULL, NULL, 0, NULL, NULL);
    path = store(f, "key.pem", bio);
    loads(f, apr_pstrcat(f->pool, "file:", path, NULL), key);
    loads(f, apr_pstrcat(f->pool, "FILE://", path, NULL), key);
    loads(f, apr_pstrcat(f->pool, "file://localhost", path, NULL), key);
    fails(f, apr_pstrcat(f->pool, "file://elsewhere", path, NULL), NULL,
          SCEP_BROKEN, "elsewhere");
    bio = memory(f);
    PEM_write_bio_PKCS8PrivateKey(bio, key, NULL, NULL, 0, NULL, NULL);
    path = store(f, "with:colon", bio);
    loads(f, path, key);
}

static const char *stored(fixture_t *f, const char *name, BIO *bio)
{
    return apr_pstrcat(f->pool, "stored:", store(f, name, bio), NULL);
}

/* Of all that a store holds, the private key is taken. */
static void test_stored_keys(void **state)
{
    fixture_t *f = *state;
    scep_keypair_t pair = certs_pair(f, "P-256", "x", NULL);
    asked_t good = {"geheim", 0, NULL};
    asked_t wrong = {"falsch", 0, NULL};
    asked_t none = {NULL, 0, NULL};
    const char *uri;
    BIO *bio = memory(f);

    PEM_write_bio_X509(bio, pair.cert);
    PEM_write_bio_PUBKEY(bio, pair.key);
    PEM_write_bio_PKCS8PrivateKey(bio, pair.key, NULL, NULL, 0, NULL, NULL);
    loads(f, stored(f, "all.pem", bio), pair.key);
    bio = memory(f);
    PEM_write_bio_X509(bio, pair.cert);
    fails(f, stored(f, "cert.pem", bio), NULL, SCEP_BROKEN,
          "holds no private key");
    fails(f, stored(f, "empty", memory(f)), NULL, SCEP_BROKEN,
          "holds no private key");
    bio = memory(f);
    PEM_write_bio_PKCS8PrivateKey(bio, pair.key, EVP_aes_128_cbc(), "geheim", 6,
                                  NULL, NULL);
    uri = stored(f, "encrypted.pem", bio);
    assert_int_equal(EVP_PKEY_eq(load(f, uri, &good), pair.key), 1);
    assert_string_equal(good.source, uri);
    fails(f, uri, &wrong, SCEP_BROKEN, "wrong passphrase");
    fails(f, uri, &none, SCEP_BROKEN, "is encrypted");
}

/* OSSL_STORE has no such scheme here. The PIN stays out of the message. */
static void test_other_uris(void **state)
{
    fixture_t *f = *state;
    asked_t asked = {"geheim", 0, NULL};

    fails(f, "pkcs11:token=x;object=y?pin-value=12345678", &asked, SCEP_BROKEN,
          "pkcs11:token=x;object=y holds no private key that can be read: no "
          "provider of OpenSSL for the scheme \"pkcs11:\" is loaded");
    assert_null(strstr(f->res.detail, "12345678"));
    fails(f, "no-such.scheme+1:x", NULL, SCEP_BROKEN, "no-such.scheme+1:x");
}

static void test_source(void **state)
{
    fixture_t *f = *state;
    static const char *const uris[] = {"pkcs11:token=x", "file:/x",
                                       "ab:", "a+1.-:x"};
    static const char *const paths[] = {"/x",     "c:x",   ":x",    "",
                                        "./ab:x", "a/b:x", "ca.key"};
    size_t i;

    for (i = 0; i < sizeof(uris) / sizeof(*uris); i++) {
        assert_true(scep_source_is_uri(uris[i]));
        assert_string_equal(scep_source_text(f->pool, uris[i]), uris[i]);
    }
    for (i = 0; i < sizeof(paths) / sizeof(*paths); i++) {
        assert_false(scep_source_is_uri(paths[i]));
    }
    assert_string_equal(
        scep_source_text(f->pool, "pkcs11:object=y?pin-value=1234&x=?"),
        "pkcs11:object=y");
    assert_string_equal(scep_source_text(f->pool, "/what?"), "/what?");
}

/* What is not given a scheme of two letters is a path. */
static void test_paths(void **state)
{
    fixture_t *f = *state;

    fails(f, "c:none", NULL, SCEP_NOT_FOUND, "cannot open c:none");
    fails(f, "./pkcs11:none", NULL, SCEP_NOT_FOUND, "cannot open");
    fails(f, ":none", NULL, SCEP_NOT_FOUND, "cannot open");
    fails(f, "", NULL, SCEP_NOT_FOUND, "cannot open");
}

static void test_key_context(void **state)
{
    fixture_t *f = *state;
    OSSL_LIB_CTX *libctx = scep_libctx_own(f->pool, OSSL_LIB_CTX_new());
    EVP_PKEY *made = certs_key(f, "P-256", NULL);
    const char *const names[] = {"key.pem", "key.der"};
    size_t i;

    for (i = 0; i < 2; i++) {
        BIO *bio = memory(f);
        EVP_PKEY *key = NULL;

        if (i == 0) {
            PEM_write_bio_PKCS8PrivateKey(bio, made, NULL, NULL, 0, NULL, NULL);
        }
        else {
            i2d_PKCS8PrivateKey_bio(bio, made, NULL, NULL, 0, NULL, NULL);
        }
        assert_int_equal(scep_key_load(store(f, names[i], bio), libctx, NULL,
                                       NULL, f->pool, &key, &f->res),
                         SCEP_OK);
        assert_ptr_not_equal(EVP_PKEY_get0_provider(key),
                             EVP_PKEY_get0_provider(made));
        assert_int_equal(EVP_PKEY_eq(key, made), 1);
    }
}

static scep_certs_t *certs(fixture_t *f, const char *path)
{
    scep_certs_t *stack = NULL;

    assert_int_equal(scep_certs_load(path, NULL, f->pool, &stack, &f->res),
                     SCEP_OK);
    assert_int_equal(ERR_peek_error(), 0);
    return stack;
}

/* In the file's order, with whatever stands between them. */
static void test_certs(void **state)
{
    fixture_t *f = *state;
    scep_keypair_t a = certs_pair(f, "P-256", "a", NULL);
    scep_keypair_t b = certs_pair(f, "P-256", "b", NULL);
    scep_certs_t *stack;
    BIO *bio = memory(f);

    BIO_puts(bio, "# the chain\n");
    PEM_write_bio_X509(bio, b.cert);
    PEM_write_bio_PKCS8PrivateKey(bio, a.key, NULL, NULL, 0, NULL, NULL);
    BIO_puts(bio, "subject: a\n");
    PEM_write_bio_X509(bio, a.cert);
    PEM_write_bio_X509(bio, b.cert);
    BIO_puts(bio, "\nthe end\n");
    stack = certs(f, store(f, "certs.pem", bio));
    assert_int_equal(sk_X509_num(stack), 3);
    assert_int_equal(X509_cmp(sk_X509_value(stack, 0), b.cert), 0);
    assert_int_equal(X509_cmp(sk_X509_value(stack, 1), a.cert), 0);
    assert_int_equal(X509_cmp(sk_X509_value(stack, 2), b.cert), 0);
    bio = memory(f);
    i2d_X509_bio(bio, a.cert);
    stack = certs(f, store(f, "cert.der", bio));
    assert_int_equal(sk_X509_num(stack), 1);
    assert_int_equal(X509_cmp(sk_X509_value(stack, 0), a.cert), 0);
}

/* Certificates are public: a symlink and any mode will do. */
static void test_certs_by_link(void **state)
{
    fixture_t *f = *state;
    const char *link = path_to(f, "link");
    BIO *bio = memory(f);
    const char *path;

    PEM_write_bio_X509(bio, certs_pair(f, "P-256", "a", NULL).cert);
    path = store(f, "cert.pem", bio);
    assert_int_equal(chmod(path, 0644), 0);
    assert_int_equal(symlink(path, link), 0);
    assert_int_equal(sk_X509_num(certs(f, link)), 1);
}

static void no_certs(fixture_t *f, const char *path, scep_status_e status)
{
    scep_certs_t *stack = NULL;

    assert_int_equal(scep_certs_load(path, NULL, f->pool, &stack, &f->res),
                     status);
    assert_int_equal(f->res.reason, SCEP_R_SETUP);
    assert_non_null(strstr(f->res.detail, path));
    assert_int_equal(ERR_peek_error(), 0);
}

static void test_no_certs(void **state)
{
    fixture_t *f = *state;
    scep_keypair_t pair = certs_pair(f, "P-256", "x", NULL);
    BIO *bio = memory(f);

    no_certs(f, path_to(f, "none"), SCEP_NOT_FOUND);
    no_certs(f, store(f, "empty", memory(f)), SCEP_BROKEN);
    PEM_write_bio_PKCS8PrivateKey(bio, pair.key, NULL, NULL, 0, NULL, NULL);
    no_certs(f, store(f, "key.pem", bio), SCEP_BROKEN);
    bio = memory(f); /* one good, one that is not */
    PEM_write_bio_X509(bio, pair.cert);
    BIO_puts(bio, "-----BEGIN CERTIFICATE-----\nAAAA\n"
                  "-----END CERTIFICATE-----\n");
    no_certs(f, store(f, "half.pem", bio), SCEP_BROKEN);
    bio = memory(f); /* cut off */
    PEM_write_bio_X509(bio, pair.cert);
    BIO_puts(bio, "-----BEGIN CERTIFICATE-----\nMIIB\n");
    no_certs(f, store(f, "cut.pem", bio), SCEP_BROKEN);
    bio = memory(f);
    i2d_X509_bio(bio, pair.cert);
    BIO_puts(bio, "x");
    no_certs(f, store(f, "trailing.der", bio), SCEP_BROKEN);
    bio = memory(f);
    i2d_PUBKEY_bio(bio, pair.key);
    no_certs(f, store(f, "public.der", bio), SCEP_BROKEN);
}

static void test_certs_context(void **state)
{
    fixture_t *f = *state;
    OSSL_LIB_CTX *libctx = scep_libctx_own(f->pool, OSSL_LIB_CTX_new());
    scep_keypair_t pair = certs_pair(f, "P-256", "x", NULL);
    const char *const names[] = {"cert.pem", "cert.der"};
    size_t i;

    for (i = 0; i < 2; i++) {
        scep_certs_t *stack = NULL;
        BIO *bio = memory(f);

        if (i == 0) {
            PEM_write_bio_X509(bio, pair.cert);
        }
        else {
            i2d_X509_bio(bio, pair.cert);
        }
        assert_int_equal(scep_certs_load(store(f, names[i], bio), libctx,
                                         f->pool, &stack, &f->res),
                         SCEP_OK);
        assert_ptr_not_equal(
            EVP_PKEY_get0_provider(X509_get0_pubkey(sk_X509_value(stack, 0))),
            EVP_PKEY_get0_provider(X509_get0_pubkey(pair.cert)));
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        FIXTURE_TEST(test_plain_keys),     FIXTURE_TEST(test_key_among_others),
        FIXTURE_TEST(test_encrypted_keys), FIXTURE_TEST(test_not_asked),
        FIXTURE_TEST(test_no_private_key), FIXTURE_TEST(test_file_is_checked),
        FIXTURE_TEST(test_file_uris),      FIXTURE_TEST(test_stored_keys),
        FIXTURE_TEST(test_other_uris),     FIXTURE_TEST(test_paths),
        FIXTURE_TEST(test_source),         FIXTURE_TEST(test_key_context),
        FIXTURE_TEST(test_certs),          FIXTURE_TEST(test_certs_by_link),
        FIXTURE_TEST(test_no_certs),       FIXTURE_TEST(test_certs_context),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
