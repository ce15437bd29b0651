/* Licensed under the Apache License, Version 2.0; see LICENSE. */
/*
 * scep_log_httpd.c: a scep_env_t that logs by ap_log_error() and
 * ap_log_rerror(). Both use the same numbers for levels. (httpd layer)
 */
#include "scep_log_httpd.h"

#include <http_config.h>
#include <http_log.h>

APLOG_USE_MODULE(scep);

static scep_log_level_e level_from(int level)
{
    return level > SCEP_LOG_TRACE ? SCEP_LOG_TRACE : (scep_log_level_e)level;
}

static void log_server(void *baton, scep_log_level_e level, const char *line)
{
    const server_rec *s = baton;

    ap_log_error(APLOG_MARK, (int)level, 0, s, "%s", line);
}

static void log_request(void *baton, scep_log_level_e level, const char *line)
{
    const request_rec *r = baton;

    ap_log_rerror(APLOG_MARK, (int)level, 0, r, "%s", line);
}

void scep_log_env_server(scep_env_t *env, server_rec *s)
{
    env->log = log_server;
    env->log_baton = s;
    env->log_level =
        level_from(ap_get_server_module_loglevel(s, APLOG_MODULE_INDEX));
    env->clock = NULL;
    env->clock_baton = NULL;
    env->limit = NULL;
    env->peer = NULL;
}

void scep_log_env_request(scep_env_t *env, request_rec *r)
{
    env->limit = NULL;
    env->peer = r->useragent_ip;
    env->log = log_request;
    env->log_baton = r;
    env->log_level =
        level_from(ap_get_request_module_loglevel(r, APLOG_MODULE_INDEX));
    env->clock = NULL;
    env->clock_baton = NULL;
}
