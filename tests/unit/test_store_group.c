/* Licensed under the Apache License, Version 2.0; see LICENSE. */
/*
 * test_store_group.c: writers that come at the same time share a commit, and
 * each hears its own outcome, after it. (store layer, invariants 2 and 5)
 */
#include "store_fixture.h"

#include <pthread.h>
#include <signal.h>
#include <stdatomic.h>
#include <sys/wait.h>

#include "scep_store_p.h"

enum { THREADS = 8, EACH = 12, COMMIT_TAKES = 4000 /* microseconds */ };

/* --- the database --------------------------------------------------------- */

static atomic_int commits;
static atomic_int fail_commit; /* the next one */
static atomic_int slow;        /* a commit takes long, as with a slow disk */

int __real_sqlite3_exec(sqlite3 *db, const char *sql, sqlite3_callback callback,
                        void *baton, char **error);
int __wrap_sqlite3_exec(sqlite3 *db, const char *sql, sqlite3_callback callback,
                        void *baton, char **error);

int __wrap_sqlite3_exec(sqlite3 *db, const char *sql, sqlite3_callback callback,
                        void *baton, char **error)
{
    if (strcmp(sql, "COMMIT") == 0) {
        commits++;
        if (slow) {
            apr_sleep(COMMIT_TAKES);
        }
        if (fail_commit > 0 && --fail_commit == 0) {
            return SQLITE_IOERR_FSYNC;
        }
    }
    return __real_sqlite3_exec(db, sql, callback, baton, error);
}

/* --- writers -------------------------------------------------------------- */

typedef struct writer_t {
    fixture_t *f;
    scep_store_t *store;
    int number;
    int told;      /* where to tell of what was recorded; -1: nowhere */
    bool password; /* the same for all of a number */
    int recorded, lost, failed;
} writer_t;

static void write_one(writer_t *w, int i, apr_pool_t *pool)
{
    int n = w->number * 1000 + i;
    scep_issue_t issue = sample_issue(w->f, pool, n);
    scep_issue_outcome_e outcome;
    scep_result_t res;

    scep_result_init(&res, pool);
    if (w->password) {
        issue.challenge_hash = sample_hash(pool, 'p', i);
    }
    if (scep_store_issue(w->store, &issue, pool, &outcome, &res) != SCEP_OK) {
        w->failed++;
    }
    else if (outcome == SCEP_ISSUE_RECORDED) {
        w->recorded++;
        if (w->told >= 0 && write(w->told, &n, sizeof(n)) != sizeof(n)) {
            _exit(1);
        }
    }
    else {
        w->lost++;
    }
}

static void *write_all(void *baton)
{
    writer_t *w = baton;
    apr_pool_t *pool;
    int i;

    if (apr_pool_create_unmanaged(&pool) != APR_SUCCESS) {
        return NULL;
    }
    for (i = 0; i < EACH; i++) {
        write_one(w, i, pool);
        apr_pool_clear(pool);
    }
    apr_pool_destroy(pool);
    return NULL;
}

static scep_store_t *opened(fixture_t *f)
{
    scep_store_config_t config = db_config(f);
    scep_store_t *store = NULL;

    config.connections = THREADS;
    assert_int_equal(
        scep_store_open(&config, &f->env, f->pool, &store, &f->res), SCEP_OK);
    return store;
}

static writer_t run_writers(fixture_t *f, scep_store_t *store, bool password,
                            int told)
{
    writer_t writers[THREADS], all = {0};
    pthread_t threads[THREADS];
    int i;

    for (i = 0; i < THREADS; i++) {
        writers[i] = (writer_t){.f = f,
                                .store = store,
                                .number = i + 1,
                                .told = told,
                                .password = password};
        assert_int_equal(
            pthread_create(&threads[i], NULL, write_all, &writers[i]), 0);
    }
    for (i = 0; i < THREADS; i++) {
        assert_int_equal(pthread_join(threads[i], NULL), 0);
        all.recorded += writers[i].recorded;
        all.lost += writers[i].lost;
        all.failed += writers[i].failed;
    }
    return all;
}

/* --- tests ---------------------------------------------------------------- */

static void test_many_share_a_commit(void **state)
{
    fixture_t *f = *state;
    scep_store_t *store;
    writer_t all;

    db_prepare(f);
    store = opened(f);
    commits = 0;
    slow = 1;
    all = run_writers(f, store, false, -1);
    slow = 0;
    assert_int_equal(all.recorded, THREADS * EACH);
    assert_int_equal(db_count(f, "certificates"), THREADS * EACH);
    assert_true(commits <= THREADS * EACH / 2);
}

