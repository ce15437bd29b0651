/* Licensed under the Apache License, Version 2.0; see LICENSE. */
/*
 * scep_store.c: preparing the database, this process's connections to it, and
 * the frame of every read and write. (store layer)
 *
 * All memory is got when the store is opened: its pool is also other
 * threads', and pools are not for two threads. Writers of one process take
 * turns at a mutex, which wakes them at once, and share a transaction
 * (scep_store_group.h), and only then meet those of other processes at the
 * database's own lock, for which one can only ask again and again.
 */
#include "scep_store_group.h"

#include <errno.h>
#include <string.h>
#include <unistd.h>

#include <apr_strings.h>
#include <apr_thread_cond.h>
#include <apr_thread_mutex.h>

#include "scep_schema.h"

/* For a connection, this process's other writers and the others', together. */
#define STORE_WAIT (4 * APR_USEC_PER_SEC)

struct scep_store_t {
    const scep_sql_driver_t *driver;
    const char *params;
    const char *name;                /* PARAMS without secrets */
    scep_store_identity_t *identity; /* NULL: whatever it is */
    scep_env_t env;
    pid_t process; /* that opened it: connections do not survive fork() */
    apr_thread_mutex_t *lock; /* over the free list and what fails */
    apr_thread_cond_t *freed;
    scep_store_group_t group; /* of writers */
    int slots;
    int free;                      /* first free slot; -1: none */
    _Atomic apr_uint64_t sessions; /* that have got a connection */
    atomic_bool failing;
    atomic_bool failing_to_write; /* reading goes on: a lock, a full disk */
    scep_store_tally_t tally;
    scep_store_slot_t *slot;
};

/* --- prepare -------------------------------------------------------------- */

static scep_status_e gone(scep_result_t *res, const char *name,
                          const char *what)
{
    scep_fail(res, SCEP_R_SETUP, "database %s %s", name, what);
    res->status = SCEP_NOT_FOUND;
    return res->status;
}

static scep_status_e check_there(const scep_store_config_t *config,
                                 const scep_sql_driver_t *driver,
                                 const char *name, scep_result_t *res)
{
    scep_sql_file_t file;

    return config->must_exist && driver->file != NULL &&
                   driver->file(config->params, &file) == ENOENT
               ? gone(res, name, "is gone")
               : SCEP_OK;
}

static scep_status_e cannot_use(const scep_sql_driver_t *driver,
                                scep_sql_conn_t *conn, const char *name,
                                scep_sql_status_e sql, scep_result_t *res)
{
    return scep_fail(res, SCEP_R_SETUP, "cannot use database %s: %s: %s", name,
                     scep_sql_status_name(sql), driver->error(conn));
}

static scep_status_e set_up(const scep_store_config_t *config,
                            const scep_sql_driver_t *driver, const char *name,
                            const scep_env_t *env, scep_result_t *res)
{
    scep_sql_conn_t *conn;
    scep_sql_status_e sql = driver->open(config->params, env, &conn);
    scep_status_e status = SCEP_OK;

    if (sql == SCEP_SQL_OK && config->must_exist &&
        scep_schema_version(driver, conn) <= 0) {
        status = gone(res, name,
                      apr_psprintf(res->pool, "has no tables of mod_scep (%s)",
                                   driver->error(conn)));
        driver->close(conn);
        return status;
    }
    if (sql == SCEP_SQL_OK) {
        sql = driver->configure(conn);
    }
    if (sql == SCEP_SQL_OK) {
        status = scep_schema_migrate(driver, conn, env, name, res);
    }
    if (sql == SCEP_SQL_OK && status == SCEP_OK && config->identity != NULL) {
        sql = scep_identity_make(driver, conn, config->params,
                                 scep_env_now(env), config->identity);
    }
    if (sql != SCEP_SQL_OK) {
        status = cannot_use(driver, conn, name, sql, res);
    }
    driver->close(conn);
    return status;
}

