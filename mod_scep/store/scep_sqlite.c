/* Licensed under the Apache License, Version 2.0; see LICENSE. */
/*
 * scep_sqlite.c: the driver on libsqlite3. (store layer)
 *
 * Write-ahead log, so that readers and the one writer do not wait for each
 * other; synchronous=FULL, so that a committed certificate survives a power
 * cut. SQLite's process-wide settings are httpd's and are left alone.
 *
 * Connections are no pool's memory: they are closed and opened again by any
 * thread at any time, and a pool has but one.
 */
#include "scep_sqlite.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include <sqlite3.h>

#include "scep_sqlite_functions.h"
#include "scep_str.h"

struct scep_sql_conn_t {
    sqlite3 *db;
    sqlite3_stmt *cache[SCEP_SQL_SLOTS];
    apr_time_t wait_until; /* of scep_sql_clock() */
    const char *error;     /* when it is not SQLite's own */
    char error_text[128];
    char *row; /* a row's octets, in hex; malloc()ed */
    size_t row_size;
};

/* Of a connection, and a child has one a thread: enough for the upper pages of
 * the trees of a million certificates. The rest is in the kernel's cache. */
#define CACHE_KIB "4096"
#define MIGRATION_CACHE_KIB "524288"

enum { JOURNALS_WAIT = 500000, JOURNALS_PAUSE = 2000 }; /* microseconds */

static const char out_of_memory[] = "out of memory";

static scep_sql_status_e classify(int code)
{
    switch (code & 0xff) {
    case SQLITE_OK:
    case SQLITE_ROW:
    case SQLITE_DONE:
        return SCEP_SQL_OK;
    case SQLITE_BUSY:
    case SQLITE_LOCKED:
        return SCEP_SQL_BUSY;
    case SQLITE_FULL:
        return SCEP_SQL_FULL;
    case SQLITE_CONSTRAINT:
        return SCEP_SQL_CONSTRAINT;
    case SQLITE_IOERR:
    case SQLITE_CANTOPEN:
    case SQLITE_READONLY:
    case SQLITE_PERM:
    case SQLITE_AUTH:
    case SQLITE_PROTOCOL:
    case SQLITE_NOLFS:
    case SQLITE_NOMEM:
        return SCEP_SQL_LOST;
    default:
        return SCEP_SQL_ERROR;
    }
}

static scep_sql_status_e own_error(scep_sql_conn_t *conn,
                                   scep_sql_status_e status, const char *text)
{
    conn->error = text;
    return status;
}

/* Ask often at first, as others' transactions take well under a millisecond;
 * the spread keeps processes from asking in step. */
static int while_busy(void *baton, int tries)
{
    const scep_sql_conn_t *conn = baton;
    apr_interval_time_t left = conn->wait_until - scep_sql_clock();
    apr_interval_time_t pause = 100 + 100 * (tries < 50 ? tries : 50);
    unsigned char spread;

    if (left <= 0) {
        return 0;
    }
    sqlite3_randomness(1, &spread);
    pause += pause * spread / 256;
    apr_sleep(pause < left ? pause : left);
    return 1;
}

static void wait_at_most(scep_sql_conn_t *conn, apr_interval_time_t wait)
{
    conn->wait_until = scep_sql_clock() + wait;
}

static scep_sql_status_e os_error(scep_sql_conn_t *conn)
{
    return own_error(conn, SCEP_SQL_LOST,
                     apr_strerror(APR_FROM_OS_ERROR(errno), conn->error_text,
                                  sizeof(conn->error_text)));
}

static scep_sql_status_e run_text(scep_sql_conn_t *conn, const char *text)
{
    conn->error = NULL;
    return classify(sqlite3_exec(conn->db, text, NULL, NULL, NULL));
}

/* A file that one may only read is opened for reading by SQLite without a
 * word, which leaves journals beside it that one may only read, too: those
 * would stay in the way after the file's mode is right again. */
static bool may_write(const char *path)
{
    return faccessat(AT_FDCWD, path, R_OK | W_OK, AT_EACCESS) == 0;
}

/* The database may have been written by an intruder in a child: nothing in
 * its schema gets to run functions that could do harm, in the parent least of
 * all. The file may lie where the server's user can rename things. */