static void test_one_password_for_all(void **state)
{
    fixture_t *f = *state;
    scep_store_t *store;
    writer_t all;
    int i;

    db_prepare(f);
    store = opened(f);
    for (i = 0; i < EACH; i++) {
        must_add(f, store, i);
    }
    slow = 1;
    all = run_writers(f, store, true, -1);
    slow = 0;
    assert_int_equal(all.recorded, EACH);
    assert_int_equal(all.lost, (THREADS - 1) * EACH);
    assert_int_equal(all.failed, 0);
    assert_int_equal(db_count(f, "certificates"), EACH);
    assert_int_equal(
        db_number(f, "SELECT COUNT(*) FROM challenges WHERE state = 1"), EACH);
}

/* Whoever was told "recorded" is there, and nobody else. */
static void test_a_commit_fails(void **state)
{
    fixture_t *f = *state;
    scep_store_t *store;
    writer_t all;
    int i, failed = 0;

    db_prepare(f);
    store = opened(f);
    for (i = 1; i <= 8; i++) {
        slow = 1;
        fail_commit = i;
        all = run_writers(f, store, false, -1);
        slow = 0;
        fail_commit = 0;
        failed += all.failed;
        assert_true(all.failed > 0);
        assert_int_equal(all.recorded + all.failed, THREADS * EACH);
        assert_int_equal(db_count(f, "certificates"), all.recorded);
        db_text(f, "DELETE FROM transactions");
        db_text(f, "DELETE FROM certificates");
    }
    assert_true(failed > 8); /* a group of several, now and then */
}

/* The second of two certificates with one serial number fails; its neighbours
 * do not notice. */
static void test_a_member_fails(void **state)
{
    fixture_t *f = *state;
    scep_store_t *store;
    writer_t all;

    db_prepare(f);
    store = opened(f);
    run_writers(f, store, false, -1);
    db_text(f, "DELETE FROM transactions WHERE certificate_id % 2 = 0");
    db_text(f, "DELETE FROM certificates WHERE id % 2 = 0");
    slow = 1;
    all = run_writers(f, store, false, -1);
    slow = 0;
    assert_int_equal(all.failed, THREADS * EACH / 2);
    assert_int_equal(all.recorded, THREADS * EACH / 2);
    assert_int_equal(db_count(f, "certificates"), THREADS * EACH);
    assert_int_equal(db_count(f, "transactions"), THREADS * EACH);
    assert_string_equal(db_text(f, "PRAGMA integrity_check"), "ok");
    assert_null(db_text(f, "PRAGMA foreign_key_check"));
}

/* kill -9 while they write: what was told is recorded. */
static void test_killed(void **state)
{
    enum { KILLS = 10 };
    fixture_t *f = *state;
    int round, n, status;

    for (round = 0; round < KILLS; round++) {
        int told[2];
        pid_t pid;

        db_prepare(f);
        assert_int_equal(pipe(told), 0);
        pid = fork();
        assert_true(pid >= 0);
        if (pid == 0) {
            slow = 1;
            (void)run_writers(f, opened(f), false, told[1]);
            _exit(0);
        }
        close(told[1]);
        apr_sleep(20000 + 7000 * round);
        kill(pid, SIGKILL);
        assert_int_equal(waitpid(pid, &status, 0), pid);
        while (read(told[0], &n, sizeof(n)) == sizeof(n)) {
            const char *serial = sample_issue(f, f->pool, n).serial;

            assert_int_equal(
                db_count(f,
                         apr_pstrcat(f->pool, "certificates WHERE serial = '",
                                     serial, "'", NULL)),
                1);
        }
        close(told[0]);
        assert_string_equal(db_text(f, "PRAGMA integrity_check"), "ok");
        unlink(db_path(f));
        unlink(apr_pstrcat(f->pool, db_path(f), "-wal", NULL));
        unlink(apr_pstrcat(f->pool, db_path(f), "-shm", NULL));
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        FIXTURE_TEST(test_many_share_a_commit),
        FIXTURE_TEST(test_one_password_for_all),
        FIXTURE_TEST(test_a_commit_fails),
        FIXTURE_TEST(test_a_member_fails),
        FIXTURE_TEST(test_killed),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
