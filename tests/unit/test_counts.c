/* Licensed under the Apache License, Version 2.0; see LICENSE. */
/* test_counts.c: numbers in shared memory. (base layer) */
#include "fixture.h"

#include <sys/mman.h>
#include <sys/wait.h>
#include <unistd.h>

#include "scep_counts.h"

enum { PROCESSES = 4, EACH = 5000 };

static void *memory(void)
{
    void *at = mmap(NULL, scep_counts_size(), PROT_READ | PROT_WRITE,
                    MAP_SHARED | MAP_ANONYMOUS, -1, 0);

    assert_ptr_not_equal(at, MAP_FAILED);
    scep_counts_format(at);
    return at;
}

static void test_layout(void **state)
{
    fixture_t *f = *state;
    unsigned char *at = memory();
    int i;

    assert_in_range(scep_counts_size(), 1, 4096);
    assert_non_null(scep_counts_attach(at, scep_counts_size(), f->pool));
    assert_null(scep_counts_attach(at, scep_counts_size() - 1, f->pool));
    for (i = 0; i < 16; i++) { /* magic, version, kinds */
        at[i] ^= 1;
        assert_null(scep_counts_attach(at, scep_counts_size(), f->pool));
        at[i] ^= 1;
    }
    munmap(at, scep_counts_size());
}

static void test_each_counts_for_itself(void **state)
{
    fixture_t *f = *state;
    void *at = memory();
    scep_counts_t *counts = scep_counts_attach(at, scep_counts_size(), f->pool);
    scep_counts_t *other = scep_counts_attach(at, scep_counts_size(), f->pool);
    int i, j;

    for (i = 0; i < SCEP_COUNT_KINDS; i++) {
        assert_int_equal(scep_counts_get(counts, (scep_count_e)i), 0);
        for (j = 0; j <= i; j++) {
            scep_counts_add(counts, (scep_count_e)i);
        }
    }
    for (i = 0; i < SCEP_COUNT_KINDS; i++) {
        assert_int_equal(scep_counts_get(other, (scep_count_e)i), i + 1);
    }
    scep_counts_add(NULL, SCEP_COUNT_ISSUED); /* nothing is counted */
    assert_int_equal(scep_counts_take(NULL, SCEP_COUNT_ISSUED), 0);
    assert_int_equal(scep_counts_take(counts, SCEP_COUNT_RENEWED), 2);
    assert_int_equal(scep_counts_take(other, SCEP_COUNT_RENEWED), 0);
    assert_int_equal(scep_counts_get(other, SCEP_COUNT_ISSUED), 1);
    munmap(at, scep_counts_size());
}

static void test_many_processes(void **state)
{
    fixture_t *f = *state;
    void *at = memory();
    scep_counts_t *counts = scep_counts_attach(at, scep_counts_size(), f->pool);
    int i, j, status;

    for (i = 0; i < PROCESSES; i++) {
        pid_t pid = fork();

        assert_true(pid >= 0);
        if (pid == 0) {
            for (j = 0; j < EACH; j++) {
                scep_counts_add(counts, SCEP_COUNT_REFUSED);
            }
            _exit(0);
        }
    }
    for (i = 0; i < PROCESSES; i++) {
        assert_true(wait(&status) > 0);
        assert_true(WIFEXITED(status) && WEXITSTATUS(status) == 0);
    }
    assert_int_equal(scep_counts_get(counts, SCEP_COUNT_REFUSED),
                     PROCESSES * EACH);
    munmap(at, scep_counts_size());
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        FIXTURE_TEST(test_layout),
        FIXTURE_TEST(test_each_counts_for_itself),
        FIXTURE_TEST(test_many_processes),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
