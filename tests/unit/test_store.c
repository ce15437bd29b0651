/* Licensed under the Apache License, Version 2.0; see LICENSE. */
/*
 * test_store.c: preparing and opening the store, its connections, and what it
 * does while the database is away. (store layer)
 */
#include "store_fixture.h"

#include "recall_fixture.h"
#include <signal.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/wait.h>

#include <apr_thread_proc.h>

#include "scep_schema.h"
#include "scep_sqlite.h"
#include "scep_store_p.h"

enum { SERVER_UID = 12345, SERVER_GID = 12346 };

/* When set, every look at the clock finds a minute gone. */
static bool clock_races;
static apr_time_t clock_ahead;

apr_time_t __real_scep_sql_clock(void);
apr_time_t __wrap_scep_sql_clock(void);

apr_time_t __wrap_scep_sql_clock(void)
{
    if (clock_races) {
        clock_ahead += 60 * APR_USEC_PER_SEC;
    }
    return __real_scep_sql_clock() + clock_ahead;
}

/* --- prepare -------------------------------------------------------------- */

static void test_prepare_twice(void **state)
{
    fixture_t *f = *state;
    scep_store_t *store;

    db_prepare(f);
    store = db_open(f);
    must_add(f, store, 1);
    db_prepare(f);
    must_add(f, store, 2);
    assert_int_equal(db_count(f, "challenges"), 2);
}

/* While another program has the write lock, for however long. */
static void test_prepare_beside_a_writer(void **state)
{
    fixture_t *f = *state;
    sqlite3 *db;

    db_prepare(f);
    assert_int_equal(
        sqlite3_open_v2(db_path(f), &db, SQLITE_OPEN_READWRITE, NULL),
        SQLITE_OK);
    assert_int_equal(sqlite3_exec(db, "BEGIN IMMEDIATE", NULL, NULL, NULL),
                     SQLITE_OK);
    db_prepare(f);
    assert_int_equal(sqlite3_close(db), SQLITE_OK);
}

static void test_prepare_refusals(void **state)
{
    fixture_t *f = *state;
    scep_store_config_t config = db_config(f);

    config.driver = "oracle";
    assert_int_equal(scep_store_prepare(&config, &f->env, (uid_t)-1, (gid_t)-1,
                                        f->pool, &f->res),
                     SCEP_BROKEN);
    assert_int_equal(f->res.reason, SCEP_R_SETUP);
    assert_non_null(strstr(f->res.detail, "oracle"));
    config = db_config(f);
    config.params = apr_pstrcat(f->pool, f->scratch, "/no/scep.db", NULL);
    assert_int_equal(scep_store_prepare(&config, &f->env, (uid_t)-1, (gid_t)-1,
                                        f->pool, &f->res),
                     SCEP_BROKEN);
    assert_int_equal(f->res.reason, SCEP_R_SETUP);
    assert_non_null(strstr(f->res.detail, config.params));
}

static void test_prepare_refuses_what_is_no_database(void **state)
{
    fixture_t *f = *state;
    scep_store_config_t config = db_config(f);
    FILE *file = fopen(db_path(f), "wb");
    int i;

    assert_non_null(file);
    for (i = 0; i < 500; i++) {
        fputs("something else\n", file);
    }
    fclose(file);
    assert_int_equal(scep_store_prepare(&config, &f->env, (uid_t)-1, (gid_t)-1,
                                        f->pool, &f->res),
                     SCEP_BROKEN);
    assert_int_equal(f->res.reason, SCEP_R_SETUP);
    assert_non_null(strstr(f->res.detail, "scep.db"));
    assert_non_null(strstr(f->res.detail, "not a database"));
}

static void test_prepare_refuses_newer_schema(void **state)
{
    fixture_t *f = *state;
    scep_store_config_t config = db_config(f);

    db_prepare(f);
    db_text(f, "UPDATE schema_version SET version = 1000");
    assert_int_equal(scep_store_prepare(&config, &f->env, (uid_t)-1, (gid_t)-1,
                                        f->pool, &f->res),
                     SCEP_BROKEN);
    assert_int_equal(f->res.reason, SCEP_R_SETUP);
    assert_non_null(strstr(f->res.detail, "1000"));
}

static int wait_exit(pid_t pid)
{
    int status = 0;

    assert_int_equal(waitpid(pid, &status, 0), pid);
    return WIFEXITED(status) ? WEXITSTATUS(status) : 255;
}

