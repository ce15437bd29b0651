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

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_unit_can_be_written),
        cmocka_unit_test(what_is_no_span_is_told),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
