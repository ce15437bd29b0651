/* Licensed under the Apache License, Version 2.0; see LICENSE. */
/* Unit tests of scep_csr.c. */
#include "fixture.h"

#include <openssl/rsa.h>
#include <openssl/x509v3.h>

#include "fixture_certs.h"
#include "freed_memory.h"
#include "message_maker.h"
#include "scep_ber.h"
#include "scep_csr.h"
#include "scep_csr_decoy.h"
#include "scep_oid.h"

#define EXTENSION_REQ "1.2.840.113549.1.9.14"

static int verified; /* how often a signature was looked at */

static bool of_decoy(const EVP_PKEY *key)
{
    const unsigned char *in = scep_csr_decoy.data;
    X509_REQ *req = d2i_X509_REQ(NULL, &in, (long)scep_csr_decoy.len);
    bool same = EVP_PKEY_is_a(key, "RSA") == 1 &&
                EVP_PKEY_eq(X509_REQ_get0_pubkey(req), key) == 1;

    X509_REQ_free(req);
    return same;
}

int __real_ASN1_item_verify_ex(const ASN1_ITEM *it, const X509_ALGOR *algorithm,
                               const ASN1_BIT_STRING *signature,
                               const void *data, const ASN1_OCTET_STRING *id,
                               EVP_PKEY *key, OSSL_LIB_CTX *libctx,
                               const char *propq);
int __wrap_ASN1_item_verify_ex(const ASN1_ITEM *it, const X509_ALGOR *algorithm,
                               const ASN1_BIT_STRING *signature,
                               const void *data, const ASN1_OCTET_STRING *id,
                               EVP_PKEY *key, OSSL_LIB_CTX *libctx,
                               const char *propq);

int __wrap_ASN1_item_verify_ex(const ASN1_ITEM *it, const X509_ALGOR *algorithm,
                               const ASN1_BIT_STRING *signature,
                               const void *data, const ASN1_OCTET_STRING *id,
                               EVP_PKEY *key, OSSL_LIB_CTX *libctx,
                               const char *propq)
{
    if (!of_decoy(key)) { /* that is not the peer's */
        verified++;
    }
    return __real_ASN1_item_verify_ex(it, algorithm, signature, data, id, key,
                                      libctx, propq);
}

static const scep_algs_t *algs_of(fixture_t *f, scep_level_e level)
{
    OSSL_LIB_CTX *libctx = NULL;
    scep_algs_t *algs = NULL;

    if (level == SCEP_LEVEL_LEGACY) {
        assert_int_equal(scep_algs_legacy_context(f->pool, &libctx, &f->res),
                         SCEP_OK);
    }
    assert_int_equal(scep_algs_make(level, libctx, f->pool, &algs, &f->res),
                     SCEP_OK);
    return algs;
}

static scep_status_e parse(fixture_t *f, scep_octets_t der, scep_csr_t **csr)
{
    scep_status_e status = scep_csr_parse(
        der, algs_of(f, SCEP_LEVEL_COMPATIBLE), 2048, f->pool, csr, &f->res);

    assert_string_equal(scep_crypto_errors(f->pool), "");
    return status;
}

static scep_csr_t *accepted(fixture_t *f, scep_octets_t der)
{
    scep_csr_t *csr = NULL;

    assert_int_equal(parse(f, der, &csr), SCEP_OK);
    assert_non_null(csr);
    return csr;
}

static void refused(fixture_t *f, scep_octets_t der, scep_reason_e reason)
{
    scep_csr_t *csr = NULL;

    assert_int_equal(parse(f, der, &csr), SCEP_REFUSED);
    assert_int_equal(f->res.reason, reason);
    assert_null(csr);
}

static void all_members_are_filled(void **state)
{
    fixture_t *f = *state;
    EVP_PKEY *key = certs_key(f, "device", NULL);
    scep_octets_t der = maker_csr(f, key, "device", "Secret");
    scep_csr_t *csr = accepted(f, der);
    unsigned char hash[SCEP_HASH_SIZE];

    assert_int_equal(EVP_PKEY_eq(csr->key, key), 1);
    assert_true(scep_octets_equal(csr->der, der));
    assert_true(scep_sha256(der, hash));
    assert_memory_equal(csr->hash, hash, sizeof(hash));
    assert_true(scep_key_hash(key, hash));
    assert_memory_equal(csr->key_hash, hash, sizeof(hash));
    assert_int_equal(csr->challenge_state, SCEP_CHALLENGE_PRESENT);
    assert_string_equal(csr->challenge, "Secret");
    assert_string_equal(csr->subject, "CN=device");
    assert_null(csr->extensions);
}