scep_status_e scep_store_prepare(const scep_store_config_t *config,
                                 const scep_env_t *env, uid_t uid, gid_t gid,
                                 apr_pool_t *pool, scep_result_t *res)
{
    const scep_sql_driver_t *driver = scep_store_driver_of(config->driver);
    const char *name;
    scep_status_e status;

    if (driver == NULL) {
        return scep_store_no_driver(config, res);
    }
    name = driver->display(config->params, pool);
    status = check_there(config, driver, name, res);
    if (status == SCEP_OK) {
        status = driver->provide(config->params, uid, gid, pool, res);
    }
    if (status == SCEP_OK) {
        status = set_up(config, driver, name, env, res);
    }
    /* Once more: what root's connection left must not be root's. */
    if (status == SCEP_OK) {
        status = driver->provide(config->params, uid, gid, pool, res);
    }
    if (status == SCEP_OK) {
        scep_log(env, SCEP_LOG_DEBUG, "database %s is ready", name);
    }
    return status;
}

/* --- open and close ------------------------------------------------------- */

static apr_status_t close_all(void *baton)
{
    scep_store_t *store = baton;
    int i;

    if (store->process != getpid()) {
        return APR_SUCCESS; /* the parent's: closing would upset it */
    }
    /* What is in use was interrupted: prefork's children end in a signal
     * handler, and the driver may be anywhere, with a lock of its own held.
     * That one is left as a killed process leaves it. */
    for (i = store->free; i >= 0; i = store->slot[i].next) {
        store->driver->close(store->slot[i].conn);
        store->slot[i].conn = NULL;
    }
    return APR_SUCCESS;
}

static apr_status_t make_locks(scep_store_t *store, apr_pool_t *pool)
{
    apr_status_t rv =
        apr_thread_mutex_create(&store->lock, APR_THREAD_MUTEX_DEFAULT, pool);

    if (rv == APR_SUCCESS) {
        rv = scep_group_init(&store->group, pool);
    }
    if (rv == APR_SUCCESS) {
        rv = apr_thread_cond_create(&store->freed, pool);
    }
    if (rv == APR_SUCCESS) {
        rv = scep_store_tally_init(&store->tally, pool);
    }
    return rv;
}

scep_status_e scep_store_open(const scep_store_config_t *config,
                              const scep_env_t *env, apr_pool_t *pool,
                              scep_store_t **out, scep_result_t *res)
{
    scep_store_t *store = apr_pcalloc(pool, sizeof(*store));
    int i;

    store->driver = scep_store_driver_of(config->driver);
    if (store->driver == NULL) {
        return scep_store_no_driver(config, res);
    }
    store->name =
        apr_pstrdup(pool, store->driver->display(config->params, pool));
    if (make_locks(store, pool) != APR_SUCCESS) {
        return scep_fail(res, SCEP_R_INTERNAL,
                         "cannot make the locks of database %s", store->name);
    }
    store->params = apr_pstrdup(pool, config->params);
    store->identity = config->identity;
    store->env = *env;
    store->process = getpid();
    store->slots = config->connections > 0 ? config->connections : 1;
    store->slot =
        apr_pcalloc(pool, (apr_size_t)store->slots * sizeof(*store->slot));
    for (i = 0; i < store->slots; i++) {
        store->slot[i].next = i + 1 < store->slots ? i + 1 : -1;
    }
    apr_pool_cleanup_register(pool, store, close_all, apr_pool_cleanup_null);
    *out = store;
    return SCEP_OK;
}

bool scep_store_shared(const scep_store_t *store)
{
    return store->driver->shared;
}

scep_store_tally_t *scep_store_tally(scep_store_t *store)
{
    return &store->tally;
}

const char *scep_store_name(const scep_store_t *store)
{
    return store->name;
}

apr_uint64_t scep_store_sessions(scep_store_t *store)
{
    return atomic_load(&store->sessions);
}

/* --- failures ------------------------------------------------------------- */

/* @return it was so before */
static bool note_failing(scep_store_t *store, bool writes)
{
    return atomic_exchange(writes ? &store->failing_to_write : &store->failing,
                           true);
}

static void note_success(scep_store_t *store, bool wrote)
{
    bool failed, fails;

    apr_thread_mutex_lock(store->lock);
    failed = store->failing || store->failing_to_write;
    store->failing = false;
    store->failing_to_write = store->failing_to_write && !wrote;
    fails = store->failing_to_write;
    apr_thread_mutex_unlock(store->lock);
    if (failed && !fails) {
        scep_log(&store->env, SCEP_LOG_NOTICE,
                 SCEPLOGNO(0250) "database %s works again", store->name);
    }
}

