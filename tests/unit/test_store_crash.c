/* Licensed under the Apache License, Version 2.0; see LICENSE. */
/*
 * test_store_crash.c: one password, at most one certificate, whatever fails
 * or dies and whoever else tries. (store layer, invariants 2 and 5)
 */
#include "store_fixture.h"

#include <poll.h>
#include <signal.h>
#include <sys/wait.h>

#include "scep_store_p.h"

/* --- every call into the database may fail -------------------------------- */

static int fail_at;   /* the call that fails, counted down; 0: none */
static int fail_with; /* its SQLite code */

int __real_sqlite3_step(sqlite3_stmt *statement);
int __wrap_sqlite3_step(sqlite3_stmt *statement);
int __real_sqlite3_exec(sqlite3 *db, const char *sql, sqlite3_callback callback,
                        void *baton, char **error);
int __wrap_sqlite3_exec(sqlite3 *db, const char *sql, sqlite3_callback callback,
                        void *baton, char **error);

int __wrap_sqlite3_step(sqlite3_stmt *statement)
{
    return fail_at > 0 && --fail_at == 0 ? fail_with
                                         : __real_sqlite3_step(statement);
}

int __wrap_sqlite3_exec(sqlite3 *db, const char *sql, sqlite3_callback callback,
                        void *baton, char **error)
{
    return fail_at > 0 && --fail_at == 0
               ? fail_with
               : __real_sqlite3_exec(db, sql, callback, baton, error);
}

static void nothing_written(fixture_t *f)
{
    assert_int_equal(db_count(f, "certificates"), 0);
    assert_int_equal(db_count(f, "transactions"), 0);
    assert_int_equal(
        db_number(f, "SELECT COUNT(*) FROM audit WHERE event = 'issued'"), 0);
    assert_int_equal(
        db_number(f, "SELECT COUNT(*) FROM challenges WHERE state = 0"), 1);
}

/* @return the number of calls that failed before one try went through */
static int fail_everywhere(fixture_t *f, scep_store_t *store, int code,
                           scep_status_e expected)
{
    scep_issue_t issue = sample_issue(f, f->pool, 1);
    scep_issue_outcome_e outcome;
    scep_status_e status;
    int call;

    issue.challenge_hash = sample_hash(f->pool, 'p', 1);
    issue.retry_since = 1;
    for (call = 1;; call++) {
        bool failed;

        fail_at = call;
        fail_with = code;
        status = scep_store_issue(store, &issue, f->pool, &outcome, &f->res);
        failed = fail_at == 0;
        fail_at = 0;
        if (!failed) {
            break;
        }
        assert_int_equal(status, expected);
        assert_int_not_equal(outcome, SCEP_ISSUE_RECORDED);
        nothing_written(f);
    }
    assert_int_equal(status, SCEP_OK);
    assert_int_equal(outcome, SCEP_ISSUE_RECORDED);
    assert_int_equal(db_count(f, "certificates"), 1);
    return call - 1;
}

static void test_any_call_fails(void **state)
{
    static const struct {
        int code;
        scep_status_e expected;
    } cases[] = {
        {SQLITE_FULL, SCEP_UNAVAILABLE},
        {SQLITE_IOERR_FSYNC, SCEP_UNAVAILABLE},
        {SQLITE_BUSY, SCEP_UNAVAILABLE},
        {SQLITE_READONLY_DBMOVED, SCEP_UNAVAILABLE},
        {SQLITE_CORRUPT, SCEP_BROKEN},
        {SQLITE_NOMEM, SCEP_UNAVAILABLE},
    };
    fixture_t *f = *state;
    size_t i;

    for (i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        apr_pool_t *pool;
        scep_store_config_t config = db_config(f);
        scep_store_t *store = NULL;

        assert_int_equal(apr_pool_create(&pool, f->pool), APR_SUCCESS);
        db_prepare(f);
        assert_int_equal(
            scep_store_open(&config, &f->env, pool, &store, &f->res), SCEP_OK);
        must_add(f, store, 1);
        /* BEGIN, duplicate?, spend, three INSERTs, COMMIT */
        assert_true(
            fail_everywhere(f, store, cases[i].code, cases[i].expected) >= 7);
        apr_pool_destroy(pool);
        unlink(db_path(f));
        f->log[0] = '\0';
    }
}

