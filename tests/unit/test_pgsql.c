/* Licensed under the Apache License, Version 2.0; see LICENSE. */
/*
 * test_pgsql.c: the driver on libpq, against a real PostgreSQL. (store layer)
 */
#include "pgsql_fixture.h"
#include "store_fixture.h"

#include <malloc.h>

#include <libpq-fe.h>

#include "scep_pgsql.h"
#include "scep_store_revocation.h"
#include "scep_store_sql.h"

static const scep_sql_driver_t *const driver = &scep_pgsql_driver;

/* The connection breaks when the server has committed already. */
static bool answer_is_lost;

PGresult *__real_PQexec(PGconn *conn, const char *text);
PGresult *__wrap_PQexec(PGconn *conn, const char *text);

PGresult *__wrap_PQexec(PGconn *conn, const char *text)
{
    PGresult *result = __real_PQexec(conn, text);

    if (answer_is_lost && strcmp(text, "COMMIT") == 0) {
        answer_is_lost = false;
        PQclear(result);
        return __real_PQexec(conn,
                             "SELECT pg_terminate_backend(pg_backend_pid())");
    }
    return result;
}

static scep_sql_conn_t *connected(fixture_t *f)
{
    scep_sql_conn_t *conn;

    assert_int_equal(driver->open(pg_params(f), &f->env, &conn), SCEP_SQL_OK);
    assert_int_equal(driver->configure(conn), SCEP_SQL_OK);
    return conn;
}

static scep_sql_status_e run(scep_sql_conn_t *conn, const char *text)
{
    scep_sql_query_t query = {-1, "", text};

    return driver->run(conn, &query, NULL, NULL, NULL, NULL);
}

/* How a CHILD ended that calls _exit(). */
static int pg_child_status(pid_t child)
{
    int status = -1;

    assert_int_equal(waitpid(child, &status, 0), child);
    return WIFEXITED(status) ? WEXITSTATUS(status) : -1;
}

typedef struct rows_t {
    apr_pool_t *pool;
    const char *text; /* columns joined by "|", rows by "/" */
    int count;
    int stop_after;
} rows_t;

static bool take(void *baton, const char *const *columns, int count)
{
    rows_t *rows = baton;
    int i;

    for (i = 0; i < count; i++) {
        rows->text =
            apr_pstrcat(rows->pool, rows->text, i > 0 ? "|" : "",
                        columns[i] != NULL ? columns[i] : "NULL", NULL);
    }
    rows->text = apr_pstrcat(rows->pool, rows->text, "/", NULL);
    return ++rows->count != rows->stop_after;
}

static const char *rows_of(fixture_t *f, scep_sql_conn_t *conn,
                           const char *text)
{
    scep_sql_query_t query = {-1, "", text};
    rows_t rows = {f->pool, "", 0, 0};

    assert_int_equal(driver->run(conn, &query, NULL, take, &rows, NULL),
                     SCEP_SQL_OK);
    return rows.text;
}

static void test_settings(void **state)
{
    fixture_t *f = *state;
    scep_sql_conn_t *conn = connected(f);

    assert_string_equal(driver->name, "pgsql");
    assert_true(driver->shared);
    assert_string_equal(rows_of(f, conn, "SHOW statement_timeout"), "4s/");
    assert_string_equal(rows_of(f, conn, "SHOW client_encoding"), "UTF8/");
    assert_string_equal(rows_of(f, conn, "SHOW application_name"), "mod_scep/");
    driver->close(conn);
}

static void test_commits_are_on_the_disk(void **state)
{
    fixture_t *f = *state;
    scep_sql_conn_t *conn;

    pg_sql(f, "ALTER ROLE scep SET synchronous_commit = off");
    conn = connected(f);
    assert_string_equal(rows_of(f, conn, "SHOW synchronous_commit"), "on/");
    driver->close(conn);
    pg_sql(f, "ALTER ROLE scep SET synchronous_commit = remote_apply");
    conn = connected(f);
    assert_string_equal(rows_of(f, conn, "SHOW synchronous_commit"),
                        "remote_apply/");
    driver->close(conn);
    pg_sql(f, "ALTER ROLE scep RESET synchronous_commit");
}

