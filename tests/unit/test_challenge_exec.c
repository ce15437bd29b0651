/* Licensed under the Apache License, Version 2.0; see LICENSE. */
/* test_challenge_exec.c: what a program is told, and what its verdict means. */
#include "fixture.h"

#include <sys/resource.h>
#include <sys/stat.h>
#include <unistd.h>

#include "scep_border.h"
#include "scep_challenge_exec.h"
#include "scep_json_read.h"

static const char *const no_names[] = {NULL};
static const char *const two_names[] = {"DNS:a.example", "IP:192.0.2.1", NULL};

static const scep_challenge_request_t a_request = {
    .transaction_id = "id \"1\"",
    .csr_der = {(const unsigned char *)"\x30\x03\x02", 3},
    .subject = "CN=dev",
    .alt_names = two_names,
    .challenge = "pass\xc3\xa4\"word",
    .peer = "192.0.2.1",
    .profile = "device",
    .endpoint = "/scep",
};

static const char *script(fixture_t *f, const char *text, mode_t mode)
{
    const char *path = apr_pstrcat(f->pool, f->scratch, "/judge", NULL);
    FILE *file = fopen(path, "w");

    assert_non_null(file);
    assert_true(fprintf(file, "#!/bin/sh\n%s\n", text) > 0);
    assert_int_equal(fclose(file), 0);
    assert_int_equal(chmod(path, mode), 0);
    return path;
}

static scep_status_e start(fixture_t *f, const char *args, int probe,
                           void **state)
{
    const scep_challenge_config_t config = {args, apr_time_from_sec(30), 2,
                                            probe};

    scep_result_init(&f->res, f->pool);
    return scep_challenge_exec.start(&scep_host, &config, &f->env, f->pool,
                                     state, &f->res);
}

static scep_status_e judge(fixture_t *f, const char *text,
                           scep_challenge_answer_t *answer)
{
    void *state = NULL;

    memset(answer, 0, sizeof(*answer));
    assert_int_equal(start(f, script(f, text, 0755), 0, &state), SCEP_OK);
    return scep_challenge_exec.check(state, &f->env, &a_request, f->pool,
                                     answer, &f->res);
}

static void test_input(void **state)
{
    fixture_t *f = *state;
    const char *copy = apr_pstrcat(f->pool, f->scratch, "/copy", NULL);
    scep_challenge_answer_t answer;
    const char *error;
    scep_json_t *in;
    char text[1024] = "";
    FILE *file;

    assert_int_equal(judge(f, apr_psprintf(f->pool, "cat >%s", copy), &answer),
                     SCEP_OK);
    assert_null(answer.profile);
    assert_null(answer.limits);
    file = fopen(copy, "r");
    assert_non_null(file);
    assert_true(fread(text, 1, sizeof(text) - 1, file) > 0);
    fclose(file);
    assert_int_equal(text[strlen(text) - 1], '\n');
    in = scep_json_parse(f->pool, text, strlen(text), &error);
    assert_non_null(in);
    assert_string_equal(scep_json_text(scep_json_get(in, "transactionID")),
                        "id \"1\"");
    assert_string_equal(scep_json_text(scep_json_get(in, "csr")), "MAMC");
    assert_string_equal(scep_json_text(scep_json_get(in, "challenge")),
                        "pass\xc3\xa4\"word");
    assert_string_equal(scep_json_text(scep_json_get(in, "subject")), "CN=dev");
    assert_string_equal(scep_json_text(scep_json_get(in, "peer")), "192.0.2.1");
    assert_string_equal(scep_json_text(scep_json_get(in, "profile")), "device");
    assert_string_equal(scep_json_text(scep_json_get(in, "endpoint")), "/scep");
    assert_int_equal(scep_json_count(scep_json_get(in, "subjectAltNames")), 2);
    assert_string_equal(
        scep_json_text(scep_json_at(scep_json_get(in, "subjectAltNames"), 1)),
        "IP:192.0.2.1");
}

