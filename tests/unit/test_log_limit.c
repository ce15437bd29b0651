/* Licensed under the Apache License, Version 2.0; see LICENSE. */
/* test_log_limit.c: lines a minute. (base layer) */
#include "fixture.h"

#include "scep_log_limit.h"

static int lines(const fixture_t *f, const char *text)
{
    const char *at = f->log;
    int count = 0;

    while ((at = strstr(at, text)) != NULL) {
        count++;
        at += strlen(text);
    }
    return count;
}

static void begin(fixture_t *f)
{
    void *memory = apr_palloc(f->pool, scep_log_limit_size());

    scep_log_limit_format(memory);
    f->env.limit =
        scep_log_limit_attach(memory, scep_log_limit_size(), f->pool);
    assert_non_null(f->env.limit);
    f->env.log_level = SCEP_LOG_INFO;
}

static void later(fixture_t *f, int seconds)
{
    f->now += apr_time_from_sec(seconds);
    f->log[0] = '\0';
}

static void fault(fixture_t *f, const char *cause)
{
    scep_log(&f->env, SCEP_LOG_ERROR, "SCEP0990: %s", cause);
}

static void refuse(fixture_t *f, const char *peer, int times)
{
    f->env.peer = peer;
    while (times-- > 0) {
        scep_log(&f->env, SCEP_LOG_WARNING, "SCEP0991: no");
    }
    f->env.peer = NULL;
}

static void test_layout(void **state)
{
    fixture_t *f = *state;
    apr_size_t size = scep_log_limit_size();
    unsigned char *at = apr_palloc(f->pool, size);
    int i;

    assert_in_range(size, 1, 16384);
    scep_log_limit_format(at);
    assert_null(scep_log_limit_attach(at, size - 1, f->pool));
    for (i = 0; i < 16; i++) { /* magic, version, sets */
        at[i] ^= 1;
        assert_null(scep_log_limit_attach(at, size, f->pool));
        at[i] ^= 1;
    }
}

/* The first at once, then how often it came. */
static void test_fault(void **state)
{
    fixture_t *f = *state;
    int i;

    begin(f);
    for (i = 0; i < 58; i++) {
        fault(f, "disk");
    }
    assert_string_equal(f->log, "3 SCEP0990: disk\n");
    later(f, 60);
    fault(f, "disk");
    assert_int_equal(lines(f, "SCEP0990 came 57 times more"), 1);
    assert_int_equal(lines(f, "SCEP0990: disk"), 1);
    later(f, 61);
    fault(f, "disk");
    assert_string_equal(f->log, "3 SCEP0990: disk\n");
}

/* Who sent the request is not what makes a fault another one. */
static void test_fault_of_results(void **state)
{
    fixture_t *f = *state;

    begin(f);
    scep_fail(&f->res, SCEP_R_INTERNAL, "odd");
    scep_log_result(&f->env, &f->res, "request from 192.0.2.1");
    scep_log_result(&f->env, &f->res, "request from 192.0.2.2");
    assert_int_equal(lines(f, "SCEP0173"), 1);
    scep_fail(&f->res, SCEP_R_INTERNAL, "even");
    scep_log_result(&f->env, &f->res, "request from 192.0.2.2");
    assert_int_equal(lines(f, "SCEP0173"), 2);
}

/* Another cause is another fault, but there is an end to that as well. */
static void test_causes(void **state)
{
    fixture_t *f = *state;
    int i;

    begin(f);
    for (i = 0; i < 100; i++) {
        fault(f, apr_itoa(f->pool, i));
    }
    assert_int_equal(lines(f, "SCEP0990: "), SCEP_LOG_CAUSES);
    later(f, 60);
    scep_log_limit_flush(&f->env, f->now);
    assert_int_equal(lines(f, "SCEP0990 came 90 times more"), 1);
}