static void test_values_come_back(void **state)
{
    static const scep_sql_query_t insert = {
        0, "tnt", "INSERT INTO t (a, b, c) VALUES ($1, $2, $3)"};
    const scep_sql_value_t values[] = {
        {"it's \"\303\244\" $1 ? %s \\", 0}, {NULL, APR_INT64_MIN}, {NULL, 7}};
    const scep_sql_value_t more[] = {
        {"", 0}, {NULL, APR_INT64_MAX}, {"M\374ller", 0}};
    fixture_t *f = *state;
    scep_sql_conn_t *conn = connected(f);
    apr_int64_t changed = 0;

    assert_int_equal(run(conn, "CREATE TABLE t (a TEXT, b BIGINT, c TEXT)"),
                     SCEP_SQL_OK);
    assert_int_equal(driver->run(conn, &insert, values, NULL, NULL, &changed),
                     SCEP_SQL_OK);
    assert_int_equal(changed, 1);
    assert_int_equal(driver->run(conn, &insert, more, NULL, NULL, &changed),
                     SCEP_SQL_OK);
    assert_string_equal(rows_of(f, conn, "SELECT a, b, c FROM t ORDER BY b"),
                        "it's \"\303\244\" $1 ? %s \\|-9223372036854775808|"
                        "NULL/|9223372036854775807|M\\xFCller/");
    driver->close(conn);
}

static void test_changed_counts_rows(void **state)
{
    static const scep_sql_query_t update = {1, "n",
                                            "UPDATE t SET a = 2 WHERE a = $1"};
    static const scep_sql_query_t returning = {
        2, "n", "UPDATE t SET a = 3 WHERE a = $1 RETURNING a"};
    const scep_sql_value_t one = {NULL, 1}, five = {NULL, 5};
    fixture_t *f = *state;
    scep_sql_conn_t *conn = connected(f);
    rows_t rows = {f->pool, "", 0, 0};
    apr_int64_t changed = -1;

    run(conn, "CREATE TABLE t (a BIGINT)");
    run(conn, "INSERT INTO t VALUES (1), (1), (5)");
    assert_int_equal(driver->run(conn, &update, &one, NULL, NULL, &changed),
                     SCEP_SQL_OK);
    assert_int_equal(changed, 2);
    assert_int_equal(driver->run(conn, &update, &one, NULL, NULL, &changed),
                     SCEP_SQL_OK);
    assert_int_equal(changed, 0);
    assert_int_equal(
        driver->run(conn, &returning, &five, take, &rows, &changed),
        SCEP_SQL_OK);
    assert_int_equal(changed, 1);
    assert_string_equal(rows.text, "3/");
    driver->close(conn);
}

static void test_rows_may_be_cut_short(void **state)
{
    static const scep_sql_query_t all = {2, "", "SELECT a FROM t"};
    fixture_t *f = *state;
    scep_sql_conn_t *conn = connected(f);
    rows_t rows = {f->pool, "", 0, 2};

    run(conn, "CREATE TABLE t (a BIGINT)");
    run(conn, "INSERT INTO t VALUES (1), (2), (3)");
    assert_int_equal(driver->run(conn, &all, NULL, take, &rows, NULL),
                     SCEP_SQL_OK);
    assert_int_equal(rows.count, 2);
    assert_int_equal(run(conn, "DROP TABLE t"), SCEP_SQL_OK);
    driver->close(conn);
}

static void test_too_many_columns(void **state)
{
    fixture_t *f = *state;
    scep_sql_conn_t *conn = connected(f);
    scep_sql_query_t query = {
        -1, "",
        "SELECT 1,2,3,4,5,6,7,8,9,10,11,12,13,14,15,16,17,"
        "18,19,20,21,22,23,24,25"};
    rows_t rows = {f->pool, "", 0, 0};

    assert_int_equal(driver->run(conn, &query, NULL, take, &rows, NULL),
                     SCEP_SQL_ERROR);
    assert_string_equal(driver->error(conn), "too many columns");
    driver->close(conn);
}

