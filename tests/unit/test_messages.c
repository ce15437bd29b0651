/* Licensed under the Apache License, Version 2.0; see LICENSE. */
/* Messages of real clients through the whole protocol layer. */
#include "fixture.h"

#include <openssl/pem.h>

#include "scep_csr.h"
#include "scep_pkimessage.h"
#include "scep_preflight.h"

#define DATA "tests/data/messages/"

static const scep_algs_t *algs_of(fixture_t *f, scep_level_e level)
{
    scep_algs_t *algs = NULL;

    assert_int_equal(scep_algs_make(level, NULL, f->pool, &algs, &f->res),
                     SCEP_OK);
    return algs;
}

static scep_status_e preflight(fixture_t *f, scep_octets_t enveloped)
{
    int cipher_nid;

    return scep_preflight_enveloped(enveloped, &cipher_nid, &f->res);
}

static scep_status_e decode(fixture_t *f, const char *name, scep_level_e level,
                            scep_pkimessage_t **msg)
{
    return scep_pkimessage_decode(fixture_file(f, name), algs_of(f, level),
                                  f->pool, msg, &f->res);
}

static BIO *file_bio(fixture_t *f, const char *name)
{
    scep_octets_t octets = fixture_file(f, name);

    return scep_bio_own(f->pool, BIO_new_mem_buf(octets.data, (int)octets.len));
}

static apr_array_header_t *one_pair(fixture_t *f, const char *cert,
                                    const char *key)
{
    apr_array_header_t *pairs =
        apr_array_make(f->pool, 1, sizeof(const scep_keypair_t *));
    scep_keypair_t *pair = apr_pcalloc(f->pool, sizeof(*pair));

    pair->cert = scep_x509_own(
        f->pool, PEM_read_bio_X509(file_bio(f, cert), NULL, NULL, NULL));
    pair->key = scep_pkey_own(
        f->pool, PEM_read_bio_PrivateKey(file_bio(f, key), NULL, NULL, NULL));
    assert_non_null(pair->cert);
    assert_non_null(pair->key);
    APR_ARRAY_PUSH(pairs, const scep_keypair_t *) = pair;
    return pairs;
}

static apr_array_header_t *apple_ca(fixture_t *f)
{
    return one_pair(f, DATA "apple-2016/ca.crt",
                    DATA "apple-2016/ca-test-only.key");
}

static void apple_is_read_to_its_csr(void **state)
{
    fixture_t *f = *state;
    const scep_algs_t *algs = algs_of(f, SCEP_LEVEL_COMPATIBLE);
    scep_pkimessage_t *msg = NULL;
    scep_csr_t *csr = NULL;

    assert_int_equal(
        decode(f, DATA "apple-2016/PKCSReq.der", SCEP_LEVEL_COMPATIBLE, &msg),
        SCEP_OK);
    assert_true(msg->verified);
    assert_int_equal(msg->message_type, SCEP_MSG_PKCSREQ);
    assert_string_equal(msg->transaction_id,
                        "A13090761A30F66664F85D37433D2065E1112BA1");
    assert_int_equal(msg->transaction_id_raw.len, 40);
    assert_int_equal(msg->sender_nonce.len, 8);
    assert_memory_equal(msg->sender_nonce.data, "\xAE\x7F\xE8\x81", 4);
    assert_string_equal(msg->digest->name, "SHA1");
    assert_string_equal(
        scep_name_text(f->pool, X509_get_subject_name(msg->signer)),
        "C=US,CN=MDM SCEP SIGNER");

    assert_int_equal(scep_pkimessage_open(msg, algs, apple_ca(f), &f->res),
                     SCEP_OK);
    assert_string_equal(msg->cipher->name, "DES-EDE3-CBC");
    assert_false(msg->oaep.used);
    assert_non_null(msg->recipient);

    assert_int_equal(
        scep_csr_parse(msg->data, algs, 1024, f->pool, &csr, &f->res), SCEP_OK);
    assert_int_equal(X509_REQ_get_version(csr->req), 2);
    assert_int_equal(csr->challenge_state, SCEP_CHALLENGE_ABSENT);
    assert_null(csr->challenge);
    assert_int_equal(EVP_PKEY_get_bits(csr->key), 1024);
    assert_true(scep_octets_equal(csr->der, msg->data));

    /* its key is too short for today's default */
    assert_int_equal(
        scep_csr_parse(msg->data, algs, 2048, f->pool, &csr, &f->res),
        SCEP_REFUSED);
    assert_int_equal(f->res.reason, SCEP_R_CSR_KEY);
}

static void apple_is_refused_by_the_modern_level(void **state)
{
    fixture_t *f = *state;
    scep_pkimessage_t *msg = NULL;

    assert_int_equal(
        decode(f, DATA "apple-2016/PKCSReq.der", SCEP_LEVEL_MODERN, &msg),
        SCEP_REFUSED);
    assert_int_equal(f->res.reason, SCEP_R_OUTER_ALG);
    assert_non_null(msg); /* a CertRep FAILURE can be built */
    assert_false(msg->verified);
}

/* Where these begin in Apple's message. */
enum {
    CONTENT = 58,
    CERTIFICATE = 1155,
    ATTRIBUTES = 1986,
    ALGORITHM = 2186,
    SIGNATURE = 2201
};