static int open_db(const char *path, sqlite3 **db)
{
    int flags =
        SQLITE_OPEN_READWRITE | SQLITE_OPEN_NOMUTEX | SQLITE_OPEN_PRIVATECACHE;
    int code;

#ifdef SQLITE_OPEN_NOFOLLOW
    flags |= SQLITE_OPEN_NOFOLLOW;
#endif
    code = sqlite3_open_v2(path, db, flags, NULL);
    if (code == SQLITE_OK) {
        sqlite3_extended_result_codes(*db, 1);
#ifdef SQLITE_DBCONFIG_DEFENSIVE
        sqlite3_db_config(*db, SQLITE_DBCONFIG_DEFENSIVE, 1, NULL);
#endif
    }
    return code;
}

static scep_sql_status_e set_connection(scep_sql_conn_t *conn)
{
    scep_sql_status_e status;

    sqlite3_busy_handler(conn->db, while_busy, conn);
    wait_at_most(conn, SCEP_SQLITE_WAIT);
    status = run_text(conn, "PRAGMA trusted_schema=OFF;"
                            "PRAGMA cell_size_check=ON;"
                            "PRAGMA foreign_keys=ON;"
                            "PRAGMA temp_store=MEMORY;"
                            "PRAGMA cache_size=-" CACHE_KIB ";"
                            "PRAGMA secure_delete=OFF;"
                            "PRAGMA synchronous=FULL");
    if (status == SCEP_SQL_OK && sqlite3_db_readonly(conn->db, "main") != 0) {
        return own_error(conn, SCEP_SQL_LOST, "it can only be read");
    }
    if (status != SCEP_SQL_OK) {
        return status;
    }
    /* The log may be such that one can only read it; whether others write just
     * now does not matter. */
    wait_at_most(conn, 0);
    status = run_text(conn, "BEGIN IMMEDIATE; ROLLBACK");
    return status == SCEP_SQL_BUSY ? SCEP_SQL_OK : status;
}

static scep_sql_status_e connect_to(scep_sql_conn_t *conn, const char *path)
{
    scep_sql_status_e status = classify(open_db(path, &conn->db));

    if (status == SCEP_SQL_OK) {
        status = classify(scep_sqlite_functions(conn->db));
    }
    return status == SCEP_SQL_OK ? set_connection(conn) : status;
}

/* Who is root and opens the database (an operator's sqlite3) makes journals
 * that are root's for as long as it takes SQLite to give them to the owner of
 * the database: whoever comes just then cannot open them, or only read. */
static bool journals_in_the_making(scep_sql_conn_t *conn)
{
    int code = sqlite3_errcode(conn->db) & 0xff;

    return code == SQLITE_CANTOPEN || code == SQLITE_READONLY;
}

static scep_sql_status_e connect_in_time(scep_sql_conn_t *conn,
                                         const char *path)
{
    apr_time_t until = scep_sql_clock() + JOURNALS_WAIT;
    scep_sql_status_e status = connect_to(conn, path);

    while (status == SCEP_SQL_LOST && journals_in_the_making(conn) &&
           scep_sql_clock() < until) {
        sqlite3_close(conn->db);
        conn->db = NULL;
        apr_sleep(JOURNALS_PAUSE);
        status = connect_to(conn, path);
    }
    wait_at_most(conn, SCEP_SQLITE_WAIT);
    return status;
}

static scep_sql_status_e sqlite_open(const char *params, const scep_env_t *env,
                                     scep_sql_conn_t **out)
{
    scep_sql_conn_t *conn = calloc(1, sizeof(*conn));
    scep_sql_status_e status;
    char *path;

    (void)env;
    *out = conn;
    if (conn == NULL) {
        return SCEP_SQL_LOST;
    }
    if (!sqlite3_threadsafe()) {
        return own_error(conn, SCEP_SQL_ERROR,
                         "libsqlite3 was built without threads");
    }
    path = scep_sqlite_canonical(params);
    if (path == NULL || !may_write(path)) {
        status = os_error(conn);
    }
    else {
        status = connect_in_time(conn, path);
    }
    free(path);
    return status;
}

