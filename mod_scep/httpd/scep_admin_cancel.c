/* Licensed under the Apache License, Version 2.0; see LICENSE. */
/*
 * scep_admin_cancel.c: whether the user may cancel the passwords, and
 * cancelling them. (httpd layer)
 */
#include "scep_admin_cancel.h"

#include "scep_guard.h"
#include "scep_manage.h"

/* What ScepAdminRequire can look at. */
static void show(scep_call_t *call, const char *user, const char *label)
{
    apr_table_t *env = call->r->subprocess_env;

    apr_table_setn(env, "SCEP_CANCEL_USER", user != NULL ? user : "");
    apr_table_setn(env, "SCEP_CANCEL_LABEL", label != NULL ? label : "");
}

static scep_status_e show_one(scep_call_t *call, const char *id)
{
    const scep_service_t *service = call->request.service;
    unsigned char hash[SCEP_HASH_SIZE];
    scep_challenge_row_t *row;
    scep_status_e status;

    show(call, NULL, NULL);
    if (!scep_unhex(id, hash, sizeof(hash))) {
        return SCEP_OK;
    }
    status = scep_store_challenge_find(service->store, hash, call->r->pool,
                                       &row, &call->res);
    if (status == SCEP_OK && strcmp(row->scope, service->scope) == 0) {
        show(call, row->drawn_by, row->label);
    }
    return status == SCEP_NOT_FOUND ? SCEP_OK : status;
}

scep_status_e scep_admin_cancel(scep_call_t *call, const char *id)
{
    if (show_one(call, id) != SCEP_OK ||
        scep_guard_action(call, SCEP_ACTION_CANCEL) != SCEP_OK) {
        return call->res.status;
    }
    return scep_manage_cancel(&call->request, call->r->user, id, &call->res);
}

scep_status_e scep_admin_cancel_many(scep_call_t *call, const char *user,
                                     const char *label, apr_int64_t *count)
{
    scep_cancel_many_t which = {.user = user, .label = label};
    bool own = user != NULL && strcmp(user, call->r->user) == 0;

    show(call, user, label);
    if (scep_guard_action(call, SCEP_ACTION_CANCEL) != SCEP_OK ||
        (!own && scep_guard_action(call, SCEP_ACTION_LIST) != SCEP_OK)) {
        return call->res.status;
    }
    return scep_manage_cancel_many(&call->request, call->r->user, &which, count,
                                   &call->res);
}