/* DER with each FIND replaced, signed anew: attributes that OpenSSL would not
 * add twice. */
static scep_octets_t forged(fixture_t *f, scep_octets_t der, scep_octets_t find,
                            scep_octets_t replace, EVP_PKEY *key)
{
    scep_octets_t patched = maker_patch(f, der, find, replace);
    const unsigned char *in = patched.data;
    X509_REQ *req =
        scep_x509_req_own(f->pool, d2i_X509_REQ(NULL, &in, (long)patched.len));

    assert_non_null(req);
    return maker_req_sign(f, req, key, "SHA256");
}

/* --- signature and key --------------------------------------------------- */

static void garbage_and_bad_signatures_are_the_same(void **state)
{
    fixture_t *f = *state;
    EVP_PKEY *key = certs_key(f, "device", NULL);
    scep_octets_t der = maker_csr(f, key, "device", NULL);
    unsigned char *copy = apr_pmemdup(f->pool, der.data, der.len);
    /* of the signature's algorithm, before a BIT STRING of 2,048 bits */
    size_t parameters = der.len - 261 - 2;
    size_t i;

    for (i = 0; i < der.len; i += fixture_thin()) {
        if (i == parameters) {
            continue; /* NULL or something else, says nobody */
        }
        copy[i] ^= 0x01;
        refused(f, (scep_octets_t){copy, der.len}, SCEP_R_CONTENT);
        assert_string_equal(f->res.public_text, SCEP_TEXT_BAD_REQUEST);
        copy[i] ^= 0x01;
    }
    for (i = 0; i < der.len; i += 13 * fixture_thin()) {
        refused(f, (scep_octets_t){copy, i}, SCEP_R_CONTENT);
    }
    refused(f, MAKER_OCTETS("garbage"), SCEP_R_CONTENT);
    /* signed by somebody else */
    refused(f,
            maker_req_sign(f, maker_req(f, key, "device"),
                           certs_key(f, "ra", NULL), "SHA256"),
            SCEP_R_CONTENT);
}

static void version_is_not_looked_at(void **state)
{
    fixture_t *f = *state;
    EVP_PKEY *key = certs_key(f, "P-256", NULL);
    X509_REQ *req = maker_req(f, key, "device");

    X509_REQ_set_version(req, 2); /* Apple */
    assert_int_equal(
        X509_REQ_get_version(
            accepted(f, maker_req_sign(f, req, key, "SHA256"))->req),
        2);
}

static void rsa_sizes_are_the_callers(void **state)
{
    fixture_t *f = *state;
    EVP_PKEY *key = scep_pkey_own(
        f->pool, EVP_PKEY_Q_keygen(NULL, NULL, "RSA", (size_t)1024));
    scep_octets_t der = maker_csr(f, key, "device", NULL);
    scep_csr_t *csr = NULL;

    refused(f, der, SCEP_R_CSR_KEY);
    assert_int_equal(f->res.failinfo, SCEP_FAIL_BAD_ALG);
    assert_non_null(strstr(
        f->res.detail, "it has 1024 bits, ScepCertMinRSABits requires 2048"));
    assert_int_equal(scep_csr_parse(der, algs_of(f, SCEP_LEVEL_MODERN), 1024,
                                    f->pool, &csr, &f->res),
                     SCEP_OK);
}

/* Looking at their signatures would cost what anybody cares to make it cost,
 * so whether these are good is never known (invariants 7 and 9). */
static void not_verified(fixture_t *f, scep_octets_t der)
{
    verified = 0;
    refused(f, der, SCEP_R_CONTENT);
    assert_string_equal(f->res.public_text, SCEP_TEXT_BAD_REQUEST);
    assert_int_equal(verified, 0);
}