/* In a child: issue certificates FROM.. until one fails, or COUNT are done.
 * @return exit status 0 if all were recorded */
static int issue_in_child(fixture_t *f, int from, int count)
{
    scep_store_config_t config = db_config(f);
    scep_store_t *store = NULL;
    int i, bad = 0;

    if (scep_store_open(&config, &f->env, f->pool, &store, &f->res) !=
        SCEP_OK) {
        return 2;
    }
    for (i = 0; i < count && !bad; i++) {
        scep_issue_t issue = sample_issue(f, f->pool, from + i);
        scep_issue_outcome_e outcome;

        bad = scep_store_issue(store, &issue, f->pool, &outcome, &f->res) !=
                  SCEP_OK ||
              outcome != SCEP_ISSUE_RECORDED;
    }
    if (bad) {
        fprintf(stderr, "child: %s\n", f->res.detail);
    }
    apr_pool_destroy(f->pool);
    return bad;
}

/* As in a graceful restart: children of the old generation are at work. */
static void test_prepare_while_children_write(void **state)
{
    fixture_t *f = *state;
    scep_store_config_t config = db_config(f);
    pid_t pid;
    int i;

    db_prepare(f);
    pid = fork();
    assert_true(pid >= 0);
    if (pid == 0) {
        _exit(issue_in_child(f, 0, 300));
    }
    for (i = 0; i < 30; i++) {
        assert_int_equal(scep_store_prepare(&config, &f->env, (uid_t)-1,
                                            (gid_t)-1, f->pool, &f->res),
                         SCEP_OK);
    }
    assert_int_equal(wait_exit(pid), 0);
    assert_int_equal(db_count(f, "certificates"), 300);
}

static void test_prepare_by_several_at_once(void **state)
{
    enum { PREPARERS = 6 };
    fixture_t *f = *state;
    scep_store_config_t config = db_config(f);
    pid_t pids[PREPARERS];
    int i;

    for (i = 0; i < PREPARERS; i++) {
        pids[i] = fork();
        assert_true(pids[i] >= 0);
        if (pids[i] == 0) {
            scep_status_e status = scep_store_prepare(
                &config, &f->env, (uid_t)-1, (gid_t)-1, f->pool, &f->res);

            if (status != SCEP_OK) {
                fprintf(stderr, "child: %s\n", f->res.detail);
            }
            _exit((int)status);
        }
    }
    for (i = 0; i < PREPARERS; i++) {
        assert_int_equal(wait_exit(pids[i]), SCEP_OK);
    }
    assert_int_equal(db_count(f, "schema_version"), 1);
}

static int owned_by_server(fixture_t *f, const char *end)
{
    struct stat st;

    if (lstat(apr_pstrcat(f->pool, db_path(f), end, NULL), &st) != 0) {
        return -1;
    }
    return st.st_uid == SERVER_UID && st.st_gid == SERVER_GID &&
           (st.st_mode & 07777) == 0600;
}

/* What root prepares, the server's user can use; whichever side makes the
 * journals, they are the server's. */
static void test_prepare_as_root_for_server(void **state)
{
    fixture_t *f = *state;
    scep_store_config_t config = db_config(f);
    scep_sql_conn_t *conn;
    int round;

    if (geteuid() != 0) {
        skip();
    }
    assert_int_equal(chown(f->scratch, SERVER_UID, SERVER_GID), 0);
    for (round = 0; round < 2; round++) {
        pid_t pid;

        assert_int_equal(scep_store_prepare(&config, &f->env, SERVER_UID,
                                            SERVER_GID, f->pool, &f->res),
                         SCEP_OK);
        assert_int_equal(owned_by_server(f, ""), 1);
        assert_int_equal(owned_by_server(f, "-wal"), -1);
        assert_int_equal(owned_by_server(f, "-shm"), -1);
        assert_int_equal(owned_by_server(f, "-journal"), -1);
        pid = fork();
        assert_true(pid >= 0);
        if (pid == 0) {
            if (setgid(SERVER_GID) != 0 || setuid(SERVER_UID) != 0) {
                _exit(3);
            }
            _exit(issue_in_child(f, 10 * round, 5));
        }
        assert_int_equal(wait_exit(pid), 0);
    }
    /* root's own connection, as scepctl's, while nobody else has one */
    assert_int_equal(scep_sqlite_driver.open(db_path(f), &f->env, &conn),
                     SCEP_SQL_OK);
    assert_int_equal(scep_sqlite_driver.begin(conn, 0), SCEP_SQL_OK);
    assert_int_equal(owned_by_server(f, "-wal"), 1);
    assert_int_equal(owned_by_server(f, "-shm"), 1);
    scep_sqlite_driver.close(conn);
}