static void test_verdicts(void **state)
{
    static const struct {
        const char *text;
        scep_status_e status;
        scep_reason_e reason;
        const char *detail; /* is in it; NULL: nothing */
    } rows[] = {
        {"exit 0", SCEP_OK, SCEP_R_NONE, NULL},
        {"echo; exit 0", SCEP_OK, SCEP_R_NONE, NULL},
        {"echo not there >&2; exit 1", SCEP_REFUSED, SCEP_R_CHALLENGE_UNKNOWN,
         "not there"},
        {"echo '{\"reason\":\"sold out\"}'; exit 1", SCEP_REFUSED,
         SCEP_R_CHALLENGE_UNKNOWN, "sold out"},
        {"echo nonsense; exit 1", SCEP_REFUSED, SCEP_R_CHALLENGE_UNKNOWN,
         "refused"},
        {"exit 75", SCEP_UNAVAILABLE, SCEP_R_SOURCE_UNAVAILABLE, "status 75"},
        {"exit 2", SCEP_UNAVAILABLE, SCEP_R_SOURCE_UNAVAILABLE, "status 2"},
        {"kill -KILL $$", SCEP_UNAVAILABLE, SCEP_R_SOURCE_UNAVAILABLE,
         "signal 9"},
        {"exec cat /dev/zero", SCEP_UNAVAILABLE, SCEP_R_SOURCE_UNAVAILABLE,
         "65536 octets"},
        {"echo nonsense", SCEP_UNAVAILABLE, SCEP_R_SOURCE_UNAVAILABLE,
         "no JSON"},
        {"echo '{} {}'", SCEP_UNAVAILABLE, SCEP_R_SOURCE_UNAVAILABLE,
         "no JSON"},
        {"echo '[]'", SCEP_UNAVAILABLE, SCEP_R_SOURCE_UNAVAILABLE, "no object"},
        {"echo '{\"limit\":{}}'", SCEP_UNAVAILABLE, SCEP_R_SOURCE_UNAVAILABLE,
         "members"},
        {"echo '{\"limits\":\"\"}'", SCEP_UNAVAILABLE,
         SCEP_R_SOURCE_UNAVAILABLE, "limits"},
        {"echo '{\"profile\":1}'", SCEP_UNAVAILABLE, SCEP_R_SOURCE_UNAVAILABLE,
         "profile"},
        {"echo '{\"reason\":null}'", SCEP_UNAVAILABLE,
         SCEP_R_SOURCE_UNAVAILABLE, "reason"},
    };
    fixture_t *f = *state;
    scep_challenge_answer_t answer;
    size_t i;

    for (i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        if (judge(f, rows[i].text, &answer) != rows[i].status ||
            f->res.reason != rows[i].reason) {
            fail_msg("%s: %s", rows[i].text, f->res.detail);
        }
        if (rows[i].detail != NULL) {
            assert_non_null(strstr(f->res.detail, rows[i].detail));
            assert_null(answer.limits);
        }
    }
}

static void test_answer(void **state)
{
    fixture_t *f = *state;
    scep_challenge_answer_t answer;

    assert_int_equal(judge(f,
                           "echo '{\"profile\": \"router\", \"limits\": "
                           "{\"subject\": \"CN=dev\"}}'",
                           &answer),
                     SCEP_OK);
    assert_string_equal(answer.profile, "router");
    assert_string_equal(answer.limits, "{\"subject\":\"CN=dev\"}");
}

/* A program that talks too much must not make us do so. */
static void test_challenge_is_not_repeated(void **state)
{
    fixture_t *f = *state;
    scep_challenge_answer_t answer;

    assert_int_equal(
        judge(f, "printf 'no pass\\303\\244\"word' >&2; exit 1", &answer),
        SCEP_REFUSED);
    assert_null(strstr(f->res.detail, "word"));
    assert_int_equal(judge(f, "printf 'a\\001\"\\n' >&2; exit 1", &answer),
                     SCEP_REFUSED);
    assert_non_null(strstr(f->res.detail, "a\\x01\\x22"));
    /* nor the beginning of it */
    assert_int_equal(
        judge(f, "printf '%0252dpass\\303\\244\"word' 0 >&2; exit 1", &answer),
        SCEP_REFUSED);
    assert_null(strstr(f->res.detail, "pass"));
}

