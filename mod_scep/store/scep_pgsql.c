/* Licensed under the Apache License, Version 2.0; see LICENSE. */
/*
 * scep_pgsql.c: the driver on libpq. (store layer)
 *
 * Write transactions take turns at an advisory lock, at READ COMMITTED. So each
 * sees what was committed before it, and they commit in the order of the
 * numbers that they assign, as with SQLite.
 *
 * A connection has a pool with an allocator of its own, because any thread may
 * use it, one at a time.
 */
#include "scep_pgsql.h"

#include <stdlib.h>
#include <string.h>

#include <apr_strings.h>
#include <libpq-fe.h>

#include "scep_pgsql_text.h"

/* "mod_scep" */
#define WRITER_LOCK "7885631562835126640"

enum {
    TYPE_OCTETS = 17,
    TYPE_BIGINT = 20,
    TYPE_TEXT = 25
}; /* of PostgreSQL's pg_type */

struct scep_sql_conn_t {
    apr_pool_t *pool;
    apr_pool_t *scratch; /* cleared after each statement */
    scep_env_t env;
    PGconn *db;
    bool prepared[SCEP_SQL_SLOTS];
    apr_time_t used; /* by scep_sql_clock() */
    bool patient;    /* for a migration: statements may take any time */
    char error[512];
};

/* --- parameters ----------------------------------------------------------- */

static scep_status_e pgsql_check(const char *text, apr_pool_t *pool,
                                 scep_result_t *res)
{
    scep_pgsql_params_t params;
    const char *wrong = scep_pgsql_params(text, pool, &params);

    return wrong == NULL
               ? SCEP_OK
               : scep_fail(res, SCEP_R_SETUP,
                           "the parameters of the database are not "
                           "understood: %s; write \"host=db.example.com "
                           "dbname=scep\"",
                           wrong);
}

static const char *pgsql_display(const char *text, apr_pool_t *pool)
{
    scep_pgsql_params_t params;

    return scep_pgsql_params(text, pool, &params) == NULL
               ? params.display
               : "with parameters that are not understood";
}

/* Parameters that are not understood may hold a password. */
static bool pgsql_secret(const char *text, apr_pool_t *pool)
{
    scep_pgsql_params_t params;

    return scep_pgsql_params(text, pool, &params) != NULL || params.password;
}

static const char *pgsql_open_params(const char *text, apr_pool_t *pool)
{
    scep_pgsql_params_t params;

    return scep_pgsql_params(text, pool, &params) == NULL ? params.open : "";
}

static bool pgsql_same(const char *text, const char *other, apr_pool_t *pool)
{
    scep_pgsql_params_t one, two;

    return scep_pgsql_params(text, pool, &one) == NULL &&
           scep_pgsql_params(other, pool, &two) == NULL &&
           strcmp(one.place, two.place) == 0;
}

/* Does nothing: the database's administrator makes it. */
static scep_status_e pgsql_provide(const char *text, uid_t uid, gid_t gid,
                                   apr_pool_t *pool, scep_result_t *res)
{
    (void)uid;
    (void)gid;
    return pgsql_check(text, pool, res);
}

/* --- results -------------------------------------------------------------- */

static scep_sql_status_e own_error(scep_sql_conn_t *conn,
                                   scep_sql_status_e status, const char *text)
{
    apr_cpystrn(conn->error, text, sizeof(conn->error));
    return status;
}

/* Put libpq's text, which has a line for each host, into one line. */
static scep_sql_status_e libpq_error(scep_sql_conn_t *conn,
                                     scep_sql_status_e status)
{
    char *at;
    size_t len;

    own_error(conn, status, PQerrorMessage(conn->db));
    for (at = conn->error; (at = strpbrk(at, "\r\n\t")) != NULL;) {
        *at = ' ';
    }
    for (len = strlen(conn->error); len > 0 && conn->error[len - 1] == ' ';) {
        conn->error[--len] = '\0';
    }
    return status;
}