/* --- many processes, one password ----------------------------------------- */

enum { RACERS = 4, RACES = 40 };

/* Each racer tries every password with a request of its own.
 * @return how many it won */
static int race(fixture_t *f, int who)
{
    scep_store_t *store = db_open(f);
    int i, won = 0;

    for (i = 0; i < RACES; i++) {
        scep_issue_t issue = sample_issue(f, f->pool, 1000 * (who + 1) + i);
        scep_issue_outcome_e outcome;

        issue.challenge_hash = sample_hash(f->pool, 'p', i);
        if (scep_store_issue(store, &issue, f->pool, &outcome, &f->res) !=
            SCEP_OK) {
            fprintf(stderr, "racer: %s\n", f->res.detail);
            return 255;
        }
        won += outcome == SCEP_ISSUE_RECORDED;
    }
    apr_pool_destroy(f->pool);
    return won;
}

static const char one_password_two_certificates[] =
    "SELECT COUNT(*) FROM (SELECT challenge_hash FROM transactions"
    " GROUP BY challenge_hash HAVING COUNT(*) > 1)";

static void test_racing_processes(void **state)
{
    fixture_t *f = *state;
    apr_pool_t *pool = f->pool;
    scep_store_config_t config = db_config(f);
    scep_store_t *store = NULL;
    int i, status, won = 0;

    db_prepare(f);
    assert_int_equal(apr_pool_create(&pool, f->pool), APR_SUCCESS);
    assert_int_equal(scep_store_open(&config, &f->env, pool, &store, &f->res),
                     SCEP_OK);
    for (i = 0; i < RACES; i++) {
        must_add(f, store, i);
    }
    apr_pool_destroy(pool);
    for (i = 0; i < RACERS; i++) {
        pid_t pid = fork();

        assert_true(pid >= 0);
        if (pid == 0) {
            _exit(race(f, i));
        }
    }
    for (i = 0; i < RACERS; i++) {
        assert_true(wait(&status) > 0);
        assert_true(WIFEXITED(status));
        assert_int_not_equal(WEXITSTATUS(status), 255);
        won += WEXITSTATUS(status);
    }
    assert_int_equal(won, RACES);
    assert_int_equal(db_count(f, "certificates"), RACES);
    assert_int_equal(db_number(f, one_password_two_certificates), 0);
}

/* --- kill -9 -------------------------------------------------------------- */

enum { KILLS = 30, WORKERS = 2 };

/* Draw and spend for ever; tell the parent the serial of each certificate
 * only after it was recorded, as httpd answers only then. */
static void work(fixture_t *f, int round, int who, int told)
{
    scep_store_t *store = db_open(f);
    int i;

    for (i = 0;; i++) {
        int n = (round * WORKERS + who) * 100000 + i;
        scep_challenge_row_t row = sample_challenge(f, f->pool, n);
        scep_issue_t issue = sample_issue(f, f->pool, n);
        scep_issue_outcome_e outcome;

        issue.challenge_hash = row.hash;
        if (scep_store_challenge_add(store, &row, f->pool, &f->res) !=
                SCEP_OK ||
            scep_store_issue(store, &issue, f->pool, &outcome, &f->res) !=
                SCEP_OK ||
            outcome != SCEP_ISSUE_RECORDED ||
            write(told, &n, sizeof(n)) != sizeof(n)) {
            fprintf(stderr, "worker: %s\n", f->res.detail);
            _exit(1);
        }
    }
}

static int check_told(fixture_t *f, int told)
{
    int n, count = 0;

    while (read(told, &n, sizeof(n)) == sizeof(n)) {
        const char *serial = sample_issue(f, f->pool, n).serial;

        assert_int_equal(
            db_number(f, apr_pstrcat(f->pool,
                                     "SELECT COUNT(*) FROM certificates c"
                                     " JOIN transactions t"
                                     " ON t.certificate_id = c.id"
                                     " JOIN challenges p"
                                     " ON p.hash = t.challenge_hash"
                                     " WHERE p.state = 1 AND c.serial = '",
                                     serial, "'", NULL)),
            1);
        count++;
    }
    return count;
}

