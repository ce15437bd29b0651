/* Licensed under the Apache License, Version 2.0; see LICENSE. */
/* test_json_read.c: reading JSON, and refusing what is not JSON. */
#include "fixture.h"

#include <stdbool.h>

#include "scep_json_read.h"

static scep_json_t *parse(fixture_t *f, const char *text)
{
    const char *error = NULL;
    scep_json_t *value = scep_json_parse(f->pool, text, strlen(text), &error);

    if (value == NULL) {
        assert_non_null(strstr(error, "line "));
        assert_null(strstr(error, "secret"));
    }
    return value;
}

static void test_values(void **state)
{
    fixture_t *f = *state;
    scep_json_t *value =
        parse(f, "{\"b\": [\"x\", 2, null], \"a\": \"\\u00e4\", \"n\": 1.5}");
    scep_json_t *list = scep_json_get(value, "b");
    apr_int64_t number;

    assert_true(scep_json_is_object(value));
    assert_false(scep_json_is_array(value));
    assert_true(scep_json_is_array(list));
    assert_int_equal(scep_json_count(list), 3);
    assert_int_equal(scep_json_count(value), 0);
    assert_string_equal(scep_json_text(scep_json_at(list, 0)), "x");
    assert_true(scep_json_number(scep_json_at(list, 1), &number));
    assert_int_equal(number, 2);
    assert_false(scep_json_number(scep_json_get(value, "n"), &number));
    assert_null(scep_json_text(scep_json_at(list, 1)));
    assert_null(scep_json_at(list, 3));
    assert_null(scep_json_get(value, "c"));
    assert_null(scep_json_get(list, "b"));
    assert_string_equal(scep_json_text(scep_json_get(value, "a")), "\xc3\xa4");
    assert_string_equal(scep_json_write(f->pool, value),
                        "{\"a\":\"\\u00E4\",\"b\":[\"x\",2,null],\"n\":1.5}");
}

static void test_truth(void **state)
{
    fixture_t *f = *state;
    scep_json_t *value = parse(f, "[true, false, null, 1]");
    bool truth = false;

    assert_true(scep_json_boolean(scep_json_at(value, 0), &truth) && truth);
    assert_true(scep_json_boolean(scep_json_at(value, 1), &truth) && !truth);
    assert_false(scep_json_boolean(scep_json_at(value, 2), &truth));
    assert_false(scep_json_boolean(scep_json_at(value, 3), &truth));
    assert_false(scep_json_boolean(NULL, &truth));
    assert_true(scep_json_is_null(scep_json_at(value, 2)));
    assert_false(scep_json_is_null(scep_json_at(value, 1)));
    assert_false(scep_json_is_null(NULL));
}

static void test_strangers(void **state)
{
    static const char *const known[] = {"a", "b", NULL};
    fixture_t *f = *state;

    assert_null(scep_json_unknown_key(parse(f, "{\"b\":1,\"a\":1}"), known));
    assert_string_equal(
        scep_json_unknown_key(parse(f, "{\"b\":1,\"A\":1}"), known), "A");
    assert_null(scep_json_unknown_key(parse(f, "{}"), known));
}

static void test_malformed(void **state)
{
    static const char *const bad[] = {
        "",
        "secret",
        "\"secret\"",
        "{\"secret\":}",
        "{\"secret\":1,\"secret\":2}",
        "{\"a\":\"secret\\u0000\"}",
        "{\"a\":\"secret\xff\"}",
        "{} secret",
        "[1,]",
    };
    fixture_t *f = *state;
    size_t i;

    for (i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
        assert_null(parse(f, bad[i]));
    }
}

/* A deep one is refused, and does not end the process. */
static void test_depth(void **state)
{
    fixture_t *f = *state;
    char *text = apr_palloc(f->pool, 60001);

    memset(text, '[', 60000);
    text[60000] = '\0';
    assert_null(parse(f, text));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        FIXTURE_TEST(test_values),    FIXTURE_TEST(test_truth),
        FIXTURE_TEST(test_strangers), FIXTURE_TEST(test_malformed),
        FIXTURE_TEST(test_depth),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