static scep_sql_status_e judge(scep_sql_conn_t *conn, const PGresult *result)
{
    ExecStatusType outcome = PQresultStatus(result);
    const char *state = PQresultErrorField(result, PG_DIAG_SQLSTATE);
    const char *text = PQresultErrorField(result, PG_DIAG_MESSAGE_PRIMARY);

    conn->used = scep_sql_clock();
    if (outcome == PGRES_COMMAND_OK || outcome == PGRES_TUPLES_OK) {
        return SCEP_SQL_OK;
    }
    if (state == NULL || text == NULL || PQstatus(conn->db) != CONNECTION_OK) {
        return libpq_error(conn, SCEP_SQL_LOST);
    }
    apr_snprintf(conn->error, sizeof(conn->error), "%s (SQLSTATE %s)", text,
                 state);
    return scep_pgsql_status(state);
}

static scep_sql_status_e run_text(scep_sql_conn_t *conn, const char *text)
{
    PGresult *result = PQexec(conn->db, text);
    scep_sql_status_e status = judge(conn, result);

    PQclear(result);
    apr_pool_clear(conn->scratch);
    return status;
}

/* --- connections ---------------------------------------------------------- */

/* Log warnings only, not that a table exists already, for example. */
static void hear(void *baton, const PGresult *notice)
{
    const scep_sql_conn_t *conn = baton;
    const char *severity =
        PQresultErrorField(notice, PG_DIAG_SEVERITY_NONLOCALIZED);
    const char *text = PQresultErrorField(notice, PG_DIAG_MESSAGE_PRIMARY);

    if (severity == NULL || text == NULL) {
        return;
    }
    if (strcmp(severity, "WARNING") == 0) {
        scep_log(&conn->env, SCEP_LOG_WARNING,
                 SCEPLOGNO(0280) "PostgreSQL warns (host %s, database %s): %s; "
                                 "its own log tells more",
                 PQhost(conn->db), PQdb(conn->db), text);
    }
    else {
        scep_log(&conn->env, SCEP_LOG_DEBUG, "PostgreSQL: %s: %s", severity,
                 text);
    }
}

/* A commit must be on the disk. A stricter setting of the administrator
 * (remote_apply) stays. */
static scep_sql_status_e set_connection(scep_sql_conn_t *conn)
{
    return run_text(
        conn, apr_psprintf(conn->scratch,
                           "SET client_encoding = 'UTF8';"
                           "SET standard_conforming_strings = on;"
                           "SET bytea_output = 'hex';"
                           "SET statement_timeout = %d;"
                           "SET lock_timeout = %d;"
                           "SET idle_in_transaction_session_timeout = 20000;"
                           "SELECT set_config('synchronous_commit', 'on',"
                           " false) WHERE current_setting("
                           "'synchronous_commit') IN ('off', 'local')",
                           (int)apr_time_as_msec(SCEP_PGSQL_WAIT),
                           (int)apr_time_as_msec(SCEP_PGSQL_WAIT)));
}

static scep_sql_status_e pgsql_open(const char *text, const scep_env_t *env,
                                    scep_sql_conn_t **out)
{
    scep_pgsql_params_t params;
    apr_pool_t *pool;
    scep_sql_conn_t *conn;
    const char *wrong;

    *out = NULL;
    if (apr_pool_create_unmanaged(&pool) != APR_SUCCESS) {
        return SCEP_SQL_LOST;
    }
    *out = conn = apr_pcalloc(pool, sizeof(*conn));
    conn->pool = pool;
    conn->env = *env;
    if (apr_pool_create(&conn->scratch, pool) != APR_SUCCESS) {
        return own_error(conn, SCEP_SQL_LOST, "out of memory");
    }
    wrong = scep_pgsql_params(text, conn->scratch, &params);
    if (wrong != NULL) {
        return own_error(conn, SCEP_SQL_ERROR, wrong);
    }
    conn->db = PQconnectdb(params.conninfo);
    if (PQstatus(conn->db) != CONNECTION_OK) {
        return libpq_error(conn, SCEP_SQL_LOST);
    }
    PQsetNoticeReceiver(conn->db, hear, conn);
    return set_connection(conn);
}

static void pgsql_close(scep_sql_conn_t *conn)
{
    if (conn != NULL) {
        PQfinish(conn->db);
        apr_pool_destroy(conn->pool);
    }
}

