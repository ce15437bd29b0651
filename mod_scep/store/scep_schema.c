/* Licensed under the Apache License, Version 2.0; see LICENSE. */
/*
 * scep_schema.c: the tables and their migrations. (store layer)
 *
 * TEXT, BIGINT and octets only, so that one SQL fits all databases: times are
 * UTC microseconds. Up to schema 5 hashes were lower-case hex, DER was base64,
 * and ids were random hex. A migration that was released is never changed.
 */
#include "scep_schema.h"

#include <string.h>

#include <apr_strings.h>

#include "scep_schema_6.h"
#include "scep_schema_names.h"
#include "scep_store_search.h"

enum { SCHEMA_WAIT = 10 }; /* seconds, for writers of the old generation */

static const char *const migration_1[] = {
    "CREATE TABLE certificates ("
    "id TEXT NOT NULL PRIMARY KEY,"
    "scope TEXT NOT NULL,"
    "serial TEXT NOT NULL,"
    "subject TEXT,"
    "not_before BIGINT NOT NULL,"
    "not_after BIGINT NOT NULL,"
    "profile TEXT,"
    "der TEXT NOT NULL,"
    "created BIGINT NOT NULL,"
    "UNIQUE (scope, serial))",

    /* seq tells apart what one clock tick or a clock set back made equal */
    "CREATE TABLE transactions ("
    "id TEXT NOT NULL PRIMARY KEY,"
    "scope TEXT NOT NULL,"
    "transaction_id TEXT NOT NULL,"
    "seq BIGINT NOT NULL,"
    "key_hash TEXT NOT NULL,"
    "csr_hash TEXT NOT NULL,"
    "challenge_hash TEXT,"
    "certificate_id TEXT NOT NULL REFERENCES certificates (id),"
    "peer TEXT,"
    "created BIGINT NOT NULL)",
    "CREATE UNIQUE INDEX transactions_by_id"
    " ON transactions (scope, transaction_id, seq)",
    "CREATE INDEX transactions_by_challenge"
    " ON transactions (challenge_hash, created)",
    "CREATE INDEX transactions_by_certificate"
    " ON transactions (certificate_id)",

    "CREATE TABLE challenges ("
    "hash TEXT NOT NULL PRIMARY KEY,"
    "scope TEXT NOT NULL,"
    "state BIGINT NOT NULL,"
    "created BIGINT NOT NULL,"
    "expires BIGINT NOT NULL,"
    "drawn_by TEXT,"
    "peer TEXT,"
    "spent_at BIGINT,"
    "serial TEXT)",
    "CREATE INDEX challenges_by_expiry"
    " ON challenges (state, expires, created)",

    "CREATE TABLE audit ("
    "id TEXT NOT NULL PRIMARY KEY,"
    "created BIGINT NOT NULL,"
    "event TEXT NOT NULL,"
    "scope TEXT NOT NULL,"
    "actor TEXT,"
    "peer TEXT,"
    "challenge_hash TEXT,"
    "transaction_id TEXT,"
    "serial TEXT)",
    "CREATE INDEX audit_by_time ON audit (created)", NULL};

/* seq is the order in which audit rows were committed: times cannot tell what
 * is new, as clocks are set back and rows wait for the write lock. A child of
 * the program before writes 0. */
static const char *const migration_2[] = {
    "ALTER TABLE audit ADD COLUMN seq BIGINT NOT NULL DEFAULT 0",
    "UPDATE audit SET seq = (SELECT n.place FROM (SELECT id,"
    " ROW_NUMBER() OVER (ORDER BY created, id) AS place FROM audit) n"
    " WHERE n.id = audit.id)",
    "CREATE INDEX audit_by_seq ON audit (seq)", NULL};

/* Limits and uses of passwords and claims in the database itself; why a request
 * was refused; renewals; requests that wait for approval; revocation; and
 * small documents that all servers of one database share. */
