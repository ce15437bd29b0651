/* Licensed under the Apache License, Version 2.0; see LICENSE. */
/* Unit tests of scep_csr_challenge.c; test_csr.c has the kinds of strings. */
#include "fixture.h"

#include "fixture_certs.h"
#include "message_maker.h"
#include "scep_csr_challenge.h"

#define CHALLENGE_PASSWORD "1.2.840.113549.1.9.7"
#define UNSTRUCTURED_NAME "1.2.840.113549.1.9.2"

static scep_octets_t attribute(fixture_t *f, const char *oid,
                               scep_octets_t values)
{
    return MAKER_TLV(f, 0x30, maker_oid(f, oid), MAKER_TLV(f, 0x31, values));
}

static scep_challenge_state_e read_from(fixture_t *f, scep_octets_t attributes,
                                        scep_csr_t *csr)
{
    memset(csr, 0, sizeof(*csr));
    scep_csr_read_challenge(csr, scep_ber_read(attributes), f->pool);
    assert_int_equal(csr->challenge != NULL,
                     csr->challenge_state == SCEP_CHALLENGE_PRESENT);
    return csr->challenge_state;
}

static void it_is_found_among_others(void **state)
{
    fixture_t *f = *state;
    scep_octets_t other =
        attribute(f, UNSTRUCTURED_NAME, MAKER_OCTETS("\x0c\x06nobody"));
    scep_octets_t challenge =
        attribute(f, CHALLENGE_PASSWORD, MAKER_OCTETS("\x0c\x06Secret"));
    scep_octets_t list = MAKER_TLV(f, 0xa0, other, challenge, other);
    scep_csr_t csr;

    assert_int_equal(
        read_from(f, (scep_octets_t){list.data + 2, list.len - 2}, &csr),
        SCEP_CHALLENGE_PRESENT);
    assert_string_equal(csr.challenge, "Secret");
    assert_int_equal(read_from(f, other, &csr), SCEP_CHALLENGE_ABSENT);
    assert_int_equal(read_from(f, MAKER_OCTETS(""), &csr),
                     SCEP_CHALLENGE_ABSENT);
}

static void no_value_is_none(void **state)
{
    fixture_t *f = *state;
    scep_csr_t csr;

    assert_int_equal(
        read_from(f, attribute(f, CHALLENGE_PASSWORD, MAKER_OCTETS("")), &csr),
        SCEP_CHALLENGE_ABSENT);
    assert_int_equal(read_from(f,
                               attribute(f, CHALLENGE_PASSWORD,
                                         MAKER_OCTETS("\x0c\x00\x13\x01s")),
                               &csr),
                     SCEP_CHALLENGE_PRESENT);
}

static void it_may_repeat_but_not_differ(void **state)
{
    static const struct {
        const char *values;
        size_t len;
        scep_challenge_state_e state;
    } rows[] = {
        {"\x0c\x01s\x0c\x01s", 6, SCEP_CHALLENGE_PRESENT},
        {"\x0c\x01s\x13\x01s", 6, SCEP_CHALLENGE_PRESENT},
        {"\x0c\x01s\x0c\x01t", 6, SCEP_CHALLENGE_MALFORMED},
        {"\x0c\x01s\x0c\x01t\x0c\x01s", 9, SCEP_CHALLENGE_MALFORMED},
        {"\x0c\x01s\x02\x01s", 6, SCEP_CHALLENGE_MALFORMED},
        {"\x02\x01s\x0c\x01s", 6, SCEP_CHALLENGE_MALFORMED},
        {"\x0c\x01s\x0c\x01s\x0c\x01s\x0c\x01s", 12, SCEP_CHALLENGE_PRESENT},
        {"\x0c\x01s\x0c\x01s\x0c\x01s\x0c\x01s\x0c\x01s", 15,
         SCEP_CHALLENGE_MALFORMED},
    };
    fixture_t *f = *state;
    size_t i;

    for (i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        scep_octets_t values = {(const unsigned char *)rows[i].values,
                                rows[i].len};
        scep_csr_t csr;

        assert_int_equal(
            read_from(f, attribute(f, CHALLENGE_PASSWORD, values), &csr),
            rows[i].state);
    }
}

static void indefinite_lengths_are_read(void **state)
{
    fixture_t *f = *state;
    scep_octets_t values = maker_tlv_indefinite(
        f, 0x31, MAKER_PARTS(MAKER_OCTETS("\x13\x06Secret")));
    scep_octets_t one = maker_tlv_indefinite(
        f, 0x30, MAKER_PARTS(maker_oid(f, CHALLENGE_PASSWORD), values));
    scep_csr_t csr;

    assert_int_equal(read_from(f, one, &csr), SCEP_CHALLENGE_PRESENT);
    assert_string_equal(csr.challenge, "Secret");
}

static void other_types_are_malformed(void **state)
{
    static const char *const values[] = {
        "\x30\x03\x0c\x01s", "\x02\x03\x0c\x01s", "\x2c\x03\x0c\x01s",
        "\x80\x03\x0c\x01s"};
    fixture_t *f = *state;
    size_t i;

    for (i = 0; i < sizeof(values) / sizeof(values[0]); i++) {
        scep_octets_t value = {(const unsigned char *)values[i], 5};
        scep_csr_t csr;

        assert_int_equal(
            read_from(f, attribute(f, CHALLENGE_PASSWORD, value), &csr),
            SCEP_CHALLENGE_MALFORMED);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        FIXTURE_TEST(it_is_found_among_others),
        FIXTURE_TEST(no_value_is_none),
        FIXTURE_TEST(it_may_repeat_but_not_differ),
        FIXTURE_TEST(indefinite_lengths_are_read),
        FIXTURE_TEST(other_types_are_malformed),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
