/* Licensed under the Apache License, Version 2.0; see LICENSE. */
/*
 * scep_draw.c: one-time passwords from random octets to the admin page; and
 * the shared table from the store at start. (enroll layer)
 */
#include "scep_draw.h"

#include "scep_password.h"

enum { MAX_TRIES = 3 /* a second collision of 64 random bits is a fault */ };

static scep_status_e reserve(scep_request_t *req, apr_time_t now,
                             apr_time_t expires, char **password,
                             unsigned char hash[SCEP_HASH_SIZE],
                             scep_result_t *res)
{
    const scep_service_t *service = req->service;
    int tries;

    for (tries = 0; tries < MAX_TRIES; tries++) {
        *password = scep_password_new(req->pool, req->policy->password_length);
        if (*password == NULL ||
            !scep_password_hash(service->password_key, service->scope,
                                *password, hash)) {
            return scep_fail(res, SCEP_R_INTERNAL,
                             "no random password could be made");
        }
        switch (
            scep_challenge_table_add(service->challenges, hash, expires, now)) {
        case SCEP_ADD_OK:
            return SCEP_OK;
        case SCEP_ADD_EXISTS:
            continue;
        case SCEP_ADD_FULL:
            return scep_fail(
                res, SCEP_R_CACHE_FULL,
                "%u passwords are outstanding; raise "
                "ScepPasswordMax or wait until some expire",
                scep_challenge_table_capacity(service->challenges));
        case SCEP_ADD_LOCK:
            return scep_fail(res, SCEP_R_LOCK,
                             "the password table's lock failed");
        }
    }
    return scep_fail(res, SCEP_R_INTERNAL,
                     "the random generator repeats itself");
}

static scep_status_e draw(scep_request_t *req, const char *user,
                          char **password, scep_result_t *res)
{
    unsigned char hash[SCEP_HASH_SIZE];
    apr_time_t now = scep_env_now(&req->env);
    scep_challenge_row_t row = {
        .scope = req->service->scope,
        .hash = hash,
        .state = SCEP_CHALLENGE_OUTSTANDING,
        .created = now,
        .expires = now + req->policy->password_validity,
        .drawn_by = user,
        .peer = req->peer,
    };
    scep_status_e status;

    if (user == NULL || *user == '\0') {
        return scep_fail(res, SCEP_R_ADMIN_NO_USER,
                         "nobody is authenticated; protect this location with "
                         "Require");
    }
    if ((req->policy->challenges & SCEP_CHALLENGE_ONE_TIME) == 0) {
        return scep_fail(res, SCEP_R_NO_CHALLENGE_SOURCE,
                         "ScepChallenge names no source here");
    }
    /* The table first: its room is what may run out. Whoever guesses the
     * password before its row is there meets a store without it. */
    status = reserve(req, now, row.expires, password, hash, res);
    if (status != SCEP_OK) {
        return status;
    }
    status =
        scep_store_challenge_add(req->service->store, &row, req->pool, res);
    if (status != SCEP_OK) {
        scep_challenge_table_remove(req->service->challenges, hash);
    }
    return status;
}

scep_status_e scep_draw(scep_request_t *req, const char *user,
                        const char **password, scep_result_t *res)
{
    char *drawn = NULL;
    scep_status_e status = draw(req, user, &drawn, res);

    if (status == SCEP_OK) {
        *password = drawn;
        scep_log(&req->env, SCEP_LOG_INFO,
                 SCEPLOGNO(0202) "\"%s\" at %s drew a one-time password",
                 scep_printable(req->pool, user, 256), req->peer);
    }
    else {
        *password = NULL;
        scep_log_result(&req->env, res, "drawing a password");
    }
    scep_crypto_clear_errors();
    return status;
}

typedef struct rebuild_t {
    scep_challenge_table_t *table;
    apr_time_t now;
    unsigned int added;
    unsigned int left_out;
    bool locked;
} rebuild_t;

static scep_status_e rebuild_one(void *baton, const scep_challenge_row_t *row)
{
    rebuild_t *r = baton;

    switch (
        scep_challenge_table_add(r->table, row->hash, row->expires, r->now)) {
    case SCEP_ADD_OK:
        r->added++;
        return SCEP_OK;
    case SCEP_ADD_EXISTS:
        return SCEP_OK;
    case SCEP_ADD_FULL:
        r->left_out++;
        return SCEP_OK;
    case SCEP_ADD_LOCK:
        break;
    }
    r->locked = true;
    return SCEP_UNAVAILABLE;
}

scep_status_e scep_draw_rebuild(scep_store_t *store,
                                scep_challenge_table_t *table,
                                const scep_env_t *env, apr_pool_t *pool,
                                scep_result_t *res)
{
    rebuild_t r = {.table = table, .now = scep_env_now(env)};
    scep_status_e status =
        scep_store_challenges_each(store, r.now, rebuild_one, &r, pool, res);

    if (r.locked) {
        return scep_fail(res, SCEP_R_LOCK, "the password table's lock failed");
    }
    if (status != SCEP_OK) {
        return status;
    }
    if (r.added > 0) {
        scep_log(env, SCEP_LOG_NOTICE,
                 SCEPLOGNO(0203) "%u outstanding passwords taken over from the "
                                 "store",
                 r.added);
    }
    if (r.left_out > 0) {
        scep_log(env, SCEP_LOG_WARNING,
                 SCEPLOGNO(0204) "%u outstanding passwords do not fit into the "
                                 "password table; raise ScepPasswordMax",
                 r.left_out);
    }
    return SCEP_OK;
}