/* --- open ----------------------------------------------------------------- */

static void test_open_refuses_unknown_driver(void **state)
{
    fixture_t *f = *state;
    scep_store_config_t config = db_config(f);
    scep_store_t *store;

    config.driver = "oracle";
    assert_int_equal(
        scep_store_open(&config, &f->env, f->pool, &store, &f->res),
        SCEP_BROKEN);
    assert_int_equal(f->res.reason, SCEP_R_SETUP);
}

static void test_not_across_fork(void **state)
{
    fixture_t *f = *state;
    scep_store_t *store = db_ready(f);
    int told[2];
    scep_status_e status = SCEP_OK;
    pid_t pid;

    must_add(f, store, 1);
    assert_int_equal(pipe(told), 0);
    pid = fork();
    assert_true(pid >= 0);
    if (pid == 0) {
        scep_challenge_row_t row = sample_challenge(f, f->pool, 2);

        status = scep_store_challenge_add(store, &row, f->pool, &f->res);
        apr_pool_destroy(f->pool); /* leaves the parent's connection alone */
        _exit(write(told[1], &status, sizeof(status)) != sizeof(status));
    }
    wait_exit(pid);
    assert_int_equal(read(told[0], &status, sizeof(status)), sizeof(status));
    assert_int_equal(status, SCEP_BROKEN);
    close(told[0]);
    close(told[1]);
    must_add(f, store, 3);
    assert_int_equal(db_count(f, "challenges"), 2);
}

static void test_closed_with_pool(void **state)
{
    fixture_t *f = *state;
    scep_store_config_t config = db_config(f);
    const char *wal = apr_pstrcat(f->pool, db_path(f), "-wal", NULL);
    scep_store_t *store = NULL;
    apr_pool_t *pool;

    db_prepare(f);
    assert_int_equal(apr_pool_create(&pool, f->pool), APR_SUCCESS);
    assert_int_equal(scep_store_open(&config, &f->env, pool, &store, &f->res),
                     SCEP_OK);
    must_add(f, store, 1);
    assert_int_equal(access(wal, F_OK), 0);
    apr_pool_destroy(pool);
    assert_int_equal(access(wal, F_OK), -1);
}

/* --- threads -------------------------------------------------------------- */

enum { THREADS = 6, PER_THREAD = 40 };

typedef struct worker_t {
    fixture_t *f;
    scep_store_t *store;
    apr_pool_t *pool;
    int number;
    int recorded;
} worker_t;

static void *APR_THREAD_FUNC work(apr_thread_t *thread, void *baton)
{
    worker_t *w = baton;
    scep_result_t res;
    int i;

    (void)thread;
    scep_result_init(&res, w->pool);
    for (i = 0; i < PER_THREAD; i++) {
        scep_issue_t issue =
            sample_issue(w->f, w->pool, w->number * PER_THREAD + i);
        scep_issue_outcome_e outcome;
        scep_transaction_row_t *row;

        if (scep_store_issue(w->store, &issue, w->pool, &outcome, &res) ==
                SCEP_OK &&
            outcome == SCEP_ISSUE_RECORDED &&
            recalled_by_id(w->store, SAMPLE_SCOPE, issue.transaction_id,
                           issue.key_hash, issue.now, w->pool, &row,
                           &res) == SCEP_OK) {
            w->recorded++;
        }
    }
    return NULL;
}

/* More threads than connections. */
static void test_threads(void **state)
{
    fixture_t *f = *state;
    scep_store_t *store = db_ready(f);
    worker_t workers[THREADS];
    apr_thread_t *threads[THREADS];
    apr_status_t rv;
    int i;

    for (i = 0; i < THREADS; i++) {
        workers[i] = (worker_t){f, store, NULL, i, 0};
        assert_int_equal(apr_pool_create(&workers[i].pool, NULL), APR_SUCCESS);
        assert_int_equal(
            apr_thread_create(&threads[i], NULL, work, &workers[i], f->pool),
            APR_SUCCESS);
    }
    for (i = 0; i < THREADS; i++) {
        apr_thread_join(&rv, threads[i]);
        assert_int_equal(workers[i].recorded, PER_THREAD);
        apr_pool_destroy(workers[i].pool);
    }
    assert_int_equal(db_count(f, "certificates"), THREADS * PER_THREAD);
}

