/* Licensed under the Apache License, Version 2.0; see LICENSE. */
/*
 * scep_store_prune.c: deletes old rows, a few at a time. (store layer)
 *
 * Looks the rows up before the write transaction begins. None of them can be
 * needed again in between, because they ended a day ago or earlier.
 */
#include "scep_store_prune.h"

#include <string.h>

#include <apr_cstr.h>
#include <apr_strings.h>

#include "scep_store_search.h"

enum { LONGEST_ID = 2 * SCEP_HASH_SIZE, MOST_TIMES = 4, MOST_KEYS = 2 };

static const struct {
    const char *name;
    const char *what; /* for the audit trail */
    int days, least;
    const char
        *times; /* parameters of both: b: the time before which rows ended, n:
                 * now */
    scep_store_query_e count, find;
} kinds[SCEP_PRUNE_KINDS] = {
    {"passwords", "passwords", 90, 1, "bbb", SCEP_Q_PASSWORDS_OVER_COUNT,
     SCEP_Q_PASSWORDS_OVER},
    {"refusals", "audit rows of refusals", 0, 1, "b", SCEP_Q_REFUSALS_OLD_COUNT,
     SCEP_Q_REFUSALS_OLD},
    {"audit", "audit rows", 0, 1, "b", SCEP_Q_AUDIT_OLD_COUNT,
     SCEP_Q_AUDIT_OLD},
    {"messages", "messages", 90, 1, "b", SCEP_Q_MESSAGES_OLD_COUNT,
     SCEP_Q_MESSAGES_OLD},
    {"requests", "requests", 90, 1, "bnbn", SCEP_Q_REQUESTS_OLD_COUNT,
     SCEP_Q_REQUESTS_OLD},
    {"transactions", "transactions", 0, 7, "bb", SCEP_Q_TRANSACTIONS_OLD_COUNT,
     SCEP_Q_TRANSACTIONS_OLD},
    {"certificates", "certificates", 0, 7, "bbb", SCEP_Q_CERTIFICATES_OLD_COUNT,
     SCEP_Q_CERTIFICATES_OLD},
};

const char *scep_prune_name(scep_prune_e kind)
{
    return kinds[kind].name;
}

bool scep_prune_kind(const char *name, scep_prune_e *kind)
{
    size_t i;

    for (i = 0; i < SCEP_PRUNE_KINDS; i++) {
        if (apr_cstr_casecmp(kinds[i].name, name) == 0) {
            *kind = (scep_prune_e)i;
            return true;
        }
    }
    return false;
}

const char *scep_prune_names(apr_pool_t *pool)
{
    const char *text = kinds[0].name;
    int i;

    for (i = 1; i < SCEP_PRUNE_KINDS; i++) {
        text = apr_pstrcat(pool, text, i + 1 < SCEP_PRUNE_KINDS ? ", " : " or ",
                           kinds[i].name, NULL);
    }
    return text;
}

int scep_prune_days(scep_prune_e kind)
{
    return kinds[kind].days;
}

int scep_prune_least_days(scep_prune_e kind)
{
    return kinds[kind].least;
}

/* The parameters of both statements, with room for a limit. */
static void fill(scep_prune_e kind, apr_time_t before, apr_time_t now,
                 scep_sql_value_t values[MOST_TIMES + 1])
{
    const char *times = kinds[kind].times;
    int i;

    for (i = 0; times[i] != '\0'; i++) {
        values[i] = (scep_sql_value_t){NULL, times[i] == 'b' ? before : now};
    }
    values[i] = (scep_sql_value_t){NULL, SCEP_PRUNE_STEP};
}

