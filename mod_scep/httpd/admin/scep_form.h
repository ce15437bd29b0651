/* Licensed under the Apache License, Version 2.0; see LICENSE. */
/**
 * @file scep_form.h
 * The page for people, with forms and without a script. It draws passwords with
 * limits, lists them and cancels them. (httpd layer)
 */
#ifndef SCEP_FORM_H
#define SCEP_FORM_H

#include "scep_exchange.h"

/** Is EXCHANGE for that page? */
bool scep_form_is(const scep_exchange_t *exchange);

/** Answer a GET, HEAD or POST. */
int scep_form_answer(scep_exchange_t *exchange);

#endif
