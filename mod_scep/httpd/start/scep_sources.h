/* Licensed under the Apache License, Version 2.0; see LICENSE. */
/**
 * @file scep_sources.h
 * Checks and starts the providers in the lists of ScepChallenge
 * (scep_challenge.h). Each entry has its own instance. (httpd layer)
 */
#ifndef SCEP_SOURCES_H
#define SCEP_SOURCES_H

#include "scep_config.h"

/** `-t`, and before a start: check the providers, and log faults.
 * @return false if there are any */
bool scep_sources_check(server_rec *main_server, apr_pool_t *ptemp, bool quiet);

/** Parent: start the providers of the sections of S. */
scep_status_e scep_sources_start(const server_rec *main_server, server_rec *s,
                                 apr_pool_t *pool, scep_result_t *res);

/** Child: start those of all servers. If one fails, this is logged, and its
 * requests get 503. */
void scep_sources_child_start(server_rec *main_server, apr_pool_t *pool);

#endif