static void test_flush(void **state)
{
    fixture_t *f = *state;

    begin(f);
    fault(f, "disk");
    fault(f, "disk");
    fault(f, "disk");
    refuse(f, "192.0.2.1", SCEP_LOG_EACH + 5);
    later(f, 59);
    scep_log_limit_flush(&f->env, f->now);
    assert_string_equal(f->log, "");
    later(f, 1);
    scep_log_limit_flush(&f->env, f->now);
    assert_int_equal(lines(f, "SCEP0064: SCEP0990 came 2 times more"), 1);
    assert_int_equal(lines(f, "SCEP0065: 5 lines"), 1);
    later(f, 60);
    scep_log_limit_flush(&f->env, f->now);
    assert_string_equal(f->log, "");
    f->env.limit = NULL;
    scep_log_limit_flush(&f->env, f->now);
    assert_string_equal(f->log, "");
}

/* One client takes nothing from another's lines. */
static void test_peers(void **state)
{
    fixture_t *f = *state;

    begin(f);
    refuse(f, "192.0.2.1", SCEP_LOG_EACH + 20);
    assert_int_equal(lines(f, "SCEP0991"), SCEP_LOG_EACH);
    f->log[0] = '\0';
    refuse(f, "192.0.2.2", 3);
    assert_int_equal(lines(f, "SCEP0991"), 3);
    later(f, 60);
    refuse(f, "192.0.2.1", 1);
    assert_int_equal(lines(f, "SCEP0065: 20 lines"), 1);
    assert_int_equal(lines(f, "SCEP0991"), 1);
    /* a /64 is one client, an IPv4 address written as IPv6 is not */
    f->log[0] = '\0';
    refuse(f, "2001:db8::1", SCEP_LOG_EACH - 1);
    refuse(f, "2001:db8::ffff:2", 2);
    assert_int_equal(lines(f, "SCEP0991"), SCEP_LOG_EACH);
    refuse(f, "2001:db8:0:1::1", 1);
    refuse(f, "::ffff:192.0.2.8", SCEP_LOG_EACH);
    f->log[0] = '\0';
    refuse(f, "::ffff:192.0.2.9", 1);
    assert_int_equal(lines(f, "SCEP0991"), 1);
}

static void test_all_peers(void **state)
{
    fixture_t *f = *state;
    int i, left = 0, written = 0;
    const char *at;

    begin(f);
    for (i = 0; i < 2000; i++) {
        f->log[0] = '\0';
        refuse(f, apr_psprintf(f->pool, "10.0.%d.%d", i / 256, i % 256), 1);
        written += lines(f, "SCEP0991");
    }
    assert_int_equal(written, SCEP_LOG_ALL);
    later(f, 60);
    scep_log_limit_flush(&f->env, f->now);
    for (at = f->log; (at = strstr(at, "SCEP0065: ")) != NULL; at++) {
        left += atoi(at + 10);
    }
    assert_int_equal(left, 2000 - SCEP_LOG_ALL);
}

static void test_not_limited(void **state)
{
    fixture_t *f = *state;
    int i;

    begin(f);
    for (i = 0; i < 100; i++) {
        scep_log(&f->env, SCEP_LOG_WARNING, "SCEP0992: of no peer");
        scep_log(&f->env, SCEP_LOG_INFO, "SCEP0993: i");
    }
    assert_int_equal(lines(f, "SCEP0992"), 100);
    assert_int_equal(lines(f, "SCEP0993"), 100);
}

static void test_clock_set_back(void **state)
{
    fixture_t *f = *state;

    begin(f);
    fault(f, "disk");
    later(f, -3600);
    fault(f, "disk");
    fault(f, "disk");
    assert_string_equal(f->log, "3 SCEP0990: disk\n");
}

static void test_debug(void **state)
{
    fixture_t *f = *state;

    begin(f);
    f->env.log_level = SCEP_LOG_DEBUG;
    fault(f, "disk");
    fault(f, "disk");
    refuse(f, "192.0.2.1", 200);
    assert_int_equal(lines(f, "SCEP0990: disk"), 2);
    assert_int_equal(lines(f, "SCEP0991: no"), 200);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        FIXTURE_TEST(test_layout),
        FIXTURE_TEST(test_fault),
        FIXTURE_TEST(test_fault_of_results),
        FIXTURE_TEST(test_causes),
        FIXTURE_TEST(test_flush),
        FIXTURE_TEST(test_peers),
        FIXTURE_TEST(test_all_peers),
        FIXTURE_TEST(test_not_limited),
        FIXTURE_TEST(test_clock_set_back),
        FIXTURE_TEST(test_debug),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