/* The caller has logged the cause. */
static scep_status_e away(scep_store_t *store, bool writes, const char *what,
                          const char *why, scep_result_t *res)
{
    (void)note_failing(store, writes);
    scep_fail(res, SCEP_R_STORE_UNAVAILABLE, "%s: database %s: %s", what,
              store->name, why);
    res->told = true;
    return res->status;
}

/* Told once: each request that comes meets the same. */
static scep_status_e replaced(scep_store_t *store, scep_identity_e found,
                              scep_result_t *res)
{
    if (!note_failing(store, false)) {
        scep_log(&store->env, SCEP_LOG_ERROR,
                 SCEPLOGNO(0256) "database %s is not the one that httpd was "
                                 "started with: %s. All requests are refused "
                                 "until httpd is restarted; stop it before a "
                                 "database is restored",
                 store->name, scep_identity_text(found));
    }
    return away(store, false, "connect", scep_identity_text(found), res);
}

scep_status_e scep_store_in_place(scep_store_t *store, scep_result_t *res)
{
    scep_store_identity_t *identity = store->identity;

    if (identity == NULL) {
        return SCEP_OK;
    }
    if (atomic_load(&identity->position) == SCEP_STORE_CLOSED) {
        return replaced(store, SCEP_IDENTITY_FOREIGN, res);
    }
    return scep_identity_in_place(store->driver, store->params, identity)
               ? SCEP_OK
               : replaced(store, SCEP_IDENTITY_MOVED, res);
}

/* httpd brings the schema up to date before it opens the store, with an
 * identity; scepctl may have been installed since httpd was started. */
static const char *schema_cure(const scep_store_t *store, apr_pool_t *pool)
{
    scep_sql_conn_t *conn;
    apr_int64_t version = 0;

    if (store->identity != NULL) {
        return "";
    }
    if (store->driver->open(store->params, &store->env, &conn) == SCEP_SQL_OK) {
        version = scep_schema_version(store->driver, conn);
    }
    store->driver->close(conn);
    return version > 0 && version < SCEP_SCHEMA_VERSION
               ? apr_psprintf(pool,
                              "; it has schema %" APR_INT64_T_FMT
                              " of an older mod_scep, and this one needs %d: "
                              "stop and start httpd, which changes it",
                              version, SCEP_SCHEMA_VERSION)
               : "";
}

/* Our own line tells the operator which database and which cure. The caller
 * logs RES with its request, for who looks for a client. */
static scep_status_e sql_fail(scep_store_t *store, bool writes,
                              scep_sql_status_e sql, const char *what,
                              const char *error, scep_result_t *res)
{
    const scep_env_t *env = &store->env;

    switch (sql) {
    case SCEP_SQL_BUSY:
        scep_log(env, SCEP_LOG_ERROR,
                 SCEPLOGNO(0251) "database %s stayed locked for %d s; end the "
                                 "other program that is working on it",
                 store->name, (int)(STORE_WAIT / APR_USEC_PER_SEC));
        return away(store, writes, what, error, res);
    case SCEP_SQL_FULL:
        scep_log(env, SCEP_LOG_ERROR,
                 SCEPLOGNO(0252) "no room for database %s; make some on its "
                                 "disk",
                 store->name);
        return away(store, writes, what, error, res);
    case SCEP_SQL_LOST:
        scep_log(
            env, SCEP_LOG_ERROR,
            SCEPLOGNO(0253) "database %s cannot be read or written: %s; see "
                            "that its disk or server is up and that "
                            "httpd's user may write to it",
            store->name, error);
        return away(store, writes, what, error, res);
    case SCEP_SQL_OK:
    case SCEP_SQL_CONSTRAINT:
    case SCEP_SQL_ERROR:
        break;
    }
    scep_log(env, SCEP_LOG_ERROR,
             SCEPLOGNO(0254) "database %s failed to %s: %s: %s; stop httpd and "
                             "check it, or restore a backup",
             store->name, what, scep_sql_status_name(sql), error);
    scep_fail(res, SCEP_R_INTERNAL, "%s: database %s: %s: %s%s", what,
              store->name, scep_sql_status_name(sql), error,
              schema_cure(store, res->pool));
    res->told = true;
    return res->status;
}

/* --- sessions ------------------------------------------------------------- */