static void keys_are_of_known_kinds(void **state)
{
    fixture_t *f = *state;
    EVP_PKEY *key = scep_pkey_own(
        f->pool, EVP_PKEY_Q_keygen(NULL, NULL, "EC", "secp256k1"));

    verified = 0;
    accepted(f, maker_csr(f, certs_key(f, "P-256", NULL), "device", NULL));
    accepted(f, maker_csr(f, certs_key(f, "P-384", NULL), "device", NULL));
    accepted(f, maker_csr(f, certs_key(f, "P-521", NULL), "device", NULL));
    assert_int_equal(verified, 3);
    not_verified(f, maker_csr(f, key, "device", NULL));
    assert_non_null(strstr(f->res.detail, "EC on secp256k1"));
}

/* Whether they are certified is the profile's business. */
static void edwards_curves_are_read(void **state)
{
    static const char *const kinds[] = {"ED25519", "ED448"};
    fixture_t *f = *state;
    size_t i;

    for (i = 0; i < sizeof(kinds) / sizeof(kinds[0]); i++) {
        EVP_PKEY *key =
            scep_pkey_own(f->pool, EVP_PKEY_Q_keygen(NULL, NULL, kinds[i]));
        scep_octets_t der =
            maker_req_sign(f, maker_req(f, key, "device"), key, NULL);
        unsigned char *bad = apr_pmemdup(f->pool, der.data, der.len);

        assert_int_equal(EVP_PKEY_eq(accepted(f, der)->key, key), 1);
        bad[der.len - 1] ^= 1;
        refused(f, (scep_octets_t){bad, der.len}, SCEP_R_CONTENT);
    }
}

static void costly_keys_are_not_used(void **state)
{
    fixture_t *f = *state;
    EVP_PKEY *signer = certs_key(f, "device", NULL);
    EVP_PKEY *keys[] = {certs_rsa_public(f, SCEP_MAX_RSA_BITS + 1, 16, 1),
                        certs_rsa_public(f, 16384, 16, 1),
                        certs_rsa_public(f, 4096, 3000, 1)};
    size_t i;

    for (i = 0; i < sizeof(keys) / sizeof(keys[0]); i++) {
        X509_REQ *req = maker_req(f, keys[i], "device");

        not_verified(f, maker_req_sign(f, req, signer, "SHA256"));
    }
}

static void digests_follow_the_level(void **state)
{
    static const struct {
        const char *digest;
        scep_level_e level;
    } rows[] = {{"MD5", SCEP_LEVEL_LEGACY},    {"SHA1", SCEP_LEVEL_COMPATIBLE},
                {"SHA224", SCEP_LEVEL_MODERN}, {"SHA256", SCEP_LEVEL_MODERN},
                {"SHA384", SCEP_LEVEL_MODERN}, {"SHA512", SCEP_LEVEL_MODERN}};
    fixture_t *f = *state;
    EVP_PKEY *key = certs_key(f, "device", NULL);
    int level;
    size_t i;

    for (level = SCEP_LEVEL_MODERN; level <= SCEP_LEVEL_LEGACY; level++) {
        const scep_algs_t *algs = algs_of(f, (scep_level_e)level);

        for (i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
            scep_csr_t *csr = NULL;
            scep_status_e status =
                scep_csr_parse(maker_req_sign(f, maker_req(f, key, "device"),
                                              key, rows[i].digest),
                               algs, 2048, f->pool, &csr, &f->res);

            if (level >= (int)rows[i].level) {
                assert_int_equal(status, SCEP_OK);
            }
            else {
                assert_int_equal(status, SCEP_REFUSED);
                assert_int_equal(f->res.reason, SCEP_R_CSR_KEY);
                assert_non_null(strstr(f->res.detail, "ScepAlgorithms"));
            }
        }
    }
}

static scep_octets_t pss_csr(fixture_t *f, EVP_PKEY *key, const char *digest)
{
    X509_REQ *req = maker_req(f, key, "device");
    EVP_MD_CTX *ctx = EVP_MD_CTX_new();
    EVP_PKEY_CTX *pkey_ctx = NULL;
    unsigned char *der = NULL;
    scep_octets_t octets;
    int len;

    assert_int_equal(
        EVP_DigestSignInit_ex(ctx, &pkey_ctx, digest, NULL, NULL, key, NULL),
        1);
    assert_true(EVP_PKEY_CTX_set_rsa_padding(pkey_ctx, RSA_PKCS1_PSS_PADDING) >
                0);
    assert_true(X509_REQ_sign_ctx(req, ctx) > 0);
    EVP_MD_CTX_free(ctx);
    len = i2d_X509_REQ(req, &der);
    assert_true(len > 0);
    octets.data = apr_pmemdup(f->pool, der, (size_t)len);
    octets.len = (size_t)len;
    OPENSSL_free(der);
    return octets;
}

