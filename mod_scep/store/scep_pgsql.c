/* Licensed under the Apache License, Version 2.0; see LICENSE. */
/*
 * scep_pgsql.c: the driver on apr_dbd's "pgsql". (store layer)
 *
 * Write transactions take turns at an advisory lock, at READ COMMITTED: each
 * sees what was committed before it, and the order of commits is that of the
 * numbers that they give out, as with the embedded database.
 *
 * apr_dbd's own transactions are not used (they would not say that COMMIT has
 * rolled back), nor apr_dbd_check_conn() (it connects anew in silence). A
 * connection has a pool with an allocator of its own, as any thread may use
 * it, one at a time.
 */
#include "scep_pgsql.h"

#include <stdlib.h>
#include <string.h>

#include <apr_dbd.h>
#include <apr_dso.h>
#include <apr_strings.h>

#include "scep_pgsql_text.h"

#define DRIVER "pgsql"
/* "mod_scep" */
#define WRITER_LOCK "7885631562835126640"

struct scep_sql_conn_t {
    apr_pool_t *pool;
    apr_pool_t *scratch; /* cleared after each statement */
    const apr_dbd_driver_t *dbd;
    apr_dbd_t *handle; /* NULL: not connected */
    apr_dbd_prepared_t *cache[SCEP_SQL_SLOTS];
    apr_time_t used; /* by scep_sql_clock() */
    bool patient;    /* a migration is to be done: as long as it takes */
    bool failed;     /* a statement of this transaction has */
    char error[256];
};

/* --- the driver's driver -------------------------------------------------- */

static scep_status_e find_dbd(apr_pool_t *pool, const apr_dbd_driver_t **dbd,
                              scep_result_t *res)
{
    apr_status_t rv = apr_dbd_init(pool);
    char text[128];

    if (rv == APR_SUCCESS) {
        rv = apr_dbd_get_driver(pool, DRIVER, dbd);
    }
    if (rv == APR_SUCCESS) {
        return SCEP_OK;
    }
    return scep_fail(res, SCEP_R_SETUP,
                     "APR has no driver for PostgreSQL (%s); install "
                     "apr_dbd_pgsql (Debian's libaprutil1-dbd-pgsql)",
                     apr_strerror(rv, text, sizeof(text)));
}

static scep_status_e pgsql_check(const char *text, apr_pool_t *pool,
                                 scep_result_t *res)
{
    scep_pgsql_params_t params;
    const apr_dbd_driver_t *dbd;
    const char *wrong = scep_pgsql_params(text, pool, &params);

    if (wrong != NULL) {
        return scep_fail(res, SCEP_R_SETUP,
                         "the parameters of the database are not understood: "
                         "%s; write \"host=db.example.com dbname=scep\"",
                         wrong);
    }
    return find_dbd(pool, &dbd, res);
}

static const char *pgsql_display(const char *text, apr_pool_t *pool)
{
    scep_pgsql_params_t params;

    return scep_pgsql_params(text, pool, &params) == NULL
               ? params.display
               : "with parameters that are not understood";
}