static int slot_take(scep_store_t *store, apr_time_t until)
{
    apr_status_t rv = APR_SUCCESS;
    int slot;

    apr_thread_mutex_lock(store->lock);
    while (store->free < 0 && rv == APR_SUCCESS) {
        apr_interval_time_t left = until - scep_sql_clock();

        rv = left > 0
                 ? apr_thread_cond_timedwait(store->freed, store->lock, left)
                 : APR_TIMEUP;
    }
    slot = store->free;
    if (slot >= 0) {
        store->free = store->slot[slot].next;
        store->sessions++;
    }
    apr_thread_mutex_unlock(store->lock);
    return slot;
}

static void slot_give(scep_store_t *store, int slot)
{
    apr_thread_mutex_lock(store->lock);
    store->slot[slot].next = store->free;
    store->free = slot;
    apr_thread_cond_signal(store->freed);
    apr_thread_mutex_unlock(store->lock);
}

static void disconnect(scep_store_session_t *s)
{
    scep_store_slot_t *slot = &s->store->slot[s->slot];

    s->store->driver->close(slot->conn);
    slot->conn = NULL;
}

static scep_status_e connected(scep_store_session_t *s, scep_result_t *res)
{
    scep_store_t *store = s->store;
    scep_store_slot_t *slot = &store->slot[s->slot];
    scep_sql_status_e sql;
    scep_status_e status;

    if (slot->conn != NULL && !store->driver->usable(slot->conn)) {
        disconnect(s);
    }
    if (slot->conn != NULL) {
        return SCEP_OK;
    }
    sql = store->driver->open(store->params, &store->env, &slot->conn);
    if (sql == SCEP_SQL_OK && store->identity != NULL) {
        sql = scep_identity_compare(store->driver, slot->conn, store->identity,
                                    &s->found, &s->position);
    }
    if (sql == SCEP_SQL_OK && s->found == SCEP_IDENTITY_SAME) {
        return SCEP_OK;
    }
    if (sql == SCEP_SQL_OK) {
        disconnect(s);
        return replaced(store, s->found, res);
    }
    status = sql_fail(store, false, sql, "open",
                      store->driver->error(slot->conn), res);
    disconnect(s);
    return status;
}

static scep_status_e use(scep_store_t *store, scep_store_session_t *s,
                         apr_time_t until, scep_result_t *res)
{
    scep_status_e status;

    if (store->process != getpid()) {
        return scep_fail(res, SCEP_R_INTERNAL,
                         "database %s was opened before fork()", store->name);
    }
    status = scep_store_in_place(store, res);
    if (status != SCEP_OK) {
        return status;
    }
    s->store = store;
    s->writes = s->joined = false;
    s->found = SCEP_IDENTITY_SAME;
    s->bad = s->why = NULL;
    s->slot = s->own_slot = slot_take(store, until);
    if (s->slot < 0) {
        scep_log(&store->env, SCEP_LOG_ERROR,
                 SCEPLOGNO(0255) "all %d connections to database %s are in "
                                 "use: is it slow? See its disk or server",
                 store->slots, store->name);
        return away(store, false, "connect", "all connections are in use", res);
    }
    status = connected(s, res);
    if (status != SCEP_OK) {
        slot_give(store, s->slot);
    }
    return status;
}

/* Within a write transaction nobody else writes, and the count stands still. */
static scep_sql_status_e verify(scep_store_session_t *s)
{
    scep_store_t *store = s->store;

    return store->identity != NULL && !store->driver->shared
               ? scep_identity_compare(store->driver, store->slot[s->slot].conn,
                                       store->identity, &s->found, &s->position)
               : SCEP_SQL_OK;
}

scep_status_e scep_store_use(scep_store_t *store, scep_store_session_t *s,
                             scep_result_t *res)
{
    scep_status_e status = use(store, s, scep_sql_clock() + STORE_WAIT, res);
    scep_sql_status_e sql;

    if (status != SCEP_OK) {
        return status;
    }
    sql = verify(s);
    return sql == SCEP_SQL_OK && s->found == SCEP_IDENTITY_SAME
               ? SCEP_OK
               : scep_store_end(s, sql, false, "connect", res);
}

/* Who waited for its turn has less patience left for other processes, so that a
 * queue of threads does not add their waits up. */
