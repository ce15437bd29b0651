/* Licensed under the Apache License, Version 2.0; see LICENSE. */
/*
 * For the tests of the store: a prepared database in the scratch folder, sample
 * rows, and direct access to the tables.
 */
#ifndef SCEP_TEST_STORE_FIXTURE_H
#define SCEP_TEST_STORE_FIXTURE_H

#include "fixture.h"

#include <stdbool.h>
#include <unistd.h>

#include <sqlite3.h>

#include "scep_schema.h"
#include "scep_sqlite.h"
#include "scep_store.h"

#define SAMPLE_SCOPE "ca0123"
#define SAMPLE_VALIDITY (3600 * APR_USEC_PER_SEC)

static inline const char *db_path(fixture_t *f)
{
    return apr_pstrcat(f->pool, f->scratch, "/scep.db", NULL);
}

static inline scep_store_config_t db_config(fixture_t *f)
{
    scep_store_config_t config = {
        .driver = "sqlite3", .params = db_path(f), .connections = 4};

    return config;
}

static inline void db_prepare(fixture_t *f)
{
    scep_store_config_t config = db_config(f);

    assert_int_equal(scep_store_prepare(&config, &f->env, (uid_t)-1, (gid_t)-1,
                                        f->pool, &f->res),
                     SCEP_OK);
}

/* Of an older program. */
static inline void db_of_schema(fixture_t *f, int version)
{
    const scep_sql_driver_t *driver = &scep_sqlite_driver;
    const char *note = apr_psprintf(
        f->pool, "INSERT INTO schema_version VALUES ('mod_scep', %d)", version);
    const scep_sql_query_t texts[] = {
        {-1, "",
         "CREATE TABLE schema_version ("
         "name TEXT NOT NULL PRIMARY KEY, version BIGINT NOT NULL)"},
        {-1, "", note},
    };
    scep_sql_conn_t *conn;

    assert_int_equal(
        scep_sqlite_provide(db_path(f), (uid_t)-1, (gid_t)-1, f->pool, &f->res),
        SCEP_OK);
    assert_int_equal(driver->open(db_path(f), &f->env, &conn), SCEP_SQL_OK);
    assert_int_equal(driver->configure(conn), SCEP_SQL_OK);
    assert_int_equal(driver->begin(conn, 0), SCEP_SQL_OK);
    assert_int_equal(driver->run(conn, &texts[0], NULL, NULL, NULL, NULL),
                     SCEP_SQL_OK);
    assert_int_equal(driver->run(conn, &texts[1], NULL, NULL, NULL, NULL),
                     SCEP_SQL_OK);
    assert_int_equal(scep_schema_climb(driver, conn, 0, version, NULL, NULL),
                     SCEP_SQL_OK);
    assert_int_equal(driver->commit(conn), SCEP_SQL_OK);
    driver->close(conn);
}

static inline scep_store_t *db_open(fixture_t *f)
{
    scep_store_config_t config = db_config(f);
    scep_store_t *store = NULL;

    assert_int_equal(
        scep_store_open(&config, &f->env, f->pool, &store, &f->res), SCEP_OK);
    return store;
}

static inline scep_store_t *db_ready(fixture_t *f)
{
    db_prepare(f);
    return db_open(f);
}

static inline int db_take_text(void *baton, int count, char **columns,
                               char **names)
{
    fixture_t *f = ((void **)baton)[0];

    (void)names;
    if (count > 0) {
        ((void **)baton)[1] = apr_pstrdup(f->pool, columns[0]);
    }
    return 0;
}

/* The first column of the last row, or NULL. */
static inline const char *db_text(fixture_t *f, const char *sql)
{
    void *baton[2] = {f, NULL};
    sqlite3 *db;

    assert_int_equal(
        sqlite3_open_v2(db_path(f), &db, SQLITE_OPEN_READWRITE, NULL),
        SQLITE_OK);
    sqlite3_busy_timeout(db, 4000);
    assert_int_equal(sqlite3_exec(db, sql, db_take_text, baton, NULL),
                     SQLITE_OK);
    sqlite3_close(db);
    return baton[1];
}

static inline int db_number(fixture_t *f, const char *sql)
{
    const char *text = db_text(f, sql);

    assert_non_null(text);
    return (int)strtol(text, NULL, 10);
}

static inline int db_count(fixture_t *f, const char *table)
{
    return db_number(
        f, apr_pstrcat(f->pool, "SELECT COUNT(*) FROM ", table, NULL));
}

/* Is there a reader, so that the log can only grow? */
static inline bool db_is_read(fixture_t *f)
{
    void *baton[2] = {f, NULL};
    sqlite3 *db;

    assert_int_equal(sqlite3_open(db_path(f), &db), SQLITE_OK);
    assert_int_equal(sqlite3_exec(db, "PRAGMA wal_checkpoint(TRUNCATE)",
                                  db_take_text, baton, NULL),
                     SQLITE_OK);
    sqlite3_close(db);
    assert_non_null(baton[1]);
    return strcmp(baton[1], "0") != 0;
}

static inline const unsigned char *sample_hash(apr_pool_t *pool, char kind,
                                               int n)
{
    unsigned char *hash = apr_pcalloc(pool, SCEP_HASH_SIZE);

    hash[0] = (unsigned char)kind;
    memcpy(hash + 1, &n, sizeof(n));
    hash[SCEP_HASH_SIZE - 1] = 0xfe;
    return hash;
}

static inline scep_challenge_row_t sample_challenge(fixture_t *f,
                                                    apr_pool_t *pool, int n)
{
    scep_challenge_row_t row = {0};

    row.ca_id = SAMPLE_SCOPE;
    row.hash = sample_hash(pool, 'p', n);
    row.state = SCEP_CHALLENGE_OUTSTANDING;
    row.created = f->now;
    row.expires = f->now + SAMPLE_VALIDITY + n;
    row.drawn_by = "admin";
    row.peer = "192.0.2.1";
    row.uses = 1;
    return row;
}

/* Certificate, key, CSR and transaction number N; no challenge. */
static inline scep_issue_t sample_issue(fixture_t *f, apr_pool_t *pool, int n)
{
    scep_issue_t issue = {0};

    issue.ca_id = SAMPLE_SCOPE;
    issue.transaction_id = apr_psprintf(pool, "transaction-%d", n);
    issue.key_hash = sample_hash(pool, 'k', n);
    issue.csr_hash = sample_hash(pool, 'c', n);
    issue.now = f->now;
    issue.serial = apr_psprintf(pool, "7A%08X", (unsigned int)n);
    issue.subject = "CN=device";
    issue.not_before = f->now;
    issue.not_after = f->now + 365 * 24 * SAMPLE_VALIDITY;
    issue.cert_der.data =
        (const unsigned char *)apr_psprintf(pool, "certificate %d", n);
    issue.cert_der.len = strlen((const char *)issue.cert_der.data) + 1;
    issue.cert_key_hash = sample_hash(pool, 's', n);
    issue.profile = "device";
    issue.peer = "192.0.2.2";
    return issue;
}

static inline void must_add(fixture_t *f, scep_store_t *store, int n)
{
    scep_challenge_row_t row = sample_challenge(f, f->pool, n);

    assert_int_equal(scep_store_challenge_add(store, &row, f->pool, &f->res),
                     SCEP_OK);
}

static inline scep_issue_outcome_e must_issue(fixture_t *f, scep_store_t *store,
                                              const scep_issue_t *issue)
{
    scep_issue_outcome_e outcome;

    assert_int_equal(scep_store_issue(store, issue, f->pool, &outcome, &f->res),
                     SCEP_OK);
    return outcome;
}

#endif
