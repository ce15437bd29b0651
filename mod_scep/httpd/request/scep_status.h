/* Licensed under the Apache License, Version 2.0; see LICENSE. */
/**
 * @file scep_status.h
 * The part of mod_status's page that is about SCEP. (httpd layer)
 */
#ifndef SCEP_STATUS_H
#define SCEP_STATUS_H

#include <httpd.h>

/** For register_hooks: add that part, if mod_status is loaded. */
void scep_status_register(void);

#endif