static scep_sql_status_e begin(scep_store_session_t *s, apr_time_t until)
{
    scep_store_t *store = s->store;
    apr_interval_time_t left = until - scep_sql_clock();

    s->writes = true;
    s->joined = store->group.slot >= 0;
    if (s->joined) {
        s->slot = store->group.slot;
        return store->driver->join(store->slot[s->slot].conn);
    }
    return store->driver->begin(store->slot[s->slot].conn, left > 0 ? left : 0);
}

scep_status_e scep_store_begin(scep_store_t *store, scep_store_session_t *s,
                               scep_result_t *res)
{
    apr_time_t until = scep_sql_clock() + STORE_WAIT;
    scep_status_e status = use(store, s, until, res);
    scep_sql_status_e sql;

    if (status != SCEP_OK) {
        return status;
    }
    scep_group_enter(&store->group);
    sql = begin(s, until);
    if (sql == SCEP_SQL_OK) {
        sql = verify(s);
    }
    return sql == SCEP_SQL_OK && s->found == SCEP_IDENTITY_SAME
               ? SCEP_OK
               : scep_store_end(s, sql, false, "begin", res);
}

const scep_sql_driver_t *scep_store_driver(const scep_store_session_t *s)
{
    return s->store->driver;
}

scep_sql_conn_t *scep_store_connection(const scep_store_session_t *s)
{
    return s->store->slot[s->slot].conn;
}

scep_sql_status_e scep_store_run(scep_store_session_t *s,
                                 scep_store_query_e query,
                                 const scep_sql_value_t *values,
                                 scep_sql_row_fn *row, void *baton,
                                 apr_int64_t *changed)
{
    return s->store->driver->run(s->store->slot[s->slot].conn,
                                 scep_store_query(query), values, row, baton,
                                 changed);
}

static scep_sql_status_e commit_counted(const scep_sql_driver_t *driver,
                                        scep_sql_conn_t *conn)
{
    scep_sql_status_e sql = scep_identity_count(driver, conn);

    return sql == SCEP_SQL_OK ? driver->commit(conn) : sql;
}

/* What was committed to a file that was moved away meanwhile is lost: it must
 * not be answered. */
static scep_status_e after_success(scep_store_session_t *s, bool wrote,
                                   scep_result_t *res)
{
    scep_store_identity_t *identity = s->store->identity;

    if (s->found != SCEP_IDENTITY_SAME) {
        return replaced(s->store, s->found, res);
    }
    if (wrote && identity != NULL) {
        scep_identity_reached(identity, s->position + 1);
        if (scep_store_in_place(s->store, res) != SCEP_OK) {
            return res->status;
        }
    }
    note_success(s->store, wrote);
    return SCEP_OK;
}

static bool is_worth_keeping(scep_sql_status_e sql)
{
    return sql == SCEP_SQL_OK || sql == SCEP_SQL_BUSY ||
           sql == SCEP_SQL_CONSTRAINT;
}

/* The end of a session that reads. */
static scep_status_e end_reading(scep_store_session_t *s, scep_sql_status_e sql,
                                 const char *what, scep_result_t *res)
{
    scep_store_t *store = s->store;
    scep_status_e status;

    if (sql == SCEP_SQL_OK) {
        return after_success(s, false, res);
    }
    status = sql_fail(store, false, sql, what,
                      store->driver->error(store->slot[s->slot].conn), res);
    if (!is_worth_keeping(sql)) {
        disconnect(s);
    }
    return status;
}

/* With the turn: what S did is undone. @return false: and with it, as there is
 * no other way, what others did in the transaction that it joined */
static bool undo(scep_store_session_t *s, scep_sql_status_e sql)
{
    scep_store_t *store = s->store;
    scep_sql_conn_t *conn = store->slot[s->slot].conn;

    if (s->joined && store->driver->leave(conn, false) == SCEP_SQL_OK) {
        store->group.spoilt = store->group.spoilt || !is_worth_keeping(sql);
        return true;
    }
    if (!store->driver->rollback(conn) || !is_worth_keeping(sql)) {
        disconnect(s);
    }
    if (s->joined) {
        scep_group_close(&store->group, SCEP_SQL_LOST);
    }
    return !s->joined;
}

