/* Licensed under the Apache License, Version 2.0; see LICENSE. */
/* Unit tests of scep_csr_extensions.c. */
#include "fixture.h"

#include "fixture_certs.h"
#include "message_maker.h"
#include "scep_csr_extensions.h"

#define EXTENSION_REQ "1.2.840.113549.1.9.14"

static scep_octets_t attribute(fixture_t *f, const char *oid,
                               scep_octets_t values)
{
    return MAKER_TLV(f, 0x30, maker_oid(f, oid), MAKER_TLV(f, 0x31, values));
}

static scep_octets_t extension(fixture_t *f, const char *oid, const char *value)
{
    return MAKER_TLV(f, 0x30, maker_oid(f, oid),
                     MAKER_TLV(f, 0x04,
                               ((scep_octets_t){(const unsigned char *)value,
                                                strlen(value)})));
}

/* @return how many there are; -1: refused */
static int read_from(fixture_t *f, scep_octets_t attributes, scep_csr_t *csr)
{
    scep_status_e status;

    memset(csr, 0, sizeof(*csr));
    assert_int_equal(scep_ber_check(attributes), SCEP_BER_GOOD);
    scep_result_init(&f->res, f->pool);
    status = scep_csr_read_extensions(
        csr, scep_ber_read((scep_octets_t){attributes.data, attributes.len}),
        f->pool, &f->res);
    assert_string_equal(scep_crypto_errors(f->pool), "");
    if (status != SCEP_OK) {
        assert_int_equal(f->res.reason, SCEP_R_CONTENT);
        assert_null(csr->extensions);
        return -1;
    }
    return csr->extensions != NULL ? sk_X509_EXTENSION_num(csr->extensions) : 0;
}

static int read_value(fixture_t *f, scep_octets_t value)
{
    scep_csr_t csr;

    return read_from(f, attribute(f, EXTENSION_REQ, value), &csr);
}

/* A Cisco 1921 sends a T61String. */
static void strings_may_hold_them(void **state)
{
    static const unsigned int types[] = {
        V_ASN1_OCTET_STRING,    V_ASN1_UTF8STRING,      V_ASN1_NUMERICSTRING,
        V_ASN1_PRINTABLESTRING, V_ASN1_T61STRING,       V_ASN1_VIDEOTEXSTRING,
        V_ASN1_IA5STRING,       V_ASN1_GRAPHICSTRING,   V_ASN1_VISIBLESTRING,
        V_ASN1_GENERALSTRING,   V_ASN1_UNIVERSALSTRING, V_ASN1_BMPSTRING};
    static const unsigned int others[] = {
        V_ASN1_INTEGER, V_ASN1_OBJECT, V_ASN1_UTCTIME, V_ASN1_ENUMERATED, 0x80};
    fixture_t *f = *state;
    scep_octets_t list = MAKER_TLV(f, 0x30, extension(f, "2.5.29.17", "a"),
                                   extension(f, "2.5.29.15", "b"));
    size_t i;

    for (i = 0; i < sizeof(types) / sizeof(types[0]); i++) {
        assert_int_equal(read_value(f, MAKER_TLV(f, types[i], list)), 2);
        assert_int_equal(
            read_value(f, MAKER_TLV(f, types[i], MAKER_OCTETS("\x30\x80"))),
            -1);
        assert_int_equal(
            read_value(f, MAKER_TLV(f, types[i], MAKER_OCTETS("text"))), -1);
        assert_int_equal(
            read_value(f, MAKER_TLV(f, types[i], list, MAKER_OCTETS("x"))), -1);
    }
    assert_int_equal(
        read_value(f, MAKER_TLV(f, 0x03, MAKER_OCTETS("\0"), list)), 2);
    for (i = 0; i < sizeof(others) / sizeof(others[0]); i++) {
        assert_int_equal(read_value(f, MAKER_TLV(f, others[i], list)), -1);
        assert_non_null(strstr(f->res.detail, "extension request"));
    }
}

static void nothing_is_asked_by_nothing(void **state)
{
    static const char *const empty[] = {"\x30\x00", "\x04\x00", "\x14\x00",
                                        "\x05\x00", "\x31\x00", "\x03\x00"};
    fixture_t *f = *state;
    scep_csr_t csr;
    size_t i;

    assert_int_equal(read_value(f, MAKER_OCTETS("")), 0); /* an empty SET */
    for (i = 0; i < sizeof(empty) / sizeof(empty[0]); i++) {
        assert_int_equal(
            read_value(f, (scep_octets_t){(const unsigned char *)empty[i], 2}),
            0);
    }
    assert_int_equal(read_from(f,
                               attribute(f, "1.2.840.113549.1.9.2",
                                         extension(f, "2.5.29.17", "a")),
                               &csr),
                     0);
}

