/* Licensed under the Apache License, Version 2.0; see LICENSE. */
/*
 * scep_recipient.c: envelopes for every kind of key, opened as the device
 * would.
 */
#include "fixture_certs.h"

#include <openssl/objects.h>
#include <openssl/rsa.h>

#include "freed_memory.h"
#include "scep_recipient.h"

#define CONTENT "the certificate"

typedef struct made_t {
    fixture_t *f;
    scep_algs_t *algs;
    const scep_cipher_t *cipher;
    EVP_PKEY *key;
    scep_recipient_t to;
} made_t;

static made_t begin(fixture_t *f, scep_level_e level, const char *key)
{
    made_t m = {.f = f, .key = certs_key(f, key, NULL)};
    OSSL_LIB_CTX *libctx = NULL;

    if (level == SCEP_LEVEL_LEGACY) {
        assert_int_equal(scep_algs_legacy_context(f->pool, &libctx, &f->res),
                         SCEP_OK);
    }
    assert_int_equal(scep_algs_make(level, libctx, f->pool, &m.algs, &f->res),
                     SCEP_OK);
    m.cipher = scep_algs_default_cipher(m.algs);
    m.to.cert =
        certs_decode(f, certs_make(f, m.key, "device", NULL, NULL), libctx);
    return m;
}

static CMS_ContentInfo *seal(const made_t *m)
{
    BIO *in = scep_bio_own(m->f->pool, BIO_new_mem_buf(CONTENT, -1));
    CMS_ContentInfo *cms = scep_cms_own(
        m->f->pool,
        CMS_encrypt_ex(NULL, NULL, scep_algs_evp_cipher(m->algs, m->cipher),
                       CMS_PARTIAL | CMS_BINARY, scep_algs_libctx(m->algs),
                       NULL));

    assert_non_null(cms);
    assert_null(scep_recipient_fault(&m->to, m->cipher));
    assert_true(scep_recipient_add(cms, &m->to));
    assert_int_equal(CMS_final(cms, in, NULL, CMS_BINARY), 1);
    assert_string_equal(scep_crypto_errors(m->f->pool), "");
    return cms;
}

/* With the password, or else with the key. */
static bool opens(const made_t *m, CMS_ContentInfo *sealed,
                  const char *password)
{
    scep_octets_t der =
        scep_der_of(m->f->pool, sealed, ASN1_ITEM_rptr(CMS_ContentInfo));
    const unsigned char *in = der.data;
    CMS_ContentInfo *cms =
        CMS_ContentInfo_new_ex(scep_algs_libctx(m->algs), NULL);
    BIO *out = scep_bio_own(m->f->pool, BIO_new(BIO_s_mem()));
    scep_octets_t content;

    certs_assert_der(der);
    assert_non_null(d2i_CMS_ContentInfo(&cms, &in, (long)der.len));
    scep_cms_own(m->f->pool, cms);
    assert_int_equal(sk_CMS_RecipientInfo_num(CMS_get0_RecipientInfos(cms)), 1);
    if (password != NULL) {
        if (CMS_decrypt_set1_password(
                cms, (unsigned char *)apr_pstrdup(m->f->pool, password), -1) !=
                1 ||
            CMS_decrypt(cms, NULL, NULL, NULL, out, CMS_BINARY) != 1) {
            scep_crypto_clear_errors();
            return false;
        }
    }
    else {
        assert_int_equal(
            CMS_decrypt(cms, m->key, m->to.cert, NULL, out, CMS_BINARY), 1);
    }
    content = scep_bio_octets(m->f->pool, out);
    return scep_octets_equal(
        content,
        (scep_octets_t){(const unsigned char *)CONTENT, sizeof(CONTENT) - 1});
}

static CMS_RecipientInfo *only(CMS_ContentInfo *cms)
{
    return sk_CMS_RecipientInfo_value(CMS_get0_RecipientInfos(cms), 0);
}

static const int ciphers[] = {NID_des_ede3_cbc, NID_aes_128_cbc,
                              NID_aes_192_cbc, NID_aes_256_cbc};
static const char *const curves[] = {"P-256", "P-384", "P-521"};

/* RFC 8894 3.1 */
static void passwords_serve_keys_that_only_sign(void **state)
{
    size_t i, j;

    for (i = 0; i < sizeof(curves) / sizeof(curves[0]); i++) {
        made_t m = begin(*state, SCEP_LEVEL_COMPATIBLE, curves[i]);

        m.to.delivery = SCEP_KEY_DELIVERY_PASSWORD;
        m.to.password = "0123456789ABCDEF";
        for (j = 0; j < sizeof(ciphers) / sizeof(ciphers[0]); j++) {
            CMS_ContentInfo *cms;

            m.cipher = scep_algs_cipher(m.algs, ciphers[j]);
            cms = seal(&m);
            assert_int_equal(CMS_RecipientInfo_type(only(cms)),
                             CMS_RECIPINFO_PASS);
            assert_true(opens(&m, cms, "0123456789ABCDEF"));
            assert_false(opens(&m, cms, "0123456789ABCDEE"));
        }
    }
}

