/* Licensed under the Apache License, Version 2.0; see LICENSE. */
/**
 * @file scep_form.h
 * The page for people: passwords drawn with limits, listed and cancelled, by
 * forms and without a script. (httpd layer)
 */
#ifndef SCEP_FORM_H
#define SCEP_FORM_H

#include "scep_call.h"

/** Does CALL go to it? */
bool scep_form_is(const scep_call_t *call);

/** Answer a GET, HEAD or POST. */
int scep_form_answer(scep_call_t *call);

#endif
