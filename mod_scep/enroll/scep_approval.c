/* Licensed under the Apache License, Version 2.0; see LICENSE. */
/*
 * scep_approval.c: an operator approves or rejects. (enroll layer)
 */
#include "scep_approval.h"

static scep_status_e record_decision(scep_store_t *store, const char *id,
                                     scep_request_state_e state,
                                     const scep_operator_t *who,
                                     apr_pool_t *pool, scep_result_t *res)
{
    scep_decision_t decision = {
        .id = id,
        .state = state,
        .now = who->now,
        .actor = who->actor,
        .peer = who->peer,
        .note = who->note,
    };
    scep_request_row_t *row;
    scep_status_e status =
        scep_store_request_get(store, id, who->now, pool, &row, res);

    if (status != SCEP_OK) {
        return status;
    }
    decision.expires = who->now + row->patience;
    return scep_store_request_decide(store, &decision, pool, res);
}

scep_status_e scep_approval_give(scep_store_t *store, const char *id,
                                 const scep_operator_t *who, apr_pool_t *pool,
                                 scep_result_t *res)
{
    return record_decision(store, id, SCEP_REQUEST_APPROVED, who, pool, res);
}

scep_status_e scep_approval_refuse(scep_store_t *store, const char *id,
                                   const scep_operator_t *who, apr_pool_t *pool,
                                   scep_result_t *res)
{
    return record_decision(store, id, SCEP_REQUEST_REJECTED, who, pool, res);
}
