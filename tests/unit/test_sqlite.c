/* Licensed under the Apache License, Version 2.0; see LICENSE. */
/*
 * test_sqlite.c: the driver on libsqlite3. (store layer)
 */
#include "store_fixture.h"

#include <sys/stat.h>
#include <unistd.h>

#include <apr_thread_proc.h>

#include "scep_sqlite.h"

static const scep_sql_driver_t *const driver = &scep_sqlite_driver;

static scep_sql_conn_t *connected(fixture_t *f)
{
    scep_sql_conn_t *conn;

    assert_int_equal(
        driver->provide(db_path(f), (uid_t)-1, (gid_t)-1, f->pool, &f->res),
        SCEP_OK);
    assert_int_equal(driver->open(db_path(f), &f->env, &conn), SCEP_SQL_OK);
    assert_int_equal(driver->configure(conn), SCEP_SQL_OK);
    return conn;
}

static scep_sql_status_e run(scep_sql_conn_t *conn, const char *text)
{
    scep_sql_query_t query = {-1, "", text};

    return driver->run(conn, &query, NULL, NULL, NULL, NULL);
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

    assert_string_equal(driver->name, "sqlite3");
    assert_string_equal(rows_of(f, conn, "PRAGMA journal_mode"), "wal/");
    assert_string_equal(rows_of(f, conn, "PRAGMA synchronous"), "2/");
    assert_string_equal(rows_of(f, conn, "PRAGMA foreign_keys"), "1/");
    assert_string_equal(rows_of(f, conn, "PRAGMA trusted_schema"), "0/");
    driver->close(conn);
}

static void test_values_come_back(void **state)
{
    static const scep_sql_query_t insert = {
        0, "tnt", "INSERT INTO t (a, b, c) VALUES ($1, $2, $3)"};
    const scep_sql_value_t values[] = {
        {"it's \"\303\244\" $1 ?", 0}, {NULL, APR_INT64_MIN}, {NULL, 7}};
    const scep_sql_value_t more[] = {{"", 0}, {NULL, APR_INT64_MAX}, {"x", 0}};
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
                        "it's \"\303\244\" $1 ?|-9223372036854775808|NULL/"
                        "|9223372036854775807|x/");
    driver->close(conn);
}

static void test_changed_counts_rows(void **state)
{
    static const scep_sql_query_t update = {1, "n",
                                            "UPDATE t SET a = 2 WHERE a = $1"};
    const scep_sql_value_t one = {NULL, 1};
    fixture_t *f = *state;
    scep_sql_conn_t *conn = connected(f);
    apr_int64_t changed = -1;

    run(conn, "CREATE TABLE t (a BIGINT)");
    run(conn, "INSERT INTO t VALUES (1), (1), (5)");
    assert_int_equal(driver->run(conn, &update, &one, NULL, NULL, &changed),
                     SCEP_SQL_OK);
    assert_int_equal(changed, 2);
    assert_int_equal(driver->run(conn, &update, &one, NULL, NULL, &changed),
                     SCEP_SQL_OK);
    assert_int_equal(changed, 0);
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
    /* nothing is left open: the table can go */
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
    assert_int_equal(rows.count, 0);
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
    assert_int_equal(db_count(f, "t"), 0);
    assert_true(driver->rollback(conn));
    assert_int_equal(driver->begin(conn, 0), SCEP_SQL_OK);
    run(conn, "INSERT INTO t VALUES (1)");
    assert_int_equal(driver->commit(conn), SCEP_SQL_OK);
    assert_int_equal(db_count(f, "t"), 1);
    assert_int_equal(driver->commit(conn), SCEP_SQL_ERROR);
    driver->close(conn);
}

static void test_busy(void **state)
{
    fixture_t *f = *state;
    scep_sql_conn_t *first = connected(f), *second = connected(f);
    apr_time_t before = scep_sql_clock();

    run(first, "CREATE TABLE t (a BIGINT)");
    assert_int_equal(driver->begin(first, 0), SCEP_SQL_OK);
    assert_int_equal(driver->begin(second, 0), SCEP_SQL_BUSY);
    assert_int_equal(driver->begin(second, 50000), SCEP_SQL_BUSY);
    assert_in_range(scep_sql_clock() - before, 50000, 4 * APR_USEC_PER_SEC);
    assert_non_null(strstr(driver->error(second), "locked"));
    /* reading does not wait for a writer */
    run(first, "INSERT INTO t VALUES (1)");
    assert_string_equal(rows_of(f, second, "SELECT COUNT(*) FROM t"), "0/");
    assert_int_equal(driver->commit(first), SCEP_SQL_OK);
    assert_int_equal(driver->begin(second, 0), SCEP_SQL_OK);
    assert_true(driver->rollback(second));
    driver->close(first);
    driver->close(second);
}

