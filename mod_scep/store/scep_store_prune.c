/* Licensed under the Apache License, Version 2.0; see LICENSE. */
/*
 * scep_store_prune.c: delete what is old, a few rows at a time. (store layer)
 *
 * What is to go is looked up before the write transaction begins. Nothing of it
 * can become needed in between, since it has been over for a day or longer.
 */
#include "scep_store_prune.h"

#include <string.h>

#include <apr_strings.h>

#include "scep_store_p.h"

enum { LONGEST_ID = 2 * SCEP_HASH_SIZE };

static const struct {
    const char *name;
    const char *what; /* for the audit trail */
    scep_store_query_e count, find;
} kinds[SCEP_PRUNE_KINDS] = {
    {"passwords", "passwords", SCEP_Q_PASSWORDS_OVER_COUNT,
     SCEP_Q_PASSWORDS_OVER},
    {"refusals", "audit rows of refusals", SCEP_Q_REFUSALS_OLD_COUNT,
     SCEP_Q_REFUSALS_OLD},
    {"audit", "audit rows", SCEP_Q_AUDIT_OLD_COUNT, SCEP_Q_AUDIT_OLD},
};

const char *scep_prune_name(scep_prune_e kind)
{
    return kinds[kind].name;
}

bool scep_prune_kind(const char *name, scep_prune_e *kind)
{
    size_t i;

    for (i = 0; i < SCEP_PRUNE_KINDS; i++) {
        if (strcmp(kinds[i].name, name) == 0) {
            *kind = (scep_prune_e)i;
            return true;
        }
    }
    return false;
}

scep_status_e scep_store_prune_count(scep_store_t *store, scep_prune_e kind,
                                     apr_time_t before, apr_int64_t *count,
                                     scep_result_t *res)
{
    const scep_sql_value_t values[] = {
        {NULL, before}, {NULL, before}, {NULL, before}};

    return scep_store_read_number(store, kinds[kind].count, values,
                                  kinds[kind].name, count, res);
}

/* Keys of rows. */
typedef struct found_t {
    char ids[SCEP_PRUNE_STEP][LONGEST_ID + 1];
    int count;
    bool bad;
} found_t;

static bool take_id(void *baton, const char *const *columns, int count)
{
    found_t *found = baton;

    found->bad = count != 1 || columns[0] == NULL ||
                 strlen(columns[0]) > LONGEST_ID ||
                 found->count == SCEP_PRUNE_STEP;
    if (!found->bad) {
        apr_cpystrn(found->ids[found->count++], columns[0], LONGEST_ID + 1);
    }
    return !found->bad;
}

static scep_sql_status_e remove_one(scep_store_session_t *s, scep_prune_e kind,
                                    const char *id, apr_int64_t *removed)
{
    const scep_sql_value_t value = {id, 0};
    scep_sql_status_e sql = SCEP_SQL_OK;
    apr_int64_t changed = 0;

    if (kind == SCEP_PRUNE_PASSWORDS) {
        sql = scep_store_run(s, SCEP_Q_PASSWORD_MESSAGES_DELETE, &value, NULL,
                             NULL, NULL);
    }
    if (sql == SCEP_SQL_OK) {
        sql =
            scep_store_run(s,
                           kind == SCEP_PRUNE_PASSWORDS ? SCEP_Q_PASSWORD_DELETE
                                                        : SCEP_Q_AUDIT_DELETE,
                           &value, NULL, NULL, &changed);
    }
    *removed += changed;
    return sql;
}

/* The row that tells is written first: of the numbers of audit rows, which count
 * on from the newest, none is given twice. */
static scep_sql_status_e remove_all(scep_store_session_t *s, scep_prune_e kind,
                                    const found_t *found,
                                    const scep_audit_t *audit,
                                    apr_int64_t *removed)
{
    scep_sql_status_e sql = scep_store_audit(s, audit);
    int i;

    for (i = 0; sql == SCEP_SQL_OK && i < found->count; i++) {
        sql = remove_one(s, kind, found->ids[i], removed);
    }
    return sql;
}

scep_status_e scep_store_prune(scep_store_t *store, scep_prune_e kind,
                               apr_time_t before, apr_time_t now,
                               const char *actor, apr_pool_t *pool,
                               apr_int64_t *removed, scep_result_t *res)
{
    const scep_sql_value_t values[] = {{NULL, before},
                                       {NULL, before},
                                       {NULL, before},
                                       {NULL, SCEP_PRUNE_STEP}};
    found_t *found = apr_pcalloc(pool, sizeof(*found));
    char id[1][SCEP_STORE_ID_SIZE];
    scep_audit_t audit = {.id = id[0],
                          .event = SCEP_AUDIT_PRUNED,
                          .at = now,
                          .scope = "*",
                          .actor = actor};
    scep_store_session_t s;
    scep_sql_status_e sql;
    scep_status_e status =
        scep_store_read(store, kinds[kind].find,
                        kind == SCEP_PRUNE_PASSWORDS ? values : values + 2,
                        take_id, found, &found->bad, kinds[kind].name, res);

    *removed = 0;
    if (status != SCEP_OK || found->count == 0) {
        return status;
    }
    audit.detail =
        apr_psprintf(pool, "%s deleted: %d", kinds[kind].what, found->count);
    status = scep_store_new_ids(id, 1, res);
    if (status == SCEP_OK) {
        status = scep_store_begin(store, &s, res);
    }
    if (status != SCEP_OK) {
        return status;
    }
    sql = remove_all(&s, kind, found, &audit, removed);
    return scep_store_end(&s, sql, *removed > 0, "prune", res);
}
