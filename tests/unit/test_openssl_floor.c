/* Licensed under the Apache License, Version 2.0; see LICENSE. */
/* Unit tests of scep_openssl_floor.c. */
#include "fixture.h"

#include "scep_openssl_floor.h"

static void each_line_has_its_floor(void **state)
{
    static const struct {
        scep_openssl_t version;
        bool old;
        scep_openssl_t floor;
    } rows[] = {
        {{1, 1, 1}, true, {3, 0, 22}},  {{3, 0, 0}, true, {3, 0, 22}},
        {{3, 0, 21}, true, {3, 0, 22}}, {{3, 0, 22}, false, {0, 0, 0}},
        {{3, 0, 99}, false, {0, 0, 0}}, {{3, 1, 99}, true, {3, 5, 10}},
        {{3, 4, 0}, true, {3, 5, 10}},  {{3, 4, 99}, true, {3, 5, 10}},
        {{3, 5, 0}, true, {3, 5, 10}},  {{3, 5, 9}, true, {3, 5, 10}},
        {{3, 5, 10}, false, {0, 0, 0}}, {{3, 6, 3}, true, {3, 6, 4}},
        {{3, 6, 4}, false, {0, 0, 0}},  {{4, 0, 3}, true, {4, 0, 4}},
        {{4, 0, 4}, false, {0, 0, 0}},  {{4, 1, 0}, false, {0, 0, 0}},
        {{5, 0, 0}, false, {0, 0, 0}},
    };
    size_t i;

    (void)state;
    for (i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        scep_openssl_t floor = {0, 0, 0};
        bool old = scep_openssl_is_old(rows[i].version, &floor);

        assert_int_equal(old, rows[i].old);
        if (old) {
            assert_memory_equal(&floor, &rows[i].floor, sizeof(floor));
        }
    }
}

static void the_cure_is_told(void **state)
{
    fixture_t *f = *state;

    assert_string_equal(
        scep_openssl_advice(f->pool, (scep_openssl_t){3, 0, 15}),
        "the OpenSSL library that runs here is 3.0.15; releases before 3.0.22 "
        "have known faults in code that reads messages: install that or a "
        "later one, unless your distribution has put the corrections into "
        "3.0.15");
    assert_string_equal(
        scep_openssl_advice(f->pool, (scep_openssl_t){3, 2, 6}),
        "the OpenSSL library that runs here is 3.2.6; its line gets no "
        "corrections any more, and releases before 3.5.10 have known faults in "
        "code that reads messages: install that or a later one, unless your "
        "distribution has put the corrections into 3.2.6");
    assert_null(scep_openssl_advice(f->pool, (scep_openssl_t){3, 0, 22}));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        FIXTURE_TEST(each_line_has_its_floor),
        FIXTURE_TEST(the_cure_is_told),
    };

    return cmocka_run_group_tests_name("openssl_floor", tests, NULL, NULL);
}