static bool pgsql_usable(scep_sql_conn_t *conn)
{
    return scep_sql_clock() - conn->used < SCEP_PGSQL_TRUST ||
           run_text(conn, "SELECT 1") == SCEP_SQL_OK;
}

/* --- transactions --------------------------------------------------------- */

/* Sets the isolation level, because the lock must be taken before the
 * transaction reads anything, which a stricter level would not allow. */
static scep_sql_status_e pgsql_begin(scep_sql_conn_t *conn,
                                     apr_interval_time_t wait)
{
    int msec = wait > 1000 ? (int)apr_time_as_msec(wait) : 1; /* 0: for ever */
    int most =
        conn->patient ? 0 : msec + (int)apr_time_as_msec(SCEP_PGSQL_WAIT);

    return run_text(
        conn, apr_psprintf(conn->scratch,
                           "BEGIN ISOLATION LEVEL READ COMMITTED;"
                           "SET LOCAL lock_timeout = %d;"
                           "SET LOCAL statement_timeout = %d;"
                           "SELECT pg_advisory_xact_lock(" WRITER_LOCK ")",
                           msec, most));
}

/* If a statement of the transaction has failed, COMMIT rolls back and succeeds.
 * Only the name of the result shows that. */
static scep_sql_status_e pgsql_commit(scep_sql_conn_t *conn)
{
    PGresult *result = PQexec(conn->db, "COMMIT");
    scep_sql_status_e status = judge(conn, result);

    if (status == SCEP_SQL_OK && strcmp(PQcmdStatus(result), "COMMIT") != 0) {
        status = own_error(conn, SCEP_SQL_ERROR,
                           "a statement of this transaction failed");
    }
    PQclear(result);
    return status;
}

/* A failed COMMIT has already ended the transaction. */
static bool pgsql_rollback(scep_sql_conn_t *conn)
{
    return PQtransactionStatus(conn->db) == PQTRANS_IDLE ||
           run_text(conn, "ROLLBACK") == SCEP_SQL_OK;
}

/* --- statements ----------------------------------------------------------- */

static Oid type_of(char letter)
{
    switch (letter) {
    case 'n':
        return TYPE_BIGINT;
    case 'x':
        return TYPE_OCTETS;
    default:
        return TYPE_TEXT;
    }
}

static const char *text_of(Oid type, const scep_sql_value_t *value,
                           apr_pool_t *pool)
{
    switch (type) {
    case TYPE_BIGINT:
        return apr_psprintf(pool, "%" APR_INT64_T_FMT, value->number);
    case TYPE_OCTETS:
        return value->text != NULL ? apr_pstrcat(pool, "\\x", value->text, NULL)
                                   : NULL;
    default:
        return scep_pgsql_value(value->text, pool);
    }
}

static PGresult *execute(scep_sql_conn_t *conn, const scep_sql_query_t *query,
                         const scep_sql_value_t *values)
{
    int count = (int)strlen(query->params);
    const char *texts[SCEP_SQL_MAX_PARAMS];
    Oid types[SCEP_SQL_MAX_PARAMS];
    PGresult *result;
    char name[16];
    int i;

    for (i = 0; i < count; i++) {
        types[i] = type_of(query->params[i]);
        texts[i] = text_of(types[i], &values[i], conn->scratch);
    }
    /* A prepared statement would be planned once for all patterns. */
    if (query->slot < 0 || strchr(query->params, 'p') != NULL) {
        return PQexecParams(conn->db, query->text, count, types, texts, NULL,
                            NULL, 0);
    }
    apr_snprintf(name, sizeof(name), "scep_%d", query->slot);
    if (!conn->prepared[query->slot]) {
        result = PQprepare(conn->db, name, query->text, count, types);
        if (PQresultStatus(result) != PGRES_COMMAND_OK) {
            return result;
        }
        PQclear(result);
        conn->prepared[query->slot] = true;
    }
    return PQexecPrepared(conn->db, name, count, texts, NULL, NULL, 0);
}

/* Octets come as "\\x" and hex. */
static const char *column_of(const PGresult *result, int row, int column)
{
    if (PQgetisnull(result, row, column)) {
        return NULL;
    }
    return PQgetvalue(result, row, column) +
           (PQftype(result, column) == TYPE_OCTETS ? 2 : 0);
}

