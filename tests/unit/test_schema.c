/* Licensed under the Apache License, Version 2.0; see LICENSE. */
/*
 * test_schema.c: migrations. (store layer)
 */
#include "store_fixture.h"

#include "scep_schema.h"
#include "scep_sqlite.h"

static const scep_sql_driver_t *const driver = &scep_sqlite_driver;

static scep_sql_conn_t *connected(fixture_t *f)
{
    scep_sql_conn_t *conn;

    assert_int_equal(
        scep_sqlite_provide(db_path(f), (uid_t)-1, (gid_t)-1, f->pool, &f->res),
        SCEP_OK);
    assert_int_equal(driver->open(db_path(f), &f->env, &conn), SCEP_SQL_OK);
    assert_int_equal(driver->configure(conn), SCEP_SQL_OK);
    return conn;
}

static void run(scep_sql_conn_t *conn, const char *text)
{
    scep_sql_query_t query = {-1, "", text};

    assert_int_equal(driver->run(conn, &query, NULL, NULL, NULL, NULL),
                     SCEP_SQL_OK);
}

/* of the search for subjects: itself, and what FTS5 makes for it */
enum { SEARCH_TABLES = 4 };

static int tables(fixture_t *f)
{
    return db_number(f,
                     "SELECT COUNT(*) FROM sqlite_master WHERE type='table'");
}

static void test_fresh(void **state)
{
    fixture_t *f = *state;
    scep_sql_conn_t *conn = connected(f);

    assert_int_equal(scep_schema_migrate(driver, conn, &f->env, "db", &f->res),
                     SCEP_OK);
    driver->close(conn);
    assert_int_equal(tables(f), 12 + SEARCH_TABLES);
    assert_int_equal(db_number(f, "SELECT version FROM schema_version"),
                     SCEP_SCHEMA_VERSION);
    assert_int_equal(db_count(f, "certificates"), 0);
    assert_int_equal(db_count(f, "transactions"), 0);
    assert_int_equal(db_count(f, "challenges"), 0);
    assert_int_equal(db_count(f, "audit"), 0);
}

static void test_only_three_types(void **state)
{
    fixture_t *f = *state;
    scep_sql_conn_t *conn = connected(f);

    assert_int_equal(scep_schema_migrate(driver, conn, &f->env, "db", &f->res),
                     SCEP_OK);
    driver->close(conn);
    assert_int_equal(
        db_number(f, "SELECT COUNT(*) FROM sqlite_master m,"
                     " pragma_table_info(m.name) c WHERE m.type='table'"
                     " AND m.name NOT LIKE 'certificate_search%'"
                     " AND c.type NOT IN ('TEXT', 'BIGINT', 'BLOB')"
                     " AND NOT (c.type = 'INTEGER' AND c.pk = 1)"),
        0);
}

static void test_again_changes_nothing(void **state)
{
    fixture_t *f = *state;
    scep_sql_conn_t *conn = connected(f);

    assert_int_equal(scep_schema_migrate(driver, conn, &f->env, "db", &f->res),
                     SCEP_OK);
    run(conn, "INSERT INTO audit (seq, created, event, scope)"
              " VALUES (1, 2, 'x', 'y')");
    assert_int_equal(scep_schema_migrate(driver, conn, &f->env, "db", &f->res),
                     SCEP_OK);
    driver->close(conn);
    assert_int_equal(db_count(f, "audit"), 1);
    assert_int_equal(db_count(f, "schema_version"), 1);
}

/* A backup, or somebody's shell, may write for longer than we can wait. */
static void test_current_needs_no_lock(void **state)
{
    fixture_t *f = *state;
    scep_sql_conn_t *conn = connected(f), *writer = connected(f);

    assert_int_equal(scep_schema_migrate(driver, conn, &f->env, "db", &f->res),
                     SCEP_OK);
    assert_int_equal(driver->begin(writer, 0), SCEP_SQL_OK);
    assert_int_equal(scep_schema_migrate(driver, conn, &f->env, "db", &f->res),
                     SCEP_OK);
    assert_true(driver->rollback(writer));
    driver->close(writer);
    driver->close(conn);
}

static void test_newer_is_refused(void **state)
{
    fixture_t *f = *state;
    scep_sql_conn_t *conn = connected(f);

    assert_int_equal(scep_schema_migrate(driver, conn, &f->env, "db", &f->res),
                     SCEP_OK);
    run(conn, "UPDATE schema_version SET version = version + 1");
    assert_int_equal(
        scep_schema_migrate(driver, conn, &f->env, "the-db", &f->res),
        SCEP_BROKEN);
    assert_int_equal(f->res.reason, SCEP_R_SETUP);
    assert_non_null(strstr(f->res.detail, "the-db"));
    assert_non_null(strstr(f->res.detail, "newer"));
    /* and the connection is out of the transaction */
    run(conn, "BEGIN IMMEDIATE");
    driver->close(conn);
    assert_int_equal(db_number(f, "SELECT version FROM schema_version"),
                     SCEP_SCHEMA_VERSION + 1);
}

static void test_bad_version_is_refused(void **state)
{
    fixture_t *f = *state;
    scep_sql_conn_t *conn = connected(f);

    assert_int_equal(scep_schema_migrate(driver, conn, &f->env, "db", &f->res),
                     SCEP_OK);
    run(conn, "UPDATE schema_version SET version = 'one'");
    assert_int_equal(scep_schema_migrate(driver, conn, &f->env, "db", &f->res),
                     SCEP_BROKEN);
    run(conn, "UPDATE schema_version SET version = -1");
    assert_int_equal(scep_schema_migrate(driver, conn, &f->env, "db", &f->res),
                     SCEP_BROKEN);
    driver->close(conn);
}

/* Somebody else's table stands in the way half-way through. */
static void test_failure_leaves_nothing(void **state)
{
    fixture_t *f = *state;
    scep_sql_conn_t *conn = connected(f);

    run(conn, "CREATE TABLE audit (x TEXT)");
    assert_int_equal(scep_schema_migrate(driver, conn, &f->env, "db", &f->res),
                     SCEP_BROKEN);
    assert_int_equal(f->res.reason, SCEP_R_SETUP);
    assert_non_null(strstr(f->res.detail, "audit"));
    assert_int_equal(tables(f), 1);
    run(conn, "DROP TABLE audit");
    assert_int_equal(scep_schema_migrate(driver, conn, &f->env, "db", &f->res),
                     SCEP_OK);
    driver->close(conn);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        FIXTURE_TEST(test_fresh),
        FIXTURE_TEST(test_only_three_types),
        FIXTURE_TEST(test_again_changes_nothing),
        FIXTURE_TEST(test_current_needs_no_lock),
        FIXTURE_TEST(test_newer_is_refused),
        FIXTURE_TEST(test_bad_version_is_refused),
        FIXTURE_TEST(test_failure_leaves_nothing),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