/* With the turn, for all members. @return false: it failed, and RES tells why */
static bool commit_group(scep_store_session_t *s, const char *what,
                         scep_result_t *res)
{
    scep_store_t *store = s->store;
    scep_sql_conn_t *conn = store->slot[s->slot].conn;
    scep_sql_status_e sql = commit_counted(store->driver, conn);
    bool keep = is_worth_keeping(sql) && !store->group.spoilt;

    if (sql != SCEP_SQL_OK) {
        sql_fail(store, true, sql, what, store->driver->error(conn), res);
        keep = store->driver->rollback(conn) && keep;
    }
    if (!keep) {
        disconnect(s);
    }
    scep_group_close(&store->group, sql);
    return sql == SCEP_SQL_OK;
}

/* As sql_fail(), for who shared the transaction and need not log it again. */
static scep_status_e failed_with_others(scep_store_session_t *s,
                                        scep_sql_status_e sql, const char *what,
                                        scep_result_t *res)
{
    static const char why[] = "the transaction that it shared failed";

    if (sql == SCEP_SQL_BUSY || sql == SCEP_SQL_FULL || sql == SCEP_SQL_LOST) {
        return away(s->store, true, what, why, res);
    }
    scep_fail(res, SCEP_R_INTERNAL, "%s: database %s: %s", what, s->store->name,
              why);
    res->told = true;
    return res->status;
}

/* Without the turn. What S found may be another member's, and goes if that one
 * fails; so it waits also if it wrote nothing. */
static scep_status_e hear(scep_store_session_t *s, bool wrote, const char *what,
                          scep_result_t *res)
{
    scep_sql_status_e sql = scep_group_wait(&s->store->group, s);

    return sql == SCEP_SQL_OK ? after_success(s, wrote, res)
                              : failed_with_others(s, sql, what, res);
}

/* With the turn. @return what became of S alone; RES tells why it failed */
static scep_sql_status_e end_own(scep_store_session_t *s, scep_sql_status_e sql,
                                 bool commit, const char *what,
                                 scep_result_t *res)
{
    const scep_sql_driver_t *driver = s->store->driver;
    scep_sql_conn_t *conn = s->store->slot[s->slot].conn;

    if (sql == SCEP_SQL_OK && commit && s->joined) {
        sql = driver->leave(conn, true);
    }
    if (sql != SCEP_SQL_OK) {
        sql_fail(s->store, true, sql, what,
                 s->why != NULL ? s->why : driver->error(conn), res);
    }
    if (sql == SCEP_SQL_OK && commit) {
        return sql;
    }
    if (!undo(s, sql) && sql == SCEP_SQL_OK) {
        sql = SCEP_SQL_LOST;
        failed_with_others(s, sql, what, res);
    }
    return sql;
}

static scep_status_e end_writing(scep_store_session_t *s, scep_sql_status_e sql,
                                 bool commit, const char *what,
                                 scep_result_t *res)
{
    scep_store_group_t *group = &s->store->group;
    bool wrote, waits, committed = true;

    commit = commit && s->bad == NULL;
    sql = end_own(s, sql, commit, what, res);
    wrote = sql == SCEP_SQL_OK && commit;
    /* the first one that wrote nothing leaves no transaction */
    waits = wrote || (sql == SCEP_SQL_OK && group->slot >= 0);
    if (waits) {
        scep_group_add(group, s);
    }
    if (group->slot >= 0 &&
        (s->store->driver->join == NULL || scep_group_is_over(group))) {
        committed = commit_group(s, what, res);
    }
    scep_group_leave(group);
    if (sql != SCEP_SQL_OK || !committed) {
        return res->status;
    }
    return waits ? hear(s, wrote, what, res) : after_success(s, false, res);
}

scep_status_e scep_store_end(scep_store_session_t *s, scep_sql_status_e sql,
                             bool commit, const char *what, scep_result_t *res)
{
    scep_status_e status = s->writes ? end_writing(s, sql, commit, what, res)
                                     : end_reading(s, sql, what, res);

    if (status == SCEP_OK && s->bad != NULL) {
        status = scep_store_bad_row(s->bad, res);
    }
    slot_give(s->store, s->own_slot);
    return status;
}

scep_status_e scep_store_bad_row(const char *table, scep_result_t *res)
{
    return scep_fail(res, SCEP_R_INTERNAL, "a row of the table %s is malformed",
                     table);
}