static const char *const migration_3[] = {
    "ALTER TABLE challenges ADD COLUMN limits TEXT", /* JSON; NULL: none */
    "ALTER TABLE challenges ADD COLUMN label TEXT",
    "ALTER TABLE challenges ADD COLUMN uses BIGINT NOT NULL DEFAULT 1", /* left
                                                                         */
    "ALTER TABLE challenges ADD COLUMN claimed_by TEXT",
    "ALTER TABLE challenges ADD COLUMN claimed_until BIGINT NOT NULL DEFAULT 0",
    "ALTER TABLE challenges ADD COLUMN cancelled_by TEXT",

    /* by hash: that a list of them can be read in pages */
    "DROP INDEX challenges_by_expiry",
    "CREATE INDEX challenges_by_expiry ON challenges (state, expires, hash)",

    "ALTER TABLE audit ADD COLUMN reason BIGINT", /* nnnn of SCEPnnnn */
    "ALTER TABLE audit ADD COLUMN subject TEXT",
    "ALTER TABLE audit ADD COLUMN detail TEXT",
    "CREATE INDEX audit_by_event ON audit (event, seq)",

    "ALTER TABLE certificates ADD COLUMN key_hash TEXT", /* of the key in it */
    "CREATE INDEX certificates_by_time ON certificates (created, id)",
    "CREATE INDEX certificates_by_serial ON certificates (serial)",
    "ALTER TABLE transactions ADD COLUMN renewal_of TEXT", /* serial */

    /* state: SCEP_REQUEST_... csr: CMS to the RA, base64; challenge: see
     * challenges.hash; ticket: the CA backend's */
    "CREATE TABLE requests ("
    "id TEXT NOT NULL PRIMARY KEY,"
    "scope TEXT NOT NULL,"
    "transaction_id TEXT NOT NULL,"
    "key_hash TEXT NOT NULL,"
    "csr_hash TEXT NOT NULL,"
    "state BIGINT NOT NULL,"
    "csr TEXT,"
    "subject TEXT,"
    "alt_names TEXT,"
    "profile TEXT,"
    "source TEXT,"
    "challenge_hash TEXT,"
    "renewal_of TEXT,"
    "ticket TEXT,"
    "peer TEXT,"
    "created BIGINT NOT NULL,"
    "expires BIGINT NOT NULL,"
    "decided_at BIGINT,"
    "decided_by TEXT,"
    "note TEXT,"
    "certificate_id TEXT REFERENCES certificates (id))",
    "CREATE INDEX requests_by_id ON requests (scope, transaction_id, created)",
    "CREATE INDEX requests_by_state ON requests (state, created)",
    "CREATE INDEX requests_by_challenge ON requests (challenge_hash, created)",
    "CREATE INDEX requests_by_time ON requests (created)",

    /* also of certificates that are not in the table of certificates; seq is
     * the order of recording, by which a CRL tells what it covers */
    "CREATE TABLE revocations ("
    "scope TEXT NOT NULL,"
    "serial TEXT NOT NULL,"
    "effective BIGINT NOT NULL,"
    "reason BIGINT NOT NULL," /* CRLReason, RFC 5280 5.3.1 */
    "not_after BIGINT,"
    "created BIGINT NOT NULL,"
    "actor TEXT,"
    "seq BIGINT NOT NULL,"
    "PRIMARY KEY (scope, serial))",
    "CREATE INDEX revocations_by_time ON revocations (scope, effective)",
    "CREATE INDEX revocations_by_seq ON revocations (scope, seq)",

    "CREATE TABLE crls ("
    "scope TEXT NOT NULL PRIMARY KEY,"
    "number BIGINT NOT NULL,"
    "this_update BIGINT NOT NULL,"
    "next_update BIGINT NOT NULL,"
    "covers BIGINT NOT NULL," /* the seq of the newest revocation then */
    "der TEXT NOT NULL)",

    "CREATE TABLE documents ("
    "name TEXT NOT NULL PRIMARY KEY,"
    "version BIGINT NOT NULL,"
    "text TEXT NOT NULL,"
    "updated BIGINT NOT NULL)",
    NULL};

/* Which messages were answered with which certificate (S16; NULL: none yet, the
 * request waits). Indexes for a list of requests in pages, and for a password
 * of many uses. Whose certificates there are already (R42): of those from
 * before, and of what a child of the program before records, the text tells;
 * no more of it than any database has room for in an index. */
