/* Licensed under the Apache License, Version 2.0; see LICENSE. */
/* Unit tests of scep_span.c. */
#include "fixture.h"

#include "scep_span.h"

static apr_int64_t span(const char *text)
{
    apr_int64_t seconds = -2;

    return scep_span_parse(text, &seconds) ? seconds : -1;
}

static void every_unit_can_be_written(void **state)
{
    static const struct {
        const char *forms[5];
        apr_int64_t seconds;
    } units[] = {{{"2", "2s", "2sec", "2second", "2SECONDS"}, 2},
                 {{"2m", "2min", "2Minute", "2minutes", "02M"}, 120},
                 {{"2h", "2hour", "2hours", "2H", "002h"}, 7200},
                 {{"2d", "2day", "2days", "2D", "48h"}, 172800},
                 {{"2w", "2week", "2weeks", "2W", "14d"}, 1209600}};
    size_t i, j;

    (void)state;
    for (i = 0; i < sizeof(units) / sizeof(units[0]); i++) {
        for (j = 0; j < 5; j++) {
            assert_int_equal(span(units[i].forms[j]), units[i].seconds);
        }
    }
    assert_int_equal(span("0"), 0);
    assert_int_equal(span("36600d"), APR_INT64_C(36600) * 86400);
}

static void what_is_no_span_is_told(void **state)
{
    static const char *const bad[] = {"",
                                      " 1",
                                      "1 ",
                                      "1 h",
                                      "-1",
                                      "+1",
                                      "1x",
                                      "1hx",
                                      "1hourx",
                                      "1.5h",
                                      "1h30m",
                                      "h",
                                      "0x10",
                                      "1ms",
                                      "1mo",
                                      "1y",
                                      "1days ",
                                      "1dd",
                                      "1,5h",
                                      "36601d",
                                      "5300w",
                                      "3162240001",
                                      "99999999999999999999",
                                      "18446744073709551617s",
                                      "1\xc2\xb5",
                                      "1%",
                                      "any",
                                      "1hs",
                                      "2daysago"};
    size_t i;

    (void)state;
    for (i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
        assert_int_equal(span(bad[i]), -1);
    }
}

static void times_are_in_utc(void **state)
{
    const apr_time_t when = apr_time_from_sec(1795384263) + 999999;
    fixture_t *f = *state;

    assert_string_equal(scep_time_iso(f->pool, when), "2026-11-22T21:51:03Z");
    assert_string_equal(scep_time_iso(f->pool, 0), "1970-01-01T00:00:00Z");
    assert_string_equal(scep_time_text(f->pool, SCEP_TIME_READABLE, when),
                        "2026-11-22 21:51:03 UTC");
    assert_string_equal(scep_time_text(f->pool, "%Y-%m-%d-%H%M%S", when),
                        "2026-11-22-215103");
}

static apr_time_t time_of(const char *text)
{
    apr_time_t when = -1;

    return scep_time_parse(text, &when) ? when : -1;
}

static void times_are_read(void **state)
{
    static const char *const bad[] = {"",
                                      "2026",
                                      "2026-11-22T",
                                      "2026-13-22",
                                      "2026-00-22",
                                      "2026-11-31",
                                      "2026-11-00",
                                      "2026-02-29",
                                      "2026-1-022",
                                      "2026-11- 2",
                                      " 2026-11-2",
                                      "2026/11/22",
                                      "26-11-2022",
                                      "1969-12-31",
                                      "2026-11-22T24:00:00Z",
                                      "+026-11-22",
                                      "today",
                                      "2026-11-2x",
                                      "2026-11-22T21:60:03Z",
                                      "2026-11-22T21:51",
                                      "2026-11-22T21:51:60",
                                      "2026-11-22T21:51:03z",
                                      "2026-11-22 21:51:03Z",
                                      "2026-11-22T21:51:03ZZ",
                                      "2026-11-22T21:51:03+01",
                                      "2026-11-22T1:51:003Z",
                                      "2026-11-22T21:51:0Z"};
    const apr_time_t day = apr_time_from_sec(1795305600);
    size_t i;

    (void)state;
    assert_true(time_of("1970-01-01") == 0);
    assert_true(time_of("2026-11-22") == day);
    assert_true(time_of("2026-11-22T21:51:03Z") ==
                day + apr_time_from_sec(78663));
    assert_true(time_of("2026-11-22T21:51:03") ==
                day + apr_time_from_sec(78663));
    assert_true(time_of("2028-02-29T23:59:59") > day);
    for (i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
        if (time_of(bad[i]) != -1) {
            fail_msg("%s was read", bad[i]);
        }
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_unit_can_be_written),
        cmocka_unit_test(what_is_no_span_is_told),
        FIXTURE_TEST(times_are_in_utc),
        FIXTURE_TEST(times_are_read),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
