/* Licensed under the Apache License, Version 2.0; see LICENSE. */
/**
 * @file scep_status.h
 * Our part of mod_status's page. (httpd layer)
 */
#ifndef SCEP_STATUS_H
#define SCEP_STATUS_H

#include <httpd.h>

/** Add it, if mod_status is there; for register_hooks. */
void scep_status_register(void);

#endif
