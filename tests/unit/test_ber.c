/* Licensed under the Apache License, Version 2.0; see LICENSE. */
/* Unit tests of scep_ber.c. */
#include "fixture.h"

#include <openssl/objects.h>

#include "scep_ber.h"

#define OCTETS(literal)                                                        \
    ((scep_octets_t){(const unsigned char *)(literal), sizeof(literal) - 1})
#define CHECK(literal) scep_ber_check(OCTETS(literal))

static void well_formed_is_good(void **state)
{
    (void)state;
    assert_int_equal(CHECK("\x05\x00"), SCEP_BER_GOOD);
    assert_int_equal(CHECK("\x04\x01\x61"), SCEP_BER_GOOD);
    assert_int_equal(CHECK("\x04\x81\x01\x61"), SCEP_BER_GOOD);
    assert_int_equal(CHECK("\x04\x84\x00\x00\x00\x01\x61"), SCEP_BER_GOOD);
    assert_int_equal(CHECK("\x30\x00"), SCEP_BER_GOOD);
    assert_int_equal(CHECK("\x30\x80\x00\x00"), SCEP_BER_GOOD);
    assert_int_equal(CHECK("\x30\x05\x05\x00\x04\x01\x61"), SCEP_BER_GOOD);
    assert_int_equal(CHECK("\x30\x80\x30\x80\x00\x00\x05\x00\x00\x00"),
                     SCEP_BER_GOOD);
    assert_int_equal(CHECK("\x30\x06\x30\x80\x05\x00\x00\x00"), SCEP_BER_GOOD);
    assert_int_equal(CHECK("\x30\x80\x30\x02\x05\x00\x00\x00"), SCEP_BER_GOOD);
    assert_int_equal(CHECK("\x9f\x81\x01\x01\x61"), SCEP_BER_GOOD);
}

static void malformed_is_bad(void **state)
{
    (void)state;
    assert_int_equal(scep_ber_check((scep_octets_t){NULL, 0}), SCEP_BER_BAD);
    assert_int_equal(CHECK("\x30"), SCEP_BER_BAD);
    assert_int_equal(CHECK("\x04\x02\x61"), SCEP_BER_BAD);
    assert_int_equal(CHECK("\x04\x82\x01"), SCEP_BER_BAD);
    assert_int_equal(CHECK("\x04\x85\x00\x00\x00\x00\x01\x61"), SCEP_BER_BAD);
    assert_int_equal(CHECK("\x04\xff\x61"), SCEP_BER_BAD);
    assert_int_equal(CHECK("\x04\x84\xff\xff\xff\xff\x61"), SCEP_BER_BAD);
    assert_int_equal(CHECK("\x04\x80\x61\x00\x00"), SCEP_BER_BAD);
    assert_int_equal(CHECK("\x1f\x81\x81\x81\x81\x01\x00"), SCEP_BER_BAD);
    assert_int_equal(CHECK("\x1f\x81"), SCEP_BER_BAD);
    /* end-of-contents octets where there is nothing to end */
    assert_int_equal(CHECK("\x00\x00"), SCEP_BER_BAD);
    assert_int_equal(CHECK("\x30\x02\x00\x00"), SCEP_BER_BAD);
    assert_int_equal(CHECK("\x30\x80\x00\x01\x00"), SCEP_BER_BAD);
    /* ... and where they are missing */
    assert_int_equal(CHECK("\x30\x80"), SCEP_BER_BAD);
    assert_int_equal(CHECK("\x30\x80\x05\x00"), SCEP_BER_BAD);
    assert_int_equal(CHECK("\x30\x80\x05\x00\x00"), SCEP_BER_BAD);
    /* trailing octets */
    assert_int_equal(CHECK("\x05\x00\x00"), SCEP_BER_BAD);
    assert_int_equal(CHECK("\x30\x80\x00\x00\x00\x00"), SCEP_BER_BAD);
    /* an element that is longer than what it stands in */
    assert_int_equal(CHECK("\x30\x03\x04\x02\x61\x61"), SCEP_BER_BAD);
    assert_int_equal(CHECK("\x30\x03\x30\x02\x05\x00"), SCEP_BER_BAD);
    assert_int_equal(CHECK("\x30\x80\x30\x03\x30\x80\x00\x00\x00\x00"),
                     SCEP_BER_BAD);
    assert_int_equal(CHECK("\x30\x04\x30\x80\x30\x80\x00\x00\x00\x00"),
                     SCEP_BER_BAD);
}

static scep_octets_t nested(fixture_t *f, size_t depth, bool indefinite)
{
    unsigned char *out = apr_pcalloc(f->pool, 4 * depth + 1);
    size_t i;

    for (i = 0; i < depth; i++) {
        out[2 * i] = 0x30;
        out[2 * i + 1] =
            indefinite ? 0x80 : (unsigned char)(2 * (depth - 1 - i));
    }
    return (scep_octets_t){out, indefinite ? 4 * depth : 2 * depth};
}