static bool sqlite_usable(scep_sql_conn_t *conn)
{
    int moved = 0;

    return sqlite3_file_control(conn->db, "main", SQLITE_FCNTL_HAS_MOVED,
                                &moved) != SQLITE_OK ||
           moved == 0;
}

static void sqlite_close(scep_sql_conn_t *conn)
{
    int i;

    if (conn == NULL) {
        return;
    }
    for (i = 0; i < SCEP_SQL_SLOTS; i++) {
        sqlite3_finalize(conn->cache[i]);
    }
    /* The last one to close deletes the log by its name, which may be that of
     * the database's successor by now. */
    if (conn->db != NULL && !sqlite_usable(conn)) {
        sqlite3_db_config(conn->db, SQLITE_DBCONFIG_NO_CKPT_ON_CLOSE, 1, NULL);
    }
    sqlite3_close(conn->db);
    free(conn->row);
    free(conn);
}

static bool is_wal(void *baton, const char *const *columns, int count)
{
    *(bool *)baton = count == 1 && strcmp(columns[0], "wal") == 0;
    return true;
}

static scep_sql_status_e sqlite_run(scep_sql_conn_t *conn,
                                    const scep_sql_query_t *query,
                                    const scep_sql_value_t *values,
                                    scep_sql_row_fn *row, void *baton,
                                    apr_int64_t *changed);

/* A migration touches everything. SQLite does not wait for others who are just
 * doing the same. */
static scep_sql_status_e sqlite_configure(scep_sql_conn_t *conn)
{
    static const char big_cache[] = "PRAGMA cache_size=-" MIGRATION_CACHE_KIB;
    static const scep_sql_query_t set_wal = {-1, "", "PRAGMA journal_mode=WAL"};
    apr_time_t until = scep_sql_clock() + SCEP_SQLITE_WAIT;
    scep_sql_status_e status = run_text(conn, big_cache);
    bool wal = false;
    int tries = 0;

    do {
        status = sqlite_run(conn, &set_wal, NULL, is_wal, &wal, NULL);
        conn->wait_until = until;
    } while (status == SCEP_SQL_BUSY && while_busy(conn, tries++));
    if (status == SCEP_SQL_OK && !wal) {
        return own_error(conn, SCEP_SQL_ERROR,
                         "its file system cannot carry a write-ahead log (is "
                         "it a network file system?)");
    }
    return status;
}

/* Trigrams of what is searched, without the texts themselves. A libsqlite3
 * that was built without it searches the slow way. */
static scep_sql_status_e sqlite_index_subjects(scep_sql_conn_t *conn)
{
    static const char make[] =
        "CREATE VIRTUAL TABLE IF NOT EXISTS certificate_search USING"
        " fts5(subject, content='', columnsize=0, detail=none,"
        " tokenize='trigram case_sensitive 1');"
        "INSERT INTO documents (name, version, text, updated)"
        " SELECT 'certificate-search', 0, '', 0 WHERE NOT EXISTS (SELECT 1"
        " FROM documents WHERE name = 'certificate-search')";
    scep_sql_status_e status;

    status = run_text(conn, "SAVEPOINT index_subjects");
    if (status == SCEP_SQL_OK && run_text(conn, make) != SCEP_SQL_OK) {
        status = run_text(conn, "ROLLBACK TO index_subjects");
    }
    return status == SCEP_SQL_OK ? run_text(conn, "RELEASE index_subjects")
                                 : status;
}

static scep_sql_status_e sqlite_begin(scep_sql_conn_t *conn,
                                      apr_interval_time_t wait)
{
    scep_sql_status_e status;

    wait_at_most(conn, wait);
    status = run_text(conn, "BEGIN IMMEDIATE");
    wait_at_most(conn, SCEP_SQLITE_WAIT);
    return status;
}

static scep_sql_status_e sqlite_commit(scep_sql_conn_t *conn)
{
    return run_text(conn, "COMMIT");
}

/* Some failures have ended the transaction already. */
static bool sqlite_rollback(scep_sql_conn_t *conn)
{
    return sqlite3_get_autocommit(conn->db) != 0 ||
           run_text(conn, "ROLLBACK") == SCEP_SQL_OK;
}

