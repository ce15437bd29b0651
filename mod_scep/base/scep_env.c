/* Licensed under the Apache License, Version 2.0; see LICENSE. */
/*
 * scep_env.c: log lines and the clock, through the functions of a scep_env_t.
 * (base layer)
 */
#include "scep_env.h"

#include <stdarg.h>

#include <apr_strings.h>

enum { LINE_SIZE = 1024 };

apr_time_t scep_env_now(const scep_env_t *env)
{
    return env->clock != NULL ? env->clock(env->clock_baton) : apr_time_now();
}

/* What a peer sent may stand in a line: no octet of it may end the line or
 * move an operator's terminal, which some do with octets above 127. */
static void defuse(char *line)
{
    for (; *line != '\0'; line++) {
        if (*line < ' ' || *line > '~') {
            *line = '.';
        }
    }
}

void scep_log(const scep_env_t *env, scep_log_level_e level, const char *fmt,
              ...)
{
    char line[LINE_SIZE];
    va_list args;

    if (env->log == NULL || level > env->log_level) {
        return;
    }
    va_start(args, fmt);
    apr_vsnprintf(line, sizeof(line), fmt, args);
    va_end(args);
    defuse(line);
    env->log(env->log_baton, level, line);
}

static scep_log_level_e level_of(scep_status_e status)
{
    switch (status) {
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
    const char *answer = "";

    if (res->failinfo != SCEP_FAIL_NONE) {
        answer = scep_failinfo_name(res->failinfo);
    }
    scep_log(env, level_of(res->status), "SCEP%04u: %s%s%s%s%s: %s",
             res->log_number, prefix != NULL ? prefix : "",
             prefix != NULL ? " " : "", scep_status_name(res->status),
             *answer != '\0' ? " with " : "", answer, res->detail);
}
