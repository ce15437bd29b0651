/* Licensed under the Apache License, Version 2.0; see LICENSE. */
/* test_schema_names.c: subjects of schema 4 become UTF-8. (store layer) */
#include "store_fixture.h"

#include "scep_schema.h"
#include "scep_schema_names.h"
#include "scep_sqlite.h"

static const scep_sql_driver_t *const driver = &scep_sqlite_driver;

static void run(scep_sql_conn_t *conn, const char *text)
{
    scep_sql_query_t query = {-1, "", text};

    assert_int_equal(driver->run(conn, &query, NULL, NULL, NULL, NULL),
                     SCEP_SQL_OK);
}

/* More than a page of them. */
static void test_rewritten(void **state)
{
    fixture_t *f = *state;
    scep_sql_conn_t *conn;

    db_of_schema(f, 5);
    assert_int_equal(driver->open(db_path(f), &f->env, &conn), SCEP_SQL_OK);
    run(conn, "WITH RECURSIVE n(i) AS"
              " (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 1200)"
              " INSERT INTO certificates (id, scope, serial, subject,"
              " not_before, not_after, der, created)"
              " SELECT 'id' || i, 's', 'n' || i, 'CN=GER\\C3\\84T ' || i, 0, 0,"
              " '', 0 FROM n");
    run(conn, "INSERT INTO certificates (id, scope, serial, subject,"
              " not_before, not_after, der, created)"
              " VALUES ('x', 's', 'x', 'CN=a\\,b', 0, 0, '', 0),"
              " ('y', 's', 'y', NULL, 0, 0, '', 0)");
    assert_int_equal(scep_schema_names(driver, conn), SCEP_SQL_OK);
    assert_int_equal(scep_schema_names(driver, conn), SCEP_SQL_OK); /* again */
    driver->close(conn);
    assert_int_equal(db_number(f, "SELECT COUNT(*) FROM certificates"
                                  " WHERE subject LIKE 'CN=GER\xc3\x84T %'"
                                  " AND subject_folded = 'cn=ger\xc3\xa4t ' ||"
                                  " SUBSTR(id, 3)"),
                     1200);
    assert_int_equal(db_number(f, "SELECT COUNT(*) FROM certificates"
                                  " WHERE subject = 'CN=a\\,b'"
                                  " AND subject_folded IS NULL"),
                     1);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        FIXTURE_TEST(test_rewritten),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