/* S5: whatever octet of the outer layer is wrong, nothing is believed. */
static void apple_with_any_octet_changed_is_refused(void **state)
{
    fixture_t *f = *state;
    const scep_algs_t *algs = algs_of(f, SCEP_LEVEL_COMPATIBLE);
    scep_octets_t der = fixture_file(f, DATA "apple-2016/PKCSReq.der");
    unsigned char *copy = apr_pmemdup(f->pool, der.data, der.len);
    size_t i, believed = 0;

    for (i = 0; i < der.len; i += fixture_thin()) {
        scep_octets_t bad = {copy, der.len};
        scep_pkimessage_t *msg = NULL;
        apr_pool_t *pool;

        apr_pool_create(&pool, f->pool);
        copy[i] ^= 0x10;
        if (scep_pkimessage_decode(bad, algs, pool, &msg, &f->res) == SCEP_OK) {
            /* what the signature does not cover: versions, the list of
             * digests, the certificate but its key, the algorithm's name */
            believed++;
            assert_true(i < CONTENT || i >= CERTIFICATE);
            assert_true(i < ATTRIBUTES || (i >= ALGORITHM && i < SIGNATURE));
        }
        copy[i] ^= 0x10;
        apr_pool_destroy(pool);
    }
    assert_true(believed < CONTENT + ATTRIBUTES - CERTIFICATE);
}

static void windows_is_verified_and_not_ours(void **state)
{
    fixture_t *f = *state;
    const scep_algs_t *algs = algs_of(f, SCEP_LEVEL_COMPATIBLE);
    scep_pkimessage_t *msg = NULL;

    assert_int_equal(
        decode(f, DATA "windows-oaep/PKCSReq.der", SCEP_LEVEL_COMPATIBLE, &msg),
        SCEP_OK);
    assert_true(msg->verified);
    assert_int_equal(msg->message_type, SCEP_MSG_PKCSREQ);
    assert_string_equal(
        scep_name_text(f->pool, X509_get_subject_name(msg->signer)),
        "CN=SCEP Protocol Certificate");
    assert_int_equal(preflight(f, msg->envelope), SCEP_OK);

    assert_int_equal(scep_pkimessage_open(msg, algs, apple_ca(f), &f->res),
                     SCEP_REFUSED);
    assert_int_equal(f->res.reason, SCEP_R_RECIPIENT);
    assert_int_equal(f->res.failinfo, SCEP_FAIL_BAD_CERT_ID);
    assert_string_equal(msg->cipher->name, "AES-128-CBC");
    assert_null(msg->recipient);
}

static void rfc_author_set_has_the_expected_shapes(void **state)
{
    fixture_t *f = *state;
    const scep_algs_t *algs = algs_of(f, SCEP_LEVEL_MODERN);
    scep_octets_t enveloped =
        fixture_file(f, DATA "rfc-author-2018/scep_req1.der");
    scep_pkimessage_t *msg = NULL;
    scep_csr_t *csr = NULL;

    assert_int_equal(
        scep_csr_parse(fixture_file(f, DATA "rfc-author-2018/scep_req0.der"),
                       algs, 1024, f->pool, &csr, &f->res),
        SCEP_OK);
    assert_string_equal(csr->challenge, "NQ3C6-GS3ZN-2XPGL-SEJTQ");
    assert_int_equal(sk_X509_EXTENSION_num(csr->extensions), 1);

    assert_int_equal(preflight(f, enveloped), SCEP_OK);

    assert_int_equal(decode(f, DATA "rfc-author-2018/scep_req2.der",
                            SCEP_LEVEL_MODERN, &msg),
                     SCEP_OK);
    assert_string_equal(msg->transaction_id, "7XXEY-ERLPU-2JDR9");
    assert_true(scep_octets_equal(msg->envelope, enveloped));
    assert_int_equal(scep_pkimessage_open(msg, algs, apple_ca(f), &f->res),
                     SCEP_REFUSED);
    assert_int_equal(f->res.reason, SCEP_R_RECIPIENT);
}

/* It has no senderNonce either; RFC 8894 3.3.2 no longer asks for one in a
 * CertRep. */
static void rfc_author_reply_is_no_request(void **state)
{
    fixture_t *f = *state;
    scep_pkimessage_t *msg = NULL;

    assert_int_equal(
        preflight(f, fixture_file(f, DATA "rfc-author-2018/scep_resp1.der")),
        SCEP_OK);
    assert_int_equal(decode(f, DATA "rfc-author-2018/scep_resp2.der",
                            SCEP_LEVEL_MODERN, &msg),
                     SCEP_REFUSED);
    assert_int_equal(f->res.reason, SCEP_R_MESSAGE_TYPE);
    assert_int_equal(msg->sender_nonce.len, 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        FIXTURE_TEST(apple_is_read_to_its_csr),
        FIXTURE_TEST(apple_is_refused_by_the_modern_level),
        FIXTURE_TEST(apple_with_any_octet_changed_is_refused),
        FIXTURE_TEST(windows_is_verified_and_not_ours),
        FIXTURE_TEST(rfc_author_set_has_the_expected_shapes),
        FIXTURE_TEST(rfc_author_reply_is_no_request),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
