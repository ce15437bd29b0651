/* Licensed under the Apache License, Version 2.0; see LICENSE. */
/*
 * For every unit test: APR, a pool for each test, a scratch folder that is
 * removed, a fixed clock, and a log that tests can read. All in this header, so
 * that each test program is one file.
 */
#ifndef SCEP_TEST_FIXTURE_H
#define SCEP_TEST_FIXTURE_H

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include <apr_file_io.h>
#include <apr_general.h>
#include <apr_pools.h>
#include <apr_strings.h>

#include "scep_env.h"

/* 2026-01-01 00:00:00 UTC */
#define FIXTURE_NOW (APR_TIME_C(1767225600) * APR_USEC_PER_SEC)

typedef struct fixture_t {
    apr_pool_t *pool;
    scep_env_t env;
    scep_result_t res;
    apr_time_t now;      /* the time of env's clock */
    char log[8192];      /* all lines, each ended by a newline */
    const char *scratch; /* a folder of its own */
} fixture_t;

static inline apr_time_t fixture_clock(void *baton)
{
    return ((fixture_t *)baton)->now;
}

static inline void fixture_log(void *baton, scep_log_level_e level,
                               const char *line)
{
    fixture_t *f = baton;
    size_t used = strlen(f->log);

    apr_snprintf(f->log + used, sizeof(f->log) - used, "%d %s\n", (int)level,
                 line);
}

static inline int fixture_setup(void **state)
{
    fixture_t *f = calloc(1, sizeof(*f));
    const char *base = getenv("TMPDIR");
    char *dir;

    if (f == NULL || apr_initialize() != APR_SUCCESS ||
        apr_pool_create(&f->pool, NULL) != APR_SUCCESS) {
        return -1;
    }
    dir = apr_pstrcat(f->pool, base != NULL ? base : "/tmp",
                      "/scep-unit.XXXXXX", NULL);
    if (mkdtemp(dir) == NULL) {
        return -1;
    }
    f->scratch = dir;
    f->now = FIXTURE_NOW;
    f->env.log = fixture_log;
    f->env.log_baton = f;
    f->env.log_level = SCEP_LOG_TRACE;
    f->env.clock = fixture_clock;
    f->env.clock_baton = f;
    scep_result_init(&f->res, f->pool);
    *state = f;
    return 0;
}

static inline int fixture_teardown(void **state)
{
    fixture_t *f = *state;
    char *command = apr_pstrcat(f->pool, "rm -rf '", f->scratch, "'", NULL);
    int rc = system(command);

    apr_pool_destroy(f->pool);
    free(f);
    apr_terminate();
    return rc;
}

#define FIXTURE_TEST(function)                                                 \
    cmocka_unit_test_setup_teardown(function, fixture_setup, fixture_teardown)

/* The step of loops that damage each octet of something, or repeat something
 * many times. It is 1, but scripts/check sets SCEP_TEST_THIN under valgrind,
 * which is a hundred times slower. */
static inline unsigned int fixture_thin(void)
{
    const char *text = getenv("SCEP_TEST_THIN");
    int thin = text != NULL ? atoi(text) : 1;

    return thin > 1 ? (unsigned int)thin : 1;
}

extern const char fixture_srcdir[]; /* of the source tree, absolute */

/* A file of the source tree, read whole. */
static inline scep_octets_t fixture_file(fixture_t *f, const char *name)
{
    const char *path = apr_pstrcat(f->pool, fixture_srcdir, "/", name, NULL);
    FILE *file = fopen(path, "rb");
    unsigned char *data = apr_palloc(f->pool, 65536);
    scep_octets_t octets = {data, 0};

    assert_non_null(file);
    octets.len = fread(data, 1, 65536, file);
    fclose(file);
    assert_true(octets.len > 0);
    return octets;
}

#endif
