/* Licensed under the Apache License, Version 2.0; see LICENSE. */
/**
 * @file scep_sources.h
 * The life of the providers in the lists of ScepChallenge (scep_challenge.h).
 * Each entry has its own instance. (httpd layer)
 */
#ifndef SCEP_SOURCES_H
#define SCEP_SOURCES_H

#include "scep_config.h"

/** `-t`, and before a start: what is wrong is logged.
 * @return false if something is */
bool scep_sources_check(server_rec *main_server, apr_pool_t *ptemp, bool quiet);

/** Parent: start the providers named in the sections of S. */
scep_status_e scep_sources_start(const server_rec *main_server, server_rec *s,
                                 apr_pool_t *pool, scep_result_t *res);

/** Child: the same, for all servers. What fails is logged, and answers 503. */
void scep_sources_child_start(server_rec *main_server, apr_pool_t *pool);

#endif
