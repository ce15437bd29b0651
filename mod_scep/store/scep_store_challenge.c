/* Licensed under the Apache License, Version 2.0; see LICENSE. */
/*
 * scep_store_challenge.c: one-time passwords in the durable record.
 * (store layer)
 */
#include "scep_store_p.h"

#include <apr_strings.h>

static scep_sql_status_e add(scep_store_session_t *s,
                             const scep_challenge_row_t *row, apr_pool_t *pool)
{
    const char *hash = scep_hex_lower(pool, row->hash, SCEP_HASH_SIZE);
    const scep_sql_value_t values[] = {
        {hash, 0},
        {row->ca_id, 0},
        {NULL, row->state},
        {NULL, row->created},
        {NULL, row->expires},
        {row->drawn_by, 0},
        {row->peer, 0},
        {NULL, row->uses},
        {row->limits, 0},
        {row->label, 0},
    };
    const scep_audit_t audit = {.event = SCEP_AUDIT_CHALLENGE_DRAWN,
                                .at = row->created,
                                .ca_id = row->ca_id,
                                .actor = row->drawn_by,
                                .peer = row->peer,
                                .challenge_hash = hash};
    scep_sql_status_e sql =
        scep_store_run(s, SCEP_Q_CHALLENGE_ADD, values, NULL, NULL, NULL);

    return sql == SCEP_SQL_OK ? scep_store_audit(s, &audit) : sql;
}

scep_status_e scep_store_challenge_add(scep_store_t *store,
                                       const scep_challenge_row_t *row,
                                       apr_pool_t *pool, scep_result_t *res)
{
    bool full;

    return scep_store_challenge_add_within(store, row, APR_INT64_MAX, &full,
                                           pool, res);
}

/* Writers take turns, so nothing is added between the count and the write. */
static scep_sql_status_e count_of_user(scep_store_session_t *s,
                                       const scep_challenge_row_t *row,
                                       apr_int64_t *count)
{
    const scep_sql_value_t values[] = {{row->drawn_by, 0},
                                       {NULL, SCEP_CHALLENGE_OUTSTANDING},
                                       {row->ca_id, 0},
                                       {NULL, row->created}};

    return scep_store_run(s, SCEP_Q_CHALLENGES_OF_USER, values,
                          scep_store_take_number, count, NULL);
}

scep_status_e scep_store_challenge_add_within(scep_store_t *store,
                                              const scep_challenge_row_t *row,
                                              apr_int64_t most, bool *full,
                                              apr_pool_t *pool,
                                              scep_result_t *res)
{
    scep_store_session_t s;
    scep_sql_status_e sql = SCEP_SQL_OK;
    apr_int64_t count = -1;
    bool enough = false;
    scep_status_e status = scep_store_begin(store, &s, res);

    *full = false;
    if (status != SCEP_OK) {
        return status;
    }
    if (most < APR_INT64_MAX) {
        sql = count_of_user(&s, row, &count);
        enough = count < 0 || count >= most;
    }
    if (sql == SCEP_SQL_OK && !enough) {
        sql = add(&s, row, pool);
    }
    status = scep_store_end(&s, sql, !enough, "record a challenge", res);
    *full = status == SCEP_OK && enough;
    return status;
}

scep_status_e scep_store_challenges_of_user(scep_store_t *store,
                                            const char *ca_id, const char *user,
                                            apr_time_t now, apr_int64_t *count,
                                            scep_result_t *res)
{
    const scep_sql_value_t values[] = {
        {user, 0}, {NULL, SCEP_CHALLENGE_OUTSTANDING}, {ca_id, 0}, {NULL, now}};

    return scep_store_read_number(store, SCEP_Q_CHALLENGES_OF_USER, values,
                                  "challenges", count, res);
}

scep_status_e scep_store_challenge_show(scep_store_t *store, const char *ca_id,
                                        const unsigned char *hash,
                                        apr_time_t now, apr_pool_t *pool,
                                        bool *first, scep_result_t *res)
{
    const scep_sql_value_t values[] = {
        {NULL, now},
        {scep_hex_lower(pool, hash, SCEP_HASH_SIZE), 0},
        {ca_id, 0}};
    scep_store_session_t s;
    apr_int64_t changed = 0;
    scep_sql_status_e sql;
    scep_status_e status = scep_store_begin(store, &s, res);

    *first = false;
    if (status != SCEP_OK) {
        return status;
    }
    sql =
        scep_store_run(&s, SCEP_Q_CHALLENGE_SHOW, values, NULL, NULL, &changed);
    status = scep_store_end(&s, sql, changed == 1, "show a challenge", res);
    *first = status == SCEP_OK && changed == 1;
    return status;
}

/* --- reading -------------------------------------------------------------- */

/* The order of SCEP_CHALLENGE_COLUMNS. */
enum {
    HASH,
    SCOPE,
    STATE,
    CREATED,
    EXPIRES,
    DRAWN_BY,
    PEER,
    USES,
    LIMITS,
    LABEL,
    SERIAL,
    COLUMNS
};

