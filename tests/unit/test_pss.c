/* Licensed under the Apache License, Version 2.0; see LICENSE. */
/*
 * scep_pss.c: parameters of RSASSA-PSS, one by one, and in a PKCS#10 and a
 * message that are signed so.
 */
#include "message_maker.h"

#include <openssl/objects.h>
#include <openssl/rsa.h>

#include "fixture_certs.h"
#include "fixture_pss.h"
#include "scep_csr.h"
#include "scep_pkimessage.h"
#include "scep_pss.h"

#define NOTHING ((scep_octets_t){NULL, 0})
#define OID_SHA1 "1.3.14.3.2.26"
#define OID_SHA256 "2.16.840.1.101.3.4.2.1"
#define OID_SHA512 "2.16.840.1.101.3.4.2.3"
#define OID_MD5 "1.2.840.113549.2.5"
#define OID_MGF1 "1.2.840.113549.1.1.8"

static scep_algs_t *algs_of(fixture_t *f, scep_level_e level)
{
    scep_algs_t *algs;

    assert_int_equal(scep_algs_make(level, NULL, f->pool, &algs, &f->res),
                     SCEP_OK);
    return algs;
}

static scep_octets_t hash(fixture_t *f, const char *oid)
{
    return MAKER_TLV(f, 0xa0, MAKER_TLV(f, 0x30, maker_oid(f, oid)));
}

static scep_octets_t mgf(fixture_t *f, const char *oid, const char *digest)
{
    return MAKER_TLV(f, 0xa1,
                     MAKER_TLV(f, 0x30, maker_oid(f, oid),
                               MAKER_TLV(f, 0x30, maker_oid(f, digest))));
}

static scep_octets_t number(fixture_t *f, unsigned int tag, scep_octets_t value)
{
    return MAKER_TLV(f, tag, MAKER_TLV(f, 0x02, value));
}

/* The digest that PARAMS, after the OID, stand for at LEVEL; NID_undef: none */
static int digest(fixture_t *f, scep_level_e level, scep_octets_t params)
{
    scep_octets_t der =
        MAKER_TLV(f, 0x30, maker_oid(f, "1.2.840.113549.1.1.10"), params);
    const unsigned char *in = der.data;
    X509_ALGOR *algorithm = d2i_X509_ALGOR(NULL, &in, (long)der.len);
    const scep_digest_t *found;

    assert_non_null(algorithm);
    found = scep_pss_digest(algorithm, algs_of(f, level));
    X509_ALGOR_free(algorithm);
    assert_string_equal(scep_crypto_errors(f->pool), "");
    return found != NULL ? found->nid : NID_undef;
}