static void pss_is_judged_by_its_digest(void **state)
{
    fixture_t *f = *state;
    EVP_PKEY *key = certs_key(f, "device", NULL);
    scep_octets_t sha1 = pss_csr(f, key, "SHA1"); /* the default, left out */
    scep_csr_t *csr = NULL;

    accepted(f, pss_csr(f, key, "SHA256"));
    accepted(f, sha1);
    accepted(f, pss_csr(f, key, "SHA224"));
    refused(f, pss_csr(f, key, "SHA512-256"), SCEP_R_CSR_KEY);
    assert_int_equal(scep_csr_parse(sha1, algs_of(f, SCEP_LEVEL_MODERN), 2048,
                                    f->pool, &csr, &f->res),
                     SCEP_REFUSED);
    assert_int_equal(f->res.reason, SCEP_R_CSR_KEY);
}

/* --- challengePassword --------------------------------------------------- */

static scep_csr_t *with_challenge(fixture_t *f, int type, scep_octets_t value)
{
    EVP_PKEY *key = certs_key(f, "P-256", NULL);
    X509_REQ *req = maker_req(f, key, "device");

    maker_challenge(req, type, value.data, value.len);
    return accepted(f, maker_req_sign(f, req, key, "SHA256"));
}

static void challenge_is(fixture_t *f, int type, scep_octets_t value,
                         const char *text)
{
    scep_csr_t *csr = with_challenge(f, type, value);

    assert_int_equal(csr->challenge_state, SCEP_CHALLENGE_PRESENT);
    assert_string_equal(csr->challenge, text);
}

static void challenge_is_malformed(fixture_t *f, int type, scep_octets_t value)
{
    scep_csr_t *csr = with_challenge(f, type, value);

    assert_int_equal(csr->challenge_state, SCEP_CHALLENGE_MALFORMED);
    assert_null(csr->challenge);
}

static void challenge_may_be_any_string(void **state)
{
    fixture_t *f = *state;

    challenge_is(f, V_ASN1_PRINTABLESTRING, MAKER_OCTETS("ABC 123"), "ABC 123");
    challenge_is(f, V_ASN1_UTF8STRING, MAKER_OCTETS("_@#!* \xc3\xa4"),
                 "_@#!* \xc3\xa4");
    challenge_is(f, V_ASN1_IA5STRING, MAKER_OCTETS("a@b"), "a@b");
    challenge_is(f, V_ASN1_T61STRING, MAKER_OCTETS("a\xe4"), "a\xc3\xa4");
    challenge_is(f, V_ASN1_BMPSTRING, MAKER_OCTETS("\0a\x20\xac"),
                 "a\xe2\x82\xac");
    challenge_is(f, V_ASN1_UNIVERSALSTRING, MAKER_OCTETS("\0\0\0a\0\0\0b"),
                 "ab");
    challenge_is(f, V_ASN1_NUMERICSTRING, MAKER_OCTETS("123"), "123");
    challenge_is(f, V_ASN1_VISIBLESTRING, MAKER_OCTETS("a b"), "a b");
}

static void empty_challenge_is_absent(void **state)
{
    fixture_t *f = *state;
    scep_csr_t *csr =
        with_challenge(f, V_ASN1_PRINTABLESTRING, MAKER_OCTETS(""));

    assert_int_equal(csr->challenge_state, SCEP_CHALLENGE_ABSENT);
    assert_null(csr->challenge);
    csr = accepted(f, maker_csr(f, certs_key(f, "P-256", NULL), "d", NULL));
    assert_int_equal(csr->challenge_state, SCEP_CHALLENGE_ABSENT);
    assert_null(csr->challenge);
}

