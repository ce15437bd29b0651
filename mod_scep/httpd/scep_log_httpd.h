/* Licensed under the Apache License, Version 2.0; see LICENSE. */
/**
 * @file scep_log_httpd.h
 * Writes the core's log lines into httpd's error log, at the level that
 * `LogLevel scep:...` sets. (httpd layer)
 */
#ifndef SCEP_LOG_HTTPD_H
#define SCEP_LOG_HTTPD_H

#include <httpd.h>

#include "scep_env.h"

/** Log in the name of server S, which must outlive ENV. */
void scep_log_env_server(scep_env_t *env, server_rec *s);

/** Log in the name of request R, with its client's address. */
void scep_log_env_request(scep_env_t *env, request_rec *r);

#endif