static const char *const migration_4[] = {
    "CREATE TABLE messages ("
    "hash TEXT NOT NULL,"
    "scope TEXT NOT NULL,"
    "certificate_id TEXT REFERENCES certificates (id),"
    "request_id TEXT,"
    "created BIGINT NOT NULL,"
    "PRIMARY KEY (hash, scope))",
    "CREATE INDEX messages_by_request ON messages (request_id)",

    "DROP INDEX requests_by_time",
    "CREATE INDEX requests_by_time ON requests (created, id)",
    "DROP INDEX transactions_by_challenge",
    "CREATE INDEX transactions_by_challenge"
    " ON transactions (challenge_hash, key_hash, csr_hash, created)",

    "ALTER TABLE certificates ADD COLUMN subject_hash TEXT", /* scep_issue_t */
    "CREATE INDEX certificates_by_subject ON certificates"
    " (scope, (COALESCE(subject_hash, SUBSTR(LOWER(subject), 1, 200))))",
    NULL};

/* How long a refused request is refused again, and since when (invariant 12);
 * what a child of the program before adds has no patience of its own. When a
 * page showed a password to who drew it by a form. At which endpoint a
 * transactionID is held against other keys, and whether whoever holds it has
 * proved anything; from which network a request came, as requests are counted.
 * Subjects are UTF-8 from here on (scep_schema_names.c); subject_folded is the
 * subject in lower case, which a database cannot be relied on to make, and NULL
 * if it is ASCII alone. What a request asks for besides its names. */
static const char *const migration_5[] = {
    "ALTER TABLE requests ADD COLUMN patience BIGINT", /* ScepApprovalExpiry */
    "ALTER TABLE requests ADD COLUMN heard_at BIGINT", /* the refusal, last */
    "ALTER TABLE challenges ADD COLUMN shown_at BIGINT",
    "ALTER TABLE transactions ADD COLUMN endpoint TEXT",
    "ALTER TABLE transactions ADD COLUMN proved BIGINT NOT NULL DEFAULT 0",
    "ALTER TABLE requests ADD COLUMN endpoint TEXT",
    "ALTER TABLE requests ADD COLUMN proved BIGINT NOT NULL DEFAULT 0",
    "ALTER TABLE requests ADD COLUMN network TEXT",
    "UPDATE requests SET proved = 1 WHERE source <> 'none'",
    "CREATE INDEX requests_by_key ON requests (key_hash, created, id)",
    "ALTER TABLE certificates ADD COLUMN subject_folded TEXT",
    "ALTER TABLE requests ADD COLUMN extensions TEXT",
    "CREATE INDEX challenges_by_user ON challenges (drawn_by, state, expires)",
    "CREATE INDEX messages_by_certificate ON messages (certificate_id)",

    /* which certificates renewed one; of which CA that was, NULL: of CA_ID */
    "ALTER TABLE transactions ADD COLUMN renewal_scope TEXT",
    "CREATE INDEX transactions_by_predecessor"
    " ON transactions (renewal_of, created)",

    /* What is left of deleted rows (scep_store_prune.h). Of a message: half of
     * its hash, so that it is refused if it comes again. */
    "CREATE TABLE message_marks (mark TEXT NOT NULL PRIMARY KEY)",
    "CREATE TABLE past_certificates ("
    "scope TEXT NOT NULL,"
    "serial TEXT NOT NULL,"
    "not_after BIGINT NOT NULL,"
    "profile TEXT,"
    "PRIMARY KEY (scope, serial))",
    "CREATE INDEX certificates_by_expiry ON certificates (not_after)",
    /* of the certificate, so that old ones are found without it */
    "ALTER TABLE messages ADD COLUMN expires BIGINT",
    "UPDATE messages SET expires = (SELECT not_after FROM certificates"
    " WHERE id = messages.certificate_id)",
    "CREATE INDEX messages_by_expiry ON messages (expires)",
    "CREATE INDEX requests_by_certificate ON requests (certificate_id)", NULL};

/* The rest is in scep_schema_6.c. */
enum { PLAIN = 5, NAMES_REWRITTEN = 5 /* by the migration to this version */ };

static const char *const *const migrations[PLAIN] = {
    migration_1, migration_2, migration_3, migration_4, migration_5};

static const scep_sql_query_t create_version = {
    -1, "",
    "CREATE TABLE IF NOT EXISTS schema_version ("
    "name TEXT NOT NULL PRIMARY KEY, version BIGINT NOT NULL)"};
static const scep_sql_query_t read_version = {
    -1, "", "SELECT version FROM schema_version WHERE name = 'mod_scep'"};
static const scep_sql_query_t insert_version = {
    -1, "n",
    "INSERT INTO schema_version (name, version) VALUES ('mod_scep', $1)"};