static void depth_is_bounded(void **state)
{
    fixture_t *f = *state;
    int i;

    for (i = 0; i < 2; i++) {
        assert_int_equal(scep_ber_check(nested(f, SCEP_MAX_DEPTH, i != 0)),
                         SCEP_BER_GOOD);
        assert_int_equal(scep_ber_check(nested(f, SCEP_MAX_DEPTH + 1, i != 0)),
                         SCEP_BER_TOO_DEEP);
    }
    assert_int_equal(scep_ber_check(nested(f, 30000, true)), SCEP_BER_TOO_DEEP);
}

/* Every cut of a good one is bad, and nothing is read behind it. */
static void every_prefix_is_bad(void **state)
{
    static const unsigned char good[] = {
        0x30, 0x80, 0x31, 0x06, 0x04, 0x01, 'a', 0x04, 0x01,
        'b',  0x24, 0x80, 0x04, 0x81, 0x02, 'x', 'y',  0x00,
        0x00, 0x9f, 0x81, 0x01, 0x00, 0x00, 0x00};
    size_t len;

    (void)state;
    assert_int_equal(scep_ber_check((scep_octets_t){good, sizeof(good)}),
                     SCEP_BER_GOOD);
    for (len = 0; len < sizeof(good); len++) {
        unsigned char *copy = malloc(len > 0 ? len : 1); /* for ASan */

        memcpy(copy, good, len);
        assert_int_equal(scep_ber_check((scep_octets_t){copy, len}),
                         SCEP_BER_BAD);
        free(copy);
    }
}

static void elements_are_read_in_turn(void **state)
{
    scep_ber_reader_t in = scep_ber_read(OCTETS(
        "\x02\x01\x05\x30\x80\x04\x01\x61\x30\x80\x00\x00\x00\x00\x05\x00"));
    scep_ber_reader_t inner;
    scep_ber_t e;

    (void)state;
    assert_true(scep_ber_is(&in, SCEP_BER_INTEGER));
    assert_false(scep_ber_take(&in, SCEP_BER_NULL, &e));
    assert_true(scep_ber_take(&in, SCEP_BER_INTEGER, &e));
    assert_int_equal(e.body.len, 1);
    assert_int_equal(e.body.data[0], 5);
    assert_int_equal(e.whole.len, 3);
    assert_true(scep_ber_next(&in, &e));
    assert_int_equal(e.id, SCEP_BER_SEQUENCE);
    assert_int_equal(e.body.len, 7);
    assert_int_equal(e.whole.len, 11);
    inner = scep_ber_read(e.body);
    assert_true(scep_ber_take(&inner, SCEP_BER_OCTETS, &e));
    assert_true(scep_ber_enter(&inner, SCEP_BER_SEQUENCE, &inner));
    assert_true(scep_ber_end(&inner));
    assert_true(scep_ber_take(&in, SCEP_BER_NULL, &e));
    assert_true(scep_ber_end(&in));
    assert_false(scep_ber_next(&in, &e));
    assert_false(scep_ber_is(&in, SCEP_BER_NULL));
}

/* They are bounded also when nobody has checked before. */
static void reading_stops_at_malformed_elements(void **state)
{
    static const scep_octets_t bad[] = {
        {(const unsigned char *)"\x30\x05\x05\x00", 4},
        {(const unsigned char *)"\x30\x80\x05\x00", 4},
        {(const unsigned char *)"\x30\x80\x04\x05\x00\x00", 6},
        {(const unsigned char *)"\x30\x80\x00\x01\x00", 5},
        {(const unsigned char *)"\x00\x00", 2}};
    size_t i;

    (void)state;
    for (i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
        scep_ber_reader_t in = scep_ber_read(bad[i]);
        scep_ber_t e;

        assert_false(scep_ber_next(&in, &e));
        assert_ptr_equal(in.at, bad[i].data);
    }
}

static void elements_are_counted(void **state)
{
    size_t count = 99;

    (void)state;
    assert_true(scep_ber_count((scep_octets_t){NULL, 0}, 0x30, &count));
    assert_int_equal(count, 0);
    assert_true(
        scep_ber_count(OCTETS("\x30\x00\x30\x80\x00\x00"), 0x30, &count));
    assert_int_equal(count, 2);
    assert_false(scep_ber_count(OCTETS("\x30\x00\x31\x00"), 0x30, &count));
    assert_false(scep_ber_count(OCTETS("\x30\x00\x30"), 0x30, &count));
}