static void test_constraints(void **state)
{
    fixture_t *f = *state;
    scep_sql_conn_t *conn = connected(f);

    run(conn, "CREATE TABLE p (a TEXT NOT NULL PRIMARY KEY)");
    run(conn, "CREATE TABLE c (a TEXT REFERENCES p (a))");
    assert_int_equal(run(conn, "INSERT INTO p VALUES ('1')"), SCEP_SQL_OK);
    assert_int_equal(run(conn, "INSERT INTO p VALUES ('1')"),
                     SCEP_SQL_CONSTRAINT);
    assert_int_equal(run(conn, "INSERT INTO p VALUES (NULL)"),
                     SCEP_SQL_CONSTRAINT);
    assert_int_equal(run(conn, "INSERT INTO c VALUES ('2')"),
                     SCEP_SQL_CONSTRAINT);
    assert_int_equal(run(conn, "INSERT INTO c VALUES ('1')"), SCEP_SQL_OK);
    driver->close(conn);
}

static void test_full(void **state)
{
    fixture_t *f = *state;
    scep_sql_conn_t *conn = connected(f);

    run(conn, "CREATE TABLE t (a TEXT)");
    rows_of(f, conn, "PRAGMA max_page_count=10");
    assert_int_equal(driver->begin(conn, 0), SCEP_SQL_OK);
    assert_int_equal(run(conn, "INSERT INTO t VALUES (zeroblob(100000))"),
                     SCEP_SQL_FULL);
    assert_true(driver->rollback(conn));
    assert_int_equal(db_count(f, "t"), 0);
    rows_of(f, conn, "PRAGMA max_page_count=1000");
    assert_int_equal(run(conn, "INSERT INTO t VALUES (zeroblob(100000))"),
                     SCEP_SQL_OK);
    driver->close(conn);
}

static void test_wrong_sql(void **state)
{
    static const scep_sql_query_t wrong = {3, "", "SELECT x FROM nothing"};
    fixture_t *f = *state;
    scep_sql_conn_t *conn = connected(f);

    assert_int_equal(driver->run(conn, &wrong, NULL, NULL, NULL, NULL),
                     SCEP_SQL_ERROR);
    assert_non_null(strstr(driver->error(conn), "nothing"));
    driver->close(conn);
}

static void expect_no_open(fixture_t *f, const char *path,
                           scep_sql_status_e expected)
{
    scep_sql_conn_t *conn = NULL;

    assert_int_equal(driver->open(path, &f->env, &conn), expected);
    assert_non_null(conn);
    assert_true(*driver->error(conn) != '\0');
    driver->close(conn);
}

static void test_open_makes_no_file(void **state)
{
    fixture_t *f = *state;

    expect_no_open(f, db_path(f), SCEP_SQL_LOST);
    assert_int_equal(access(db_path(f), F_OK), -1);
    expect_no_open(f, apr_pstrcat(f->pool, f->scratch, "/no/x.db", NULL),
                   SCEP_SQL_LOST);
}

static void test_open_refuses_symlink(void **state)
{
    fixture_t *f = *state;
    const char *link = apr_pstrcat(f->pool, f->scratch, "/link.db", NULL);
    const char *dir = apr_pstrcat(f->pool, f->scratch, "/dir", NULL);
    scep_sql_conn_t *conn;

    driver->close(connected(f));
    assert_int_equal(symlink(db_path(f), link), 0);
    expect_no_open(f, link, SCEP_SQL_LOST);
    /* in the way to its directory one may stand */
    assert_int_equal(symlink(f->scratch, dir), 0);
    assert_int_equal(driver->open(apr_pstrcat(f->pool, dir, "/scep.db", NULL),
                                  &f->env, &conn),
                     SCEP_SQL_OK);
    driver->close(conn);
}

static void test_open_refuses_what_is_no_database(void **state)
{
    fixture_t *f = *state;
    FILE *file = fopen(db_path(f), "wb");
    int i;

    assert_non_null(file);
    for (i = 0; i < 1000; i++) {
        fputs("no database ", file);
    }
    fclose(file);
    expect_no_open(f, db_path(f), SCEP_SQL_ERROR);
}

static void test_usable_until_moved(void **state)
{
    fixture_t *f = *state;
    const char *aside = apr_pstrcat(f->pool, f->scratch, "/aside", NULL);
    scep_sql_conn_t *conn = connected(f), *next;

    run(conn, "CREATE TABLE t (a BIGINT)");
    assert_true(driver->usable(conn));
    assert_int_equal(rename(db_path(f), aside), 0);
    assert_false(driver->usable(conn));
    assert_int_equal(rename(aside, db_path(f)), 0);
    assert_true(driver->usable(conn));
    /* Moved, and another one in its place: closing the old one leaves the new
     * one's log alone. */
    assert_int_equal(rename(db_path(f), aside), 0);
    unlink(apr_pstrcat(f->pool, db_path(f), "-wal", NULL));
    unlink(apr_pstrcat(f->pool, db_path(f), "-shm", NULL));
    next = connected(f);
    run(next, "CREATE TABLE u (a BIGINT)");
    assert_false(driver->usable(conn));
    driver->close(conn);
    assert_int_equal(
        access(apr_pstrcat(f->pool, db_path(f), "-wal", NULL), F_OK), 0);
    run(next, "INSERT INTO u VALUES (1)");
    assert_int_equal(db_count(f, "u"), 1);
    driver->close(next);
    assert_int_equal(
        access(apr_pstrcat(f->pool, db_path(f), "-wal", NULL), F_OK), -1);
}

