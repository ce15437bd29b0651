/* Licensed under the Apache License, Version 2.0; see LICENSE. */
/**
 * @file scep_admin.h
 * The admin page's request: who may draw, and which page is shown.
 * (httpd layer)
 */
#ifndef SCEP_ADMIN_H
#define SCEP_ADMIN_H

#include "scep_call.h"

/**
 * Answer a GET, HEAD or POST without a SCEP operation. Without an
 * authenticated user nothing is rendered (invariant 1).
 */
int scep_admin_answer(scep_call_t *call);

#endif
