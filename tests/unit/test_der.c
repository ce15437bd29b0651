/* Licensed under the Apache License, Version 2.0; see LICENSE. */
/* Unit tests of scep_der.c. */
#include <openssl/err.h>

#include "fixture.h"

#include "scep_der.h"

#define STRICT(literal)                                                        \
    scep_der_strict((scep_octets_t){(const unsigned char *)(literal),          \
                                    sizeof(literal) - 1})

static void der_is_taken(void **state)
{
    (void)state;
    assert_true(STRICT("\x05\x00"));
    assert_true(STRICT("\x30\x00"));
    assert_true(STRICT("\x30\x06\x02\x01\x05\x04\x01\x61"));
    assert_true(STRICT("\x31\x04\x30\x02\x05\x00"));
    assert_true(STRICT("\xa0\x03\x02\x01\x05")); /* context, constructed */
    assert_true(STRICT("\x9f\x1f\x01\x61"));     /* tag of two octets */
}

static void a_long_length_is_taken_when_needed(void **state)
{
    unsigned char der[131] = {0x04, 0x81, 0x80};

    (void)state;
    assert_true(scep_der_strict((scep_octets_t){der, sizeof(der)}));
}

static void ber_is_refused(void **state)
{
    (void)state;
    assert_false(STRICT("\x30\x80\x05\x00\x00\x00")); /* indefinite */
    assert_false(STRICT("\x30\x04\xa0\x80\x00\x00")); /* inside */
    assert_false(STRICT("\x04\x81\x01\x61"));         /* length not shortest */
    assert_false(STRICT("\x30\x04\x04\x81\x01\x61"));
    assert_false(STRICT("\x24\x03\x04\x01\x61")); /* constructed OCTET STRING */
    assert_false(STRICT("\x2c\x03\x0c\x01\x61")); /* and UTF8String */
}

static void what_is_no_single_element_is_refused(void **state)
{
    (void)state;
    assert_false(scep_der_strict((scep_octets_t){NULL, 0}));
    assert_false(STRICT("\x04"));
    assert_false(STRICT("\x04\x02\x61"));         /* too short */
    assert_false(STRICT("\x05\x00\x05\x00"));     /* two */
    assert_false(STRICT("\x30\x03\x04\x02\x61")); /* inner too short */
    assert_int_equal(ERR_peek_error(), 0);
    ERR_raise(ERR_LIB_USER, ERR_R_INTERNAL_ERROR);
    assert_false(STRICT("\x30\x03\x04\x02\x61"));
    assert_int_equal(ERR_GET_LIB(ERR_get_error()), ERR_LIB_USER);
    assert_int_equal(ERR_peek_error(), 0);
}

/* DEPTH sequences around nothing. */
static bool nested(size_t depth)
{
    unsigned char der[2 * 64];
    size_t i;

    for (i = 0; i < depth; i++) {
        der[2 * i] = 0x30;
        der[2 * i + 1] = (unsigned char)(2 * (depth - 1 - i));
    }
    return scep_der_strict((scep_octets_t){der, 2 * depth});
}

static void depth_is_bounded(void **state)
{
    (void)state;
    assert_true(nested(SCEP_MAX_DEPTH));
    assert_false(nested(SCEP_MAX_DEPTH + 1));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        FIXTURE_TEST(der_is_taken),
        FIXTURE_TEST(a_long_length_is_taken_when_needed),
        FIXTURE_TEST(ber_is_refused),
        FIXTURE_TEST(what_is_no_single_element_is_refused),
        FIXTURE_TEST(depth_is_bounded),
    };

    return cmocka_run_group_tests_name("der", tests, NULL, NULL);
}
