/* Licensed under the Apache License, Version 2.0; see LICENSE. */
/* scep_master_cms.c: which keys open the envelope, and that no octet of it can
 * be changed. */
#include "master_fixture.h"

#include "scep_master_cms.h"
#include "scep_password.h"

static scep_octets_t octets(const char *text)
{
    return (scep_octets_t){(const unsigned char *)text, strlen(text)};
}

static scep_octets_t seal(fixture_t *f, const scep_keypair_t *pair,
                          const char *text)
{
    scep_octets_t pem;

    assert_int_equal(
        scep_master_seal(pair->cert, octets(text), f->pool, &pem, &f->res),
        SCEP_OK);
    return pem;
}

static void opens(fixture_t *f, scep_octets_t pem,
                  const apr_array_header_t *pairs, const char *text)
{
    char *got = NULL;
    size_t len = 0;
    scep_status_e status = scep_master_unseal("/the/file", pem, pairs, f->pool,
                                              &got, &len, &f->res);

    if (status != SCEP_OK) {
        print_error("%s\n", f->res.detail);
    }
    assert_int_equal(status, SCEP_OK);
    assert_int_equal(len, strlen(text));
    assert_string_equal(got, text);
    assert_string_equal(scep_crypto_errors(f->pool), "");
}

static void refused(fixture_t *f, scep_octets_t pem,
                    const apr_array_header_t *pairs, const char *why)
{
    char *got = NULL;
    size_t len = 0;

    assert_int_equal(scep_master_unseal("/the/file", pem, pairs, f->pool, &got,
                                        &len, &f->res),
                     SCEP_BROKEN);
    assert_null(got);
    assert_int_equal(f->res.reason, SCEP_R_SETUP);
    assert_non_null(strstr(f->res.detail, "/the/file"));
    assert_non_null(strstr(f->res.detail, "scepctl master"));
    assert_non_null(strstr(f->res.detail, why));
    assert_null(strstr(f->res.detail, PASSWORD));
}

static const char *const keys[] = {"ra", "P-256", "P-384", "P-521"};

static void test_there_and_back(void **state)
{
    fixture_t *f = *state;
    size_t i;

    for (i = 0; i < sizeof(keys) / sizeof(keys[0]); i++) {
        scep_keypair_t *pair = make_pair(f, keys[i]);
        scep_octets_t pem = seal(f, pair, PASSWORD "\n");

        assert_memory_equal(pem.data, "-----BEGIN CMS-----\n", 20);
        opens(f, pem, pairs_of(f, pair, NULL), PASSWORD "\n");
        assert_false(scep_octets_equal(pem, seal(f, pair, PASSWORD "\n")));
    }
}

/* The administrator's way back to it without this software. */
static void test_openssl_opens_it(void **state)
{
    fixture_t *f = *state;
    size_t i;

    for (i = 0; i < sizeof(keys) / sizeof(keys[0]); i++) {
        scep_keypair_t *pair = make_pair(f, keys[i]);
        scep_octets_t pem = seal(f, pair, PASSWORD "\n");
        scep_octets_t plain;

        put_pair(f, pair);
        put_file(f, path_to(f, "sealed"), pem.data, pem.len);
        plain = openssl_decrypt(f, "sealed");
        assert_int_equal(plain.len, strlen(PASSWORD "\n"));
        assert_memory_equal(plain.data, PASSWORD "\n", plain.len);
    }
}

static void test_sizes(void **state)
{
    fixture_t *f = *state;
    scep_keypair_t *pair = make_pair(f, "P-256");
    char *text = apr_pcalloc(f->pool, SCEP_MASTER_MAX_TEXT + 2);
    scep_octets_t pem;

    opens(f, seal(f, pair, "x"), pairs_of(f, pair, NULL), "x");
    memset(text, 'x', SCEP_MASTER_MAX_TEXT);
    opens(f, seal(f, pair, text), pairs_of(f, pair, NULL), text);
    text[SCEP_MASTER_MAX_TEXT] = 'x';
    assert_int_equal(
        scep_master_seal(pair->cert, octets(text), f->pool, &pem, &f->res),
        SCEP_BROKEN);
    refused(f, seal(f, pair, ""), pairs_of(f, pair, NULL), "has been changed");
}

static void test_older_pair(void **state)
{
    fixture_t *f = *state;
    scep_keypair_t *older = make_pair(f, "ra");
    scep_keypair_t *newer = make_pair(f, "P-256");

    opens(f, seal(f, older, PASSWORD), pairs_of(f, newer, older), PASSWORD);
    opens(f, seal(f, newer, PASSWORD), pairs_of(f, newer, older), PASSWORD);
    opens(f, seal(f, older, PASSWORD),
          pairs_of(f, make_pair(f, "device"), older), PASSWORD);
}