/* HASH gets the hash of the row. */
static bool read_row(const char *const *columns, int count, unsigned char *hash,
                     scep_challenge_row_t *row)
{
    apr_int64_t state;

    if (count != COLUMNS || columns[HASH] == NULL || columns[SCOPE] == NULL ||
        !scep_unhex(columns[HASH], hash, SCEP_HASH_SIZE) ||
        !scep_sql_number(columns[STATE], &state) ||
        state < SCEP_CHALLENGE_OUTSTANDING ||
        state > SCEP_CHALLENGE_CANCELLED ||
        !scep_sql_number(columns[CREATED], &row->created) ||
        !scep_sql_number(columns[EXPIRES], &row->expires) ||
        !scep_sql_number(columns[USES], &row->uses)) {
        return false;
    }
    row->ca_id = columns[SCOPE];
    row->hash = hash;
    row->state = (scep_challenge_row_state_e)state;
    row->drawn_by = columns[DRAWN_BY];
    row->peer = columns[PEER];
    row->limits = columns[LIMITS];
    row->label = columns[LABEL];
    row->serial = columns[SERIAL];
    return true;
}

typedef struct find_t {
    scep_store_session_t *s;
    apr_pool_t *pool;
    scep_challenge_row_t *row; /* NULL: none */
} find_t;

static bool find_row(void *baton, const char *const *columns, int count)
{
    find_t *find = baton;
    unsigned char *hash = apr_palloc(find->pool, SCEP_HASH_SIZE);
    scep_challenge_row_t *row = apr_pcalloc(find->pool, sizeof(*row));

    if (!read_row(columns, count, hash, row)) {
        find->s->bad = "challenges";
        return false;
    }
    row->ca_id = apr_pstrdup(find->pool, row->ca_id);
    row->drawn_by = apr_pstrdup(find->pool, row->drawn_by);
    row->peer = apr_pstrdup(find->pool, row->peer);
    row->limits = apr_pstrdup(find->pool, row->limits);
    row->label = apr_pstrdup(find->pool, row->label);
    row->serial = apr_pstrdup(find->pool, row->serial);
    find->row = row;
    return true;
}

scep_sql_status_e scep_store_find_challenge(scep_store_session_t *s,
                                            const char *hash, apr_pool_t *pool,
                                            scep_challenge_row_t **row)
{
    const scep_sql_value_t value = {hash, 0};
    find_t find = {s, pool, NULL};
    scep_sql_status_e sql =
        scep_store_run(s, SCEP_Q_CHALLENGE_FIND, &value, find_row, &find, NULL);

    *row = find.row;
    return sql;
}

scep_status_e scep_store_challenge_find(scep_store_t *store,
                                        const unsigned char *hash,
                                        apr_pool_t *pool,
                                        scep_challenge_row_t **row,
                                        scep_result_t *res)
{
    scep_store_session_t s;
    scep_sql_status_e sql;
    scep_status_e status = scep_store_use(store, &s, res);

    *row = NULL;
    if (status == SCEP_OK) {
        sql = scep_store_find_challenge(&s, scep_store_hex(pool, hash), pool,
                                        row);
        status = scep_store_end(&s, sql, false, "read", res);
    }
    return status == SCEP_OK && *row == NULL ? SCEP_NOT_FOUND : status;
}

typedef struct walk_t {
    scep_challenge_each_fn *each;
    void *baton;
    scep_status_e status;
    bool bad;
} walk_t;

static bool walk_row(void *baton, const char *const *columns, int count)
{
    walk_t *walk = baton;
    unsigned char hash[SCEP_HASH_SIZE];
    scep_challenge_row_t row;

    if (!read_row(columns, count, hash, &row)) {
        walk->bad = true;
        return false;
    }
    walk->status = walk->each(walk->baton, &row);
    return walk->status == SCEP_OK;
}

scep_status_e scep_store_challenges_each(scep_store_t *store, apr_time_t now,
                                         scep_challenge_each_fn *each,
                                         void *baton, scep_result_t *res)
{
    const scep_sql_value_t values[] = {{NULL, SCEP_CHALLENGE_OUTSTANDING},
                                       {NULL, now}};
    walk_t walk = {each, baton, SCEP_OK, false};
    scep_status_e status =
        scep_store_read(store, SCEP_Q_CHALLENGES_EACH, values, walk_row, &walk,
                        &walk.bad, "challenges", res);

    return status == SCEP_OK ? walk.status : status;
}

typedef struct used_t {
    apr_pool_t *pool;
    const char *serial;
} used_t;

static bool take_serial(void *baton, const char *const *columns, int count)
{
    used_t *used = baton;

    used->serial = count == 1 ? apr_pstrdup(used->pool, columns[0]) : NULL;
    return true;
}

scep_status_e scep_store_challenge_used(scep_store_t *store,
                                        const unsigned char *hash,
                                        apr_pool_t *pool, const char **serial,
                                        scep_result_t *res)
{
    const scep_sql_value_t value = {scep_hex_lower(pool, hash, SCEP_HASH_SIZE),
                                    0};
    used_t used = {pool, NULL};
    scep_status_e status =
        scep_store_read(store, SCEP_Q_CHALLENGE_USED, &value, take_serial,
                        &used, NULL, "transactions", res);

    *serial = used.serial;
    return status == SCEP_OK && used.serial == NULL ? SCEP_NOT_FOUND : status;
}
