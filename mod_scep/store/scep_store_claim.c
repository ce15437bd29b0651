/* Licensed under the Apache License, Version 2.0; see LICENSE. */
/*
 * scep_store_claim.c: claims on one-time passwords in the database. (store
 * layer)
 *
 * A claim is a single statement, so it need not wait for the writers' lock.
 */
#include "scep_store_claim.h"

#include "scep_store_p.h"

scep_status_e
scep_store_challenge_claim(scep_store_t *store, const char *ca_id,
                           const unsigned char hash[SCEP_HASH_SIZE],
                           const unsigned char owner[SCEP_STORE_OWNER_SIZE],
                           apr_time_t now, apr_interval_time_t lease,
                           apr_pool_t *pool, bool *claimed, scep_result_t *res)
{
    const char *who = scep_hex_lower(pool, owner, SCEP_STORE_OWNER_SIZE);
    const scep_sql_value_t values[] = {
        {who, 0},
        {NULL, now + lease},
        {scep_hex_lower(pool, hash, SCEP_HASH_SIZE), 0},
        {ca_id, 0},
        {NULL, SCEP_CHALLENGE_OUTSTANDING},
        {NULL, now},
        {NULL, now},
        {NULL, now + 2 * lease}, /* made by a clock that was ahead */
        {who, 0},
    };
    apr_int64_t changed = 0;
    scep_store_session_t s;
    scep_status_e status = scep_store_use(store, &s, res);
    scep_sql_status_e sql;

    *claimed = false;
    if (status != SCEP_OK) {
        return status;
    }
    sql = scep_store_run(&s, SCEP_Q_CHALLENGE_CLAIM, values, NULL, NULL,
                         &changed);
    status = scep_store_end(&s, sql, false, "claim a challenge", res);
    *claimed = status == SCEP_OK && changed == 1;
    return status;
}

scep_status_e
scep_store_challenge_release(scep_store_t *store,
                             const unsigned char hash[SCEP_HASH_SIZE],
                             const unsigned char owner[SCEP_STORE_OWNER_SIZE],
                             apr_pool_t *pool, scep_result_t *res)
{
    const scep_sql_value_t values[] = {
        {scep_hex_lower(pool, hash, SCEP_HASH_SIZE), 0},
        {scep_hex_lower(pool, owner, SCEP_STORE_OWNER_SIZE), 0},
    };
    scep_store_session_t s;
    scep_status_e status = scep_store_use(store, &s, res);
    scep_sql_status_e sql;

    if (status != SCEP_OK) {
        return status;
    }
    sql =
        scep_store_run(&s, SCEP_Q_CHALLENGE_RELEASE, values, NULL, NULL, NULL);
    return scep_store_end(&s, sql, false, "give a challenge back", res);
}

scep_status_e scep_store_challenges_full(scep_store_t *store, apr_time_t now,
                                         apr_uint32_t most, bool *full,
                                         scep_result_t *res)
{
    const scep_sql_value_t values[] = {{NULL, SCEP_CHALLENGE_OUTSTANDING},
                                       {NULL, now}};
    scep_store_tally_t *tally = scep_store_tally(store);
    apr_time_t from = scep_sql_clock();
    apr_int64_t count;
    scep_status_e status;

    *full = true;
    if (scep_store_tally_draw(tally, from, most, full)) {
        return SCEP_OK;
    }
    status = scep_store_read_number(store, SCEP_Q_CHALLENGES_TALLY, values,
                                    "challenges", &count, res);
    scep_store_tally_set(tally, count, most, from, scep_sql_clock());
    *full = status != SCEP_OK || count >= (apr_int64_t)most;
    return status;
}
