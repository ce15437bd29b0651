/* Licensed under the Apache License, Version 2.0; see LICENSE. */
/* Unit tests of scep_csr_parts.c. */
#include "fixture.h"

#include "fixture_certs.h"
#include "message_maker.h"
#include "scep_csr_parts.h"

#define UNSTRUCTURED_NAME "1.2.840.113549.1.9.2"

static scep_octets_t attribute(fixture_t *f, const char *oid,
                               scep_octets_t values)
{
    return MAKER_TLV(f, 0x30, maker_oid(f, oid), MAKER_TLV(f, 0x31, values));
}

/* A PKCS#10 of which everything but the attributes is empty. */
static scep_octets_t csr_of(fixture_t *f, scep_octets_t attributes)
{
    return MAKER_TLV(f, 0x30,
                     MAKER_TLV(f, 0x30, MAKER_OCTETS("\x02\x01\x00"),
                               MAKER_OCTETS("\x30\x00"),
                               MAKER_OCTETS("\x30\x00"), attributes),
                     MAKER_OCTETS("\x30\x00"), MAKER_OCTETS("\x03\x01\x00"));
}

static int count(scep_ber_reader_t attributes)
{
    scep_octets_t oid, values;
    int n = 0;

    while (scep_csr_next_attribute(&attributes, &oid, &values)) {
        n++;
    }
    return n;
}

static void openssl_gets_no_attributes(void **state)
{
    fixture_t *f = *state;
    const scep_octets_t nothing = {NULL, 0};
    scep_octets_t one =
        attribute(f, UNSTRUCTURED_NAME, MAKER_OCTETS("\x0c\x06nobody"));
    const scep_octets_t attributes[] = {
        nothing, MAKER_TLV(f, 0xa0, nothing), MAKER_TLV(f, 0xa0, one),
        MAKER_TLV(f, 0xa0, one, one, MAKER_OCTETS("\x05\x00"), one),
        maker_tlv_indefinite(f, 0xa0, MAKER_PARTS(one))};
    const int counts[] = {0, 0, 1, 3, 1};
    scep_octets_t expected = csr_of(f, attributes[1]);
    size_t i;

    for (i = 0; i < sizeof(attributes) / sizeof(attributes[0]); i++) {
        scep_octets_t der = csr_of(f, attributes[i]);
        scep_csr_parts_t parts;

        assert_true(scep_csr_take_apart(der, &parts));
        assert_true(
            scep_octets_equal(scep_csr_bare_der(&parts, f->pool), expected));
        assert_int_equal(count(parts.attributes), counts[i]);
        /* and what is signed is as it was received */
        assert_ptr_equal(parts.info.data, der.data + 2);
        assert_int_equal(parts.info.len, der.len - 2 - 5);
    }
}

/* Of every length that changes the headers. */
static void what_is_bare_parses(void **state)
{
    fixture_t *f = *state;
    EVP_PKEY *keys[] = {certs_key(f, "P-256", NULL),
                        certs_key(f, "device", NULL)};
    size_t i;

    for (i = 0; i < 2; i++) {
        scep_octets_t der = maker_csr(f, keys[i], "device", "Secret");
        const unsigned char *in;
        scep_csr_parts_t parts;
        scep_octets_t bare;
        X509_REQ *req;

        assert_true(scep_csr_take_apart(der, &parts));
        bare = scep_csr_bare_der(&parts, f->pool);
        in = bare.data;
        req = d2i_X509_REQ(NULL, &in, (long)bare.len);
        assert_non_null(req);
        assert_ptr_equal(in, bare.data + bare.len);
        assert_int_equal(X509_REQ_get_attr_count(req), 0);
        assert_int_equal(EVP_PKEY_eq(X509_REQ_get0_pubkey(req), keys[i]), 1);
        X509_REQ_free(req);
    }
}

/* However OpenSSL got it: an RSA key is read apart from the rest. */
static void openssl_gets_all_the_rest(void **state)
{
    fixture_t *f = *state;
    EVP_PKEY *keys[] = {certs_key(f, "P-256", NULL),
                        certs_key(f, "device", NULL)};
    size_t i;

    for (i = 0; i < 2; i++) {
        scep_octets_t der = maker_csr(f, keys[i], "device", "Secret");
        scep_csr_parts_t parts;
        X509_REQ *req;

        assert_true(scep_csr_take_apart(der, &parts));
        req = scep_csr_bare(&parts, NULL, f->pool);
        assert_non_null(req);
        assert_true(scep_octets_equal(
            scep_der_of(f->pool, req, ASN1_ITEM_rptr(X509_REQ)),
            scep_csr_bare_der(&parts, f->pool)));
        assert_int_equal(EVP_PKEY_eq(X509_REQ_get0_pubkey(req), keys[i]), 1);
    }
    assert_string_equal(scep_crypto_errors(f->pool), "");
}