/* --- away and back -------------------------------------------------------- */

/* Nothing can be written, and the log says so under LOG_ID. */
static bool is_unavailable(fixture_t *f, scep_store_t *store,
                           const char *log_id)
{
    scep_challenge_row_t row = sample_challenge(f, f->pool, 1000);
    scep_issue_t issue = sample_issue(f, f->pool, 1000);
    scep_issue_outcome_e outcome = SCEP_ISSUE_RECORDED;

    f->log[0] = '\0';
    return scep_store_challenge_add(store, &row, f->pool, &f->res) ==
               SCEP_UNAVAILABLE &&
           f->res.reason == SCEP_R_STORE_UNAVAILABLE &&
           strstr(f->log, log_id) != NULL &&
           strstr(f->log, "scep.db") != NULL &&
           scep_store_issue(store, &issue, f->pool, &outcome, &f->res) ==
               SCEP_UNAVAILABLE &&
           outcome != SCEP_ISSUE_RECORDED;
}

static void test_missing_file(void **state)
{
    fixture_t *f = *state;
    const char *aside = apr_pstrcat(f->pool, f->scratch, "/aside", NULL);
    scep_store_t *store = db_ready(f);
    scep_challenge_row_t *row;

    assert_int_equal(rename(db_path(f), aside), 0);
    assert_true(is_unavailable(f, store, "SCEP0253"));
    assert_int_equal(scep_store_challenge_find(store,
                                               sample_hash(f->pool, 'p', 1),
                                               f->pool, &row, &f->res),
                     SCEP_UNAVAILABLE);
    assert_int_equal(access(db_path(f), F_OK), -1);
    assert_int_equal(rename(aside, db_path(f)), 0);
    assert_null(strstr(f->log, "SCEP0250"));
    must_add(f, store, 1);
    assert_non_null(strstr(f->log, "SCEP0250"));
    f->log[0] = '\0';
    must_add(f, store, 2);
    assert_null(strstr(f->log, "SCEP0250"));
    assert_int_equal(db_count(f, "challenges"), 2);
}

/* Connections exist already: they must not write into the unlinked file. */
static void test_file_moved_away_and_back(void **state)
{
    fixture_t *f = *state;
    const char *aside = apr_pstrcat(f->pool, f->scratch, "/aside", NULL);
    scep_store_t *store = db_ready(f);

    must_add(f, store, 1);
    assert_int_equal(rename(db_path(f), aside), 0);
    assert_true(is_unavailable(f, store, "SCEP0253"));
    assert_int_equal(rename(aside, db_path(f)), 0);
    must_add(f, store, 2);
    assert_int_equal(db_count(f, "challenges"), 2);
}

static void test_file_replaced(void **state)
{
    fixture_t *f = *state;
    scep_store_t *store = db_ready(f);

    must_add(f, store, 1);
    unlink(db_path(f));
    unlink(apr_pstrcat(f->pool, db_path(f), "-wal", NULL));
    unlink(apr_pstrcat(f->pool, db_path(f), "-shm", NULL));
    db_prepare(f);
    must_add(f, store, 1);
    assert_int_equal(db_count(f, "challenges"), 1);
}

/* @return 0 if all is as it should be */
static int lose_rights(fixture_t *f, bool root)
{
    scep_store_config_t config = db_config(f);
    scep_challenge_row_t row = sample_challenge(f, f->pool, 1);
    scep_store_t *store = NULL;
    int bad = 0;

    if ((root && (setgid(SERVER_GID) != 0 || setuid(SERVER_UID) != 0)) ||
        scep_store_open(&config, &f->env, f->pool, &store, &f->res) !=
            SCEP_OK) {
        return 64;
    }
    bad |= chmod(db_path(f), 0400) != 0;
    bad |= is_unavailable(f, store, "SCEP0253") ? 0 : 2;
    bad |= chmod(db_path(f), 0) != 0;
    bad |= is_unavailable(f, store, "SCEP0253") ? 0 : 4;
    bad |= chmod(db_path(f), 0600) != 0;
    bad |= scep_store_challenge_add(store, &row, f->pool, &f->res) == SCEP_OK
               ? 0
               : 8;
    apr_pool_destroy(f->pool);
    return bad;
}

