/* Licensed under the Apache License, Version 2.0; see LICENSE. */
/**
 * @file scep_sources.h
 * ScepChallenge: the list of sources, and the life of the providers in it
 * (scep_challenge.h). Each entry has its own instance. (httpd layer)
 */
#ifndef SCEP_SOURCES_H
#define SCEP_SOURCES_H

#include "scep_config.h"

/** ScepExecTimeout and ScepExecWorkers. */
#define SCEP_DEFAULT_EXEC_TIMEOUT (10 * APR_USEC_PER_SEC)
#define SCEP_DEFAULT_EXEC_WORKERS 8

/**
 * Put SOURCE at the end of CONF's list; a provider is looked up later, when
 * all modules are known.
 * @return NULL, or what is wrong
 */
const char *scep_sources_add(cmd_parms *cmd, scep_dir_config_t *conf,
                             const char *value, scep_source_e source);

/** `-t`, and before a start: what is wrong is logged.
 * @return false if something is */
bool scep_sources_check(server_rec *main_server, apr_pool_t *ptemp, bool quiet);

/** Parent: start the providers named in the sections of S. */
scep_status_e scep_sources_start(const server_rec *main_server, server_rec *s,
                                 apr_pool_t *pool, scep_result_t *res);

/** Child: the same, for all servers. What fails is logged, and answers 503. */
void scep_sources_child_start(server_rec *main_server, apr_pool_t *pool);

/** Setters. */
const char *scep_set_exec_timeout(cmd_parms *cmd, void *dir, const char *value);
const char *scep_set_exec_workers(cmd_parms *cmd, void *dir, const char *value);

#endif
