/* Licensed under the Apache License, Version 2.0; see LICENSE. */
/* test_name_search.c: names in lower case and in both forms. */
#include "fixture.h"

#include "scep_name_search.h"

static void test_fold(void **state)
{
    static const struct {
        const char *text, *folded;
    } cases[] = {
        {"", ""},
        {"CN=Router-17", "cn=router-17"},
        {"Ger\xc3\xa4T", "ger\xc3\xa4t"},
        {"GER\xc3\x84T", "ger\xc3\xa4t"},
        {"\xce\xa9\xd0\x96", "\xcf\x89\xd0\xb6"}, /* Greek, Cyrillic */
        {"\xe6\x97\xa5\xe6\x9c\xac", "\xe6\x97\xa5\xe6\x9c\xac"}, /* no case */
        {"\xf0\x90\x90\x80", "\xf0\x90\x90\xa8"},                 /* Deseret */
        {"a\xff\xc3", "a\xff\xc3"},                               /* no UTF-8 */
        {"a\\2Ab\\5c\\22\\\\2a", "a*b\\\\\\\"\\\\2a"},
    };
    fixture_t *f = *state;
    size_t i;

    for (i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        assert_string_equal(scep_name_fold(f->pool, cases[i].text),
                            cases[i].folded);
    }
}

static void test_forms(void **state)
{
    static const struct {
        const char *ascii, *modern;
    } cases[] = {
        {"CN=a", "CN=a"},
        {"CN=Ger\\C3\\A4t", "CN=Ger\xc3\xa4t"},
        {"CN=\\C3\\A4\\C3\\B6\\, x", "CN=\xc3\xa4\xc3\xb6\\, x"},
        {"CN=a\\0Ab", "CN=a\\0Ab"},
        {"CN=a\\E2\\80\\AEb", "CN=a\\E2\\80\\AEb"}, /* turns the direction */
        {"CN=\\C3", "CN=\\C3"},                     /* half a character */
        {"CN=a\\", "CN=a\\"},
    };
    fixture_t *f = *state;
    size_t i;

    for (i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        assert_string_equal(scep_name_modern(f->pool, cases[i].ascii),
                            cases[i].modern);
        assert_string_equal(scep_name_modern(f->pool, cases[i].modern),
                            cases[i].modern);
        assert_string_equal(scep_name_ascii(f->pool, cases[i].modern),
                            cases[i].ascii);
    }
    /* what a copy of it would mean something else for */
    assert_string_equal(scep_name_modern(f->pool, "CN=*\\\\C3\\\"a"),
                        "CN=\\2A\\5CC3\\22a");
    assert_string_equal(scep_name_modern(f->pool, "CN=\\2A\\5CC3\\22a"),
                        "CN=\\2A\\5CC3\\22a");
    assert_true(scep_name_is_ascii("CN=a"));
    assert_false(scep_name_is_ascii("CN=\xc3\xa4"));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        FIXTURE_TEST(test_fold),
        FIXTURE_TEST(test_forms),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
