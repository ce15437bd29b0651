/* Licensed under the Apache License, Version 2.0; see LICENSE. */
/* scep_store_identity.c: see scep_store_identity.h. (store layer) */
#include "scep_store_identity.h"

#include <errno.h>
#include <string.h>

#include "scep_crypto.h"
#include "scep_store_sql.h"
#include "scep_str.h"

static const scep_sql_value_t name_value = {SCEP_STORE_IDENTITY, 0};

typedef struct row_t {
    char id[SCEP_STORE_IDENTITY_SIZE];
    apr_int64_t position; /* 0: there is no such row */
} row_t;

static bool take_row(void *baton, const char *const *columns, int count)
{
    row_t *row = baton;

    if (count == 2 && scep_sql_number(columns[0], &row->position) &&
        columns[1] != NULL && strlen(columns[1]) < sizeof(row->id)) {
        memcpy(row->id, columns[1], strlen(columns[1]) + 1);
    }
    else {
        row->position = 0;
    }
    return false;
}

static scep_sql_status_e read_row(const scep_sql_driver_t *driver,
                                  scep_sql_conn_t *conn, row_t *row)
{
    *row = (row_t){"", 0};
    return driver->run(conn, scep_store_query(SCEP_Q_DOCUMENT_FIND),
                       &name_value, take_row, row, NULL);
}

static scep_sql_status_e add_row(const scep_sql_driver_t *driver,
                                 scep_sql_conn_t *conn, apr_time_t now)
{
    unsigned char random[(SCEP_STORE_IDENTITY_SIZE - 1) / 2];
    char id[SCEP_STORE_IDENTITY_SIZE];
    const scep_sql_value_t values[] = {name_value, {id, 0}, {NULL, now}};

    if (!scep_random(random, sizeof(random), false)) {
        return SCEP_SQL_ERROR;
    }
    scep_hex_lower_into(id, random, sizeof(random));
    return driver->run(conn, scep_store_query(SCEP_Q_DOCUMENT_ADD), values,
                       NULL, NULL, NULL);
}

/* Several servers may open a new database at the same time. */
static scep_sql_status_e make_row(const scep_sql_driver_t *driver,
                                  scep_sql_conn_t *conn, apr_time_t now,
                                  row_t *row)
{
    scep_sql_status_e sql = driver->begin(conn, 4 * APR_USEC_PER_SEC);

    if (sql != SCEP_SQL_OK) {
        return sql;
    }
    sql = read_row(driver, conn, row);
    if (sql == SCEP_SQL_OK && row->position == 0) {
        sql = add_row(driver, conn, now);
    }
    if (sql == SCEP_SQL_OK && row->position == 0) {
        sql = read_row(driver, conn, row);
    }
    if (sql == SCEP_SQL_OK) {
        return driver->commit(conn);
    }
    driver->rollback(conn);
    return sql;
}

scep_sql_status_e scep_identity_make(const scep_sql_driver_t *driver,
                                     scep_sql_conn_t *conn, const char *params,
                                     apr_time_t now,
                                     scep_store_identity_t *identity)
{
    row_t row;
    scep_sql_status_e sql = read_row(driver, conn, &row);

    if (sql == SCEP_SQL_OK && row.position == 0) {
        sql = make_row(driver, conn, now, &row);
    }
    if (sql != SCEP_SQL_OK) {
        return sql;
    }
    memcpy(identity->id, row.id, sizeof(identity->id));
    identity->file = (scep_sql_file_t){0, 0};
    if (driver->file != NULL && driver->file(params, &identity->file) != 0) {
        return SCEP_SQL_LOST;
    }
    atomic_store(&identity->position, (uint64_t)row.position);
    return SCEP_SQL_OK;
}

bool scep_identity_in_place(const scep_sql_driver_t *driver, const char *params,
                            const scep_store_identity_t *identity)
{
    scep_sql_file_t now = {0, 0};
    int err = driver->file != NULL ? driver->file(params, &now) : EACCES;

    return err == 0 ? now.device == identity->file.device &&
                          now.inode == identity->file.inode
                    : err != ENOENT && err != ENOTDIR;
}

static scep_identity_e judge(const row_t *row, uint64_t position, bool shared,
                             const scep_store_identity_t *identity)
{
    if (strcmp(row->id, identity->id) != 0) {
        return SCEP_IDENTITY_FOREIGN;
    }
    return !shared && (uint64_t)row->position < position ? SCEP_IDENTITY_OLDER
                                                         : SCEP_IDENTITY_SAME;
}

scep_sql_status_e scep_identity_compare(const scep_sql_driver_t *driver,
                                        scep_sql_conn_t *conn,
                                        scep_store_identity_t *identity,
                                        scep_identity_e *found,
                                        uint64_t *position)
{
    /* Load this before the row, because others may commit in between. */
    uint64_t seen = atomic_load(&identity->position);
    row_t row;
    scep_sql_status_e sql = read_row(driver, conn, &row);

    if (sql != SCEP_SQL_OK) {
        return sql;
    }
    *position = (uint64_t)row.position;
    *found = judge(&row, seen, driver->shared, identity);
    if (*found != SCEP_IDENTITY_SAME) {
        atomic_store(&identity->position, SCEP_STORE_CLOSED);
    }
    return SCEP_SQL_OK;
}

scep_sql_status_e scep_identity_count(const scep_sql_driver_t *driver,
                                      scep_sql_conn_t *conn)
{
    return driver->shared
               ? SCEP_SQL_OK
               : driver->run(conn, scep_store_query(SCEP_Q_DOCUMENT_COUNT),
                             &name_value, NULL, NULL, NULL);
}

void scep_identity_reached(scep_store_identity_t *identity, uint64_t position)
{
    uint64_t seen = atomic_load(&identity->position);

    while (seen < position && !atomic_compare_exchange_weak(&identity->position,
                                                            &seen, position)) {
        ;
    }
}

const char *scep_identity_text(scep_identity_e found)
{
    switch (found) {
    case SCEP_IDENTITY_SAME:
        break;
    case SCEP_IDENTITY_MOVED:
        return "its file was moved, removed or replaced";
    case SCEP_IDENTITY_FOREIGN:
        return "another database was put in its place";
    case SCEP_IDENTITY_OLDER:
        return "an older copy was put in its place";
    }
    return "it is the same";
}