static void malformed_challenge_is_told(void **state)
{
    fixture_t *f = *state;

    challenge_is_malformed(f, V_ASN1_PRINTABLESTRING, MAKER_OCTETS("a\0b"));
    challenge_is_malformed(f, V_ASN1_UTF8STRING, MAKER_OCTETS("\0"));
    challenge_is_malformed(f, V_ASN1_UTF8STRING, MAKER_OCTETS("a\xff"));
    challenge_is_malformed(f, V_ASN1_UTF8STRING, MAKER_OCTETS("a\xc3"));
    challenge_is_malformed(f, V_ASN1_BMPSTRING, MAKER_OCTETS("\0a\0\0"));
    challenge_is_malformed(f, V_ASN1_SEQUENCE, MAKER_OCTETS("\x30\x00"));
    challenge_is_malformed(f, V_ASN1_OCTET_STRING, MAKER_OCTETS("abc"));
}

static void challenge_length_is_limited(void **state)
{
    fixture_t *f = *state;
    unsigned char *text = apr_palloc(f->pool, SCEP_MAX_CHALLENGE + 1);
    scep_octets_t value = {text, SCEP_MAX_CHALLENGE};
    scep_csr_t *csr;

    memset(text, 'x', SCEP_MAX_CHALLENGE + 1);
    csr = with_challenge(f, V_ASN1_PRINTABLESTRING, value);
    assert_int_equal(strlen(csr->challenge), SCEP_MAX_CHALLENGE);
    value.len++;
    challenge_is_malformed(f, V_ASN1_PRINTABLESTRING, value);
    /* as many letters, but of two octets each in UTF-8 */
    memset(text, 0xe4, SCEP_MAX_CHALLENGE + 1);
    value.len = SCEP_MAX_CHALLENGE / 2;
    csr = with_challenge(f, V_ASN1_T61STRING, value);
    assert_int_equal(strlen(csr->challenge), SCEP_MAX_CHALLENGE);
    value.len++;
    challenge_is_malformed(f, V_ASN1_T61STRING, value);
}

static void two_challenges_are_malformed(void **state)
{
    fixture_t *f = *state;
    EVP_PKEY *key = certs_key(f, "P-256", NULL);
    X509_REQ *req = maker_req(f, key, "device");
    X509_ATTRIBUTE *attribute;
    scep_csr_t *csr;

    maker_challenge(req, V_ASN1_PRINTABLESTRING, "a", 1);
    attribute = X509_REQ_get_attr(req, 0);
    assert_int_equal(
        X509_ATTRIBUTE_set1_data(attribute, V_ASN1_PRINTABLESTRING, "b", 1), 1);
    csr = accepted(f, maker_req_sign(f, req, key, "SHA256"));
    assert_int_equal(csr->challenge_state, SCEP_CHALLENGE_MALFORMED);
    assert_null(csr->challenge);

    req = maker_req(f, key, "device");
    maker_challenge(req, V_ASN1_PRINTABLESTRING, "a", 1);
    assert_int_equal(X509_REQ_add1_attr_by_NID(
                         req, NID_pkcs9_unstructuredAddress,
                         V_ASN1_PRINTABLESTRING, (const unsigned char *)"b", 1),
                     1);
    csr = accepted(
        f, forged(f, maker_req_sign(f, req, key, "SHA256"),
                  MAKER_OCTETS("\x2a\x86\x48\x86\xf7\x0d\x01\x09\x08"),
                  MAKER_OCTETS("\x2a\x86\x48\x86\xf7\x0d\x01\x09\x07"), key));
    assert_int_equal(csr->challenge_state, SCEP_CHALLENGE_MALFORMED);
    assert_null(csr->challenge);
}

typedef struct watch_t {
    const char *text;
    size_t len;
    bool wiped;
} watch_t;

static apr_status_t watch_cleanup(void *baton)
{
    watch_t *watch = baton;
    size_t i;

    watch->wiped = true;
    for (i = 0; i < watch->len; i++) {
        if (watch->text[i] != '\0') {
            watch->wiped = false;
        }
    }
    return APR_SUCCESS;
}

static void challenge_is_wiped_with_the_pool(void **state)
{
    fixture_t *f = *state;
    scep_octets_t der =
        maker_csr(f, certs_key(f, "P-256", NULL), "device", "Secret");
    watch_t watch = {NULL, 0, false};
    scep_csr_t *csr = NULL;
    apr_pool_t *pool;

    apr_pool_create(&pool, f->pool);
    /* runs after those registered later, and before memory is given back */
    apr_pool_cleanup_register(pool, &watch, watch_cleanup,
                              apr_pool_cleanup_null);
    assert_int_equal(scep_csr_parse(der, algs_of(f, SCEP_LEVEL_MODERN), 2048,
                                    pool, &csr, &f->res),
                     SCEP_OK);
    watch.text = csr->challenge;
    watch.len = strlen(csr->challenge);
    assert_int_equal(watch.len, 6);
    apr_pool_destroy(pool);
    assert_true(watch.wiped);
}