static const scep_sql_query_t update_version = {
    -1, "n", "UPDATE schema_version SET version = $1 WHERE name = 'mod_scep'"};

static bool take_version(void *baton, const char *const *columns, int count)
{
    apr_int64_t *version = baton;

    if (count != 1 || !scep_sql_number(columns[0], version)) {
        *version = -1;
    }
    return true;
}

/* Reads without a lock. If the version cannot be read, the database has no
 * tables of mod_scep (yet). */
apr_int64_t scep_schema_version(const scep_sql_driver_t *driver,
                                scep_sql_conn_t *conn)
{
    apr_int64_t version = 0;

    return driver->run(conn, &read_version, NULL, take_version, &version,
                       NULL) == SCEP_SQL_OK
               ? version
               : 0;
}

static bool is_current(const scep_sql_driver_t *driver, scep_sql_conn_t *conn)
{
    return scep_schema_version(driver, conn) == SCEP_SCHEMA_VERSION;
}

static scep_sql_status_e run_all(const scep_sql_driver_t *driver,
                                 scep_sql_conn_t *conn,
                                 const char *const *texts)
{
    scep_sql_status_e sql = SCEP_SQL_OK;

    for (; *texts != NULL && sql == SCEP_SQL_OK; texts++) {
        scep_sql_query_t query = {-1, "", *texts};

        sql = driver->run(conn, &query, NULL, NULL, NULL, NULL);
    }
    return sql;
}

/* TEXT with the words of the dialect, from POOL. */
static const char *spoken(const scep_sql_dialect_t *dialect, const char *text,
                          apr_pool_t *pool)
{
    const struct {
        const char *name, *word;
    } words[] = {{"@octets", dialect->octets},
                 {"@key", dialect->key},
                 {"@compact", dialect->compact}};
    const char *at;
    size_t i;

    for (i = 0; i < sizeof(words) / sizeof(words[0]); i++) {
        while ((at = strstr(text, words[i].name)) != NULL) {
            text = apr_pstrcat(
                pool, apr_pstrmemdup(pool, text, (apr_size_t)(at - text)),
                words[i].word, at + strlen(words[i].name), NULL);
        }
    }
    return text;
}

static scep_sql_status_e run_step(const scep_sql_driver_t *driver,
                                  scep_sql_conn_t *conn,
                                  const char *const *texts, apr_pool_t *pool)
{
    scep_sql_status_e sql = SCEP_SQL_OK;

    for (; *texts != NULL && sql == SCEP_SQL_OK; texts++) {
        scep_sql_query_t query = {-1, "",
                                  spoken(&driver->dialect, *texts, pool)};

        sql = driver->run(conn, &query, NULL, NULL, NULL, NULL);
    }
    return sql;
}

static scep_sql_status_e index_subjects(const scep_sql_driver_t *driver,
                                        scep_sql_conn_t *conn)
{
    scep_sql_status_e sql = driver->index_subjects(conn);

    return sql == SCEP_SQL_OK ? scep_search_fill(driver, conn) : sql;
}

/* Rewrite subjects once more, because a child of the version before schema 5
 * may have added some in their old form. */
static scep_sql_status_e climb_to_6(const scep_sql_driver_t *driver,
                                    scep_sql_conn_t *conn,
                                    scep_schema_log_fn *log, void *baton)
{
    const scep_schema_step_t *steps = scep_schema_6();
    scep_sql_status_e sql = scep_schema_names(driver, conn);
    apr_pool_t *pool;
    int count = 0, i;

    if (apr_pool_create(&pool, NULL) != APR_SUCCESS) {
        return SCEP_SQL_ERROR;
    }
    while (steps[count].what != NULL) {
        count++;
    }
    for (i = 0; i < count && sql == SCEP_SQL_OK; i++) {
        log(baton, steps[i].what, i + 1, count + 1);
        sql = run_step(driver, conn, steps[i].texts, pool);
    }
    apr_pool_destroy(pool);
    if (sql == SCEP_SQL_OK) {
        log(baton, "search of subjects", count + 1, count + 1);
        sql = index_subjects(driver, conn);
    }
    return sql;
}

static void say_nothing(void *baton, const char *what, int step, int steps)
{
    (void)baton;
    (void)what;
    (void)step;
    (void)steps;
}

