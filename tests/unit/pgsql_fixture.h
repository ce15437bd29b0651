/* Licensed under the Apache License, Version 2.0; see LICENSE. */
/*
 * A PostgreSQL for the tests of one program, made by tests/pgsql/server. Each
 * test finds it empty. Without PostgreSQL the program is skipped.
 */
#ifndef SCEP_TEST_PGSQL_FIXTURE_H
#define SCEP_TEST_PGSQL_FIXTURE_H

#include "fixture.h"

#include <sys/wait.h>
#include <unistd.h>

#include "scep_store.h"

/* One program, one server. */
static char pg_dir[] = "/tmp/scep-pgsql.XXXXXX";

static inline int pg_server(const char *action, const char *more)
{
    char command[4096];
    int rc;

    apr_snprintf(command, sizeof(command), "%s/tests/pgsql/server %s %s %s",
                 fixture_srcdir, action, pg_dir, more);
    rc = system(command);
    return WIFEXITED(rc) ? WEXITSTATUS(rc) : -1;
}

static inline void pg_must(const char *action)
{
    assert_int_equal(pg_server(action, ""), 0);
}

static inline const char *pg_params(fixture_t *f)
{
    return apr_psprintf(f->pool, "host=%s dbname=postgres user=scep", pg_dir);
}

static inline scep_store_config_t pg_config(fixture_t *f)
{
    scep_store_config_t config = {
        .driver = "pgsql", .params = pg_params(f), .connections = 4};

    return config;
}

/* What SQL prints: columns joined by "|", rows by newlines. */
static inline const char *pg_sql(fixture_t *f, const char *sql)
{
    const char *file = apr_pstrcat(f->pool, f->scratch, "/sql", NULL);
    const char *out = apr_pstrcat(f->pool, f->scratch, "/out", NULL);
    char *text = apr_pcalloc(f->pool, 8192);
    FILE *stream = fopen(file, "w");
    size_t len;

    assert_non_null(stream);
    fputs(sql, stream);
    fclose(stream);
    assert_int_equal(
        pg_server("sql", apr_pstrcat(f->pool, "<", file, " >", out, NULL)), 0);
    stream = fopen(out, "r");
    assert_non_null(stream);
    len = fread(text, 1, 8191, stream);
    fclose(stream);
    if (len > 0 && text[len - 1] == '\n') {
        text[len - 1] = '\0';
    }
    return text;
}

static inline int pg_setup(void **state)
{
    if (fixture_setup(state) != 0) {
        return -1;
    }
    pg_sql(*state, "SET client_min_messages = error;"
                   "DROP SCHEMA public CASCADE; CREATE SCHEMA public;");
    return 0;
}

#define PGSQL_TEST(function)                                                   \
    cmocka_unit_test_setup_teardown(function, pg_setup, fixture_teardown)

/* Start the server, run TESTS, stop it. @return main()'s status */
static inline int pg_run(int (*tests)(void))
{
    char command[64];
    int status;

    if (!scep_store_driver_known("pgsql")) {
        return 77; /* built without libpq */
    }
    if (mkdtemp(pg_dir) == NULL) {
        return 1;
    }
    status = pg_server("make", "");
    if (status == 0) {
        status = tests();
        pg_server("stop", "");
    }
    apr_snprintf(command, sizeof(command), "rm -rf %s", pg_dir);
    return system(command) == 0 ? status : 1;
}

#endif