/* As many as a CSR has room for; KiB. */
static void test_many_names_cost_little(void **state)
{
    enum { NAMES = 5000, MOST = 32768 };
    fixture_t *f = *state;
    const char **names = apr_pcalloc(f->pool, (NAMES + 1) * sizeof(*names));
    scep_challenge_request_t request = a_request;
    scep_challenge_answer_t answer = {NULL, NULL};
    struct rusage before, after;
    void *exec = NULL;
    int i;

    for (i = 0; i < NAMES; i++) {
        names[i] = "other:registeredID 1.2";
    }
    request.alt_names = names;
    assert_int_equal(start(f, script(f, "cat >/dev/null", 0755), 0, &exec),
                     SCEP_OK);
    assert_int_equal(getrusage(RUSAGE_SELF, &before), 0);
    assert_int_equal(scep_challenge_exec.check(exec, &f->env, &request, f->pool,
                                               &answer, &f->res),
                     SCEP_OK);
    assert_int_equal(getrusage(RUSAGE_SELF, &after), 0);
    assert_true(after.ru_maxrss - before.ru_maxrss < MOST);
}

static void test_start(void **state)
{
    fixture_t *f = *state;
    const char *path = script(f, "exit 0", 0755);
    const scep_challenge_request_t request = {
        .transaction_id = "1",
        .csr_der = {(const unsigned char *)"x", 1},
        .subject = "",
        .alt_names = no_names,
        .challenge = "x",
        .peer = "",
        .profile = "",
        .endpoint = ""};
    scep_challenge_answer_t answer = {NULL, NULL};
    void *s = NULL;

    assert_int_equal(start(f, path, 1, &s), SCEP_OK);
    assert_int_equal(
        start(f, apr_pstrcat(f->pool, path, " -a 'b c'", NULL), 0, &s),
        SCEP_OK);
    assert_int_equal(
        scep_challenge_exec.child_start(s, &f->env, f->pool, &f->res), SCEP_OK);
    assert_int_equal(scep_challenge_exec.check(s, &f->env, &request, f->pool,
                                               &answer, &f->res),
                     SCEP_OK);
    assert_int_equal(unlink(path), 0);
    /* it may come back: that is logged, and each check finds out for itself */
    assert_int_equal(
        scep_challenge_exec.child_start(s, &f->env, f->pool, &f->res), SCEP_OK);
    assert_non_null(strstr(f->log, "SCEP0066: httpd's user cannot run "));
    assert_int_equal(scep_challenge_exec.check(s, &f->env, &request, f->pool,
                                               &answer, &f->res),
                     SCEP_UNAVAILABLE);
}

static void test_bad_programs(void **state)
{
    static const struct {
        mode_t mode;
        const char *detail;
    } rows[] = {
        {0644, "chmod"}, {0775, "written by others"}, {0757, "written by"}};
    fixture_t *f = *state;
    const char *path;
    void *s = NULL;
    size_t i;

    for (i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        path = script(f, "exit 0", rows[i].mode);
        assert_int_equal(start(f, path, 1, &s), SCEP_BROKEN);
        assert_int_equal(f->res.reason, SCEP_R_SETUP);
        assert_non_null(strstr(f->res.detail, rows[i].detail));
        assert_non_null(strstr(f->res.detail, path));
        assert_int_equal(start(f, path, 0, &s), SCEP_BROKEN);
        unlink(path);
    }
    assert_int_equal(start(f, "", 1, &s), SCEP_BROKEN);
    assert_int_equal(start(f, "judge", 1, &s), SCEP_BROKEN);
    assert_non_null(strstr(f->res.detail, "absolute"));
    assert_int_equal(start(f, "/nonexistent/judge", 1, &s), SCEP_BROKEN);
    assert_int_equal(start(f, f->scratch, 1, &s), SCEP_BROKEN);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        FIXTURE_TEST(test_input),
        FIXTURE_TEST(test_verdicts),
        FIXTURE_TEST(test_answer),
        FIXTURE_TEST(test_challenge_is_not_repeated),
        FIXTURE_TEST(test_start),
        FIXTURE_TEST(test_bad_programs),
        FIXTURE_TEST(test_many_names_cost_little),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