scep_status_e scep_store_prune_count(scep_store_t *store, scep_prune_e kind,
                                     apr_time_t before, apr_time_t now,
                                     apr_int64_t *count, scep_result_t *res)
{
    scep_sql_value_t values[MOST_TIMES + 1];

    fill(kind, before, now, values);
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

/* Run statements that have only the key, which may be a number, as their
 * parameter. The last one deletes the row itself, or the rows. */
static scep_sql_status_e run_each(scep_store_session_t *s,
                                  const scep_store_query_e *queries, int count,
                                  const char *id, apr_int64_t *removed)
{
    const scep_sql_value_t key = {id, apr_atoi64(id)};
    const scep_sql_value_t values[MOST_KEYS] = {key, key};
    scep_sql_status_e sql = SCEP_SQL_OK;
    int i;

    for (i = 0; sql == SCEP_SQL_OK && i < count; i++) {
        apr_int64_t changed = 0;

        sql = scep_store_run(s, queries[i], values, NULL, NULL, &changed);
        if (i == count - 1) {
            *removed += changed;
        }
    }
    return sql;
}

#define RUN(...)                                                               \
    run_each(s, (const scep_store_query_e[]){__VA_ARGS__},                     \
             (int)(sizeof((const scep_store_query_e[]){__VA_ARGS__}) /         \
                   sizeof(scep_store_query_e)),                                \
             id, removed)

/* Another CA may have the same hash with a certificate that is still valid. */
static scep_sql_status_e remove_message(scep_store_session_t *s, const char *id,
                                        apr_time_t before, apr_int64_t *removed)
{
    const scep_sql_value_t values[] = {{id, 0}, {NULL, before}};
    apr_int64_t changed = 0, ignored = 0;
    scep_sql_status_e sql = run_each(
        s, (const scep_store_query_e[]){SCEP_Q_MESSAGE_MARK}, 1, id, &ignored);

    if (sql == SCEP_SQL_OK) {
        sql = scep_store_run(s, SCEP_Q_MESSAGE_DELETE, values, NULL, NULL,
                             &changed);
    }
    *removed += changed > 0;
    return sql;
}

static scep_sql_status_e remove_certificate(scep_store_session_t *s,
                                            const char *id,
                                            apr_int64_t *removed)
{
    scep_sql_status_e sql = scep_search_remove(s, apr_atoi64(id));

    return sql == SCEP_SQL_OK
               ? RUN(SCEP_Q_CERTIFICATE_MESSAGES_MARK,
                     SCEP_Q_CERTIFICATE_MESSAGES_DELETE,
                     SCEP_Q_CERTIFICATE_TRANSACTIONS_DELETE,
                     SCEP_Q_CERTIFICATE_REQUESTS_LEAVE, SCEP_Q_CERTIFICATE_PAST,
                     SCEP_Q_CERTIFICATE_DELETE)
               : sql;
}

static scep_sql_status_e remove_one(scep_store_session_t *s, scep_prune_e kind,
                                    const char *id, apr_time_t before,
                                    apr_int64_t *removed)
{
    switch (kind) {
    case SCEP_PRUNE_PASSWORDS:
        return RUN(SCEP_Q_PASSWORD_DELETE);
    case SCEP_PRUNE_MESSAGES:
        return remove_message(s, id, before, removed);
    case SCEP_PRUNE_REQUESTS:
        return RUN(SCEP_Q_REQUEST_MESSAGES_MARK, SCEP_Q_REQUEST_MESSAGES_DELETE,
                   SCEP_Q_REQUEST_DELETE);
    case SCEP_PRUNE_TRANSACTIONS:
        return RUN(SCEP_Q_CERTIFICATE_MESSAGES_MARK,
                   SCEP_Q_CERTIFICATE_MESSAGES_DELETE,
                   SCEP_Q_CERTIFICATE_TRANSACTIONS_DELETE);
    case SCEP_PRUNE_CERTIFICATES:
        return remove_certificate(s, id, removed);
    default:
        return RUN(SCEP_Q_AUDIT_DELETE);
    }
}

/* Write the audit row first: the numbers of audit rows continue from the
 * newest, so that no number is used twice. Requests that have expired unnoticed
 * give back their passwords before they are deleted. */
static scep_sql_status_e remove_all(scep_store_session_t *s, scep_prune_e kind,
                                    const found_t *found, apr_time_t before,
                                    const scep_audit_t *audit,
                                    apr_int64_t *removed)
{
    scep_sql_status_e sql = scep_store_audit(s, audit);
    int i;

    if (sql == SCEP_SQL_OK && kind == SCEP_PRUNE_REQUESTS) {
        sql = scep_store_requests_expire_in(s, audit->at);
    }
    for (i = 0; sql == SCEP_SQL_OK && i < found->count; i++) {
        sql = remove_one(s, kind, found->ids[i], before, removed);
    }
    return sql;
}

scep_status_e scep_store_prune(scep_store_t *store, scep_prune_e kind,
                               apr_time_t before, apr_time_t now,
                               const char *actor, apr_pool_t *pool,
                               apr_int64_t *removed, scep_result_t *res)
{
    scep_sql_value_t values[MOST_TIMES + 1];
    found_t *found = apr_pcalloc(pool, sizeof(*found));
    scep_audit_t audit = {
        .event = SCEP_AUDIT_PRUNED, .at = now, .ca_id = "*", .actor = actor};
    scep_store_session_t s;
    scep_sql_status_e sql;
    scep_status_e status;

    *removed = 0;
    fill(kind, before, now, values);
    status = scep_store_read(store, kinds[kind].find, values, take_id, found,
                             &found->bad, kinds[kind].name, res);
    if (status != SCEP_OK || found->count == 0) {
        return status;
    }
    audit.detail =
        apr_psprintf(pool, "%s deleted: %d", kinds[kind].what, found->count);
    status = scep_store_begin(store, &s, res);
    if (status != SCEP_OK) {
        return status;
    }
    sql = remove_all(&s, kind, found, before, &audit, removed);
    return scep_store_end(&s, sql, *removed > 0, "prune", res);
}

/* --- marks --------------------------------------------------------- */

typedef struct text_t {
    apr_pool_t *pool;
    const char *text; /* NULL: none */
} text_t;

static bool take_text(void *baton, const char *const *columns, int count)
{
    text_t *text = baton;

    text->text = count == 1 ? apr_pstrdup(text->pool, columns[0]) : NULL;
    return true;
}

scep_status_e scep_store_past_profile(scep_store_t *store, const char *ca_id,
                                      const char *serial, apr_pool_t *pool,
                                      const char **profile, scep_result_t *res)
{
    const scep_sql_value_t values[] = {{ca_id, 0}, {serial, 0}};
    text_t found = {pool, NULL};
    scep_status_e status =
        scep_store_read(store, SCEP_Q_PAST_CERTIFICATE, values, take_text,
                        &found, NULL, "certificates", res);

    *profile = found.text;
    return status == SCEP_OK && found.text == NULL ? SCEP_NOT_FOUND : status;
}