/* Parse DER, and be done with it: SECRET has been wherever it has been. */
static int left_in_memory(fixture_t *f, scep_octets_t der, scep_octets_t secret)
{
    const scep_algs_t *algs = algs_of(f, SCEP_LEVEL_COMPATIBLE);
    scep_csr_t *csr = NULL;
    scep_result_t res;
    apr_pool_t *pool;

    apr_pool_create(&pool, f->pool);
    scep_result_init(&res, pool);
    freed_memory_watch(secret);
    scep_csr_parse(der, algs, 2048, pool, &csr, &res);
    apr_pool_destroy(pool);
    return freed_memory_found();
}

/* Invariant 6: OpenSSL does not wipe what it has parsed. */
static void no_copy_of_the_challenge_is_left(void **state)
{
    const struct {
        int type;
        scep_octets_t value;
    } rows[] = {
        {V_ASN1_PRINTABLESTRING, MAKER_OCTETS("E1D9B62CE05B13A4")},
        {V_ASN1_UTF8STRING, MAKER_OCTETS("E1D9B62CE05B13A4")},
        {V_ASN1_T61STRING, MAKER_OCTETS("E1D9B62CE05B13A4")},
        {V_ASN1_BMPSTRING, MAKER_OCTETS("\0E\0001\0D\0009\0B\0006\0002\0C")},
        {V_ASN1_OCTET_STRING, MAKER_OCTETS("E1D9B62CE05B13A4")},
    };
    fixture_t *f = *state;
    EVP_PKEY *key = certs_key(f, "P-256", NULL);
    size_t i;

    for (i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        X509_REQ *req = maker_req(f, key, "device");
        scep_octets_t der;

        maker_challenge(req, rows[i].type, rows[i].value.data,
                        rows[i].value.len);
        der = maker_req_sign(f, req, key, "SHA256");
        assert_int_equal(left_in_memory(f, der, rows[i].value), 0);
        /* nor when it is signed by another key */
        der = maker_req_sign(f, req, certs_key(f, "P-256", NULL), "SHA256");
        assert_int_equal(left_in_memory(f, der, rows[i].value), 0);
    }
}

/* Long, and not Latin, so that every conversion has work to do. */
static void no_copy_of_a_long_challenge_is_left(void **state)
{
    fixture_t *f = *state;
    EVP_PKEY *key = certs_key(f, "device", NULL);
    X509_REQ *req = maker_req(f, key, "device");
    unsigned char text[2048];
    scep_octets_t part = {text, 8};
    scep_octets_t der;
    size_t i;

    for (i = 0; i < sizeof(text); i += 2) {
        text[i] = 0x20;
        text[i + 1] = 0xac;
    }
    maker_challenge(req, V_ASN1_BMPSTRING, text, sizeof(text));
    der = maker_req_sign(f, req, key, "SHA256");
    assert_int_equal(left_in_memory(f, der, part), 0);
    assert_int_equal(
        left_in_memory(f, der,
                       MAKER_OCTETS("\xe2\x82\xac\xe2\x82\xac\xe2\x82\xac")),
        0);
}

/* --- requested extensions ------------------------------------------------ */

static scep_octets_t extension(fixture_t *f, const char *oid, char value)
{
    scep_octets_t octets = {(unsigned char *)apr_psprintf(f->pool, "%c", value),
                            1};

    return MAKER_TLV(f, 0x30, maker_oid(f, oid), MAKER_TLV(f, 0x04, octets));
}

static void add_request(fixture_t *f, X509_REQ *req, const char *oid, int type,
                        scep_octets_t value)
{
    assert_int_equal(X509_REQ_add1_attr_by_OBJ(req, scep_oid(f->pool, oid),
                                               type, value.data,
                                               (int)value.len),
                     1);
}

