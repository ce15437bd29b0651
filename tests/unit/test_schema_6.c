/* Licensed under the Apache License, Version 2.0; see LICENSE. */
/*
 * test_schema_6.c: what older databases hold is there in schema 6, whoever dies
 * on the way. (store layer)
 */
#include "store_fixture.h"

#include <signal.h>
#include <sys/wait.h>

static const scep_sql_driver_t *const driver = &scep_sqlite_driver;

/* What each table of schema 5 may hold, in two rows. */
static const char older_rows[] =
    "INSERT INTO certificates (id, scope, serial, subject, not_before,"
    " not_after, profile, der, created, key_hash, subject_hash,"
    " subject_folded) VALUES"
    " ('b', 's', '0B', 'CN=GER\\C3\\84T two', 1, 200, 'p', 'AgM=', 20,"
    "  'ab01', NULL, NULL),"
    " ('a', 's', '0A', 'CN=one', 1, 100, NULL, 'AQ==', 10, NULL, 'cd02', NULL);"
    "INSERT INTO transactions (id, scope, transaction_id, seq, key_hash,"
    " csr_hash, challenge_hash, certificate_id, peer, created, renewal_of,"
    " endpoint, proved, renewal_scope) VALUES"
    " ('x', 's', 't', 1, 'aa', 'bb', 'cc', 'a', 'p', 10, NULL, 'e', 1, NULL),"
    " ('w', 's', 't', 2, 'aa', 'bb', NULL, 'b', 'p', 20, '0A', 'e', 1, 'o');"
    "INSERT INTO messages (hash, scope, certificate_id, request_id, created,"
    " expires) VALUES ('0102', 's', 'b', NULL, 20, 200),"
    " ('0103', 's', NULL, 'r', 20, NULL);"
    "INSERT INTO message_marks VALUES ('0f0f');"
    "INSERT INTO challenges (hash, scope, state, created, expires, drawn_by,"
    " uses, label) VALUES ('cc', 's', 1, 1, 2, 'u', 0, 'l'),"
    " ('cd', 's', 0, 1, 2, 'u', 3, NULL);"
    "INSERT INTO audit (id, created, event, scope, challenge_hash, seq) VALUES"
    " ('k', 1, 'one', 's', 'cc', 1), ('j', 2, 'two', 's', NULL, 2),"
    " ('i', 3, 'three', 's', NULL, 0);"
    "INSERT INTO requests (id, scope, transaction_id, key_hash, csr_hash,"
    " state, csr, challenge_hash, created, expires, certificate_id, proved)"
    " VALUES ('r', 's', 't', 'aa', 'bb', 0, 'BAU=', 'cd', 1, 2, NULL, 1),"
    " ('q', 's', 't', 'aa', 'bb', 3, NULL, NULL, 1, 2, 'b', 0);"
    "INSERT INTO crls VALUES ('s', 7, 1, 2, 3, 'Bgc=');"
    "INSERT INTO revocations VALUES ('s', '0A', 1, 4, 100, 1, 'u', 1);"
    "INSERT INTO past_certificates VALUES ('s', '09', 50, 'p')";

static const struct {
    const char *sql, *expected;
} newer_rows[] = {
    {"SELECT GROUP_CONCAT(id || serial || HEX(der), ' ') FROM certificates",
     "10A01 20B0203"},
    {"SELECT HEX(subject_hash) FROM certificates WHERE id = 1", "CD02"},
    {"SELECT subject || HEX(key_hash) FROM certificates WHERE id = 2",
     "CN=GER\xc3\x84T twoAB01"},
    {"SELECT subject_folded FROM certificates WHERE id = 2",
     "cn=ger\xc3\xa4t two"},
    {"SELECT GROUP_CONCAT(certificate_id || HEX(key_hash) ||"
     " COALESCE(HEX(challenge_hash), '-') || COALESCE(renewal_of, '-'), ' ')"
     " FROM transactions",
     "1AACC- 2AA0A"},
    {"SELECT GROUP_CONCAT(HEX(hash) || COALESCE(certificate_id, '-') ||"
     " COALESCE(request_id, '-'), ' ') FROM messages",
     "01022- 0103-r"},
    {"SELECT HEX(mark) FROM message_marks", "0F0F"},
    {"SELECT GROUP_CONCAT(HEX(hash) || state || uses || COALESCE(label, '-'),"
     " ' ') FROM challenges",
     "CC10l CD03-"},
    {"SELECT GROUP_CONCAT(seq || event || COALESCE(HEX(challenge_hash), '-'),"
     " ' ') FROM audit",
     "1oneCC 2two 3three"},
    {"SELECT GROUP_CONCAT(id || COALESCE(HEX(csr), '-') ||"
     " COALESCE(HEX(challenge_hash), '-') || COALESCE(certificate_id, '-'),"
     " ' ') FROM (SELECT * FROM requests ORDER BY id)",
     "q2 r0405CD-"},
    {"SELECT number || HEX(der) FROM crls", "70607"},
    {"SELECT serial FROM revocations", "0A"},
    {"SELECT serial FROM past_certificates", "09"},
    {"SELECT version FROM documents WHERE name = 'certificate-search'", "2"},
};

