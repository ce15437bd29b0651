/* Licensed under the Apache License, Version 2.0; see LICENSE. */
/* test_exec.c: programs that behave, and programs that do not. */
#include "fixture.h"

#include <errno.h>
#include <signal.h>
#include <stdbool.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "scep_exec.h"

enum { SECONDS = 30 }; /* more than any of them needs on a busy machine */

static const char *script(fixture_t *f, const char *text)
{
    const char *path = apr_pstrcat(f->pool, f->scratch, "/program", NULL);
    FILE *file = fopen(path, "w");

    assert_non_null(file);
    assert_true(fprintf(file, "#!/bin/sh\n%s\n", text) > 0);
    assert_int_equal(fclose(file), 0);
    assert_int_equal(chmod(path, 0755), 0);
    return path;
}

static scep_exec_t run_with(fixture_t *f, const char *text, const char *input,
                            size_t len, apr_interval_time_t timeout)
{
    const char *argv[] = {script(f, text), "first", "a b", NULL};
    scep_octets_t octets = {(const unsigned char *)input, len};
    scep_exec_t run;

    scep_exec_run(argv, octets, timeout, f->pool, &run);
    return run;
}

static scep_exec_t run_script(fixture_t *f, const char *text)
{
    return run_with(f, text, "input\n", 6, apr_time_from_sec(SECONDS));
}

static void test_output_and_status(void **state)
{
    fixture_t *f = *state;
    scep_exec_t run = run_script(
        f, "read x; echo \"$x $1 $2\"; echo one >&2; echo two >&2; exit 7");

    assert_int_equal(run.end, SCEP_EXEC_EXITED);
    assert_int_equal(run.code, 7);
    assert_string_equal(run.out, "input first a b\n");
    assert_int_equal(run.out_len, strlen(run.out));
    assert_string_equal(run.err, "one");
    run = run_script(f, "exit 0");
    assert_int_equal(run.end, SCEP_EXEC_EXITED);
    assert_int_equal(run.code, 0);
    assert_int_equal(run.out_len, 0);
    assert_string_equal(run.err, "");
}

/* Nothing of ours leaks into it. */
static void test_surroundings(void **state)
{
    fixture_t *f = *state;
    int fd = dup(1); /* without close-on-exec */
    scep_exec_t run;
    sigset_t set, before;

    assert_true(fd > 2);
    sigemptyset(&set);
    sigaddset(&set, SIGTERM);
    sigprocmask(SIG_BLOCK, &set, &before);
    signal(SIGUSR1, SIG_IGN);
    run = run_script(f, "pwd; env | grep -cv '^\\(PATH\\|LC_ALL\\|PWD\\|OLDPWD"
                        "\\|_\\|SHLVL\\)='; ls /proc/self/fd | wc -l; grep -E "
                        "'^Sig(Blk|Ign)' /proc/self/status | "
                        "sed 's/.*0*\\(.......\\)$/\\1/'");
    sigprocmask(SIG_SETMASK, &before, NULL);
    signal(SIGUSR1, SIG_DFL);
    close(fd);
    /* ls itself has the directory open */
    assert_string_equal(run.out, "/\n0\n4\n0000000\n0000000\n");
}

static void test_input(void **state)
{
    fixture_t *f = *state;
    size_t len = 1000000;
    char *input = apr_palloc(f->pool, len);
    scep_exec_t run;

    memset(input, 'x', len);
    run = run_with(f, "wc -c", input, len, apr_time_from_sec(SECONDS));
    assert_int_equal(run.end, SCEP_EXEC_EXITED);
    assert_int_equal(strtol(run.out, NULL, 10), 1000000);
    /* not read, or not to the end */
    run = run_with(f, "exec <&-; sleep 0.1; echo done", input, len,
                   apr_time_from_sec(SECONDS));
    assert_int_equal(run.end, SCEP_EXEC_EXITED);
    assert_string_equal(run.out, "done\n");
    run = run_with(f, "head -c 10; exit 3", input, len,
                   apr_time_from_sec(SECONDS));
    assert_int_equal(run.code, 3);
    assert_string_equal(run.out, "xxxxxxxxxx");
    run = run_with(f, "cat; exit 4", "", 0, apr_time_from_sec(SECONDS));
    assert_int_equal(run.code, 4);
}

static void test_crash(void **state)
{
    fixture_t *f = *state;
    scep_exec_t run = run_script(f, "echo partly; kill -SEGV $$");

    assert_int_equal(run.end, SCEP_EXEC_SIGNALED);
    assert_int_equal(run.code, SIGSEGV);
    assert_string_equal(run.out, "partly\n");
}