static void test_commit_and_rollback(void **state)
{
    fixture_t *f = *state;
    scep_sql_conn_t *conn = connected(f);

    run(conn, "CREATE TABLE t (a BIGINT)");
    assert_int_equal(driver->begin(conn, 0), SCEP_SQL_OK);
    run(conn, "INSERT INTO t VALUES (1)");
    assert_true(driver->rollback(conn));
    assert_string_equal(pg_sql(f, "SELECT COUNT(*) FROM t"), "0");
    assert_int_equal(driver->begin(conn, 0), SCEP_SQL_OK);
    run(conn, "INSERT INTO t VALUES (1)");
    assert_int_equal(driver->commit(conn), SCEP_SQL_OK);
    assert_string_equal(pg_sql(f, "SELECT COUNT(*) FROM t"), "1");
    driver->close(conn);
}

/* PostgreSQL itself says "ROLLBACK", and that it went well. */
static void test_a_failed_transaction_does_not_commit(void **state)
{
    fixture_t *f = *state;
    scep_sql_conn_t *conn = connected(f);

    run(conn, "CREATE TABLE t (a BIGINT NOT NULL PRIMARY KEY)");
    assert_int_equal(driver->begin(conn, 0), SCEP_SQL_OK);
    assert_int_equal(run(conn, "INSERT INTO t VALUES (1)"), SCEP_SQL_OK);
    assert_int_equal(run(conn, "INSERT INTO t VALUES (1)"),
                     SCEP_SQL_CONSTRAINT);
    assert_non_null(strstr(driver->error(conn), "duplicate key"));
    assert_int_equal(driver->commit(conn), SCEP_SQL_ERROR);
    assert_true(driver->rollback(conn));
    assert_int_equal(driver->begin(conn, 0), SCEP_SQL_OK);
    assert_int_equal(run(conn, "INSERT INTO t VALUES (2)"), SCEP_SQL_OK);
    assert_int_equal(driver->commit(conn), SCEP_SQL_OK);
    assert_string_equal(pg_sql(f, "SELECT a FROM t"), "2");
    driver->close(conn);
}

static void test_writers_take_turns(void **state)
{
    fixture_t *f = *state;
    scep_sql_conn_t *first = connected(f), *second = connected(f);
    apr_time_t begin;

    assert_int_equal(driver->begin(first, 0), SCEP_SQL_OK);
    begin = scep_sql_clock();
    assert_int_equal(driver->begin(second, 300000), SCEP_SQL_BUSY);
    assert_true(scep_sql_clock() - begin >= 250000);
    assert_true(driver->rollback(second));
    assert_int_equal(driver->begin(second, 0), SCEP_SQL_BUSY);
    assert_true(driver->rollback(second));
    /* reading does not wait */
    assert_string_equal(rows_of(f, second, "SELECT 1"), "1/");
    assert_int_equal(driver->commit(first), SCEP_SQL_OK);
    assert_int_equal(driver->begin(second, 0), SCEP_SQL_OK);
    assert_int_equal(driver->commit(second), SCEP_SQL_OK);
    driver->close(first);
    driver->close(second);
}

/* Whatever the database's default is, what a writer before us has committed
 * is seen. */
static void test_a_writer_sees_what_was_committed(void **state)
{
    fixture_t *f = *state;
    scep_sql_conn_t *conn;

    pg_sql(f, "ALTER ROLE scep SET default_transaction_isolation = "
              "'serializable'");
    conn = connected(f);
    assert_int_equal(driver->begin(conn, 0), SCEP_SQL_OK);
    assert_string_equal(rows_of(f, conn, "SHOW transaction_isolation"),
                        "read committed/");
    pg_sql(f, "CREATE TABLE t (a BIGINT); INSERT INTO t VALUES (4)");
    assert_string_equal(rows_of(f, conn, "SELECT a FROM t"), "4/");
    assert_int_equal(driver->commit(conn), SCEP_SQL_OK);
    driver->close(conn);
    pg_sql(f, "ALTER ROLE scep RESET default_transaction_isolation");
}

static void test_a_long_statement_ends(void **state)
{
    fixture_t *f = *state;
    scep_sql_conn_t *conn = connected(f);

    assert_int_equal(run(conn, "SELECT pg_sleep(20)"), SCEP_SQL_BUSY);
    assert_string_equal(rows_of(f, conn, "SELECT 1"), "1/");
    driver->close(conn);
}