static void test_read_only_file(void **state)
{
    fixture_t *f = *state;
    scep_store_config_t config = db_config(f);
    bool root = geteuid() == 0;
    pid_t pid;

    if (root) {
        assert_int_equal(chown(f->scratch, SERVER_UID, SERVER_GID), 0);
    }
    assert_int_equal(
        scep_store_prepare(&config, &f->env, root ? SERVER_UID : (uid_t)-1,
                           root ? SERVER_GID : (gid_t)-1, f->pool, &f->res),
        SCEP_OK);
    pid = fork(); /* root could write all the same */
    assert_true(pid >= 0);
    if (pid == 0) {
        _exit(lose_rights(f, root));
    }
    assert_int_equal(wait_exit(pid), 0);
    assert_int_equal(db_count(f, "challenges"), 1);
}

/* Files can grow no further: a write fails half-way through the log. */
static void test_no_more_room(void **state)
{
    fixture_t *f = *state;
    const char *wal = apr_pstrcat(f->pool, db_path(f), "-wal", NULL);
    scep_store_t *store = db_ready(f);
    struct rlimit old, tight;
    struct stat st;
    sqlite3 *db;
    int extra;

    signal(SIGXFSZ, SIG_IGN);
    must_add(f, store, 1);
    /* keeps the log from being folded in and started anew */
    assert_int_equal(sqlite3_open(db_path(f), &db), SQLITE_OK);
    assert_int_equal(
        sqlite3_exec(db, "SELECT COUNT(*) FROM audit", NULL, NULL, NULL),
        SQLITE_OK);
    assert_int_equal(getrlimit(RLIMIT_FSIZE, &old), 0);
    for (extra = 0; extra < 12000; extra += 1500) {
        assert_int_equal(stat(wal, &st), 0);
        tight = old;
        tight.rlim_cur = (rlim_t)st.st_size + (rlim_t)extra;
        assert_int_equal(setrlimit(RLIMIT_FSIZE, &tight), 0);
        assert_true(is_unavailable(f, store, "SCEP025"));
        assert_int_equal(setrlimit(RLIMIT_FSIZE, &old), 0);
        must_add(f, store, 2 + extra);
        assert_non_null(strstr(f->log, "SCEP0250"));
        f->log[0] = '\0';
        assert_int_equal(db_count(f, "challenges"), 2 + extra / 1500);
        assert_int_equal(db_count(f, "audit"), 2 + extra / 1500);
        assert_int_equal(db_count(f, "certificates"), 0);
        assert_int_equal(db_count(f, "transactions"), 0);
    }
    sqlite3_close(db);
    assert_string_equal(db_text(f, "PRAGMA integrity_check"), "ok");
    signal(SIGXFSZ, SIG_DFL);
}

static void test_locked_by_another(void **state)
{
    fixture_t *f = *state;
    scep_store_t *store = db_ready(f);
    scep_challenge_row_t *row;
    sqlite3 *db;

    must_add(f, store, 1);
    assert_int_equal(sqlite3_open(db_path(f), &db), SQLITE_OK);
    assert_int_equal(sqlite3_exec(db, "BEGIN IMMEDIATE", NULL, NULL, NULL),
                     SQLITE_OK);
    clock_races = true;
    assert_true(is_unavailable(f, store, "SCEP0251"));
    clock_races = false;
    /* reading goes on */
    assert_int_equal(scep_store_challenge_find(store,
                                               sample_hash(f->pool, 'p', 1),
                                               f->pool, &row, &f->res),
                     SCEP_OK);
    assert_null(strstr(f->log, "SCEP0250")); /* which shows nothing */
    assert_int_equal(sqlite3_exec(db, "COMMIT", NULL, NULL, NULL), SQLITE_OK);
    sqlite3_close(db);
    must_add(f, store, 2);
    assert_non_null(strstr(f->log, "SCEP0250"));
}

typedef struct nested_t {
    fixture_t *f;
    scep_store_t *store;
    scep_status_e status;
} nested_t;