static void test_other_recipient(void **state)
{
    fixture_t *f = *state;
    scep_keypair_t *pair = make_pair(f, "P-256");
    scep_keypair_t *rsa = make_pair(f, "ra");
    apr_array_header_t *none =
        apr_array_make(f->pool, 1, sizeof(scep_keypair_t *));

    refused(f, seal(f, rsa, PASSWORD), pairs_of(f, pair, NULL),
            "another certificate");
    refused(f, seal(f, pair, PASSWORD), pairs_of(f, rsa, NULL), "master rekey");
    refused(f, seal(f, pair, PASSWORD), none, "ScepRACertificateFile");
}

/* The certificate of one with the key of another. */
static void test_wrong_key(void **state)
{
    fixture_t *f = *state;
    scep_keypair_t *pair = make_pair(f, "P-256");
    scep_keypair_t *rsa = make_pair(f, "ra");
    scep_keypair_t mixed = {pair->cert, make_pair(f, "P-256")->key};
    scep_keypair_t mixed_rsa = {rsa->cert, make_pair(f, "device")->key};

    refused(f, seal(f, pair, PASSWORD), pairs_of(f, &mixed, NULL),
            "cannot be decrypted");
    refused(f, seal(f, rsa, PASSWORD), pairs_of(f, &mixed_rsa, NULL),
            "cannot be decrypted");
}

static scep_octets_t pem_of(fixture_t *f, scep_octets_t der)
{
    BIO *bio = scep_bio_own(f->pool, BIO_new(BIO_s_mem()));

    assert_true(
        PEM_write_bio(bio, PEM_STRING_CMS, "", der.data, (long)der.len) > 0);
    return scep_bio_octets(f->pool, bio);
}

static scep_octets_t der_of(fixture_t *f, scep_octets_t pem)
{
    BIO *bio = scep_bio_own(f->pool, BIO_new_mem_buf(pem.data, (int)pem.len));
    char *name, *header;
    unsigned char *data;
    scep_octets_t der;
    long len;

    assert_int_equal(PEM_read_bio(bio, &name, &header, &data, &len), 1);
    der = scep_octets_copy(f->pool, (scep_octets_t){data, (size_t)len});
    OPENSSL_free(name);
    OPENSSL_free(header);
    OPENSSL_free(data);
    return der;
}

/* Change each octet of what KEY opens, in every bit for which mask I gives
 * one; none may go unnoticed. */
static void change_all(fixture_t *f, const char *key, bool in_der,
                       unsigned int bits)
{
    scep_keypair_t *pair = make_pair(f, key);
    apr_array_header_t *pairs = pairs_of(f, pair, NULL);
    scep_octets_t pem = seal(f, pair, PASSWORD "\n");
    scep_octets_t good = in_der ? der_of(f, pem) : pem;
    unsigned char *copy = apr_pmemdup(f->pool, good.data, good.len);
    apr_pool_t *pool = f->pool;
    size_t i;

    for (i = 0; i < good.len; i += fixture_thin()) {
        unsigned int bit;

        for (bit = (unsigned int)i % (8 / bits); bit < 8; bit += 8 / bits) {
            scep_octets_t changed = {copy, good.len};
            char *text;
            size_t len;

            apr_pool_create(&f->pool, pool);
            scep_result_init(&f->res, f->pool);
            copy[i] ^= (unsigned char)(1u << bit);
            if (scep_master_unseal(
                    "/the/file", in_der ? pem_of(f, changed) : changed, pairs,
                    f->pool, &text, &len, &f->res) != SCEP_BROKEN) {
                fail_msg("octet %lu, bit %u", (unsigned long)i, bit);
            }
            copy[i] ^= (unsigned char)(1u << bit);
            apr_pool_destroy(f->pool);
        }
    }
    f->pool = pool;
    scep_result_init(&f->res, f->pool);
    opens(f, pem, pairs, PASSWORD "\n");
}

static void test_changed_ec(void **state)
{
    change_all(*state, "P-256", true, 8);
    change_all(*state, "P-256", false, 1);
}

static void test_changed_rsa(void **state)
{
    change_all(*state, "ra", true, 1);
}

static void test_cut_and_added(void **state)
{
    fixture_t *f = *state;
    scep_keypair_t *pair = make_pair(f, "P-256");
    apr_array_header_t *pairs = pairs_of(f, pair, NULL);
    scep_octets_t pem = seal(f, pair, PASSWORD "\n");
    char *text = apr_pstrmemdup(f->pool, (const char *)pem.data, pem.len);
    scep_octets_t cut = pem;

    for (cut.len = 0; cut.len < pem.len; cut.len += fixture_thin()) {
        refused(f, cut, pairs, "damaged");
    }
    refused(f, octets(apr_pstrcat(f->pool, text, "\n", NULL)), pairs,
            "damaged");
    refused(f, octets(apr_pstrcat(f->pool, "x\n", text, NULL)), pairs,
            "damaged");
    refused(f, octets(apr_pstrcat(f->pool, text, text, NULL)), pairs,
            "damaged");
    refused(f, octets("-----BEGIN CMS-----\n-----END CMS-----\n"), pairs,
            "damaged");
}