/* What holds at every moment, whoever died when. */
static void check_consistent(fixture_t *f)
{
    assert_string_equal(db_text(f, "PRAGMA integrity_check"), "ok");
    assert_int_equal(db_number(f, one_password_two_certificates), 0);
    assert_int_equal(
        db_number(f, "SELECT COUNT(*) FROM certificates WHERE id NOT IN"
                     " (SELECT certificate_id FROM transactions)"),
        0);
    assert_int_equal(
        db_number(f, "SELECT (SELECT COUNT(*) FROM challenges WHERE state = 1)"
                     " - (SELECT COUNT(*) FROM certificates)"),
        0);
    assert_int_equal(
        db_number(f, "SELECT (SELECT COUNT(*) FROM audit WHERE event ="
                     " 'issued') - (SELECT COUNT(*) FROM certificates)"),
        0);
}

static void test_kill_under_load(void **state)
{
    fixture_t *f = *state;
    int round, who, count = 0;

    db_prepare(f);
    for (round = 0; round < KILLS; round++) {
        pid_t pids[WORKERS];
        int told[2], status;

        assert_int_equal(pipe(told), 0);
        for (who = 0; who < WORKERS; who++) {
            pids[who] = fork();
            assert_true(pids[who] >= 0);
            if (pids[who] == 0) {
                close(told[0]);
                work(f, round, who, told[1]);
            }
        }
        close(told[1]);
        if (round % 2 == 1) { /* some have done something, however slow */
            struct pollfd word = {told[0], POLLIN, 0};

            assert_int_equal(poll(&word, 1, 60000), 1);
        }
        apr_sleep(4000 + 1771 * (apr_interval_time_t)((round * 7) % 20));
        for (who = 0; who < WORKERS; who++) {
            assert_int_equal(kill(pids[who], SIGKILL), 0);
            assert_int_equal(waitpid(pids[who], &status, 0), pids[who]);
            assert_true(WIFSIGNALED(status));
        }
        count += check_told(f, told[0]);
        close(told[0]);
        check_consistent(f);
    }
    assert_true(count > 0);
    must_add(f, db_open(f), 99999999);
}

/* --- ended amid its work -------------------------------------------------- */

/* As a child of prefork, where the signal's handler destroys the pools. */
static void end_in_transaction(fixture_t *f, int told)
{
    scep_store_config_t config = db_config(f);
    scep_store_session_t session;
    scep_store_t *store;
    apr_pool_t *pool;

    if (apr_pool_create(&pool, f->pool) != APR_SUCCESS ||
        scep_store_open(&config, &f->env, pool, &store, &f->res) != SCEP_OK ||
        scep_store_begin(store, &session, &f->res) != SCEP_OK) {
        _exit(1);
    }
    apr_pool_destroy(pool);
    if (write(told, "", 1) == 1) {
        pause();
    }
    _exit(1);
}

static int begin_elsewhere(fixture_t *f)
{
    sqlite3 *db;
    int code;

    assert_int_equal(
        sqlite3_open_v2(db_path(f), &db, SQLITE_OPEN_READWRITE, NULL),
        SQLITE_OK);
    code = sqlite3_exec(db, "BEGIN IMMEDIATE", NULL, NULL, NULL);
    sqlite3_close(db);
    return code;
}

/* The driver was interrupted: to close the connection could wait for ever at
 * a lock that the driver holds itself. */
static void test_in_use_is_left_alone(void **state)
{
    fixture_t *f = *state;
    int told[2];
    char octet;
    pid_t pid;

    db_prepare(f);
    assert_int_equal(pipe(told), 0);
    pid = fork();
    assert_true(pid >= 0);
    if (pid == 0) {
        end_in_transaction(f, told[1]);
    }
    close(told[1]);
    assert_int_equal(read(told[0], &octet, 1), 1);
    close(told[0]);
    assert_int_equal(begin_elsewhere(f), SQLITE_BUSY);
    assert_int_equal(kill(pid, SIGKILL), 0);
    assert_int_equal(waitpid(pid, NULL, 0), pid);
    assert_int_equal(begin_elsewhere(f), SQLITE_OK);
    check_consistent(f);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        FIXTURE_TEST(test_any_call_fails),
        FIXTURE_TEST(test_racing_processes),
        FIXTURE_TEST(test_kill_under_load),
        FIXTURE_TEST(test_in_use_is_left_alone),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