static void passwords_work_in_the_legacy_context(void **state)
{
    made_t m = begin(*state, SCEP_LEVEL_LEGACY, "P-256");

    m.cipher = scep_algs_cipher(m.algs, NID_des_cbc);
    m.to.delivery = SCEP_KEY_DELIVERY_PASSWORD;
    m.to.password = "p\xc3\xa4sswort";
    assert_true(opens(&m, seal(&m), "p\xc3\xa4sswort"));
}

/* Who records a reply must not try passwords on it at 2,048 rounds each, which
 * is what OpenSSL would write; cryptlib reads up to 20,000. */
static void passwords_are_stretched(void **state)
{
    made_t m = begin(*state, SCEP_LEVEL_COMPATIBLE, "P-256");
    scep_octets_t der;
    const unsigned char rounds[] = {0x02, 0x02, 0x27, 0x10}; /* 10,000 */

    m.to.delivery = SCEP_KEY_DELIVERY_PASSWORD;
    m.to.password = "secret";
    der = scep_der_of(m.f->pool, seal(&m), ASN1_ITEM_rptr(CMS_ContentInfo));
    assert_non_null(memmem(der.data, der.len, rounds, sizeof(rounds)));
}

/* Invariant 6: no copy of it stays behind. */
static void passwords_are_wiped(void **state)
{
    static const char password[] = "a password to be looked for";
    fixture_t f = **(fixture_t **)state;
    made_t m = begin(&f, SCEP_LEVEL_COMPATIBLE, "P-256");

    m.to.delivery = SCEP_KEY_DELIVERY_PASSWORD;
    m.to.password = password;
    freed_memory_watch(
        (scep_octets_t){(const unsigned char *)password, sizeof(password) - 1});
    assert_int_equal(apr_pool_create(&f.pool, f.pool), APR_SUCCESS);
    seal(&m);
    apr_pool_destroy(f.pool);
    assert_int_equal(freed_memory_found(), 0);
}

static void keys_agree(void **state)
{
    size_t i, j;

    for (i = 0; i < sizeof(curves) / sizeof(curves[0]); i++) {
        made_t m = begin(*state, SCEP_LEVEL_COMPATIBLE, curves[i]);

        m.to.delivery = SCEP_KEY_DELIVERY_AGREEMENT;
        for (j = 0; j < sizeof(ciphers) / sizeof(ciphers[0]); j++) {
            CMS_ContentInfo *cms;

            m.cipher = scep_algs_cipher(m.algs, ciphers[j]);
            cms = seal(&m);
            assert_int_equal(CMS_RecipientInfo_type(only(cms)),
                             CMS_RECIPINFO_AGREE);
            assert_true(opens(&m, cms, NULL));
        }
    }
}

/* dhSinglePass-stdDH-shaXkdf-scheme (RFC 5753 7.1.4) */
static void agreement_has_no_sha1(void **state)
{
    static const int schemes[] = {
        NID_dhSinglePass_stdDH_sha256kdf_scheme,
        NID_dhSinglePass_stdDH_sha384kdf_scheme,
        NID_dhSinglePass_stdDH_sha512kdf_scheme,
    };
    size_t i;

    for (i = 0; i < sizeof(curves) / sizeof(curves[0]); i++) {
        made_t m = begin(*state, SCEP_LEVEL_COMPATIBLE, curves[i]);
        X509_ALGOR *algorithm = NULL;
        ASN1_OCTET_STRING *ukm = NULL;
        const ASN1_OBJECT *oid = NULL;

        m.to.delivery = SCEP_KEY_DELIVERY_AGREEMENT;
        assert_int_equal(
            CMS_RecipientInfo_kari_get0_alg(only(seal(&m)), &algorithm, &ukm),
            1);
        X509_ALGOR_get0(&oid, NULL, NULL, algorithm);
        assert_int_equal(OBJ_obj2nid(oid), schemes[i]);
    }
}

/* A content key of DES cannot be wrapped. */
static void agreement_needs_a_real_cipher(void **state)
{
    made_t m = begin(*state, SCEP_LEVEL_LEGACY, "P-256");

    m.to.delivery = SCEP_KEY_DELIVERY_AGREEMENT;
    assert_true(opens(&m, seal(&m), NULL));
    m.cipher = scep_algs_cipher(m.algs, NID_des_cbc);
    assert_non_null(scep_recipient_fault(&m.to, m.cipher));
}

static void fault_is(const made_t *m, const char *expected)
{
    assert_string_equal(scep_recipient_fault(&m->to, m->cipher), expected);
}

