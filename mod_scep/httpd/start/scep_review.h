/* Licensed under the Apache License, Version 2.0; see LICENSE. */
/**
 * @file scep_review.h
 * What httpd accepts but nobody may have meant: told by `apachectl -t` and at
 * each start and restart, once for each place. (httpd layer)
 */
#ifndef SCEP_REVIEW_H
#define SCEP_REVIEW_H

#include <stdbool.h>

#include <httpd.h>

#include "scep_config.h"

/** Warn of what stands in the configuration of all servers of the list. */
void scep_review(server_rec *main_server, apr_pool_t *ptemp);

/** Warn of what the certificate of CONF's CA cannot do. */
void scep_review_ca(const scep_env_t *env, const scep_server_config_t *conf,
                    X509 *cert);

/** Refuse a handler of ours where no ScepEngine serves it; what is wrong is
 * logged. Where the engine is expressly Off it is only warned of, unless
 * QUIET. @return true if all is well */
bool scep_review_handlers(server_rec *main_server, apr_pool_t *ptemp,
                          bool quiet);

/** httpd's children hold the CA's key: CoreDumpDirectory must not open their
 * memory to other processes of httpd's user. (scep_review() tells of it.) */
void scep_review_forbid_dumps(const server_rec *main_server);

#endif
