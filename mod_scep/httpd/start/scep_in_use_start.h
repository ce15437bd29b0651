/* Licensed under the Apache License, Version 2.0; see LICENSE. */
/**
 * @file scep_in_use_start.h
 * The step of a start that tells scepctl what httpd uses: in-use.json in each
 * state directory (scep_in_use.h). (httpd layer)
 */
#ifndef SCEP_IN_USE_START_H
#define SCEP_IN_USE_START_H

#include "scep_runtime.h"

/**
 * Parent, after all sites have started: write in-use.json into each state
 * directory, and hold its lock until the next call or the end of the process.
 * If a file cannot be written, this is logged (SCEP0036) and the old file is
 * removed: scepctl then says that it does not know. The first call of a process
 * also warns if another httpd uses the directory.
 */
void scep_in_use_start(server_rec *main_server, apr_pool_t *ptemp);

/** Parent: nothing is in use any longer (no server has ScepEngine On). */
void scep_in_use_end(void);

#endif