static bool string_len(scep_octets_t octets, size_t *len)
{
    scep_ber_reader_t in = scep_ber_read(octets);
    scep_ber_t e;

    assert_true(scep_ber_next(&in, &e));
    return scep_ber_string_len(&e, len);
}

static void strings_may_come_in_segments(void **state)
{
    size_t len = 0;

    (void)state;
    assert_true(string_len(OCTETS("\x04\x02\x61\x62"), &len));
    assert_int_equal(len, 2);
    assert_true(string_len(OCTETS("\xa0\x80\x00\x00"), &len));
    assert_int_equal(len, 0);
    assert_true(string_len(OCTETS("\x24\x0b\x04\x02\x61\x62\x24\x80\x04\x01\x63"
                                  "\x00\x00"),
                           &len));
    assert_int_equal(len, 3);
    assert_false(string_len(OCTETS("\x24\x02\x05\x00"), &len));
    assert_false(string_len(OCTETS("\x24\x02\x04\x02"), &len));
}

/* M14: OpenSSL reads so many constructed strings in each other, not more. */
static void segments_nest_as_deeply_as_openssl_reads(void **state)
{
    size_t depth;

    (void)state;
    for (depth = 1; depth <= 8; depth++) {
        unsigned char ber[64] = {0};
        scep_octets_t octets = {ber, 2 * depth + 3};
        const unsigned char *in = ber;
        ASN1_OCTET_STRING *read;
        size_t i, len;

        for (i = 0; i < depth; i++) {
            ber[2 * i] = 0x24;
            ber[2 * i + 1] = (unsigned char)(2 * (depth - 1 - i) + 3);
        }
        memcpy(ber + 2 * depth, "\x04\x01\x61", 3);
        read = d2i_ASN1_OCTET_STRING(NULL, &in, (long)octets.len);
        assert_int_equal(string_len(octets, &len), read != NULL);
        ASN1_OCTET_STRING_free(read);
    }
}

static void oids_and_algorithms_are_read(void **state)
{
    scep_ber_reader_t in = scep_ber_read(
        OCTETS("\x06\x03\x55\x04\x03\x06\x01\x2a\x30\x07\x06\x03\x2b\x0e\x03"
               "\x05\x00\x30\x02\x05\x00\x06\x00"));
    scep_ber_reader_t params;
    scep_ber_t e;
    int nid;

    (void)state;
    assert_true(scep_ber_oid(&in, &nid));
    assert_int_equal(nid, NID_commonName);
    assert_true(scep_ber_oid(&in, &nid));
    assert_int_equal(nid, OBJ_txt2nid("1.2"));
    assert_true(scep_ber_algorithm(&in, &nid, &params));
    assert_true(scep_ber_take(&params, SCEP_BER_NULL, &e));
    assert_true(scep_ber_end(&params));
    assert_false(scep_ber_algorithm(&in, &nid, &params));
    assert_false(scep_ber_oid(&in, &nid)); /* no octets */
}

static void cut_off_is_told(void **state)
{
    static const struct {
        const char *octets;
        size_t len;
        bool incomplete;
        size_t size;
    } rows[] = {
        {"\x30\x82\x01\x00", 4, true, 260},
        {"\x30\x03\x02\x01", 4, true, 5},
        {"\x30\x03\x02\x01\x00", 5, false, 5},
        {"\x30\x03\x02\x01\x00\x00", 6, false, 5},
        {"\x30\x80\x02\x01\x00\x01", 6, true, 0},
        {"\x30\x80", 2, true, 0},
        {"\x30\x80\x00\x00", 4, false, 0},
        {"\x30\x82\x01", 3, false, 0}, /* not even its size */
        {"\x30", 1, false, 0},
        {"", 0, false, 0},
        {"\x31\x03\x02\x01", 4, false, 0},
    };
    size_t i;

    (void)state;
    for (i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        scep_octets_t der = {(const unsigned char *)rows[i].octets,
                             rows[i].len};
        size_t size = 4711;

        assert_int_equal(scep_ber_incomplete(der, &size), rows[i].incomplete);
        assert_int_equal(size, rows[i].size);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        FIXTURE_TEST(well_formed_is_good),
        FIXTURE_TEST(malformed_is_bad),
        FIXTURE_TEST(depth_is_bounded),
        FIXTURE_TEST(every_prefix_is_bad),
        FIXTURE_TEST(elements_are_read_in_turn),
        FIXTURE_TEST(reading_stops_at_malformed_elements),
        FIXTURE_TEST(elements_are_counted),
        FIXTURE_TEST(cut_off_is_told),
        FIXTURE_TEST(strings_may_come_in_segments),
        FIXTURE_TEST(segments_nest_as_deeply_as_openssl_reads),
        FIXTURE_TEST(oids_and_algorithms_are_read),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
