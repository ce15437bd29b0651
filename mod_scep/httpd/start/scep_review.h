/* Licensed under the Apache License, Version 2.0; see LICENSE. */
/**
 * @file scep_review.h
 * Warns of settings that are legal but may not be meant. `apachectl -t`, each
 * start and each restart show every warning once for each place. (httpd layer)
 */
#ifndef SCEP_REVIEW_H
#define SCEP_REVIEW_H

#include <stdbool.h>

#include <httpd.h>

#include "scep_config.h"

/** Warn of the settings of all servers of the list. */
void scep_review(server_rec *main_server, apr_pool_t *ptemp);

/** Warn of what the certificate of CONF's CA cannot do. */
void scep_review_ca(const scep_env_t *env, const scep_server_config_t *conf,
                    X509 *cert);

/** Refuse a handler of ours in a server without ScepEngine On, and log it. If
 * the engine is explicitly Off, only warn, unless QUIET.
 * @return true if all is well */
bool scep_review_handlers(server_rec *main_server, apr_pool_t *ptemp,
                          bool quiet);

/** Undo CoreDumpDirectory. httpd's children hold the CA's key, and it would
 * open their memory to other processes of httpd's user. scep_review() warns of
 * it. */
void scep_review_forbid_dumps(const server_rec *main_server);

#endif