#define DIGEST(level, ...)                                                     \
    digest(f, SCEP_LEVEL_##level, MAKER_TLV(f, 0x30, __VA_ARGS__))

static void parameters_are_on_the_list(void **state)
{
    fixture_t *f = *state;
    scep_octets_t sha256 = hash(f, OID_SHA256);
    scep_octets_t mgf256 = mgf(f, OID_MGF1, OID_SHA256);

    assert_int_equal(DIGEST(MODERN, sha256, mgf256), NID_sha256);
    assert_int_equal(DIGEST(MODERN, sha256, mgf(f, OID_MGF1, OID_SHA512)),
                     NID_sha256);
    /* what is left out is SHA-1 */
    assert_int_equal(DIGEST(COMPATIBLE, NOTHING), NID_sha1);
    assert_int_equal(DIGEST(MODERN, NOTHING), NID_undef);
    assert_int_equal(DIGEST(MODERN, sha256), NID_undef);
    assert_int_equal(DIGEST(COMPATIBLE, sha256), NID_sha256);
    assert_int_equal(DIGEST(MODERN, mgf256), NID_undef);
    assert_int_equal(DIGEST(COMPATIBLE, hash(f, OID_MD5), mgf256), NID_undef);
    assert_int_equal(DIGEST(COMPATIBLE, sha256, mgf(f, OID_MGF1, OID_MD5)),
                     NID_undef);
    assert_int_equal(DIGEST(COMPATIBLE, sha256, mgf(f, OID_SHA1, OID_SHA256)),
                     NID_undef);
    assert_int_equal(
        DIGEST(COMPATIBLE, sha256,
               MAKER_TLV(f, 0xa1, MAKER_TLV(f, 0x30, maker_oid(f, OID_MGF1)))),
        NID_undef);
}

static void salt_and_trailer_are_bounded(void **state)
{
    fixture_t *f = *state;
    scep_octets_t sha256 = hash(f, OID_SHA256);
    scep_octets_t m = mgf(f, OID_MGF1, OID_SHA256);

#define SALT(octets)                                                           \
    DIGEST(MODERN, sha256, m, number(f, 0xa2, MAKER_OCTETS(octets)))
#define TRAILER(octets)                                                        \
    DIGEST(MODERN, sha256, m, number(f, 0xa3, MAKER_OCTETS(octets)))
    assert_int_equal(SALT("\x00"), NID_sha256);
    assert_int_equal(SALT("\x20"), NID_sha256);
    assert_int_equal(SALT("\x04\x00"), NID_sha256); /* 1,024 octets */
    assert_int_equal(SALT("\x04\x01"), NID_undef);
    assert_int_equal(SALT("\xff"), NID_undef); /* -1 */
    assert_int_equal(SALT("\x7f\xff\xff\xff\xff\xff\xff\xff\xff"), NID_undef);
    assert_int_equal(TRAILER("\x01"), NID_sha256);
    assert_int_equal(TRAILER("\x02"), NID_undef);
}

static void parameters_must_be_there(void **state)
{
    fixture_t *f = *state;

    assert_int_equal(digest(f, SCEP_LEVEL_COMPATIBLE, NOTHING), NID_undef);
    assert_int_equal(digest(f, SCEP_LEVEL_COMPATIBLE, MAKER_OCTETS("\x05\x00")),
                     NID_undef);
    assert_int_equal(
        digest(f, SCEP_LEVEL_COMPATIBLE, MAKER_OCTETS("\x30\x02\x05\x00")),
        NID_undef);
}

/* A message and a PKCS#10 with a key that is for PSS alone. */
static EVP_PKEY *pss_key(fixture_t *f)
{
    return fixture_for_pss(f, certs_key(f, "device", NULL));
}

static void keys_for_pss_are_read(void **state)
{
    fixture_t *f = *state;
    EVP_PKEY *key = pss_key(f);
    scep_octets_t csr =
        maker_req_sign(f, maker_req(f, key, "device"), key, "SHA256");
    scep_csr_t *made;

    assert_int_equal(scep_csr_parse(csr, algs_of(f, SCEP_LEVEL_MODERN), 2048,
                                    f->pool, &made, &f->res),
                     SCEP_OK);
    assert_int_equal(EVP_PKEY_eq(made->key, key), 1);
    csr = maker_req_sign(f, maker_req(f, key, "device"), key, "SHA1");
    assert_int_equal(scep_csr_parse(csr, algs_of(f, SCEP_LEVEL_MODERN), 2048,
                                    f->pool, &made, &f->res),
                     SCEP_REFUSED);
    assert_int_equal(f->res.reason, SCEP_R_CSR_KEY);
}

static scep_status_e decode(fixture_t *f, const maker_t *m, scep_level_e level)
{
    scep_pkimessage_t *msg;

    scep_result_init(&f->res, f->pool);
    return scep_pkimessage_decode(maker_message(f, m), algs_of(f, level),
                                  f->pool, &msg, &f->res);
}

static void messages_signed_with_pss_are_read(void **state)
{
    fixture_t *f = *state;
    scep_keypair_t ra = certs_pair(f, "ra", "RA", NULL);
    scep_keypair_t device = certs_pair(f, "device", "device", NULL);
    scep_keypair_t pss = {NULL, pss_key(f)};
    scep_octets_t csr = maker_csr(f, device.key, "device", "secret");
    maker_t *m = maker_new(f, &device, ra.cert, csr);

    m->pss = true;
    assert_int_equal(decode(f, m, SCEP_LEVEL_MODERN), SCEP_OK);
    m->digest = "SHA1";
    assert_int_equal(decode(f, m, SCEP_LEVEL_COMPATIBLE), SCEP_OK);
    assert_int_equal(decode(f, m, SCEP_LEVEL_MODERN), SCEP_REFUSED);
    assert_int_equal(f->res.reason, SCEP_R_OUTER_ALG);

    /* MGF1 with SHA-1 below a digest that is allowed */
    m->digest = "SHA256";
    m->pss_mgf1 = "SHA1";
    assert_int_equal(decode(f, m, SCEP_LEVEL_COMPATIBLE), SCEP_OK);
    assert_int_equal(decode(f, m, SCEP_LEVEL_MODERN), SCEP_REFUSED);
    assert_int_equal(f->res.reason, SCEP_R_OUTER_ALG);

    pss.cert = certs_make(f, pss.key, "device", NULL, NULL);
    m = maker_new(f, &pss, ra.cert, csr);
    assert_int_equal(decode(f, m, SCEP_LEVEL_MODERN), SCEP_REFUSED);
    assert_int_equal(f->res.reason, SCEP_R_SIGNATURE); /* not by PSS */
    m->pss = true;
    assert_int_equal(decode(f, m, SCEP_LEVEL_MODERN), SCEP_OK);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        FIXTURE_TEST(parameters_are_on_the_list),
        FIXTURE_TEST(salt_and_trailer_are_bounded),
        FIXTURE_TEST(parameters_must_be_there),
        FIXTURE_TEST(keys_for_pss_are_read),
        FIXTURE_TEST(messages_signed_with_pss_are_read),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
