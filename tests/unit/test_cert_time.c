/* Licensed under the Apache License, Version 2.0; see LICENSE. */
/* Unit tests of scep_cert_time.c. */
#include "fixture_ca.h"

#include "scep_cert_time.h"

static apr_int64_t seconds_of(const char *text)
{
    ASN1_TIME *t = ASN1_TIME_new();
    apr_int64_t seconds = -1;

    assert_int_equal(ASN1_TIME_set_string(t, text), 1);
    assert_true(scep_cert_time(t, &seconds));
    ASN1_TIME_free(t);
    return seconds;
}

static void both_forms_are_read(void **state)
{
    (void)state;
    assert_int_equal(seconds_of("700101000000Z"), 0);
    assert_int_equal(seconds_of("260101000000Z"), 1767225600);
    assert_int_equal(seconds_of("20260101000001Z"), 1767225601);
    assert_int_equal(seconds_of("691231235959Z"), -1);
    assert_int_equal(seconds_of("20990101000000Z"), APR_INT64_C(4070908800));
    assert_int_equal(seconds_of("99991231235959Z"), APR_INT64_C(253402300799));
}

static void what_is_no_time_is_told(void **state)
{
    fixture_t *f = *state;
    ASN1_TIME *t = ASN1_TIME_new();
    apr_int64_t seconds = 5;

    (void)f;
    assert_int_equal(ASN1_STRING_set(t, "26010x000000Z", -1), 1);
    assert_false(scep_cert_time(t, &seconds));
    assert_int_equal(seconds, 0);
    assert_false(scep_cert_time(NULL, &seconds));
    ASN1_TIME_free(t);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        FIXTURE_TEST(both_forms_are_read),
        FIXTURE_TEST(what_is_no_time_is_told),
    };

    return cmocka_run_group_tests_name("cert_time", tests, NULL, NULL);
}