static bool pgsql_secret(const char *text, apr_pool_t *pool)
{
    scep_pgsql_params_t params;

    return scep_pgsql_params(text, pool, &params) == NULL && params.password;
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

/* The database is made by its administrator. */
static scep_status_e pgsql_provide(const char *text, uid_t uid, gid_t gid,
                                   apr_pool_t *pool, scep_result_t *res)
{
    (void)uid;
    (void)gid;
    return pgsql_check(text, pool, res);
}

/* --- errors --------------------------------------------------------------- */

static scep_sql_status_e own_error(scep_sql_conn_t *conn,
                                   scep_sql_status_e status, const char *text)
{
    apr_cpystrn(conn->error, text, sizeof(conn->error));
    return status;
}

static scep_sql_status_e judge(scep_sql_conn_t *conn, int rv)
{
    conn->used = scep_sql_clock();
    if (rv == 0) {
        return SCEP_SQL_OK;
    }
    conn->failed = true;
    return scep_pgsql_error(apr_dbd_error(conn->dbd, conn->handle, rv),
                            conn->error, sizeof(conn->error));
}

static scep_sql_status_e run_text(scep_sql_conn_t *conn, const char *text)
{
    int rows;

    return judge(conn, apr_dbd_query(conn->dbd, conn->handle, &rows, text));
}

/* The server's messages carry their SQLSTATE only when libpq is asked for it,
 * which apr_dbd has no way to do. Its driver has brought libpq into the
 * process, with all its symbols (apr_dso_load()). */
static void ask_for_sqlstate(scep_sql_conn_t *conn)
{
    enum { PQERRORS_VERBOSE_VALUE = 2 };
    apr_dso_handle_t *process;
    apr_dso_handle_sym_t sym = NULL;
    int (*set_verbosity)(void *conn, int verbosity);

    if (apr_dso_load(&process, NULL, conn->scratch) != APR_SUCCESS ||
        apr_dso_sym(&sym, process, "PQsetErrorVerbosity") != APR_SUCCESS) {
        return; /* all errors count as a lost connection */
    }
    memcpy(&set_verbosity, &sym, sizeof(set_verbosity));
    set_verbosity(apr_dbd_native_handle(conn->dbd, conn->handle),
                  PQERRORS_VERBOSE_VALUE);
}

/* --- connections ---------------------------------------------------------- */

static apr_pool_t *make_pool(void)
{
    apr_allocator_t *allocator;
    apr_pool_t *pool;

    if (apr_allocator_create(&allocator) != APR_SUCCESS) {
        return NULL;
    }
    if (apr_pool_create_ex(&pool, NULL, NULL, allocator) != APR_SUCCESS) {
        apr_allocator_destroy(allocator);
        return NULL;
    }
    apr_allocator_owner_set(allocator, pool);
    return pool;
}

/* A commit that is not on the disk is none; whoever lets it be on more disks
 * than one (remote_apply) knows why. */
static scep_sql_status_e set_connection(scep_sql_conn_t *conn)
{
    return run_text(
        conn, apr_psprintf(conn->scratch,
                           "SET client_encoding = 'UTF8';"
                           "SET standard_conforming_strings = on;"
                           "SET statement_timeout = %d;"
                           "SET lock_timeout = %d;"
                           "SET idle_in_transaction_session_timeout = 20000;"
                           "SELECT set_config('synchronous_commit', 'on',"
                           " false) WHERE current_setting("
                           "'synchronous_commit') IN ('off', 'local')",
                           (int)apr_time_as_msec(SCEP_PGSQL_WAIT),
                           (int)apr_time_as_msec(SCEP_PGSQL_WAIT)));
}

static scep_sql_status_e pgsql_open(const char *params, scep_sql_conn_t **out)
{
    scep_sql_conn_t *conn = calloc(1, sizeof(*conn));
    const char *error = NULL;
    scep_sql_status_e status;
    scep_result_t res;

    *out = conn;
    if (conn == NULL) {
        return SCEP_SQL_LOST;
    }
    conn->pool = make_pool();
    if (conn->pool == NULL ||
        apr_pool_create(&conn->scratch, conn->pool) != APR_SUCCESS) {
        return own_error(conn, SCEP_SQL_LOST, "out of memory");
    }
    scep_result_init(&res, conn->scratch);
    if (find_dbd(conn->pool, &conn->dbd, &res) != SCEP_OK) {
        return own_error(conn, SCEP_SQL_ERROR, res.detail);
    }
    if (apr_dbd_open_ex(conn->dbd, conn->pool,
                        scep_pgsql_conninfo(params, conn->scratch),
                        &conn->handle, &error) != APR_SUCCESS) {
        conn->handle = NULL;
        scep_pgsql_error(error != NULL ? error : "", conn->error,
                         sizeof(conn->error));
        return SCEP_SQL_LOST;
    }
    ask_for_sqlstate(conn);
    status = set_connection(conn);
    apr_pool_clear(conn->scratch);
    return status;
}

static void pgsql_close(scep_sql_conn_t *conn)
{
    if (conn == NULL) {
        return;
    }
    if (conn->handle != NULL) {
        apr_dbd_close(conn->dbd, conn->handle);
    }
    if (conn->pool != NULL) {
        apr_pool_destroy(conn->pool);
    }
    free(conn);
}

static bool pgsql_usable(scep_sql_conn_t *conn)
{
    return scep_sql_clock() - conn->used < SCEP_PGSQL_TRUST ||
           run_text(conn, "SELECT 1") == SCEP_SQL_OK;
}

/* --- transactions --------------------------------------------------------- */

/* The isolation is named since the lock must be had before the transaction
 * looks at anything, which a stricter one would not let it do. */
static scep_sql_status_e pgsql_begin(scep_sql_conn_t *conn,
                                     apr_interval_time_t wait)
{
    int msec = wait > 1000 ? (int)apr_time_as_msec(wait) : 1; /* 0: for ever */
    int most =
        conn->patient ? 0 : msec + (int)apr_time_as_msec(SCEP_PGSQL_WAIT);
    const char *text =
        apr_psprintf(conn->scratch,
                     "BEGIN ISOLATION LEVEL READ COMMITTED;"
                     "SET LOCAL lock_timeout = %d;"
                     "SET LOCAL statement_timeout = %d;"
                     "SELECT pg_advisory_xact_lock(" WRITER_LOCK ")",
                     msec, most);
    scep_sql_status_e status = run_text(conn, text);

    conn->failed = false;
    apr_pool_clear(conn->scratch);
    return status;
}

/* COMMIT of a transaction in which a statement has failed rolls it back, and
 * calls that a success. */
static scep_sql_status_e pgsql_commit(scep_sql_conn_t *conn)
{
    return conn->failed ? own_error(conn, SCEP_SQL_ERROR,
                                    "a statement of this transaction failed")
                        : run_text(conn, "COMMIT");
}

static bool pgsql_rollback(scep_sql_conn_t *conn)
{
    return run_text(conn, "ROLLBACK") == SCEP_SQL_OK;
}

/* --- statements ----------------------------------------------------------- */

static scep_sql_status_e prepare(scep_sql_conn_t *conn,
                                 const scep_sql_query_t *query,
                                 apr_dbd_prepared_t **statement)
{
    bool cached = query->slot >= 0;
    apr_pool_t *pool = cached ? conn->pool : conn->scratch;
    const char *label = NULL;
    int rv;

    if (cached && conn->cache[query->slot] != NULL) {
        *statement = conn->cache[query->slot];
        return SCEP_SQL_OK;
    }
    if (cached) {
        label = apr_psprintf(pool, "scep_%d", query->slot);
    }
    *statement = NULL;
    rv = apr_dbd_prepare(conn->dbd, pool, conn->handle,
                         scep_pgsql_statement(query, pool), label, statement);
    if (rv == 0 && cached) {
        conn->cache[query->slot] = *statement;
    }
    return judge(conn, rv);
}

static const char **texts_of(scep_sql_conn_t *conn,
                             const scep_sql_query_t *query,
                             const scep_sql_value_t *values)
{
    const char **texts =
        apr_palloc(conn->scratch, SCEP_SQL_MAX_PARAMS * sizeof(*texts));
    int i;

    for (i = 0; query->params[i] != '\0'; i++) {
        texts[i] = query->params[i] == 'n'
                       ? apr_psprintf(conn->scratch, "%" APR_INT64_T_FMT,
                                      values[i].number)
                       : scep_pgsql_value(values[i].text, conn->scratch);
    }
    return texts;
}

static bool hand_over(scep_sql_conn_t *conn, apr_dbd_row_t *row, int count,
                      scep_sql_row_fn *take, void *baton)
{
    const char *columns[SCEP_SQL_MAX_PARAMS];
    int i;

    for (i = 0; i < count; i++) {
        void *text = NULL;

        columns[i] = apr_dbd_datum_get(conn->dbd, row, i, APR_DBD_TYPE_TEXT,
                                       &text) == APR_SUCCESS
                         ? text
                         : NULL;
    }
    return take(baton, columns, count);
}

/* All rows of a result are in memory: statements that find many have a
 * LIMIT. */
static scep_sql_status_e select_rows(scep_sql_conn_t *conn,
                                     apr_dbd_prepared_t *statement,
                                     const char **texts, scep_sql_row_fn *take,
                                     void *baton, apr_int64_t *changed)
{
    apr_dbd_results_t *results = NULL;
    apr_dbd_row_t *row = NULL;
    scep_sql_status_e status =
        judge(conn, apr_dbd_pselect(conn->dbd, conn->scratch, conn->handle,
                                    &results, statement, 1, 0, texts));
    int count;

    if (status != SCEP_SQL_OK) {
        return status;
    }
    count = apr_dbd_num_cols(conn->dbd, results);
    if (count > SCEP_SQL_MAX_PARAMS) {
        return own_error(conn, SCEP_SQL_ERROR, "too many columns");
    }
    if (changed != NULL) {
        *changed = apr_dbd_num_tuples(conn->dbd, results); /* RETURNING */
    }
    while (apr_dbd_get_row(conn->dbd, conn->scratch, results, &row, -1) == 0 &&
           hand_over(conn, row, count, take, baton)) {
        continue;
    }
    return SCEP_SQL_OK;
}

static scep_sql_status_e pgsql_run(scep_sql_conn_t *conn,
                                   const scep_sql_query_t *query,
                                   const scep_sql_value_t *values,
                                   scep_sql_row_fn *row, void *baton,
                                   apr_int64_t *changed)
{
    apr_dbd_prepared_t *statement;
    scep_sql_status_e status = prepare(conn, query, &statement);
    const char **texts;
    int rows = 0;

    if (status != SCEP_SQL_OK) {
        return status;
    }
    texts = texts_of(conn, query, values);
    if (row != NULL) {
        status = select_rows(conn, statement, texts, row, baton, changed);
    }
    else {
        status =
            judge(conn, apr_dbd_pquery(conn->dbd, conn->scratch, conn->handle,
                                       &rows, statement, 0, texts));
        if (changed != NULL && status == SCEP_SQL_OK) {
            *changed = rows;
        }
    }
    apr_pool_clear(conn->scratch);
    return status;
}

static const char *pgsql_error(scep_sql_conn_t *conn)
{
    return conn != NULL ? conn->error : "out of memory";
}

/* Texts of another encoding could not all be kept. */
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

const scep_sql_driver_t scep_pgsql_driver = {
    .name = DRIVER,
    .shared = true,
    .check = pgsql_check,
    .display = pgsql_display,
    .secret = pgsql_secret,
    .open_params = pgsql_open_params,
    .same = pgsql_same,
    .provide = pgsql_provide,
    .open = pgsql_open,
    .close = pgsql_close,
    .configure = pgsql_configure,
    .usable = pgsql_usable,
    .begin = pgsql_begin,
    .commit = pgsql_commit,
    .rollback = pgsql_rollback,
    .run = pgsql_run,
    .error = pgsql_error,
};