scep_sql_status_e scep_schema_climb(const scep_sql_driver_t *driver,
                                    scep_sql_conn_t *conn, int version, int to,
                                    scep_schema_log_fn *log, void *baton)
{
    scep_sql_status_e sql = SCEP_SQL_OK;

    for (; version < to && version < PLAIN && sql == SCEP_SQL_OK; version++) {
        sql = run_all(driver, conn, migrations[version]);
        if (sql == SCEP_SQL_OK && version + 1 == NAMES_REWRITTEN) {
            sql = scep_schema_names(driver, conn);
        }
    }
    return sql == SCEP_SQL_OK && version < to
               ? climb_to_6(driver, conn, log != NULL ? log : say_nothing,
                            baton)
               : sql;
}

/* Where the steps of a migration are logged. */
typedef struct told_t {
    const scep_env_t *env;
    const char *name; /* of the database */
} told_t;

static void tell(void *baton, const char *what, int step, int steps)
{
    const told_t *told = baton;

    scep_log(told->env, SCEP_LOG_NOTICE,
             SCEPLOGNO(0281) "database %s: changing it to schema %d, step %d "
                             "of %d: %s. Do not stop httpd; if it is stopped, "
                             "the next start begins anew",
             told->name, SCEP_SCHEMA_VERSION, step, steps, what);
}

/* Migrate from VERSION to SCEP_SCHEMA_VERSION. */
static scep_sql_status_e climb(const scep_sql_driver_t *driver,
                               scep_sql_conn_t *conn, int version,
                               const scep_env_t *env, const char *name)
{
    const scep_sql_value_t ours = {NULL, SCEP_SCHEMA_VERSION};
    const scep_sql_query_t *store =
        version == 0 ? &insert_version : &update_version;
    told_t told = {env, name};
    scep_sql_status_e sql =
        scep_schema_climb(driver, conn, version, SCEP_SCHEMA_VERSION,
                          version == 0 ? NULL : tell, &told);

    return sql == SCEP_SQL_OK
               ? driver->run(conn, store, &ours, NULL, NULL, NULL)
               : sql;
}

static scep_status_e fail(const scep_sql_driver_t *driver,
                          scep_sql_conn_t *conn, const char *name,
                          scep_sql_status_e sql, scep_result_t *res)
{
    scep_fail(res, SCEP_R_SETUP, "cannot set up database %s: %s: %s", name,
              scep_sql_status_name(sql), driver->error(conn));
    driver->rollback(conn);
    return res->status;
}

scep_status_e scep_schema_migrate(const scep_sql_driver_t *driver,
                                  scep_sql_conn_t *conn, const scep_env_t *env,
                                  const char *name, scep_result_t *res)
{
    apr_time_t from = scep_sql_clock();
    apr_int64_t version = 0;
    scep_sql_status_e sql;

    if (is_current(driver, conn)) {
        return SCEP_OK;
    }
    sql = driver->begin(conn, SCHEMA_WAIT * APR_USEC_PER_SEC);
    if (sql == SCEP_SQL_OK) {
        sql = driver->run(conn, &create_version, NULL, NULL, NULL, NULL);
    }
    if (sql == SCEP_SQL_OK) {
        sql = driver->run(conn, &read_version, NULL, take_version, &version,
                          NULL);
    }
    if (sql == SCEP_SQL_OK && (version < 0 || version > SCEP_SCHEMA_VERSION)) {
        driver->rollback(conn);
        return scep_fail(res, SCEP_R_SETUP,
                         "database %s has schema %" APR_INT64_T_FMT
                         ", but this mod_scep knows up to %d; install the "
                         "newer mod_scep again or restore a backup",
                         name, version, SCEP_SCHEMA_VERSION);
    }
    if (sql == SCEP_SQL_OK && version < SCEP_SCHEMA_VERSION) {
        sql = climb(driver, conn, (int)version, env, name);
    }
    if (sql == SCEP_SQL_OK) {
        sql = driver->commit(conn);
    }
    if (sql == SCEP_SQL_OK && version > 0) {
        scep_log(env, SCEP_LOG_NOTICE,
                 SCEPLOGNO(0282) "database %s has schema %d now, which took %d "
                                 "s; a backup of it cannot be used by an older "
                                 "mod_scep",
                 name, SCEP_SCHEMA_VERSION,
                 (int)((scep_sql_clock() - from) / APR_USEC_PER_SEC));
    }
    return sql == SCEP_SQL_OK ? SCEP_OK : fail(driver, conn, name, sql, res);
}