static void extensions_are_read_under_three_oids(void **state)
{
    static const char *const oids[] = {EXTENSION_REQ, SCEP_OID_EXTENSION_REQ,
                                       SCEP_OID_MS_EXTENSION_REQ};
    fixture_t *f = *state;
    EVP_PKEY *key = certs_key(f, "P-256", NULL);
    scep_octets_t value = MAKER_TLV(f, 0x30, extension(f, "2.5.29.17", 'a'),
                                    extension(f, "2.5.29.15", 'b'));
    X509_REQ *all = maker_req(f, key, "device");
    scep_csr_t *csr;
    size_t i;

    for (i = 0; i < sizeof(oids) / sizeof(oids[0]); i++) {
        X509_REQ *req = maker_req(f, key, "device");

        add_request(f, req, oids[i], V_ASN1_SEQUENCE, value);
        add_request(f, all, oids[i], V_ASN1_SEQUENCE, value);
        csr = accepted(f, maker_req_sign(f, req, key, "SHA256"));
        assert_int_equal(sk_X509_EXTENSION_num(csr->extensions), 2);
        assert_int_equal(OBJ_obj2nid(X509_EXTENSION_get_object(
                             sk_X509_EXTENSION_value(csr->extensions, 0))),
                         NID_subject_alt_name);
    }
    csr = accepted(f, maker_req_sign(f, all, key, "SHA256"));
    assert_int_equal(sk_X509_EXTENSION_num(csr->extensions), 2);
}

static void requests_that_disagree_are_refused(void **state)
{
    fixture_t *f = *state;
    EVP_PKEY *key = certs_key(f, "P-256", NULL);
    X509_REQ *req = maker_req(f, key, "device");

    add_request(f, req, EXTENSION_REQ, V_ASN1_SEQUENCE,
                MAKER_TLV(f, 0x30, extension(f, "2.5.29.17", 'a')));
    add_request(f, req, SCEP_OID_MS_EXTENSION_REQ, V_ASN1_SEQUENCE,
                MAKER_TLV(f, 0x30, extension(f, "2.5.29.17", 'b')));
    refused(f, maker_req_sign(f, req, key, "SHA256"), SCEP_R_CONTENT);
}

/* A PKCS#10 with ATTRIBUTES, signed by KEY as it is. */
static scep_octets_t with_attributes(fixture_t *f, EVP_PKEY *key,
                                     scep_octets_t attributes)
{
    scep_octets_t plain = maker_csr(f, key, "device", NULL);
    scep_ber_reader_t in = scep_ber_read(plain);
    scep_ber_reader_t csr, body;
    scep_ber_t info, algorithm, e;
    scep_octets_t head, signature;
    unsigned char made[256];
    size_t len = sizeof(made);
    EVP_MD_CTX *ctx = EVP_MD_CTX_new();

    assert_true(scep_ber_enter(&in, SCEP_BER_SEQUENCE, &csr) &&
                scep_ber_next(&csr, &info) && scep_ber_next(&csr, &algorithm));
    body = scep_ber_read(info.body);
    head.data = body.at;
    assert_true(scep_ber_next(&body, &e) && scep_ber_next(&body, &e) &&
                scep_ber_next(&body, &e));
    head.len = (size_t)(body.at - head.data);
    head = MAKER_TLV(f, 0x30, head, MAKER_TLV(f, 0xa0, attributes));
    assert_int_equal(
        EVP_DigestSignInit_ex(ctx, NULL, "SHA256", NULL, NULL, key, NULL), 1);
    assert_int_equal(EVP_DigestSign(ctx, made, &len, head.data, head.len), 1);
    EVP_MD_CTX_free(ctx);
    signature = (scep_octets_t){apr_pmemdup(f->pool, made, len), len};
    return MAKER_TLV(f, 0x30, head, algorithm.whole,
                     MAKER_TLV(f, 0x03, MAKER_OCTETS("\0"), signature));
}

static scep_octets_t one_request(fixture_t *f, EVP_PKEY *key, int type,
                                 scep_octets_t value)
{
    X509_REQ *req = maker_req(f, key, "device");

    add_request(f, req, EXTENSION_REQ, type, value);
    return maker_req_sign(f, req, key, "SHA256");
}