/* All rows are in memory, so statements that find many have a LIMIT. */
static scep_sql_status_e hand_over(scep_sql_conn_t *conn,
                                   const PGresult *result,
                                   scep_sql_row_fn *take, void *baton)
{
    const char *columns[SCEP_SQL_MAX_PARAMS];
    int count = PQnfields(result);
    bool more = true;
    int row, i;

    if (count > SCEP_SQL_MAX_PARAMS) {
        return own_error(conn, SCEP_SQL_ERROR, "too many columns");
    }
    for (row = 0; row < PQntuples(result) && more; row++) {
        for (i = 0; i < count; i++) {
            columns[i] = column_of(result, row, i);
        }
        more = take(baton, columns, count);
    }
    return SCEP_SQL_OK;
}

static scep_sql_status_e pgsql_run(scep_sql_conn_t *conn,
                                   const scep_sql_query_t *query,
                                   const scep_sql_value_t *values,
                                   scep_sql_row_fn *row, void *baton,
                                   apr_int64_t *changed)
{
    PGresult *result = execute(conn, query, values);
    scep_sql_status_e status = judge(conn, result);

    if (status == SCEP_SQL_OK && changed != NULL) {
        *changed = apr_atoi64(PQcmdTuples(result));
    }
    if (status == SCEP_SQL_OK && row != NULL) {
        status = hand_over(conn, result, row, baton);
    }
    PQclear(result);
    apr_pool_clear(conn->scratch);
    return status;
}

static const char *pgsql_error(scep_sql_conn_t *conn)
{
    return conn != NULL ? conn->error : "out of memory";
}

/* Another encoding could not hold all texts. */
static bool take_encoding(void *baton, const char *const *columns, int count)
{
    *(bool *)baton = count == 1 && columns[0] != NULL &&
                     (strcmp(columns[0], "UTF8") == 0 ||
                      strcmp(columns[0], "SQL_ASCII") == 0);
    return true;
}

static scep_sql_status_e pgsql_configure(scep_sql_conn_t *conn)
{
    static const scep_sql_query_t ask = {
        -1, "", "SELECT current_setting('server_encoding')"};
    bool good = false;
    scep_sql_status_e status =
        pgsql_run(conn, &ask, NULL, take_encoding, &good, NULL);

    conn->patient = true;
    if (status == SCEP_SQL_OK && !good) {
        return own_error(conn, SCEP_SQL_ERROR,
                         "its encoding is not UTF8; make it with CREATE "
                         "DATABASE ... ENCODING 'UTF8' TEMPLATE template0");
    }
    return status;
}

/* The extension comes with PostgreSQL, and since version 13 the owner of a
 * database may add it. Without it, each search reads the table. */
static scep_sql_status_e pgsql_index_subjects(scep_sql_conn_t *conn)
{
    static const char make[] =
        "CREATE EXTENSION IF NOT EXISTS pg_trgm;"
        "CREATE INDEX IF NOT EXISTS certificates_by_name ON certificates"
        " USING gin (LOWER(COALESCE(subject_folded, subject, ''))"
        " gin_trgm_ops)";
    scep_sql_status_e status = run_text(conn, "SAVEPOINT index_subjects");

    if (status == SCEP_SQL_OK && run_text(conn, make) != SCEP_SQL_OK) {
        status = run_text(conn, "ROLLBACK TO index_subjects");
    }
    return status == SCEP_SQL_OK ? run_text(conn, "RELEASE index_subjects")
                                 : status;
}

const scep_sql_driver_t scep_pgsql_driver = {
    .name = "pgsql",
    .shared = true,
    .dialect = {"BYTEA", "BIGINT", ""},
    .check = pgsql_check,
    .display = pgsql_display,
    .secret = pgsql_secret,
    .open_params = pgsql_open_params,
    .same = pgsql_same,
    .provide = pgsql_provide,
    .open = pgsql_open,
    .close = pgsql_close,
    .configure = pgsql_configure,
    .index_subjects = pgsql_index_subjects,
    .usable = pgsql_usable,
    .begin = pgsql_begin,
    .commit = pgsql_commit,
    .rollback = pgsql_rollback,
    .run = pgsql_run,
    .error = pgsql_error,
};
