/* Licensed under the Apache License, Version 2.0; see LICENSE. */
/* test_program.c: a configured program, from its check to its end;
 * test_challenge_exec.c and test_exec.c have more tests. */
#include "fixture.h"

#include <sys/stat.h>
#include <unistd.h>

#include "scep_program.h"

static const char *script(fixture_t *f, const char *text, mode_t mode)
{
    const char *path = apr_pstrcat(f->pool, f->scratch, "/program", NULL);
    FILE *file = fopen(path, "w");

    assert_non_null(file);
    assert_true(fprintf(file, "#!/bin/sh\n%s\n", text) > 0);
    assert_int_equal(fclose(file), 0);
    assert_int_equal(chmod(path, mode), 0);
    return path;
}

static scep_status_e make(fixture_t *f, const char *args, bool probe,
                          scep_program_t **program)
{
    const scep_program_config_t config = {.args = args,
                                          .timeout = apr_time_from_sec(30),
                                          .workers = 1,
                                          .probe = probe,
                                          .example = "judge:/path",
                                          .danger = "do harm"};

    scep_result_init(&f->res, f->pool);
    return scep_program_make(&config, f->pool, program, &f->res);
}

static void test_faults(void **state)
{
    fixture_t *f = *state;
    const struct {
        const char *args, *said;
    } cases[] = {
        {"", "as in judge:/path"},
        {"relative", "no absolute path"},
        {"/absent/program", "cannot be found"},
        {f->scratch, "set its mode to 755"},
        {script(f, "", 0777), "who could do harm"},
    };
    scep_program_t *program;
    size_t i;
    int probe;

    for (i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        for (probe = 0; probe <= 1; probe++) {
            assert_int_equal(make(f, cases[i].args, probe, &program),
                             SCEP_BROKEN);
            assert_int_equal(f->res.reason, SCEP_R_SETUP);
            assert_null(program);
            assert_non_null(strstr(f->res.detail, cases[i].said));
        }
    }
}

static void test_run(void **state)
{
    static const scep_octets_t input = {(const unsigned char *)"in", 2};
    fixture_t *f = *state;
    const char *path =
        script(f, "printf '%s %s' \"$1\" \"$(cat)\"; exit 3", 0755);
    scep_program_t *program;
    scep_exec_t run;

    assert_int_equal(make(f, apr_pstrcat(f->pool, path, " 'two words'", NULL),
                          false, &program),
                     SCEP_OK);
    assert_string_equal(scep_program_path(program), path);
    scep_program_child(program, &f->env);
    assert_string_equal(f->log, "");
    assert_int_equal(scep_program_run(program, &f->env, input, f->pool, &run,
                                      SCEP_R_CA_UNAVAILABLE, &f->res),
                     SCEP_OK);
    assert_string_equal(run.out, "two words in");
    assert_string_equal(scep_program_end(program, &run, f->pool),
                        "ended with exit status 3");
    /* it goes away: that is logged, and each run says so */
    assert_int_equal(unlink(path), 0);
    scep_program_child(program, &f->env);
    assert_non_null(strstr(f->log, "3 SCEP0066: httpd's user cannot run "));
    assert_int_equal(scep_program_run(program, &f->env, input, f->pool, &run,
                                      SCEP_R_CA_UNAVAILABLE, &f->res),
                     SCEP_OK);
    /* under valgrind it is the child that finds out */
    assert_false(run.end == SCEP_EXEC_EXITED && run.code == 0);
    /* the slot is free again */
    script(f, "exit 0", 0755);
    assert_int_equal(scep_program_run(program, &f->env, input, f->pool, &run,
                                      SCEP_R_CA_UNAVAILABLE, &f->res),
                     SCEP_OK);
}

static void test_ends(void **state)
{
    static const struct {
        scep_exec_t run;
        const char *said;
    } cases[] = {
        {{.end = SCEP_EXEC_SIGNALED, .code = 9}, "was ended by signal 9"},
        {{.end = SCEP_EXEC_TIMEOUT},
         "took longer than 30000 ms (ScepExecTimeout) and was killed"},
        {{.end = SCEP_EXEC_FLOOD},
         "wrote more than 65536 octets and was killed"},
        {{.end = SCEP_EXEC_FAILED, .code = 2},
         "could not be run: No such file or directory"},
    };
    fixture_t *f = *state;
    scep_program_t *program;
    size_t i;

    assert_int_equal(make(f, script(f, "", 0755), true, &program), SCEP_OK);
    for (i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        assert_string_equal(scep_program_end(program, &cases[i].run, f->pool),
                            cases[i].said);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        FIXTURE_TEST(test_faults),
        FIXTURE_TEST(test_run),
        FIXTURE_TEST(test_ends),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