static pid_t pid_in(const scep_exec_t *run)
{
    return (pid_t)strtol(run->out, NULL, 10);
}

static bool is_gone(pid_t pid)
{
    int i;

    assert_true(pid > 1);
    for (i = 0; i < 1000; i++) { /* init has to collect it */
        char state[256] = "";
        char path[64];
        FILE *file;

        apr_snprintf(path, sizeof(path), "/proc/%d/stat", (int)pid);
        file = fopen(path, "r");
        if (file == NULL || fgets(state, sizeof(state), file) == NULL ||
            strstr(state, ") Z ") != NULL) {
            if (file != NULL) {
                fclose(file);
            }
            return true;
        }
        fclose(file);
        usleep(10000);
    }
    return false;
}

static void test_hang(void **state)
{
    static const char *const hangs[] = {
        "sleep 600 & echo $!; wait",
        "trap '' TERM HUP; sleep 600 & echo $!; wait",
        "sleep 600 & echo $!; exec >&- 2>&- <&-; sleep 600",
    };
    fixture_t *f = *state;
    size_t i;

    for (i = 0; i < sizeof(hangs) / sizeof(hangs[0]); i++) {
        scep_exec_t run =
            run_with(f, hangs[i], "input", 5, apr_time_from_msec(700));

        assert_int_equal(run.end, SCEP_EXEC_TIMEOUT);
        assert_true(is_gone(pid_in(&run))); /* its child, too */
    }
}

/* It ends, but a child of it holds the pipes open. */
static void test_leftover(void **state)
{
    fixture_t *f = *state;
    scep_exec_t run = run_script(f, "sleep 600 & echo $!; exit 5");

    assert_int_equal(run.end, SCEP_EXEC_EXITED);
    assert_int_equal(run.code, 5);
    assert_true(is_gone(pid_in(&run)));
}

static void test_flood(void **state)
{
    fixture_t *f = *state;
    scep_exec_t run = run_script(f, "exec cat /dev/zero");

    assert_int_equal(run.end, SCEP_EXEC_FLOOD);
    assert_int_equal(run.out_len, SCEP_EXEC_MAX_OUTPUT);
    run = run_script(f, "exec cat /dev/zero >&2");
    assert_int_equal(run.end, SCEP_EXEC_FLOOD);
    run = run_script(f, "head -c 65537 /dev/zero");
    assert_int_equal(run.end, SCEP_EXEC_FLOOD);
    run = run_script(f, "head -c 65536 /dev/zero; exit 6");
    assert_int_equal(run.end, SCEP_EXEC_EXITED);
    assert_int_equal(run.code, 6);
    assert_int_equal(run.out_len, 65536);
}

static void test_cannot_be_run(void **state)
{
    fixture_t *f = *state;
    const char *const argv[] = {"/nonexistent/program", NULL};
    scep_octets_t none = {NULL, 0};
    scep_exec_t run;

    scep_exec_run(argv, none, apr_time_from_sec(SECONDS), f->pool, &run);
    if (run.end == SCEP_EXEC_EXITED) {
        /* valgrind makes fork() of the vfork() by which posix_spawn() learns
         * of it */
        assert_int_equal(run.code, 127);
    }
    else {
        assert_int_equal(run.end, SCEP_EXEC_FAILED);
        assert_int_equal(run.code, ENOENT);
    }
    assert_string_equal(run.out, "");
    assert_string_equal(run.err, "");
}

/* No descriptor and no child is left behind. */
static void test_leaves_nothing(void **state)
{
    fixture_t *f = *state;
    int before = dup(0), after, i;

    close(before);
    for (i = 0; i < 20; i++) {
        assert_int_equal(run_script(f, "exit 1").code, 1);
    }
    after = dup(0);
    close(after);
    assert_int_equal(after, before);
    assert_int_equal(waitpid(-1, NULL, WNOHANG), -1);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        FIXTURE_TEST(test_output_and_status),
        FIXTURE_TEST(test_surroundings),
        FIXTURE_TEST(test_input),
        FIXTURE_TEST(test_crash),
        FIXTURE_TEST(test_hang),
        FIXTURE_TEST(test_leftover),
        FIXTURE_TEST(test_flood),
        FIXTURE_TEST(test_cannot_be_run),
        FIXTURE_TEST(test_leaves_nothing),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
