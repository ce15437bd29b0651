/* Licensed under the Apache License, Version 2.0; see LICENSE. */
/*
 * scep_admin_cancel.c: whether the user may cancel the passwords, and
 * cancelling them. (httpd layer)
 */
#include "scep_admin_cancel.h"

#include "scep_guard.h"
#include "scep_challenge_admin.h"

/* What ScepAdminRequire can look at. */
static void set_cancel_variables(scep_exchange_t *exchange, const char *user,
                                 const char *label)
{
    apr_table_t *env = exchange->r->subprocess_env;

    apr_table_setn(env, "SCEP_CANCEL_USER", user != NULL ? user : "");
    apr_table_setn(env, "SCEP_CANCEL_LABEL", label != NULL ? label : "");
}

static scep_status_e show_one(scep_exchange_t *exchange, const char *id)
{
    const scep_service_t *service = exchange->request.service;
    unsigned char hash[SCEP_HASH_SIZE];
    scep_challenge_row_t *row;
    scep_status_e status;

    set_cancel_variables(exchange, NULL, NULL);
    if (!scep_unhex(id, hash, sizeof(hash))) {
        return SCEP_OK;
    }
    status = scep_store_challenge_find(service->store, hash, exchange->r->pool,
                                       &row, &exchange->res);
    if (status == SCEP_OK && strcmp(row->ca_id, service->ca_id) == 0) {
        set_cancel_variables(exchange, row->drawn_by, row->label);
    }
    return status == SCEP_NOT_FOUND ? SCEP_OK : status;
}

scep_status_e scep_admin_cancel(scep_exchange_t *exchange, const char *id)
{
    if (show_one(exchange, id) != SCEP_OK ||
        scep_guard_action(exchange, SCEP_ACTION_CANCEL) != SCEP_OK) {
        return exchange->res.status;
    }
    return scep_challenge_admin_cancel(&exchange->request, exchange->r->user,
                                       id, &exchange->res);
}

scep_status_e scep_admin_cancel_many(scep_exchange_t *exchange,
                                     const char *user, const char *label,
                                     apr_int64_t *count)
{
    scep_cancel_many_t which = {.user = user, .label = label};
    bool own = user != NULL && strcmp(user, exchange->r->user) == 0;

    set_cancel_variables(exchange, user, label);
    if (scep_guard_action(exchange, SCEP_ACTION_CANCEL) != SCEP_OK ||
        (!own && scep_guard_action(exchange, SCEP_ACTION_LIST) != SCEP_OK)) {
        return exchange->res.status;
    }
    return scep_challenge_admin_cancel_many(
        &exchange->request, exchange->r->user, &which, count, &exchange->res);
}