/* But for the parent's, who may have to make an index of a large table. */
static void test_a_migration_takes_its_time(void **state)
{
    static const char ask[] = "SELECT current_setting('statement_timeout')";
    fixture_t *f = *state;
    scep_sql_conn_t *conn;

    assert_int_equal(driver->open(pg_params(f), &f->env, &conn), SCEP_SQL_OK);
    assert_int_equal(driver->begin(conn, APR_USEC_PER_SEC), SCEP_SQL_OK);
    assert_string_equal(rows_of(f, conn, ask), "5s/");
    assert_true(driver->rollback(conn));
    assert_int_equal(driver->configure(conn), SCEP_SQL_OK);
    assert_int_equal(driver->begin(conn, APR_USEC_PER_SEC), SCEP_SQL_OK);
    assert_string_equal(rows_of(f, conn, ask), "0/");
    assert_true(driver->rollback(conn));
    driver->close(conn);
}

static void test_wrong_sql(void **state)
{
    fixture_t *f = *state;
    scep_sql_conn_t *conn = connected(f);
    static const scep_sql_query_t cached = {3, "n", "SELECT nothing($1)"};
    const scep_sql_value_t one = {NULL, 1};

    assert_int_equal(run(conn, "SELEKT 1"), SCEP_SQL_ERROR);
    assert_non_null(strstr(driver->error(conn), "syntax error"));
    assert_null(strchr(driver->error(conn), '\n'));
    assert_int_equal(driver->run(conn, &cached, &one, NULL, NULL, NULL),
                     SCEP_SQL_ERROR);
    assert_int_equal(driver->run(conn, &cached, &one, NULL, NULL, NULL),
                     SCEP_SQL_ERROR);
    driver->close(conn);
}

static void test_server_goes_and_comes(void **state)
{
    fixture_t *f = *state;
    scep_sql_conn_t *conn = connected(f), *other = NULL;

    pg_must("stop");
    assert_int_equal(run(conn, "SELECT 1"), SCEP_SQL_LOST);
    assert_false(driver->rollback(conn));
    driver->close(conn);
    assert_int_equal(driver->open(pg_params(f), &f->env, &other),
                     SCEP_SQL_LOST);
    assert_non_null(strstr(driver->error(other), "failed"));
    driver->close(other);
    pg_must("start");
    conn = connected(f);
    assert_true(driver->usable(conn));
    driver->close(conn);
}

static void test_stale_connections_are_not_used(void **state)
{
    fixture_t *f = *state;
    scep_sql_conn_t *conn = connected(f);

    apr_sleep(SCEP_PGSQL_TRUST + 100000);
    assert_true(driver->usable(conn));
    pg_must("stop");
    pg_must("start");
    apr_sleep(SCEP_PGSQL_TRUST + 100000);
    assert_false(driver->usable(conn));
    driver->close(conn);
}

static void test_a_server_that_dies(void **state)
{
    fixture_t *f = *state;
    scep_sql_conn_t *conn = connected(f);

    run(conn, "CREATE TABLE t (a BIGINT)");
    assert_int_equal(driver->begin(conn, 0), SCEP_SQL_OK);
    assert_int_equal(run(conn, "INSERT INTO t VALUES (1)"), SCEP_SQL_OK);
    pg_must("kill");
    assert_int_equal(driver->commit(conn), SCEP_SQL_LOST);
    assert_null(strchr(driver->error(conn), '\n'));
    assert_false(driver->rollback(conn));
    driver->close(conn);
    pg_must("start");
    conn = connected(f);
    assert_string_equal(rows_of(f, conn, "SELECT COUNT(*) FROM t"), "0/");
    driver->close(conn);
}

/* Whoever comes after the last that may. */
static void test_too_many_clients(void **state)
{
    fixture_t *f = *state;
    const char *params =
        apr_psprintf(f->pool, "host=%s dbname=postgres user=few", pg_dir);
    scep_sql_conn_t *first, *second;

    pg_sql(f, "CREATE ROLE few LOGIN CONNECTION LIMIT 1");
    assert_int_equal(driver->open(params, &f->env, &first), SCEP_SQL_OK);
    assert_int_equal(driver->open(params, &f->env, &second), SCEP_SQL_LOST);
    assert_non_null(strstr(driver->error(second), "too many connections"));
    driver->close(second);
    driver->close(first);
    pg_sql(f, "DROP ROLE few");
}