static scep_octets_t patched(fixture_t *f, scep_octets_t find,
                             scep_octets_t replace)
{
    return maker_patch(
        f, maker_csr(f, certs_key(f, "device", NULL), "device", NULL), find,
        replace);
}

static void what_is_unusual_parses_too(void **state)
{
    fixture_t *f = *state;
    EVP_PKEY *key = certs_key(f, "device", NULL);
    scep_csr_parts_t parts;
    X509_REQ *req;

    assert_true(scep_csr_take_apart(patched(f, MAKER_OCTETS("\x02\x01\x00\x30"),
                                            MAKER_OCTETS("\x02\x01\x02\x30")),
                                    &parts));
    req = scep_csr_bare(&parts, NULL, f->pool);
    assert_non_null(req);
    assert_int_equal(X509_REQ_get_version(req), 2);
    assert_int_equal(EVP_PKEY_eq(X509_REQ_get0_pubkey(req), key), 1);

    /* something else than NULL after the key's OID */
    assert_true(
        scep_csr_take_apart(patched(f, MAKER_OCTETS("\x01\x01\x01\x05\x00\x03"),
                                    MAKER_OCTETS("\x01\x01\x01\x04\x00\x03")),
                            &parts));
    req = scep_csr_bare(&parts, NULL, f->pool);
    assert_non_null(req);
    assert_int_equal(EVP_PKEY_eq(X509_REQ_get0_pubkey(req), key), 1);

    /* an exponent that is no INTEGER */
    assert_true(
        scep_csr_take_apart(patched(f, MAKER_OCTETS("\x02\x03\x01\x00\x01"),
                                    MAKER_OCTETS("\x04\x03\x01\x00\x01")),
                            &parts));
    req = scep_csr_bare(&parts, NULL, f->pool);
    assert_true(req == NULL || X509_REQ_get0_pubkey(req) == NULL);
    scep_crypto_clear_errors();
}

static void values_are_found_without_their_set(void **state)
{
    fixture_t *f = *state;
    scep_octets_t oid = maker_oid(f, UNSTRUCTURED_NAME);
    scep_octets_t text = MAKER_OCTETS("\x0c\x06nobody");
    scep_octets_t list =
        MAKER_TLV(f, 0xa0, MAKER_TLV(f, 0x30, oid, MAKER_TLV(f, 0x31, text)),
                  MAKER_TLV(f, 0x30, oid, text),
                  MAKER_TLV(f, 0x30, oid, text, text), MAKER_TLV(f, 0x30, oid),
                  MAKER_TLV(f, 0x30, text), MAKER_TLV(f, 0x31, oid));
    const size_t lens[] = {8, 8, 16, 0};
    scep_octets_t found, values;
    scep_csr_parts_t parts;
    size_t i;

    assert_true(scep_csr_take_apart(csr_of(f, list), &parts));
    for (i = 0; i < 4; i++) {
        assert_true(
            scep_csr_next_attribute(&parts.attributes, &found, &values));
        assert_int_equal(found.len, oid.len - 2);
        assert_int_equal(values.len, lens[i]);
    }
    assert_false(scep_csr_next_attribute(&parts.attributes, &found, &values));
}

static void other_shapes_are_malformed(void **state)
{
    fixture_t *f = *state;
    const scep_octets_t shapes[] = {
        /* after version, subject and key */
        csr_of(f, MAKER_OCTETS("\x31\x00")),
        csr_of(f, MAKER_OCTETS("\xa1\x00")),
        csr_of(f, MAKER_OCTETS("\xa0\x00\xa0\x00")),
        /* nothing before them */
        MAKER_OCTETS("\x30\x02\x30\x00"),
        MAKER_OCTETS("\x30\x05\x30\x03\x02\x01\x00"),
        MAKER_OCTETS("\x30\x07\x30\x05\x02\x01\x00\x30\x00"),
        MAKER_OCTETS("\x30\x02\x31\x00"),
        MAKER_OCTETS("\x31\x00"),
    };
    size_t i;

    for (i = 0; i < sizeof(shapes) / sizeof(shapes[0]); i++) {
        scep_csr_parts_t parts;

        assert_false(scep_csr_take_apart(shapes[i], &parts));
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        FIXTURE_TEST(openssl_gets_no_attributes),
        FIXTURE_TEST(what_is_bare_parses),
        FIXTURE_TEST(openssl_gets_all_the_rest),
        FIXTURE_TEST(what_is_unusual_parses_too),
        FIXTURE_TEST(values_are_found_without_their_set),
        FIXTURE_TEST(other_shapes_are_malformed),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