static void lists_may_be_nested_a_little(void **state)
{
    fixture_t *f = *state;
    scep_octets_t list = extension(f, "2.5.29.17", "a");
    int i;

    for (i = 0; i < 5; i++) {
        assert_int_equal(read_value(f, list), 1);
        list = MAKER_TLV(f, i % 2 == 0 ? 0x30 : 0x04, list);
    }
    assert_int_equal(read_value(f, list), -1);
    for (i = 0; i < 12; i++) {
        list = MAKER_TLV(f, 0x04, list);
    }
    assert_int_equal(read_value(f, list), -1);
}

/* Under whichever OID, in one SET or in several. */
static void requests_count_together(void **state)
{
    static const char *const oids[] = {EXTENSION_REQ, "2.16.840.1.113733.1.9.8",
                                       "1.3.6.1.4.1.311.2.1.14"};
    fixture_t *f = *state;
    scep_octets_t san = MAKER_TLV(f, 0x30, extension(f, "2.5.29.17", "a"));
    scep_octets_t usage = MAKER_TLV(f, 0x30, extension(f, "2.5.29.15", "b"));
    scep_csr_t csr;
    size_t i, j;

    for (i = 0; i < 3; i++) {
        assert_int_equal(read_from(f, attribute(f, oids[i], san), &csr), 1);
        for (j = 0; j < 3; j++) {
            scep_octets_t both =
                MAKER_TLV(f, 0xa0, attribute(f, oids[i], san),
                          attribute(f, oids[j], MAKER_TLV(f, 0x14, usage)),
                          attribute(f, oids[i], san));
            scep_ber_reader_t in = scep_ber_read(both);
            scep_ber_reader_t inner;

            memset(&csr, 0, sizeof(csr));
            assert_true(scep_ber_enter(&in, 0xa0, &inner));
            assert_int_equal(
                scep_csr_read_extensions(&csr, inner, f->pool, &f->res),
                SCEP_OK);
            assert_int_equal(sk_X509_EXTENSION_num(csr.extensions), 2);
        }
    }
    assert_int_equal(
        read_value(f, MAKER_TLV(f, 0x30, extension(f, "2.5.29.17", "a"),
                                extension(f, "2.5.29.17", "a"))),
        1);
}

static void contradictions_are_refused(void **state)
{
    fixture_t *f = *state;
    scep_octets_t a = extension(f, "2.5.29.17", "a");
    scep_octets_t critical = MAKER_TLV(f, 0x30, maker_oid(f, "2.5.29.17"),
                                       MAKER_OCTETS("\x01\x01\xff\x04\x01"
                                                    "a"));
    const scep_octets_t others[] = {extension(f, "2.5.29.17", "b"), critical,
                                    extension(f, "2.5.29.17", "")};
    size_t i;

    for (i = 0; i < sizeof(others) / sizeof(others[0]); i++) {
        assert_int_equal(read_value(f, MAKER_TLV(f, 0x30, a, others[i])), -1);
        assert_non_null(strstr(f->res.detail, "two different extensions "
                                              "\"X509v3 Subject Alternative "
                                              "Name\""));
        assert_int_equal(read_value(f, MAKER_TLV(f, 0x30, others[i], a, a)),
                         -1);
    }
}

static void malformed_ones_are_refused(void **state)
{
    fixture_t *f = *state;
    const scep_octets_t rows[] = {
        MAKER_TLV(f, 0x30, maker_oid(f, "2.5.29.17")),
        MAKER_TLV(f, 0x30, maker_oid(f, "2.5.29.17"), MAKER_OCTETS("\x0c\x00")),
        MAKER_TLV(f, 0x30, extension(f, "2.5.29.17", "a"),
                  MAKER_OCTETS("\x02\x01\x00"))};
    size_t i;

    for (i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        assert_int_equal(read_value(f, rows[i]), -1);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        FIXTURE_TEST(strings_may_hold_them),
        FIXTURE_TEST(nothing_is_asked_by_nothing),
        FIXTURE_TEST(lists_may_be_nested_a_little),
        FIXTURE_TEST(requests_count_together),
        FIXTURE_TEST(contradictions_are_refused),
        FIXTURE_TEST(malformed_ones_are_refused),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