/* The table's file has room for nothing. */
static void test_a_full_disk(void **state)
{
    fixture_t *f = *state;
    scep_sql_conn_t *conn;
    const char *path, *aside;

    pg_sql(f, "CREATE TABLE t (a BIGINT); CHECKPOINT");
    path = apr_pstrcat(f->pool, pg_dir, "/data/",
                       pg_sql(f, "SELECT pg_relation_filepath('t')"), NULL);
    aside = apr_pstrcat(f->pool, path, ".aside", NULL);
    assert_int_equal(rename(path, aside), 0);
    assert_int_equal(symlink("/dev/full", path), 0);
    conn = connected(f);
    assert_int_equal(driver->begin(conn, 0), SCEP_SQL_OK);
    assert_int_equal(run(conn, "INSERT INTO t VALUES (1)"), SCEP_SQL_FULL);
    assert_non_null(strstr(driver->error(conn), "No space left on device"));
    assert_true(driver->rollback(conn));
    assert_int_equal(run(conn, "SELECT 1"), SCEP_SQL_OK);
    driver->close(conn);
    assert_int_equal(rename(aside, path), 0);
}

/* Ours is the one that PostgreSQL ends, after deadlock_timeout; the next try
 * goes through. */
static void test_a_deadlock(void **state)
{
    fixture_t *f = *state;
    scep_sql_conn_t *conn = connected(f), *other = connected(f);
    pid_t child;

    run(conn, "CREATE TABLE t (a BIGINT)");
    run(conn, "CREATE TABLE u (a BIGINT)");
    run(conn, "SET deadlock_timeout = '500ms'");
    run(other, "SET deadlock_timeout = '20s'");
    run(other, "BEGIN");
    assert_int_equal(run(other, "LOCK t"), SCEP_SQL_OK);
    assert_int_equal(driver->begin(conn, 4 * APR_USEC_PER_SEC), SCEP_SQL_OK);
    assert_int_equal(run(conn, "LOCK u"), SCEP_SQL_OK);
    child = fork();
    if (child == 0) {
        bool good = run(other, "LOCK u") == SCEP_SQL_OK &&
                    run(other, "COMMIT") == SCEP_SQL_OK;

        _exit(good ? 0 : 1);
    }
    assert_int_equal(run(conn, "LOCK t"), SCEP_SQL_BUSY);
    assert_non_null(strstr(driver->error(conn), "deadlock detected"));
    assert_true(driver->rollback(conn));
    assert_int_equal(pg_child_status(child), 0);
    assert_int_equal(driver->begin(conn, 0), SCEP_SQL_OK);
    assert_int_equal(run(conn, "LOCK t"), SCEP_SQL_OK);
    assert_int_equal(driver->commit(conn), SCEP_SQL_OK);
    driver->close(conn);
    driver->close(other);
}

/* Not of our transactions, but of what reads outside them, if the database's
 * default is so. */
static void test_a_serialization_failure(void **state)
{
    fixture_t *f = *state;
    scep_sql_conn_t *conn = connected(f);

    run(conn, "CREATE TABLE t (a BIGINT)");
    run(conn, "INSERT INTO t VALUES (1)");
    run(conn, "BEGIN ISOLATION LEVEL SERIALIZABLE");
    assert_string_equal(rows_of(f, conn, "SELECT a FROM t"), "1/");
    pg_sql(f, "UPDATE t SET a = 2");
    assert_int_equal(run(conn, "UPDATE t SET a = 3"), SCEP_SQL_BUSY);
    assert_non_null(strstr(driver->error(conn), "SQLSTATE 40001"));
    assert_true(driver->rollback(conn));
    assert_int_equal(run(conn, "UPDATE t SET a = 3"), SCEP_SQL_OK);
    driver->close(conn);
}

