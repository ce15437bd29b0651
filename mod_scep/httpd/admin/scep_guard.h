/* Licensed under the Apache License, Version 2.0; see LICENSE. */
/**
 * @file scep_guard.h
 * Decides who may do what on the admin page, its forms and its API. Each
 * function returns SCEP_OK, or fills EXCHANGE's result with the refusal. (httpd
 * layer)
 */
#ifndef SCEP_GUARD_H
#define SCEP_GUARD_H

#include "scep_exchange.h"

/** The actions that ScepAdminRequire sees as SCEP_ADMIN_ACTION. */
#define SCEP_ACTION_DRAW "draw"
#define SCEP_ACTION_LIST "list"
#define SCEP_ACTION_CANCEL "cancel"
#define SCEP_ACTION_ROTATE "rotate"
#define SCEP_ACTION_STATUS "status"
#define SCEP_ACTION_REQUESTS "requests"
#define SCEP_ACTION_APPROVE "approve"
#define SCEP_ACTION_REJECT "reject"
#define SCEP_ACTION_CERTS "certs"
#define SCEP_ACTION_REVOKE "revoke"

/** Check that httpd has authenticated a user (invariant 1). */
scep_status_e scep_guard_user(scep_exchange_t *exchange);

/** Check that the user intends the request: it shows no sign of a page of
 * another host, of a part of a page, or of a browser that loads ahead
 * (scep_csrf.h). Call this before anything is drawn or changed. */
scep_status_e scep_guard_purpose(scep_exchange_t *exchange);

/** Check that ScepAdminRequire lets the user do ACTION (SCEP_ACTION_...). A
 * refusal is recorded in the audit trail. */
scep_status_e scep_guard_action(scep_exchange_t *exchange, const char *action);

/** May the user do ACTION? For deciding what to show; nothing is recorded. */
bool scep_guard_may(scep_exchange_t *exchange, const char *action);

#endif