static scep_sql_status_e sqlite_join(scep_sql_conn_t *conn)
{
    return run_text(conn, "SAVEPOINT member");
}

/* Some failures have ended the whole transaction already. */
static scep_sql_status_e sqlite_leave(scep_sql_conn_t *conn, bool keep)
{
    if (sqlite3_get_autocommit(conn->db) != 0) {
        return own_error(conn, SCEP_SQL_LOST,
                         "another writer's failure undid the transaction");
    }
    return run_text(conn, keep ? "RELEASE member"
                               : "ROLLBACK TO member; RELEASE member");
}

static int prepare(scep_sql_conn_t *conn, const scep_sql_query_t *query,
                   sqlite3_stmt **statement)
{
    bool cached = query->slot >= 0;
    int code;

    if (cached && conn->cache[query->slot] != NULL) {
        *statement = conn->cache[query->slot];
        return SQLITE_OK;
    }
    code = sqlite3_prepare_v3(conn->db, query->text, -1,
                              cached ? SQLITE_PREPARE_PERSISTENT : 0, statement,
                              NULL);
    if (code == SQLITE_OK && cached) {
        conn->cache[query->slot] = *statement;
    }
    return code;
}

static int bind_text(sqlite3_stmt *statement, int place, const char *text)
{
    return sqlite3_bind_text(statement, place, text, -1, SQLITE_STATIC);
}

/* What is no hex is bound as it is, and no column's octets are equal to it. */
static int bind_octets(sqlite3_stmt *statement, int place, const char *hex)
{
    size_t size = hex != NULL ? strlen(hex) / 2 : 0;
    unsigned char *octets;

    if (hex == NULL || *hex == '\0') {
        return bind_text(statement, place, hex);
    }
    octets = malloc(size + 1);
    if (octets == NULL) {
        return SQLITE_NOMEM;
    }
    if (!scep_unhex(hex, octets, size)) {
        free(octets);
        return bind_text(statement, place, hex);
    }
    return sqlite3_bind_blob(statement, place, octets, (int)size, free);
}

static int bind_values(sqlite3_stmt *statement, const char *params,
                       const scep_sql_value_t *values)
{
    int code = SQLITE_OK;
    int i;

    for (i = 0; params[i] != '\0' && code == SQLITE_OK; i++) {
        switch (params[i]) {
        case 'n':
            code = sqlite3_bind_int64(statement, i + 1, values[i].number);
            break;
        case 'x':
            code = bind_octets(statement, i + 1, values[i].text);
            break;
        default:
            code = bind_text(statement, i + 1, values[i].text);
        }
    }
    return code;
}

static bool is_octets(sqlite3_stmt *statement, int column)
{
    return sqlite3_column_type(statement, column) == SQLITE_BLOB;
}

/* Room for all octets of a row in hex, so that none moves. */
static bool make_room(scep_sql_conn_t *conn, sqlite3_stmt *statement, int count)
{
    size_t need = 0;
    char *row;
    int i;

    for (i = 0; i < count; i++) {
        if (is_octets(statement, i)) {
            need += 2 * (size_t)sqlite3_column_bytes(statement, i) + 1;
        }
    }
    if (need > conn->row_size) {
        row = realloc(conn->row, need);
        if (row == NULL) {
            return false;
        }
        conn->row = row;
        conn->row_size = need;
    }
    return true;
}

/* Appends to the row. */
static const char *octets_in_hex(sqlite3_stmt *statement, int column, char **to)
{
    size_t size = (size_t)sqlite3_column_bytes(statement, column);
    char *hex = *to;

    scep_hex_lower_into(hex, sqlite3_column_blob(statement, column), size);
    *to += 2 * size + 1;
    return hex;
}

