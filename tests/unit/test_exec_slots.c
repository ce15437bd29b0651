/* Licensed under the Apache License, Version 2.0; see LICENSE. */
/* test_exec_slots.c: so many at a time, whatever dies. */
#include "fixture.h"

#include <signal.h>
#include <sys/wait.h>
#include <unistd.h>

#include "scep_exec.h"

static void test_threads_of_one_process(void **state)
{
    fixture_t *f = *state;
    scep_exec_slots_t *slots = scep_exec_slots_make(2, f->pool);
    int first, second;

    assert_non_null(slots);
    first = scep_exec_slots_take(slots, 0);
    second = scep_exec_slots_take(slots, 0);
    assert_true(first >= 0 && second >= 0 && first != second);
    assert_int_equal(scep_exec_slots_take(slots, 30000), -1);
    scep_exec_slots_give(slots, first);
    assert_int_equal(scep_exec_slots_take(slots, 0), first);
}

/* A process of its own takes the one slot; what it says through FD is 'y' if
 * it got it. It lives until it is killed. */
static pid_t take_elsewhere(scep_exec_slots_t *slots, char *said)
{
    int fds[2];
    pid_t pid;

    assert_int_equal(pipe(fds), 0);
    pid = fork();
    assert_true(pid >= 0);
    if (pid == 0) {
        char answer = scep_exec_slots_take(slots, 0) >= 0 ? 'y' : 'n';

        if (write(fds[1], &answer, 1) == 1) {
            pause();
        }
        _exit(1);
    }
    close(fds[1]);
    assert_int_equal(read(fds[0], said, 1), 1);
    close(fds[0]);
    return pid;
}

static void finish(pid_t pid)
{
    int status;

    assert_int_equal(kill(pid, SIGKILL), 0);
    assert_int_equal(waitpid(pid, &status, 0), pid);
}

static void test_processes(void **state)
{
    fixture_t *f = *state;
    scep_exec_slots_t *slots = scep_exec_slots_make(1, f->pool);
    char said = ' ';
    pid_t pid = take_elsewhere(slots, &said);

    assert_int_equal(said, 'y');
    assert_int_equal(scep_exec_slots_take(slots, 0), -1);
    finish(pid); /* which frees what it had */
    assert_int_equal(scep_exec_slots_take(slots, apr_time_from_sec(10)), 0);
    pid = take_elsewhere(slots, &said);
    assert_int_equal(said, 'n');
    finish(pid);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        FIXTURE_TEST(test_threads_of_one_process),
        FIXTURE_TEST(test_processes),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
