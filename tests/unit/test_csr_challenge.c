/* Licensed under the Apache License, Version 2.0; see LICENSE. */
/* Unit tests of scep_csr_challenge.c; what kinds of strings there are is
 * test_csr.c's. */
#include "fixture.h"

#include "fixture_certs.h"
#include "message_maker.h"
#include "scep_csr_challenge.h"

#define CHALLENGE_PASSWORD "1.2.840.113549.1.9.7"
#define UNSTRUCTURED_NAME "1.2.840.113549.1.9.2"

/* A PKCS#10 of which everything but the attributes is empty. */
static scep_octets_t csr_of(fixture_t *f, scep_octets_t attributes)
{
    return MAKER_TLV(f, 0x30,
                     MAKER_TLV(f, 0x30, MAKER_OCTETS("\x02\x01\x00"),
                               MAKER_OCTETS("\x30\x00"),
                               MAKER_OCTETS("\x30\x00"), attributes),
                     MAKER_OCTETS("\x30\x00"), MAKER_OCTETS("\x03\x01\x00"));
}

static scep_octets_t attribute(fixture_t *f, const char *oid,
                               scep_octets_t values)
{
    return MAKER_TLV(f, 0x30, maker_oid(f, oid), MAKER_TLV(f, 0x31, values));
}

static bool take(fixture_t *f, scep_octets_t der, scep_csr_t *csr,
                 scep_csr_parts_t *parts)
{
    memset(csr, 0, sizeof(*csr));
    csr->der = der;
    return scep_csr_take_challenge(csr, f->pool, parts);
}

static bool contains(scep_octets_t octets, const char *text)
{
    return memmem(octets.data, octets.len, text, strlen(text)) != NULL;
}

static void only_the_challenge_is_blank(void **state)
{
    fixture_t *f = *state;
    scep_octets_t der = csr_of(
        f,
        MAKER_TLV(
            f, 0xa0,
            attribute(f, UNSTRUCTURED_NAME, MAKER_OCTETS("\x0c\x06nobody")),
            attribute(f, CHALLENGE_PASSWORD, MAKER_OCTETS("\x0c\x06Secret"))));
    scep_octets_t expected =
        csr_of(f, MAKER_TLV(f, 0xa0,
                            attribute(f, UNSTRUCTURED_NAME,
                                      MAKER_OCTETS("\x0c\x06nobody")),
                            attribute(f, CHALLENGE_PASSWORD,
                                      MAKER_OCTETS("\x04\x06\0\0\0\0\0\0"))));
    scep_csr_parts_t parts;
    scep_csr_t csr;

    assert_true(take(f, der, &csr, &parts));
    assert_int_equal(csr.challenge_state, SCEP_CHALLENGE_PRESENT);
    assert_string_equal(csr.challenge, "Secret");
    assert_true(scep_octets_equal(parts.blank, expected));
    /* and what was received is as it was */
    assert_ptr_equal(parts.info.data, der.data + 2);
    assert_int_equal(parts.info.len, der.len - 2 - 5);
    assert_true(contains(der, "Secret"));
}

static void nothing_to_blank_is_left_alone(void **state)
{
    fixture_t *f = *state;
    const scep_octets_t nothing = {NULL, 0};
    const scep_octets_t attributes[] = {
        nothing, MAKER_TLV(f, 0xa0, nothing),
        MAKER_TLV(
            f, 0xa0,
            attribute(f, UNSTRUCTURED_NAME, MAKER_OCTETS("\x0c\x06nobody")))};
    size_t i;

    for (i = 0; i < sizeof(attributes) / sizeof(attributes[0]); i++) {
        scep_octets_t der = csr_of(f, attributes[i]);
        scep_csr_parts_t parts;
        scep_csr_t csr;

        assert_true(take(f, der, &csr, &parts));
        assert_int_equal(csr.challenge_state, SCEP_CHALLENGE_ABSENT);
        assert_null(csr.challenge);
        assert_true(scep_octets_equal(parts.blank, der));
    }
}

/* Of any length, and whatever it is, it is replaced by what can be parsed. */
static void any_value_can_be_blanked(void **state)
{
    static const unsigned int types[] = {V_ASN1_UTF8STRING, V_ASN1_OCTET_STRING,
                                         0x2c, 0x30};
    fixture_t *f = *state;
    size_t len, i;

    for (len = 6; len < 300; len++) {
        unsigned char *text = apr_palloc(f->pool, len);

        memset(text, 0x0c, len);
        memcpy(text, "Secret", 6);
        for (i = 0; i < sizeof(types) / sizeof(types[0]); i++) {
            scep_octets_t value = {text, len};
            scep_octets_t der =
                csr_of(f, MAKER_TLV(f, 0xa0,
                                    attribute(f, CHALLENGE_PASSWORD,
                                              MAKER_TLV(f, types[i], value))));
            scep_csr_parts_t parts;
            ASN1_TYPE *parsed;
            const unsigned char *in;
            scep_csr_t csr;

            assert_true(take(f, der, &csr, &parts));
            assert_int_equal(csr.challenge_state,
                             i == 0 ? SCEP_CHALLENGE_PRESENT
                                    : SCEP_CHALLENGE_MALFORMED);
            assert_false(contains(parts.blank, "Secret"));
            assert_int_equal(parts.blank.len, der.len);
            /* before the last AlgorithmIdentifier and signature */
            in = parts.blank.data + der.len - 5 - len - (len < 128 ? 2 : 3) -
                 (len > 255 ? 1 : 0);
            parsed = d2i_ASN1_TYPE(NULL, &in, (long)len + 4);
            assert_non_null(parsed);
            assert_int_equal(ASN1_TYPE_get(parsed), V_ASN1_OCTET_STRING);
            assert_ptr_equal(in, parts.blank.data + der.len - 5);
            ASN1_TYPE_free(parsed);
        }
    }
}