static void malformed_requests_are_refused(void **state)
{
    fixture_t *f = *state;
    EVP_PKEY *key = certs_key(f, "P-256", NULL);
    scep_octets_t san = extension(f, "2.5.29.17", 'a');
    scep_octets_t many = {NULL, 0};
    int i;

    /* of a wrong type; two different extensions of a kind */
    refused(f, one_request(f, key, V_ASN1_INTEGER, MAKER_OCTETS("\x01")),
            SCEP_R_CONTENT);
    refused(
        f,
        one_request(f, key, V_ASN1_SEQUENCE,
                    MAKER_TLV(f, 0x30, san, extension(f, "2.5.29.17", 'b'))),
        SCEP_R_CONTENT);
    /* too many */
    for (i = 0; i < 33; i++) {
        scep_octets_t next =
            extension(f, apr_psprintf(f->pool, "1.2.3.%d", i), 'x');
        scep_octets_t joined = MAKER_TLV(f, 0x30, many, next);
        size_t head = joined.len - many.len - next.len;

        many = (scep_octets_t){joined.data + head, joined.len - head};
        if (i == 31) {
            accepted(f, one_request(f, key, V_ASN1_SEQUENCE,
                                    MAKER_TLV(f, 0x30, many)));
        }
    }
    refused(f, one_request(f, key, V_ASN1_SEQUENCE, MAKER_TLV(f, 0x30, many)),
            SCEP_R_CONTENT);
}

/* What nobody needs may look as it likes; X509_REQ_verify() would not even
 * read the first of these. */
static void odd_attributes_do_not_matter(void **state)
{
    fixture_t *f = *state;
    EVP_PKEY *key = certs_key(f, "P-256", NULL);
    const scep_octets_t odd[] = {
        MAKER_OCTETS("\x30\x0d\x06\x09\x2a\x86\x48\x86\xf7\x0d\x01\x09\x02"
                     "\x05\x00"),
        MAKER_OCTETS("\x30\x0d\x06\x09\x2a\x86\x48\x86\xf7\x0d\x01\x09\x0e"
                     "\x31\x00"),
        MAKER_OCTETS("\x30\x0d\x06\x09\x2a\x86\x48\x86\xf7\x0d\x01\x09\x07"
                     "\x31\x00"),
        MAKER_OCTETS("\x04\x0d+++++++++++++")};
    size_t i;

    for (i = 0; i < sizeof(odd) / sizeof(odd[0]); i++) {
        scep_csr_t *csr = accepted(f, with_attributes(f, key, odd[i]));

        assert_null(csr->extensions);
        assert_int_equal(csr->challenge_state, SCEP_CHALLENGE_ABSENT);
    }
}

static void empty_request_is_none(void **state)
{
    fixture_t *f = *state;
    EVP_PKEY *key = certs_key(f, "P-256", NULL);

    assert_null(accepted(f, one_request(f, key, V_ASN1_SEQUENCE,
                                        MAKER_OCTETS("\x30\x00")))
                    ->extensions);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        FIXTURE_TEST(all_members_are_filled),
        FIXTURE_TEST(garbage_and_bad_signatures_are_the_same),
        FIXTURE_TEST(version_is_not_looked_at),
        FIXTURE_TEST(rsa_sizes_are_the_callers),
        FIXTURE_TEST(keys_are_of_known_kinds),
        FIXTURE_TEST(edwards_curves_are_read),
        FIXTURE_TEST(costly_keys_are_not_used),
        FIXTURE_TEST(digests_follow_the_level),
        FIXTURE_TEST(pss_is_judged_by_its_digest),
        FIXTURE_TEST(challenge_may_be_any_string),
        FIXTURE_TEST(empty_challenge_is_absent),
        FIXTURE_TEST(malformed_challenge_is_told),
        FIXTURE_TEST(challenge_length_is_limited),
        FIXTURE_TEST(two_challenges_are_malformed),
        FIXTURE_TEST(challenge_is_wiped_with_the_pool),
        FIXTURE_TEST(no_copy_of_the_challenge_is_left),
        FIXTURE_TEST(no_copy_of_a_long_challenge_is_left),
        FIXTURE_TEST(extensions_are_read_under_three_oids),
        FIXTURE_TEST(requests_that_disagree_are_refused),
        FIXTURE_TEST(malformed_requests_are_refused),
        FIXTURE_TEST(odd_attributes_do_not_matter),
        FIXTURE_TEST(empty_request_is_none),
    };

    freed_memory_install();
    return cmocka_run_group_tests(tests, NULL, NULL);
}