static void faults_are_told(void **state)
{
    made_t ec = begin(*state, SCEP_LEVEL_COMPATIBLE, "P-256");
    made_t rsa = begin(*state, SCEP_LEVEL_COMPATIBLE, "device");
    made_t odd = begin(*state, SCEP_LEVEL_COMPATIBLE, "P-224");

    fault_is(&ec, "is not RSA");
    ec.to.delivery = SCEP_KEY_DELIVERY_PASSWORD;
    fault_is(&ec, "can only sign, and there is no challengePassword");
    ec.to.password = "";
    fault_is(&ec, "can only sign, and there is no challengePassword");
    rsa.to.delivery = SCEP_KEY_DELIVERY_AGREEMENT;
    fault_is(&rsa, "is not EC");
    odd.to.delivery = SCEP_KEY_DELIVERY_AGREEMENT;
    fault_is(&odd, "is not EC");
    rsa.to.cert = NULL;
    fault_is(&rsa, "is unreadable");
}

/* The hash function of a request's OAEP is mirrored, and so is MGF1's. */
static void oaep_is_mirrored(void **state)
{
    static const int digests[] = {NID_undef,  NID_sha1,   NID_sha224,
                                  NID_sha256, NID_sha384, NID_sha512};
    made_t m = begin(*state, SCEP_LEVEL_COMPATIBLE, "device");
    size_t i, j, n = sizeof(digests) / sizeof(digests[0]);

    m.to.oaep.used = true;
    for (i = 0; i < n; i++) {
        for (j = 0; j < n; j++) {
            X509_ALGOR *algorithm = NULL;
            const ASN1_STRING *value = NULL;
            const ASN1_OBJECT *oid = NULL;
            RSA_OAEP_PARAMS *params;
            CMS_ContentInfo *cms;
            int type, nid = NID_sha1;

            m.to.oaep.digest = digests[i];
            m.to.oaep.mgf1 = digests[j];
            cms = seal(&m);
            assert_int_equal(CMS_RecipientInfo_ktri_get0_algs(only(cms), NULL,
                                                              NULL, &algorithm),
                             1);
            X509_ALGOR_get0(&oid, &type, (const void **)&value, algorithm);
            assert_int_equal(OBJ_obj2nid(oid), NID_rsaesOaep);
            params = ASN1_item_unpack(value, ASN1_ITEM_rptr(RSA_OAEP_PARAMS));
            assert_non_null(params);
            if (params->hashFunc != NULL) {
                X509_ALGOR_get0(&oid, NULL, NULL, params->hashFunc);
                nid = OBJ_obj2nid(oid);
            }
            assert_int_equal(nid,
                             digests[i] != NID_undef ? digests[i] : NID_sha1);
            assert_int_equal(params->maskGenFunc != NULL,
                             j > 1); /* the default is left out */
            RSA_OAEP_PARAMS_free(params);
            assert_true(opens(&m, cms, NULL));
        }
    }
}

/* Found out before anything is issued: SHA-512 leaves no room in 1,024 bits.*/
static void oaep_must_fit(void **state)
{
    fixture_t *f = *state;
    made_t m = begin(f, SCEP_LEVEL_COMPATIBLE, "device");
    EVP_PKEY *key = scep_pkey_own(f->pool, EVP_RSA_gen(1024));

    m.key = key;
    m.to.cert = certs_make(f, key, "small", NULL, NULL);
    m.to.oaep.used = true;
    m.cipher = scep_algs_cipher(m.algs, NID_aes_256_cbc);
    m.to.oaep.digest = NID_sha256;
    assert_true(opens(&m, seal(&m), NULL));
    m.to.oaep.digest = NID_sha384; /* 32 + 98 octets */
    fault_is(&m, "is too short");
    m.cipher = scep_algs_cipher(m.algs, NID_aes_128_cbc);
    assert_true(opens(&m, seal(&m), NULL));
    m.to.oaep.digest = NID_sha512;
    fault_is(&m, "is too short");
    m.to.oaep.used = false;
    assert_true(opens(&m, seal(&m), NULL));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        FIXTURE_TEST(passwords_serve_keys_that_only_sign),
        FIXTURE_TEST(passwords_work_in_the_legacy_context),
        FIXTURE_TEST(passwords_are_stretched),
        FIXTURE_TEST(passwords_are_wiped),
        FIXTURE_TEST(keys_agree),
        FIXTURE_TEST(agreement_has_no_sha1),
        FIXTURE_TEST(agreement_needs_a_real_cipher),
        FIXTURE_TEST(faults_are_told),
        FIXTURE_TEST(oaep_is_mirrored),
        FIXTURE_TEST(oaep_must_fit),
    };

    freed_memory_install();
    return cmocka_run_group_tests(tests, NULL, NULL);
}
