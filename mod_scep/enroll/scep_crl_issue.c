/* Licensed under the Apache License, Version 2.0; see LICENSE. */
/*
 * scep_crl_issue.c: keep a CA's CRL current. (enroll layer)
 *
 * A CRL is signed before it is recorded, to keep the store's write transaction
 * short. The store takes it only if no other one was recorded meanwhile.
 */
#include "scep_crl_issue.h"

#include <string.h>

#include <apr_strings.h>

#include "scep_ca_call.h"
#include "scep_crl.h"
#include "scep_store_revocation.h"

enum {
    TRIES = 5,        /* each lost one means that another caller succeeded */
    CLOCK_SLACK = 60, /* seconds that another machine's clock may be ahead */
    /* microseconds: */
    TURN_WAIT = 5000000,
    TURN_LEASE = 60000000,
    TELL_AGAIN = 600000000
};

static bool is_current(const scep_crl_state_t *state, apr_time_t now)
{
    const scep_crl_row_t *row = state->row;

    if (state->stale) {
        return false;
    }
    return row->this_update <= now + apr_time_from_sec(CLOCK_SLACK) &&
           row->next_update - now > (row->next_update - row->this_update) / 4;
}

typedef struct collect_t {
    apr_pool_t *pool;
    apr_array_header_t *revoked;
} collect_t;

static scep_status_e collect(void *baton, const scep_revocation_row_t *row)
{
    collect_t *c = baton;
    scep_ca_revoked_t *one = apr_array_push(c->revoked);

    one->serial = apr_pstrdup(c->pool, row->serial);
    one->at = row->effective;
    one->reason = (int)row->reason;
    return SCEP_OK;
}

/* A revoked certificate stays on one CRL that was issued after it expired
 * (RFC 5280 3.3). LAST may have been signed while the clock was ahead. */
static apr_time_t alive_since(const scep_crl_row_t *last, apr_time_t now)
{
    if (last == NULL) {
        return 0;
    }
    return last->this_update < now ? last->this_update : now;
}

/* Numbers begin with the time, so that they rise even if the database was
 * lost. */
static scep_status_e sign_crl(const scep_service_t *service,
                              const scep_env_t *env,
                              const scep_crl_state_t *state, apr_time_t now,
                              apr_pool_t *pool, scep_crl_row_t **row,
                              scep_result_t *res)
{
    const scep_crl_row_t *last = state->row;
    collect_t c = {pool, apr_array_make(pool, 16, sizeof(scep_ca_revoked_t))};
    scep_ca_crl_request_t request = {
        .revoked = c.revoked,
        .number = last != NULL ? last->number + 1 : apr_time_sec(now),
        .this_update = now,
        .next_update = now + service->crl_validity,
    };
    X509_CRL *crl = NULL;
    scep_status_e status =
        scep_store_revocations_each(service->store, service->ca_id, now,
                                    alive_since(last, now), collect, &c, res);

    if (status == SCEP_OK) {
        status = scep_ca_crl(service->backend, service->ca, env, &request, pool,
                             &crl, res);
    }
    if (status != SCEP_OK) {
        return status;
    }
    *row = apr_pcalloc(pool, sizeof(**row));
    (*row)->ca_id = service->ca_id;
    (*row)->number = request.number;
    (*row)->this_update = request.this_update;
    (*row)->next_update = request.next_update;
    (*row)->covers = state->seq;
    (*row)->der = scep_crl_der(pool, crl);
    return (*row)->der.len > 0
               ? SCEP_OK
               : scep_fail(res, SCEP_R_INTERNAL, "cannot encode the CRL");
}

static scep_status_e
sign_and_store(const scep_service_t *service, const scep_env_t *env,
               const scep_crl_state_t *state, apr_time_t now, apr_pool_t *pool,
               scep_crl_row_t **row, bool *stored, scep_result_t *res)
{
    scep_status_e status = sign_crl(service, env, state, now, pool, row, res);

    if (status == SCEP_OK) {
        status = scep_store_crl_replace(
            service->store, *row, state->row != NULL ? state->row->number : 0,
            pool, stored, res);
    }
    if (status == SCEP_OK && *stored) {
        scep_log(env, SCEP_LOG_INFO,
                 SCEPLOGNO(0235) "signed CRL %" APR_INT64_T_FMT
                                 " of the CA %s, %" APR_SIZE_T_FMT " octets",
                 (*row)->number, service->ca_id, (*row)->der.len);
    }
    return status;
}

