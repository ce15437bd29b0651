/* Licensed under the Apache License, Version 2.0; see LICENSE. */
/* test_json.c: strings of JSON. */
#include "fixture.h"

#include "scep_json.h"

#define BAD "\\ufffd"

static void test_strings(void **state)
{
    static const struct {
        const char *text;
        const char *json;
    } cases[] = {
        {NULL, "null"},
        {"", "\"\""},
        {"CORP\\alice \"x\"/", "\"CORP\\\\alice \\\"x\\\"/\""},
        {"\x01\n\t\x1f ~\x7f", "\"\\u0001\\u000a\\u0009\\u001f ~\\u007f\""},
        {"\xc3\xbc\xe2\x82\xac", "\"\\u00fc\\u20ac\""},
        {"\xc2\x80\xdf\xbf\xe0\xa0\x80\xef\xbf\xbf",
         "\"\\u0080\\u07ff\\u0800\\uffff\""},
        {"\xf0\x90\x80\x80\xf4\x8f\xbf\xbf",
         "\"\\ud800\\udc00\\udbff\\udfff\""},
    };
    fixture_t *f = *state;
    size_t i;

    for (i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        assert_string_equal(scep_json_string(f->pool, cases[i].text),
                            cases[i].json);
    }
}

/* What is cut short, overlong, a surrogate, too great, or no first octet. */
static void test_malformed_utf8(void **state)
{
    static const struct {
        const char *text;
        const char *json;
    } cases[] = {
        {"\x80", "\"" BAD "\""},
        {"\xff", "\"" BAD "\""},
        {"\xc3", "\"" BAD "\""},
        {"\xc3(", "\"" BAD "(\""},
        {"\xe2\x82", "\"" BAD BAD "\""},
        {"\xe2\x82\"", "\"" BAD BAD "\\\"\""},
        {"\xf0\x9f\x98", "\"" BAD BAD BAD "\""},
        {"\xc0\x80", "\"" BAD BAD "\""},
        {"\xc1\xbf", "\"" BAD BAD "\""},
        {"\xe0\x9f\xbf", "\"" BAD BAD BAD "\""},
        {"\xf0\x8f\xbf\xbf", "\"" BAD BAD BAD BAD "\""},
        {"\xed\xa0\x80", "\"" BAD BAD BAD "\""},
        {"\xf4\x90\x80\x80", "\"" BAD BAD BAD BAD "\""},
        {"\xf5\x80\x80\x80", "\"" BAD BAD BAD BAD "\""},
    };
    fixture_t *f = *state;
    size_t i;

    for (i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        assert_string_equal(scep_json_string(f->pool, cases[i].text),
                            cases[i].json);
    }
}

static const char *base64(fixture_t *f, const char *text)
{
    return scep_json_base64(
        f->pool, (scep_octets_t){(const unsigned char *)text, strlen(text)});
}

static void test_base64(void **state)
{
    fixture_t *f = *state;

    assert_string_equal(base64(f, ""), "\"\"");
    assert_string_equal(base64(f, "a"), "\"YQ==\"");
    assert_string_equal(base64(f, "ab"), "\"YWI=\"");
    assert_string_equal(base64(f, "abc"), "\"YWJj\"");
    assert_string_equal(base64(f, "\xff\xfe\xfd\xfc"), "\"//79/A==\"");
}

static void test_objects(void **state)
{
    fixture_t *f = *state;
    const scep_json_member_t members[] = {
        {"name", scep_json_secret(f->pool, "a\"b")},
        {"none", scep_json_secret(f->pool, NULL)},
        {"number", "4"}};
    scep_octets_t object = scep_json_object(f->pool, members, 3);

    assert_int_equal(object.len, strlen((const char *)object.data));
    assert_string_equal(object.data,
                        "{\"name\":\"a\\\"b\",\"none\":null,\"number\":4}\n");
    object = scep_json_object(f->pool, NULL, 0);
    assert_string_equal(object.data, "{}\n");
}

static void test_members(void **state)
{
    fixture_t *f = *state;
    apr_array_header_t *values =
        apr_array_make(f->pool, 2, sizeof(const char *));

    assert_string_equal(scep_json_members(f->pool, NULL), "{}");
    assert_string_equal(scep_json_array(f->pool, values), "[]");
    APR_ARRAY_PUSH(values, const char *) = "1";
    APR_ARRAY_PUSH(values, const char *) = scep_json_string(f->pool, "x,y");
    assert_string_equal(
        scep_json_members(f->pool, "list", scep_json_array(f->pool, values),
                          "at", scep_json_time(f->pool, 1), "never",
                          scep_json_time(f->pool, 0), NULL),
        "{\"list\":[1,\"x,y\"],\"at\":\"1970-01-01T00:00:00Z\","
        "\"never\":null}");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        FIXTURE_TEST(test_strings), FIXTURE_TEST(test_malformed_utf8),
        FIXTURE_TEST(test_base64),  FIXTURE_TEST(test_objects),
        FIXTURE_TEST(test_members),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