/* It must not ask anybody for a passphrase either. */
static void test_encrypted_pem(void **state)
{
    fixture_t *f = *state;
    scep_keypair_t *pair = make_pair(f, "P-256");
    scep_octets_t pem = seal(f, pair, PASSWORD "\n");
    const char *text = apr_pstrcat(
        f->pool,
        "-----BEGIN CMS-----\nProc-Type: 4,ENCRYPTED\nDEK-Info: "
        "AES-256-CBC,000102030405060708090A0B0C0D0E0F\n\n",
        apr_pstrmemdup(f->pool, (const char *)pem.data + 20, pem.len - 20),
        NULL);

    refused(f, octets(text), pairs_of(f, pair, NULL), "damaged");
}

static scep_octets_t encrypt(fixture_t *f, const scep_keypair_t *first,
                             const scep_keypair_t *second,
                             const EVP_CIPHER *cipher)
{
    X509 *certs[] = {first->cert, second != NULL ? second->cert : NULL, NULL};
    BIO *in = scep_bio_own(f->pool, BIO_new_mem_buf(PASSWORD "\n", -1));
    unsigned char *der = NULL;
    scep_octets_t pem;
    int len;
    CMS_ContentInfo *cms = scep_cms_own(
        f->pool, CMS_encrypt(certs_stack(f, certs), in, cipher, CMS_BINARY));

    assert_non_null(cms);
    len = i2d_CMS_ContentInfo(cms, &der);
    assert_true(len > 0);
    pem = pem_of(f, (scep_octets_t){der, (size_t)len});
    OPENSSL_free(der);
    return pem;
}

/* What opens with our key, but is not what we would have written. */
static void test_other_cms(void **state)
{
    fixture_t *f = *state;
    scep_keypair_t *pair = make_pair(f, "ra");
    scep_keypair_t *other = make_pair(f, "device");
    apr_array_header_t *pairs = pairs_of(f, pair, NULL);

    opens(f, encrypt(f, pair, NULL, EVP_aes_256_gcm()), pairs, PASSWORD "\n");
    refused(f, encrypt(f, pair, NULL, EVP_aes_256_cbc()), pairs,
            "is not AuthEnvelopedData");
    refused(f, encrypt(f, pair, NULL, EVP_aes_128_gcm()), pairs,
            "has been changed");
    refused(f, encrypt(f, pair, other, EVP_aes_256_gcm()), pairs,
            "another certificate");
    refused(f, pem_of(f, octets("\x30\x03\x02\x01\x01")), pairs, "damaged");
}

static void test_keys_that_cannot(void **state)
{
    fixture_t *f = *state;
    EVP_PKEY *key =
        scep_pkey_own(f->pool, EVP_PKEY_Q_keygen(NULL, NULL, "X25519"));
    scep_keypair_t signer = *make_pair(f, "P-256");
    X509 *cert = certs_make(f, key, "x25519", &signer, NULL);
    scep_octets_t pem;

    assert_int_equal(
        scep_master_seal(cert, octets(PASSWORD), f->pool, &pem, &f->res),
        SCEP_BROKEN);
    assert_non_null(strstr(f->res.detail, "CN=x25519"));
    assert_non_null(strstr(f->res.detail, "RSA or EC"));
    assert_null(strstr(f->res.detail, PASSWORD));
}

/* No copy outlives its pool, neither of ours nor of OpenSSL's. */
static void test_nothing_is_left(void **state)
{
    enum { SIZE = 64 };
    fixture_t *f = *state;
    unsigned char inverted[SIZE];
    size_t i, k;

    for (k = 0; k < 2; k++) {
        scep_keypair_t *pair = make_pair(f, keys[k]);
        apr_pool_t *pool;
        scep_octets_t pem, text;
        char *password, *got;

        apr_pool_create(&pool, f->pool);
        password = scep_password_new(pool, SIZE / 2);
        assert_non_null(password);
        for (i = 0; i < SIZE; i++) {
            inverted[i] = (unsigned char)~password[i];
        }
        text = octets(password);
        assert_int_equal(
            scep_master_seal(pair->cert, text, f->pool, &pem, &f->res),
            SCEP_OK);
        assert_int_equal(scep_master_unseal("/the/file", pem,
                                            pairs_of(f, pair, NULL), pool, &got,
                                            &text.len, &f->res),
                         SCEP_OK);
        assert_string_equal(got, password);
        assert_true(count_in_memory(inverted, SIZE) >= 2); /* it can see */
        apr_pool_clear(pool);
        assert_int_equal(count_in_memory(inverted, SIZE), 0);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        FIXTURE_TEST(test_there_and_back),  FIXTURE_TEST(test_openssl_opens_it),
        FIXTURE_TEST(test_sizes),           FIXTURE_TEST(test_older_pair),
        FIXTURE_TEST(test_other_recipient), FIXTURE_TEST(test_wrong_key),
        FIXTURE_TEST(test_changed_ec),      FIXTURE_TEST(test_changed_rsa),
        FIXTURE_TEST(test_cut_and_added),   FIXTURE_TEST(test_encrypted_pem),
        FIXTURE_TEST(test_other_cms),       FIXTURE_TEST(test_keys_that_cannot),
        FIXTURE_TEST(test_nothing_is_left),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