static void test_a_commit_that_fails(void **state)
{
    fixture_t *f = *state;
    scep_sql_conn_t *conn = connected(f);

    run(conn, "CREATE TABLE t (a BIGINT UNIQUE DEFERRABLE INITIALLY DEFERRED)");
    assert_int_equal(driver->begin(conn, 0), SCEP_SQL_OK);
    assert_int_equal(run(conn, "INSERT INTO t VALUES (1), (1)"), SCEP_SQL_OK);
    assert_int_equal(driver->commit(conn), SCEP_SQL_CONSTRAINT);
    assert_non_null(strstr(driver->error(conn), "duplicate key"));
    assert_true(driver->rollback(conn));
    assert_string_equal(rows_of(f, conn, "SELECT COUNT(*) FROM t"), "0/");
    /* nobody was told that there was nothing to roll back */
    assert_string_equal(f->log, "");
    driver->close(conn);
}

/* A standby can be read; once it is a primary, whoever names both finds it. */
static void test_a_standby(void **state)
{
    fixture_t *f = *state;
    const char *params = apr_psprintf(
        f->pool, "host=%s port=5433 dbname=postgres user=scep", pg_dir);
    const char *both = apr_psprintf(
        f->pool,
        "postgresql:///postgres?host=%s,%s&port=5433,5432&user=scep"
        "&target_session_attrs=read-write",
        pg_dir, pg_dir);
    scep_sql_conn_t *conn, *found;

    pg_sql(f, "CREATE TABLE t (a BIGINT)");
    pg_must("standby");
    assert_int_equal(driver->open(params, &f->env, &conn), SCEP_SQL_OK);
    assert_string_equal(rows_of(f, conn, "SELECT COUNT(*) FROM t"), "0/");
    assert_int_equal(driver->begin(conn, 0), SCEP_SQL_OK);
    assert_int_equal(run(conn, "INSERT INTO t VALUES (1)"), SCEP_SQL_LOST);
    assert_non_null(strstr(driver->error(conn), "read-only"));
    driver->close(conn);
    assert_int_equal(driver->open(both, &f->env, &found), SCEP_SQL_OK);
    assert_string_equal(rows_of(f, found, "SHOW port"), "5432/");
    driver->close(found);
    pg_must("stop");
    pg_must("promote");
    assert_int_equal(driver->open(both, &f->env, &found), SCEP_SQL_OK);
    assert_string_equal(rows_of(f, found, "SHOW port"), "5433/");
    assert_int_equal(run(found, "INSERT INTO t VALUES (1)"), SCEP_SQL_OK);
    driver->close(found);
    pg_must("standby-stop");
    /* neither is there: both are told of, in one line */
    assert_int_equal(driver->open(both, &f->env, &conn), SCEP_SQL_LOST);
    assert_non_null(strstr(driver->error(conn), "5433"));
    assert_non_null(strstr(driver->error(conn), "5432"));
    assert_null(strchr(driver->error(conn), '\n'));
    driver->close(conn);
    pg_must("start");
}

static void test_what_the_server_says_besides(void **state)
{
    fixture_t *f = *state;
    scep_sql_conn_t *conn = connected(f);

    f->env.log_level = SCEP_LOG_DEBUG;
    driver->close(conn);
    conn = connected(f);
    run(conn, "CREATE TABLE t (a BIGINT)");
    run(conn, "CREATE TABLE IF NOT EXISTS t (a BIGINT)");
    assert_non_null(strstr(f->log, "7 PostgreSQL: NOTICE: relation \"t\" "
                                   "already exists, skipping\n"));
    assert_null(strstr(f->log, "SCEP0280"));
    run(conn, "DO $$ BEGIN RAISE WARNING 'the roof burns'; END $$");
    assert_non_null(strstr(f->log, "4 SCEP0280: PostgreSQL warns (host "));
    assert_non_null(strstr(f->log, "database postgres): the roof burns; "));
    driver->close(conn);
}

static void test_a_database_that_is_not_there(void **state)
{
    fixture_t *f = *state;
    scep_sql_conn_t *conn;

    assert_int_equal(driver->open(apr_psprintf(f->pool,
                                               "host=%s dbname=other user=scep "
                                               "password=hush",
                                               pg_dir),
                                  &f->env, &conn),
                     SCEP_SQL_LOST);
    assert_non_null(strstr(driver->error(conn), "\"other\" does not exist"));
    assert_null(strstr(driver->error(conn), "hush"));
    driver->close(conn);
}

