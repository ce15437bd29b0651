/* Licensed under the Apache License, Version 2.0; see LICENSE. */
/*
 * scep_env.c: writes log lines and reads the clock, by the functions of a
 * scep_env_t. (base layer)
 */
#include "scep_env.h"

#include <stdarg.h>
#include <string.h>

#include <apr_strings.h>

#include "scep_log_limit.h"
#include "scep_str.h"

enum { LINE_SIZE = 1024 };

apr_time_t scep_env_now(const scep_env_t *env)
{
    return env->clock != NULL ? env->clock(env->clock_baton) : apr_time_now();
}

/* A line may hold text of a peer. No octet of it may end the line or control
 * the operator's terminal; some terminals react to octets above 127 that are
 * not UTF-8. */
static void defuse(char *line)
{
    const unsigned char *at = (const unsigned char *)line;
    const unsigned char *end = at + strlen(line);

    while (at < end) {
        bool visible = scep_point_visible(scep_utf8_point(&at, end));

        for (; line < (const char *)at; line++) {
            if (!visible) {
                *line = '.';
            }
        }
    }
}

static bool is_wanted(const scep_env_t *env, scep_log_level_e level)
{
    return env->log != NULL && level <= env->log_level;
}

static void write_line(const scep_env_t *env, scep_log_level_e level,
                       const char *cause, char *line)
{
    defuse(line);
    /* At level debug, no line is left out. */
    if (env->limit == NULL || env->log_level >= SCEP_LOG_DEBUG ||
        scep_log_limit_pass(env, scep_env_now(env), level, line, cause)) {
        env->log(env->log_baton, level, line);
    }
}

void scep_log(const scep_env_t *env, scep_log_level_e level, const char *fmt,
              ...)
{
    char line[LINE_SIZE];
    va_list args;

    if (is_wanted(env, level)) {
        va_start(args, fmt);
        apr_vsnprintf(line, sizeof(line), fmt, args);
        va_end(args);
        write_line(env, level, line, line);
    }
}

scep_log_level_e scep_log_level_of(const scep_result_t *res)
{
    if (res->told) {
        return SCEP_LOG_INFO;
    }
    if (res->reason == SCEP_R_BUSY) {
        return SCEP_LOG_WARNING; /* it passes, and clients come back */
    }
    switch (res->status) {
    case SCEP_OK:
    case SCEP_PENDING:
        return SCEP_LOG_INFO;
    case SCEP_REFUSED:
    case SCEP_NOT_FOUND:
        return SCEP_LOG_WARNING;
    case SCEP_UNAVAILABLE:
    case SCEP_BROKEN:
        break;
    }
    return SCEP_LOG_ERROR;
}

void scep_log_result(const scep_env_t *env, const scep_result_t *res,
                     const char *prefix)
{
    scep_log_level_e level = scep_log_level_of(res);
    const char *answer = "";
    char line[LINE_SIZE];

    if (!is_wanted(env, level)) {
        return;
    }
    if (res->failinfo != SCEP_FAIL_NONE) {
        answer = scep_failinfo_name(res->failinfo);
    }
    apr_snprintf(line, sizeof(line), "SCEP%04u: %s%s%s%s%s: %s",
                 res->log_number, prefix != NULL ? prefix : "",
                 prefix != NULL ? " " : "", scep_status_name(res->status),
                 *answer != '\0' ? " with " : "", answer, res->detail);
    write_line(env, level, res->detail, line);
}