static scep_status_e read_state(const scep_service_t *service,
                                const scep_env_t *env, apr_pool_t *pool,
                                scep_crl_state_t *state, bool *current,
                                scep_result_t *res)
{
    apr_time_t now = scep_env_now(env);
    scep_status_e status = scep_store_crl_state(service->store, service->ca_id,
                                                now, pool, state, res);

    *current = status == SCEP_OK && is_current(state, now);
    return status;
}

/* Get the CRL in the store, or sign a new one if it is not current. */
static scep_status_e update_crl(const scep_service_t *service,
                                const scep_env_t *env, apr_pool_t *pool,
                                scep_crl_row_t **row, scep_result_t *res)
{
    scep_status_e status = SCEP_OK;
    scep_crl_state_t state;
    int i;

    for (i = 0; status == SCEP_OK && i < TRIES; i++) {
        bool current, stored = false;

        status = read_state(service, env, pool, &state, &current, res);
        if (current) {
            *row = state.row;
            return SCEP_OK;
        }
        if (status == SCEP_OK) {
            status = sign_and_store(service, env, &state, scep_env_now(env),
                                    pool, row, &stored, res);
        }
        if (stored) {
            return SCEP_OK;
        }
    }
    *row = NULL;
    return status != SCEP_OK ? status
                             : scep_fail(res, SCEP_R_OVERTAKEN,
                                         "other processes or machines signed "
                                         "a CRL at the same moment each time");
}

/* One slot for each CA (two may share one). @return -1: it is not to be had */
static int wait_for_turn(const scep_service_t *service, const scep_env_t *env,
                         const unsigned char *key)
{
    scep_slot_terms_t terms =
        scep_slot_terms(SCEP_SLOT_SIGNING, 1, key, 1, TURN_LEASE);

    terms.first += key[0] % SCEP_SLOTS;
    return scep_shm_slots_wait(service->slots, &terms, env, TURN_WAIT);
}

/* The watchdog and each request for the CRL meet the same fault: one of them,
 * of all processes, says it at its own level, the others do so for information.
 */
static void tell_once(const scep_service_t *service, const scep_env_t *env,
                      scep_result_t *res)
{
    static const scep_allowance_t once = {1, TELL_AGAIN};
    const char *text =
        apr_pstrcat(res->pool, service->ca_id, "\n", res->detail, NULL);
    const scep_octets_t fault = {(const unsigned char *)text, strlen(text)};
    unsigned char key[SCEP_HASH_SIZE];

    if (!res->told && service->rate_limits != NULL && scep_sha256(fault, key)) {
        res->told = !scep_shm_limits_take(service->rate_limits, key, &once,
                                          scep_env_now(env));
    }
}

/* After a revocation many clients may ask at once. If each signed a CRL, with
 * all that is revoked in its memory, all but one would be wasted. */
static scep_status_e update_in_turn(const scep_service_t *service,
                                    const scep_env_t *env, apr_pool_t *pool,
                                    scep_crl_row_t **row, scep_result_t *res)
{
    const scep_octets_t ca_id = {(const unsigned char *)service->ca_id,
                                 strlen(service->ca_id)};
    unsigned char key[SCEP_HASH_SIZE];
    int turn = service->slots != NULL && scep_sha256(ca_id, key)
                   ? wait_for_turn(service, env, key)
                   : -1;
    scep_status_e status = update_crl(service, env, pool, row, res);

    if (turn >= 0) {
        scep_shm_slots_give(service->slots, turn);
    }
    if (status != SCEP_OK) {
        tell_once(service, env, res);
    }
    return status;
}

scep_status_e scep_crl_current(const scep_service_t *service,
                               const scep_env_t *env, apr_pool_t *pool,
                               scep_crl_row_t **row, scep_result_t *res)
{
    scep_crl_state_t state;
    scep_status_e status;
    bool current;

    *row = NULL;
    if (!SCEP_HAS(service->backend, crl)) {
        return scep_fail(res, SCEP_R_NO_CRL, "ScepCABackend %s signs no CRLs",
                         service->backend->name);
    }
    status = read_state(service, env, pool, &state, &current, res);
    if (!current) {
        return status == SCEP_OK ? update_in_turn(service, env, pool, row, res)
                                 : status;
    }
    *row = state.row;
    return SCEP_OK;
}