/* @return SQLITE_ROW to go on */
static int hand_over(scep_sql_conn_t *conn, sqlite3_stmt *statement,
                     scep_sql_row_fn *row, void *baton)
{
    const char *columns[SCEP_SQL_MAX_PARAMS] = {NULL};
    int count = sqlite3_column_count(statement);
    char *to;
    int i;

    if (row == NULL) {
        return SQLITE_ROW;
    }
    if (count > SCEP_SQL_MAX_PARAMS) {
        conn->error = "too many columns";
        return SQLITE_MISUSE;
    }
    if (!make_room(conn, statement, count)) {
        conn->error = out_of_memory;
        return SQLITE_NOMEM;
    }
    for (i = 0, to = conn->row; i < count; i++) {
        columns[i] = is_octets(statement, i)
                         ? octets_in_hex(statement, i, &to)
                         : (const char *)sqlite3_column_text(statement, i);
        if (columns[i] == NULL &&
            sqlite3_column_type(statement, i) != SQLITE_NULL) {
            conn->error = out_of_memory;
            return SQLITE_NOMEM;
        }
    }
    return row(baton, columns, count) ? SQLITE_ROW : SQLITE_DONE;
}

static scep_sql_status_e sqlite_run(scep_sql_conn_t *conn,
                                    const scep_sql_query_t *query,
                                    const scep_sql_value_t *values,
                                    scep_sql_row_fn *row, void *baton,
                                    apr_int64_t *changed)
{
    sqlite3_stmt *statement = NULL;
    scep_sql_status_e status;
    int code;

    conn->error = NULL;
    wait_at_most(conn, SCEP_SQLITE_WAIT);
    code = prepare(conn, query, &statement);
    if (code != SQLITE_OK) {
        return classify(code);
    }
    code = bind_values(statement, query->params, values);
    if (code == SQLITE_OK) {
        do {
            code = sqlite3_step(statement);
            if (code == SQLITE_ROW) {
                code = hand_over(conn, statement, row, baton);
            }
        } while (code == SQLITE_ROW);
    }
    status = classify(code);
    if (changed != NULL && status == SCEP_SQL_OK) {
        *changed = sqlite3_changes(conn->db);
    }
    /* Values are the caller's memory: none stays bound. */
    sqlite3_reset(statement);
    sqlite3_clear_bindings(statement);
    if (query->slot < 0) {
        sqlite3_finalize(statement);
    }
    return status;
}

static const char *sqlite_error(scep_sql_conn_t *conn)
{
    if (conn == NULL) {
        return out_of_memory;
    }
    return conn->error != NULL ? conn->error : sqlite3_errmsg(conn->db);
}

static scep_status_e sqlite_check(const char *path, apr_pool_t *pool,
                                  scep_result_t *res)
{
    (void)pool;
    return *path != '\0' ? SCEP_OK
                         : scep_fail(res, SCEP_R_SETUP,
                                     "the path of the database is empty");
}

static const char *sqlite_display(const char *path, apr_pool_t *pool)
{
    (void)pool;
    return path;
}

static bool sqlite_secret(const char *path, apr_pool_t *pool)
{
    (void)path;
    (void)pool;
    return false;
}

static const char *sqlite_open_params(const char *path, apr_pool_t *pool)
{
    (void)pool;
    return path;
}

static bool sqlite_same(const char *path, const char *other, apr_pool_t *pool)
{
    struct stat one, two;

    (void)pool;
    return strcmp(path, other) == 0 ||
           (stat(path, &one) == 0 && stat(other, &two) == 0 &&
            one.st_dev == two.st_dev && one.st_ino == two.st_ino);
}

const scep_sql_driver_t scep_sqlite_driver = {
    .name = "sqlite3",
    .dialect = {"BLOB", "INTEGER", " WITHOUT ROWID"},
    .check = sqlite_check,
    .display = sqlite_display,
    .secret = sqlite_secret,
    .open_params = sqlite_open_params,
    .same = sqlite_same,
    .look = scep_sqlite_look,
    .file = scep_sqlite_identify,
    .provide = scep_sqlite_provide,
    .open = sqlite_open,
    .close = sqlite_close,
    .configure = sqlite_configure,
    .index_subjects = sqlite_index_subjects,
    .usable = sqlite_usable,
    .begin = sqlite_begin,
    .commit = sqlite_commit,
    .rollback = sqlite_rollback,
    .join = sqlite_join,
    .leave = sqlite_leave,
    .run = sqlite_run,
    .error = sqlite_error,
};