static void test_another_encoding(void **state)
{
    fixture_t *f = *state;
    scep_sql_conn_t *conn;

    pg_sql(f, "CREATE DATABASE latin ENCODING 'LATIN1' TEMPLATE template0");
    assert_int_equal(
        driver->open(
            apr_psprintf(f->pool, "host=%s dbname=latin user=scep", pg_dir),
            &f->env, &conn),
        SCEP_SQL_OK);
    assert_int_equal(driver->configure(conn), SCEP_SQL_ERROR);
    assert_non_null(strstr(driver->error(conn), "ENCODING 'UTF8'"));
    driver->close(conn);
    pg_sql(f, "DROP DATABASE latin");
}

static void test_check(void **state)
{
    fixture_t *f = *state;

    assert_int_equal(driver->check("dbname=x", f->pool, &f->res), SCEP_OK);
    assert_int_equal(driver->check("", f->pool, &f->res), SCEP_BROKEN);
    assert_int_equal(driver->check("postgresql://h/db", f->pool, &f->res),
                     SCEP_OK);
    assert_int_equal(driver->check("postgresql://[h/db", f->pool, &f->res),
                     SCEP_BROKEN);
    assert_non_null(strstr(f->res.detail, "host=db.example.com dbname=scep"));
    assert_int_equal(driver->provide("dbname=x", 1, 1, f->pool, &f->res),
                     SCEP_OK);
    assert_true(driver->secret("dbname=x password=y", f->pool));
    assert_false(driver->secret("dbname=x passfile=/y", f->pool));
    assert_string_equal(driver->display("dbname=x password=y", f->pool),
                        "dbname=x");
}

/* Each of the store's statements is one that PostgreSQL takes, also with all
 * texts NULL. */
static void test_every_statement(void **state)
{
    fixture_t *f = *state;
    scep_store_config_t config = pg_config(f);
    scep_sql_conn_t *conn;
    int i;

    assert_int_equal(scep_store_prepare(&config, &f->env, (uid_t)-1, (gid_t)-1,
                                        f->pool, &f->res),
                     SCEP_OK);
    conn = connected(f);
    for (i = 0; i < SCEP_Q_COUNT; i++) {
        const scep_sql_value_t values[SCEP_SQL_MAX_PARAMS] = {{NULL, 0}};
        scep_sql_status_e status;

        if (strstr(scep_store_query((scep_store_query_e)i)->text,
                   "certificate_search") != NULL) {
            continue; /* SQLite's alone */
        }
        assert_int_equal(driver->begin(conn, 0), SCEP_SQL_OK);
        status = driver->run(conn, scep_store_query((scep_store_query_e)i),
                             values, NULL, NULL, NULL);
        if (status != SCEP_SQL_OK && status != SCEP_SQL_CONSTRAINT) {
            fail_msg("%s: %s", scep_store_query((scep_store_query_e)i)->text,
                     driver->error(conn));
        }
        assert_true(driver->rollback(conn));
    }
    driver->close(conn);
}

/* Nobody knows then whether it was recorded: it is not answered, and who comes
 * again is answered by what there is (invariants 2, 4 and 5). */
static void test_a_commit_whose_answer_is_lost(void **state)
{
    fixture_t *f = *state;
    scep_store_config_t config = pg_config(f);
    scep_challenge_row_t challenge = sample_challenge(f, f->pool, 1);
    scep_issue_t issue = sample_issue(f, f->pool, 1);
    scep_issue_outcome_e outcome = SCEP_ISSUE_RECORDED;
    scep_transaction_row_t *row = NULL;
    scep_store_t *store = NULL;

    assert_int_equal(scep_store_prepare(&config, &f->env, (uid_t)-1, (gid_t)-1,
                                        f->pool, &f->res),
                     SCEP_OK);
    assert_int_equal(
        scep_store_open(&config, &f->env, f->pool, &store, &f->res), SCEP_OK);
    assert_int_equal(
        scep_store_challenge_add(store, &challenge, f->pool, &f->res), SCEP_OK);
    issue.challenge_hash = challenge.hash;
    answer_is_lost = true;
    assert_int_equal(
        scep_store_issue(store, &issue, f->pool, &outcome, &f->res),
        SCEP_UNAVAILABLE);
    assert_false(answer_is_lost);
    assert_int_not_equal(outcome, SCEP_ISSUE_RECORDED);
    assert_non_null(strstr(f->log, "SCEP0253"));
    assert_int_equal(scep_store_transaction_by_challenge(
                         store, challenge.hash, issue.key_hash, issue.csr_hash,
                         NULL, f->pool, &row, &f->res),
                     SCEP_OK);
    assert_string_equal(row->serial, issue.serial);
    issue.serial = "FEED";
    assert_int_equal(
        scep_store_issue(store, &issue, f->pool, &outcome, &f->res), SCEP_OK);
    assert_int_equal(outcome, SCEP_ISSUE_CHALLENGE_LOST);
    assert_string_equal(pg_sql(f, "SELECT COUNT(*) FROM certificates"), "1");
}

