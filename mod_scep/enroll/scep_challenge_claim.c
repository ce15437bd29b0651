/* Licensed under the Apache License, Version 2.0; see LICENSE. */
/*
 * scep_challenge_claim.c: claim one-time challenges, in shared memory or in the
 * database. (enroll layer)
 */
#include "scep_challenge_claim.h"

#include <assert.h>

#include "scep_store_cancel.h"
#include "scep_store_claim.h"

static_assert(SCEP_STORE_OWNER_SIZE == SCEP_CLAIM_OWNER_SIZE,
              "table and database know owners alike");

static bool is_shared(const scep_request_t *req)
{
    return scep_store_shared(req->service->store);
}

static scep_status_e lock_failed(scep_result_t *res)
{
    return scep_fail(res, SCEP_R_LOCK,
                     "the password table's lock failed: restart httpd");
}

static void remove_from_table(void *baton, const unsigned char *hash)
{
    scep_challenge_table_remove(baton, hash);
}

/* scepctl cancels in the database, and cannot reach this memory: free the slots
 * of the challenges that it has cancelled. */
static scep_status_e remove_cancelled(scep_request_t *req, scep_result_t *res)
{
    return scep_store_challenges_cancelled(
        req->service->store, scep_env_now(&req->env), remove_from_table,
        req->service->challenges, res);
}

static scep_status_e add_to_table(scep_request_t *req,
                                  const unsigned char *hash, apr_time_t expires,
                                  scep_add_e *added, scep_result_t *res)
{
    *added = scep_challenge_table_add(req->service->challenges, hash, expires,
                                      scep_env_now(&req->env));
    if (*added == SCEP_ADD_FULL) {
        if (remove_cancelled(req, res) != SCEP_OK) {
            return res->status;
        }
        *added = scep_challenge_table_add(req->service->challenges, hash,
                                          expires, scep_env_now(&req->env));
    }
    return *added == SCEP_ADD_LOCK ? lock_failed(res) : SCEP_OK;
}

/* With a shared database, n draws at once may exceed the number by n. */
scep_status_e scep_challenge_add(scep_request_t *req,
                                 const unsigned char hash[SCEP_HASH_SIZE],
                                 apr_time_t expires, scep_add_e *added,
                                 scep_result_t *res)
{
    const scep_service_t *service = req->service;
    scep_status_e status;
    bool full;

    if (!is_shared(req)) {
        return add_to_table(req, hash, expires, added, res);
    }
    status = scep_store_challenges_full(
        service->store, scep_env_now(&req->env),
        scep_challenge_table_capacity(service->challenges), &full, res);
    *added = full ? SCEP_ADD_FULL : SCEP_ADD_OK;
    return status;
}

scep_status_e scep_challenge_restore(scep_request_t *req,
                                     const unsigned char hash[SCEP_HASH_SIZE],
                                     apr_time_t expires, scep_add_e *added,
                                     scep_result_t *res)
{
    *added = SCEP_ADD_EXISTS;
    return is_shared(req) ? SCEP_OK
                          : add_to_table(req, hash, expires, added, res);
}

/* Why was the challenge not claimed? The caller explains one that is not
 * outstanding. */
static scep_status_e explain_lost_claim(scep_request_t *req,
                                        const unsigned char *hash,
                                        scep_claim_e *claim, scep_result_t *res)
{
    scep_challenge_row_t *row;
    scep_status_e status = scep_store_challenge_find(req->service->store, hash,
                                                     req->pool, &row, res);

    *claim = SCEP_CLAIM_UNKNOWN;
    if (status == SCEP_OK && row->state == SCEP_CHALLENGE_OUTSTANDING) {
        *claim = row->expires <= scep_env_now(&req->env) ? SCEP_CLAIM_EXPIRED
                                                         : SCEP_CLAIM_BUSY;
    }
    return status == SCEP_NOT_FOUND ? SCEP_OK : status;
}

static scep_status_e claim_in_store(scep_request_t *req,
                                    const unsigned char *hash,
                                    const unsigned char *owner,
                                    scep_claim_e *claim, scep_result_t *res)
{
    const scep_service_t *service = req->service;
    bool claimed;
    scep_status_e status = scep_store_challenge_claim(
        service->store, service->ca_id, hash, owner, scep_env_now(&req->env),
        SCEP_CLAIM_LEASE, req->pool, &claimed, res);

    *claim = claimed ? SCEP_CLAIM_OK : SCEP_CLAIM_UNKNOWN;
    return status == SCEP_OK && !claimed
               ? explain_lost_claim(req, hash, claim, res)
               : status;
}

scep_status_e
scep_challenge_claim(scep_request_t *req,
                     const unsigned char hash[SCEP_HASH_SIZE],
                     const unsigned char owner[SCEP_CLAIM_OWNER_SIZE],
                     scep_claim_e *claim, scep_result_t *res)
{
    if (is_shared(req)) {
        return claim_in_store(req, hash, owner, claim, res);
    }
    *claim =
        scep_challenge_table_claim(req->service->challenges, hash, owner,
                                   scep_env_now(&req->env), SCEP_CLAIM_LEASE);
    return *claim == SCEP_CLAIM_LOCK ? lock_failed(res) : SCEP_OK;
}

/* A claim that cannot be given back expires. */
void scep_challenge_release(scep_request_t *req,
                            const unsigned char hash[SCEP_HASH_SIZE],
                            const unsigned char owner[SCEP_CLAIM_OWNER_SIZE])
{
    scep_result_t res;

    if (!is_shared(req)) {
        scep_challenge_table_release(req->service->challenges, hash, owner);
        return;
    }
    scep_result_init(&res, req->pool);
    if (scep_store_challenge_release(req->service->store, hash, owner,
                                     req->pool, &res) != SCEP_OK) {
        scep_log_result(&req->env, &res, "giving a password back");
    }
}

void scep_challenge_remove(scep_request_t *req,
                           const unsigned char hash[SCEP_HASH_SIZE])
{
    if (!is_shared(req)) {
        scep_challenge_table_remove(req->service->challenges, hash);
    }
}
