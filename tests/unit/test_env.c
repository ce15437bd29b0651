/* Licensed under the Apache License, Version 2.0; see LICENSE. */
/* scep_env.c: the clock and log lines. */
#include "fixture.h"

static void test_clock(void **state)
{
    fixture_t *f = *state;
    apr_time_t before = apr_time_now();

    assert_int_equal(scep_env_now(&f->env), FIXTURE_NOW);
    f->now += 5;
    assert_int_equal(scep_env_now(&f->env), FIXTURE_NOW + 5);
    f->env.clock = NULL;
    assert_true(scep_env_now(&f->env) >= before);
    assert_true(scep_env_now(&f->env) <= apr_time_now());
}

static void test_log(void **state)
{
    fixture_t *f = *state;

    scep_log(&f->env, SCEP_LOG_INFO, SCEPLOGNO(0001) "%s has %d", "it", 3);
    assert_string_equal(f->log, "6 SCEP0001: it has 3\n");
    f->env.log = NULL;
    scep_log(&f->env, SCEP_LOG_ERROR, "nobody hears this");
    assert_string_equal(f->log, "6 SCEP0001: it has 3\n");
}

static void test_level(void **state)
{
    fixture_t *f = *state;

    f->env.log_level = SCEP_LOG_WARNING;
    scep_log(&f->env, SCEP_LOG_NOTICE, "no");
    scep_log(&f->env, SCEP_LOG_TRACE, "no");
    scep_log(&f->env, SCEP_LOG_WARNING, "yes");
    scep_log(&f->env, SCEP_LOG_ERROR, "yes");
    assert_string_equal(f->log, "4 yes\n3 yes\n");
}

/* Whatever octets come, the line stays one line of visible characters. */
static void test_defused(void **state)
{
    fixture_t *f = *state;
    char all[256];
    size_t i;

    scep_log(&f->env, SCEP_LOG_ERROR, "a\r\nb\tc\x1b[2Jd\x7f\x9b\xc3\xa4");
    assert_string_equal(f->log, "3 a..b.c.[2Jd..\xc3\xa4\n");
    f->log[0] = '\0';
    /* turns the direction of writing; a line's end; cut off */
    scep_log(&f->env, SCEP_LOG_ERROR,
             "\xe2\x80\xae\xe2\x80\xa8\xf0\x9f\x98\x80\xe2\x82");
    assert_string_equal(f->log, "3 ......\xf0\x9f\x98\x80..\n");
    f->log[0] = '\0';
    for (i = 0; i < 255; i++) {
        all[i] = (char)(i + 1);
    }
    all[255] = '\0';
    scep_log(&f->env, SCEP_LOG_ERROR, "%s", all);
    assert_int_equal(strlen(f->log), 2 + 255 + 1);
    for (i = 0; i < 255; i++) {
        char expected = i + 1 < 0x20 || i + 1 > 0x7e ? '.' : all[i];

        assert_int_equal(f->log[2 + i], expected);
    }
}

static void test_length(void **state)
{
    fixture_t *f = *state;

    scep_log(&f->env, SCEP_LOG_ERROR, "%01023d", 1);
    assert_int_equal(strlen(f->log), 2 + 1023 + 1);
    assert_int_equal(f->log[2 + 1022], '1');
    f->log[0] = '\0';
    scep_log(&f->env, SCEP_LOG_ERROR, "%05000d", 1);
    assert_int_equal(strlen(f->log), 2 + 1023 + 1);
    assert_int_equal(f->log[2 + 1022], '0');
}

static void logs(fixture_t *f, const char *prefix, const char *expected)
{
    f->log[0] = '\0';
    scep_log_result(&f->env, &f->res, prefix);
    assert_string_equal(f->log, expected);
}

static void test_result(void **state)
{
    fixture_t *f = *state;

    scep_fail(&f->res, SCEP_R_SIGNATURE, "why %d", 7);
    logs(f, NULL, "4 SCEP0131: refused with badMessageCheck: why 7\n");
    logs(f, "PKCSReq",
         "4 SCEP0131: PKCSReq refused with badMessageCheck: "
         "why 7\n");
    scep_fail(&f->res, SCEP_R_SYNTAX, "a\nb");
    logs(f, NULL, "4 SCEP0120: refused: a.b\n");
    scep_fail(&f->res, SCEP_R_NO_NEXT_CA, "none set");
    logs(f, NULL, "4 SCEP0109: not found: none set\n");
    scep_fail(&f->res, SCEP_R_LOCK, "gone");
    logs(f, NULL, "3 SCEP0172: unavailable: gone\n");
    scep_fail(&f->res, SCEP_R_INTERNAL, "odd");
    logs(f, NULL, "3 SCEP0173: broken: odd\n");
    f->res.told = true; /* the cause has its own line */
    logs(f, NULL, "6 SCEP0173: broken: odd\n");
    scep_fail(&f->res, SCEP_R_INTERNAL, "another");
    logs(f, NULL, "3 SCEP0173: broken: another\n");
    scep_result_init(&f->res, f->pool);
    logs(f, "x", "6 SCEP0000: x ok: \n");
    f->res.status = SCEP_PENDING;
    logs(f, "x", "6 SCEP0000: x pending: \n");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        FIXTURE_TEST(test_clock),  FIXTURE_TEST(test_log),
        FIXTURE_TEST(test_level),  FIXTURE_TEST(test_defused),
        FIXTURE_TEST(test_length), FIXTURE_TEST(test_result),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