static void two_challenges_are_blanked_both(void **state)
{
    fixture_t *f = *state;
    scep_octets_t one =
        attribute(f, CHALLENGE_PASSWORD, MAKER_OCTETS("\x0c\x06Secret"));
    scep_octets_t two = attribute(f, CHALLENGE_PASSWORD,
                                  MAKER_OCTETS("\x0c\x06Secret\x0c\x06Secret"));
    const scep_octets_t attributes[] = {MAKER_TLV(f, 0xa0, one, one),
                                        MAKER_TLV(f, 0xa0, two),
                                        MAKER_TLV(f, 0xa0, two, one)};
    size_t i;

    for (i = 0; i < sizeof(attributes) / sizeof(attributes[0]); i++) {
        scep_csr_parts_t parts;
        scep_csr_t csr;

        assert_true(take(f, csr_of(f, attributes[i]), &csr, &parts));
        assert_int_equal(csr.challenge_state, SCEP_CHALLENGE_MALFORMED);
        assert_null(csr.challenge);
        assert_false(contains(parts.blank, "Secret"));
    }
}

static void no_value_is_malformed(void **state)
{
    fixture_t *f = *state;
    scep_octets_t der = csr_of(
        f,
        MAKER_TLV(f, 0xa0, attribute(f, CHALLENGE_PASSWORD, MAKER_OCTETS(""))));
    scep_csr_parts_t parts;
    scep_csr_t csr;

    assert_true(take(f, der, &csr, &parts));
    assert_int_equal(csr.challenge_state, SCEP_CHALLENGE_MALFORMED);
    assert_true(scep_octets_equal(parts.blank, der));
}

static void indefinite_lengths_are_read(void **state)
{
    fixture_t *f = *state;
    scep_octets_t values = maker_tlv_indefinite(
        f, 0x31, MAKER_PARTS(MAKER_OCTETS("\x13\x06Secret")));
    scep_octets_t one = maker_tlv_indefinite(
        f, 0x30, MAKER_PARTS(maker_oid(f, CHALLENGE_PASSWORD), values));
    scep_octets_t attributes = maker_tlv_indefinite(f, 0xa0, MAKER_PARTS(one));
    scep_csr_parts_t parts;
    scep_csr_t csr;

    assert_true(take(f, csr_of(f, attributes), &csr, &parts));
    assert_string_equal(csr.challenge, "Secret");
    assert_false(contains(parts.blank, "Secret"));
}

static void other_shapes_are_malformed(void **state)
{
    fixture_t *f = *state;
    scep_octets_t good =
        attribute(f, CHALLENGE_PASSWORD, MAKER_OCTETS("\x0c\x06Secret"));
    const scep_octets_t shapes[] = {
        /* after version, subject and key */
        csr_of(f, MAKER_TLV(f, 0x31, good)),
        csr_of(f, MAKER_TLV(f, 0xa1, good)),
        csr_of(f, MAKER_OCTETS("\xa0\x00\xa0\x00")),
        /* no SEQUENCE of an OID and a SET */
        csr_of(f, MAKER_TLV(f, 0xa0, MAKER_TLV(f, 0x31, good))),
        csr_of(f, MAKER_OCTETS("\xa0\x02\x30\x00")),
        csr_of(f, MAKER_OCTETS("\xa0\x07\x30\x05\x06\x01\x2a\x30\x00")),
        csr_of(f, MAKER_OCTETS("\xa0\x09\x30\x07\x06\x01\x2a\x31\x00\x05\x00")),
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
        scep_csr_t csr;

        assert_false(take(f, shapes[i], &csr, &parts));
        assert_null(csr.challenge);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        FIXTURE_TEST(only_the_challenge_is_blank),
        FIXTURE_TEST(nothing_to_blank_is_left_alone),
        FIXTURE_TEST(any_value_can_be_blanked),
        FIXTURE_TEST(two_challenges_are_blanked_both),
        FIXTURE_TEST(no_value_is_malformed),
        FIXTURE_TEST(indefinite_lengths_are_read),
        FIXTURE_TEST(other_shapes_are_malformed),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