static scep_status_e nest(void *baton, const scep_challenge_row_t *row)
{
    nested_t *n = baton;
    scep_challenge_row_t *found;

    clock_races = true;
    n->status = scep_store_challenge_find(n->store, row->hash, n->f->pool,
                                          &found, &n->f->res);
    clock_races = false;
    return SCEP_OK;
}

static void test_all_connections_in_use(void **state)
{
    fixture_t *f = *state;
    scep_store_config_t config = db_config(f);
    nested_t n = {f, NULL, SCEP_OK};

    db_prepare(f);
    config.connections = 0; /* counts as one */
    assert_int_equal(
        scep_store_open(&config, &f->env, f->pool, &n.store, &f->res), SCEP_OK);
    must_add(f, n.store, 1);
    assert_int_equal(scep_store_challenges_each(n.store, 0, nest, &n, &f->res),
                     SCEP_OK);
    assert_int_equal(n.status, SCEP_UNAVAILABLE);
    assert_non_null(strstr(f->log, "SCEP0255"));
    n.store = db_open(f);
    assert_int_equal(scep_store_challenges_each(n.store, 0, nest, &n, &f->res),
                     SCEP_OK);
    assert_int_equal(n.status, SCEP_OK);
}

/* --- a schema that is not ours -------------------------------------------- */

static const char *failure(fixture_t *f, scep_store_t *store)
{
    scep_challenge_row_t *row;

    scep_result_init(&f->res, f->pool);
    assert_int_equal(scep_store_challenge_find(store,
                                               sample_hash(f->pool, 'p', 1),
                                               f->pool, &row, &f->res),
                     SCEP_BROKEN);
    assert_non_null(strstr(f->res.detail, "no such table"));
    return f->res.detail;
}

/* scepctl is told to wait for httpd's start; httpd itself made the schema. */
static void test_cure_of_an_older_schema(void **state)
{
    fixture_t *f = *state;
    scep_store_identity_t identity = {.id = ""};
    scep_store_config_t config = db_config(f);
    const char *older =
        apr_psprintf(f->pool,
                     "schema %d of an older mod_scep, and this one "
                     "needs %d",
                     SCEP_SCHEMA_VERSION - 1, SCEP_SCHEMA_VERSION);
    scep_store_t *tool, *server = NULL;

    config.identity = &identity;
    assert_int_equal(scep_store_prepare(&config, &f->env, (uid_t)-1, (gid_t)-1,
                                        f->pool, &f->res),
                     SCEP_OK);
    tool = db_open(f);
    assert_int_equal(
        scep_store_open(&config, &f->env, f->pool, &server, &f->res), SCEP_OK);
    db_text(f, "ALTER TABLE challenges RENAME TO gone");
    assert_null(strstr(failure(f, tool), "older"));
    db_text(f, "UPDATE schema_version SET version = version - 1");
    assert_non_null(strstr(failure(f, tool), older));
    assert_null(strstr(failure(f, server), "older"));
    db_text(f, "DROP TABLE schema_version");
    assert_null(strstr(failure(f, tool), "older"));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        FIXTURE_TEST(test_prepare_twice),
        FIXTURE_TEST(test_prepare_beside_a_writer),
        FIXTURE_TEST(test_prepare_refusals),
        FIXTURE_TEST(test_prepare_refuses_what_is_no_database),
        FIXTURE_TEST(test_prepare_refuses_newer_schema),
        FIXTURE_TEST(test_prepare_while_children_write),
        FIXTURE_TEST(test_prepare_by_several_at_once),
        FIXTURE_TEST(test_prepare_as_root_for_server),
        FIXTURE_TEST(test_open_refuses_unknown_driver),
        FIXTURE_TEST(test_not_across_fork),
        FIXTURE_TEST(test_closed_with_pool),
        FIXTURE_TEST(test_threads),
        FIXTURE_TEST(test_missing_file),
        FIXTURE_TEST(test_file_moved_away_and_back),
        FIXTURE_TEST(test_file_replaced),
        FIXTURE_TEST(test_read_only_file),
        FIXTURE_TEST(test_no_more_room),
        FIXTURE_TEST(test_locked_by_another),
        FIXTURE_TEST(test_all_connections_in_use),
        FIXTURE_TEST(test_cure_of_an_older_schema),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