static void check_newer_rows(fixture_t *f)
{
    size_t i;

    for (i = 0; i < sizeof(newer_rows) / sizeof(newer_rows[0]); i++) {
        const char *found = db_text(f, newer_rows[i].sql);

        if (found == NULL || strcmp(found, newer_rows[i].expected) != 0) {
            fail_msg("%s: %s", newer_rows[i].sql,
                     found != NULL ? found : "(null)");
        }
    }
    assert_string_equal(db_text(f, "PRAGMA integrity_check"), "ok");
    assert_null(db_text(f, "PRAGMA foreign_key_check"));
}

static void test_rows_of_schema_5(void **state)
{
    fixture_t *f = *state;

    db_of_schema(f, 5);
    db_text(f, older_rows);
    db_prepare(f);
    check_newer_rows(f);
    assert_non_null(strstr(f->log, "SCEP0281"));
    assert_non_null(strstr(f->log, "SCEP0282"));
}

static void test_each_older_schema(void **state)
{
    fixture_t *f = *state;
    int version;

    for (version = 1; version < SCEP_SCHEMA_VERSION; version++) {
        db_of_schema(f, version);
        db_prepare(f);
        assert_int_equal(db_number(f, "SELECT version FROM schema_version"),
                         SCEP_SCHEMA_VERSION);
        assert_int_equal(db_count(f, "certificates"), 0);
        unlink(db_path(f));
    }
}

/* At each step in turn, as kill -9 does it: what was written is there but for
 * the end of the transaction. */
static scep_schema_log_fn die_here;

static void die_here(void *baton, const char *what, int step, int steps)
{
    (void)what;
    (void)steps;
    if (step == *(const int *)baton) {
        kill(getpid(), SIGKILL);
    }
}

static void die_at_step(fixture_t *f, int step)
{
    scep_sql_conn_t *conn;

    if (driver->open(db_path(f), &f->env, &conn) == SCEP_SQL_OK &&
        driver->configure(conn) == SCEP_SQL_OK &&
        driver->begin(conn, 0) == SCEP_SQL_OK) {
        static const scep_sql_query_t no_cache = {-1, "",
                                                  "PRAGMA cache_size = 1"};

        /* the log has it at once */
        (void)driver->run(conn, &no_cache, NULL, NULL, NULL, NULL);
        (void)scep_schema_climb(driver, conn, 5, SCEP_SCHEMA_VERSION, die_here,
                                &step);
    }
    _exit(1);
}

static void test_killed_on_the_way(void **state)
{
    enum { STEPS = 9 };
    fixture_t *f = *state;
    int step, status;

    db_of_schema(f, 5);
    db_text(f, older_rows);
    for (step = 1; step <= STEPS; step++) {
        pid_t pid = fork();

        assert_true(pid >= 0);
        if (pid == 0) {
            die_at_step(f, step);
        }
        assert_int_equal(waitpid(pid, &status, 0), pid);
        assert_true(WIFSIGNALED(status));
        assert_int_equal(db_number(f, "SELECT version FROM schema_version"), 5);
        assert_string_equal(
            db_text(f, "SELECT GROUP_CONCAT(der, ' ') FROM (SELECT der FROM"
                       " certificates ORDER BY id)"),
            "AQ== AgM=");
    }
    db_prepare(f);
    check_newer_rows(f);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        FIXTURE_TEST(test_rows_of_schema_5),
        FIXTURE_TEST(test_each_older_schema),
        FIXTURE_TEST(test_killed_on_the_way),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