typedef struct most_t {
    size_t memory;
    int rows;
} most_t;

static scep_status_e see(void *baton, const scep_revocation_row_t *row)
{
    most_t *most = baton;
    struct mallinfo2 info = mallinfo2();

    (void)row;
    if (info.uordblks + info.hblkhd > most->memory) {
        most->memory = info.uordblks + info.hblkhd;
    }
    most->rows++;
    return SCEP_OK;
}

/* libpq holds all rows of a result; and a CA may have revoked a great many. */
static void test_revocations_are_not_all_in_memory(void **state)
{
    fixture_t *f = *state;
    scep_store_config_t config = pg_config(f);
    struct mallinfo2 before;
    most_t most = {0, 0};
    scep_store_t *store = NULL;

    assert_int_equal(scep_store_prepare(&config, &f->env, (uid_t)-1, (gid_t)-1,
                                        f->pool, &f->res),
                     SCEP_OK);
    pg_sql(f, "INSERT INTO revocations (scope, serial, effective, reason,"
              " created, seq) SELECT 'ca', LPAD(n::text, 40, '0'), 1, 0, 1, n"
              " FROM generate_series(1, 20000) n");
    assert_int_equal(
        scep_store_open(&config, &f->env, f->pool, &store, &f->res), SCEP_OK);
    before = mallinfo2();
    assert_int_equal(
        scep_store_revocations_each(store, "ca", 1, 0, see, &most, &f->res),
        SCEP_OK);
    assert_int_equal(most.rows, 20000);
    assert_in_range(most.memory - before.uordblks - before.hblkhd, 0, 2000000);
}

static int tests(void)
{
    const struct CMUnitTest list[] = {
        PGSQL_TEST(test_settings),
        PGSQL_TEST(test_commits_are_on_the_disk),
        PGSQL_TEST(test_values_come_back),
        PGSQL_TEST(test_changed_counts_rows),
        PGSQL_TEST(test_rows_may_be_cut_short),
        PGSQL_TEST(test_too_many_columns),
        PGSQL_TEST(test_commit_and_rollback),
        PGSQL_TEST(test_a_failed_transaction_does_not_commit),
        PGSQL_TEST(test_writers_take_turns),
        PGSQL_TEST(test_a_writer_sees_what_was_committed),
        PGSQL_TEST(test_a_long_statement_ends),
        PGSQL_TEST(test_a_migration_takes_its_time),
        PGSQL_TEST(test_wrong_sql),
        PGSQL_TEST(test_server_goes_and_comes),
        PGSQL_TEST(test_stale_connections_are_not_used),
        PGSQL_TEST(test_a_server_that_dies),
        PGSQL_TEST(test_too_many_clients),
        PGSQL_TEST(test_a_full_disk),
        PGSQL_TEST(test_a_deadlock),
        PGSQL_TEST(test_a_serialization_failure),
        PGSQL_TEST(test_a_commit_that_fails),
        PGSQL_TEST(test_a_standby),
        PGSQL_TEST(test_what_the_server_says_besides),
        PGSQL_TEST(test_a_database_that_is_not_there),
        PGSQL_TEST(test_another_encoding),
        PGSQL_TEST(test_check),
        PGSQL_TEST(test_every_statement),
        PGSQL_TEST(test_a_commit_whose_answer_is_lost),
        PGSQL_TEST(test_revocations_are_not_all_in_memory),
    };

    return cmocka_run_group_tests(list, NULL, NULL);
}

int main(void)
{
    return pg_run(tests);
}