static void test_close_nothing(void **state)
{
    (void)state;
    driver->close(NULL);
    assert_string_equal(driver->error(NULL), "out of memory");
}

static void *APR_THREAD_FUNC clear_the_way(apr_thread_t *thread, void *path)
{
    (void)thread;
    apr_sleep(50000);
    rmdir(path);
    return NULL;
}

/* Somebody else is just making the journals; what stays in the way is told of
 * all the same. */
static void test_journals_in_the_making(void **state)
{
    fixture_t *f = *state;
    char *in_the_way = apr_pstrcat(f->pool, db_path(f), "-wal", NULL);
    apr_thread_t *thread;
    apr_status_t rv;
    scep_sql_conn_t *conn;

    driver->close(connected(f));
    assert_int_equal(mkdir(in_the_way, 0700), 0);
    assert_int_equal(driver->open(db_path(f), &f->env, &conn), SCEP_SQL_LOST);
    driver->close(conn);

    assert_int_equal(
        apr_thread_create(&thread, NULL, clear_the_way, in_the_way, f->pool),
        APR_SUCCESS);
    assert_int_equal(driver->open(db_path(f), &f->env, &conn), SCEP_SQL_OK);
    assert_int_equal(apr_thread_join(&rv, thread), APR_SUCCESS);
    assert_int_equal(run(conn, "CREATE TABLE t (x TEXT)"), SCEP_SQL_OK);
    driver->close(conn);
}

typedef struct holder_t {
    sqlite3 *db;
    apr_time_t gone;
} holder_t;

static void *APR_THREAD_FUNC let_go(apr_thread_t *thread, void *baton)
{
    holder_t *holder = baton;

    (void)thread;
    apr_sleep(50000);
    holder->gone = scep_sql_clock();
    sqlite3_close(holder->db);
    return NULL;
}

/* While another has the database for itself (as one that repairs its log),
 * nothing of it can be read, and synchronous=FULL cannot be set: no connection
 * is had before that. */
static void test_open_waits_to_be_set_up(void **state)
{
    fixture_t *f = *state;
    holder_t holder = {NULL, 0};
    apr_thread_t *thread;
    apr_status_t rv;
    apr_time_t opened;
    scep_sql_conn_t *conn;

    conn = connected(f);
    run(conn, "CREATE TABLE t (a BIGINT)");
    driver->close(conn);
    assert_int_equal(sqlite3_open(db_path(f), &holder.db), SQLITE_OK);
    assert_int_equal(sqlite3_exec(holder.db,
                                  "PRAGMA locking_mode=EXCLUSIVE;"
                                  "INSERT INTO t VALUES (1)",
                                  NULL, NULL, NULL),
                     SQLITE_OK);
    assert_int_equal(apr_thread_create(&thread, NULL, let_go, &holder, f->pool),
                     APR_SUCCESS);
    assert_int_equal(driver->open(db_path(f), &f->env, &conn), SCEP_SQL_OK);
    opened = scep_sql_clock();
    assert_int_equal(apr_thread_join(&rv, thread), APR_SUCCESS);
    assert_true(opened >= holder.gone);
    assert_string_equal(rows_of(f, conn, "PRAGMA synchronous"), "2/");
    driver->close(conn);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        FIXTURE_TEST(test_settings),
        FIXTURE_TEST(test_values_come_back),
        FIXTURE_TEST(test_changed_counts_rows),
        FIXTURE_TEST(test_rows_may_be_cut_short),
        FIXTURE_TEST(test_too_many_columns),
        FIXTURE_TEST(test_journals_in_the_making),
        FIXTURE_TEST(test_open_waits_to_be_set_up),
        FIXTURE_TEST(test_commit_and_rollback),
        FIXTURE_TEST(test_busy),
        FIXTURE_TEST(test_constraints),
        FIXTURE_TEST(test_full),
        FIXTURE_TEST(test_wrong_sql),
        FIXTURE_TEST(test_open_makes_no_file),
        FIXTURE_TEST(test_open_refuses_symlink),
        FIXTURE_TEST(test_open_refuses_what_is_no_database),
        FIXTURE_TEST(test_usable_until_moved),
        FIXTURE_TEST(test_close_nothing),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
